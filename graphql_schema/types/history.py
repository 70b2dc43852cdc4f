"""What happened to codes, and what was refused."""

from datetime import datetime

import strawberry

from graphql_schema.scalars import Json
from graphql_schema.types.enums import EventKind
from graphql_schema.types.lazy import (
    LazyCampaign,
    LazyCode,
    LazyCustomer,
    LazyJob,
    LazyRedemption,
    LazyReservation,
)
from graphql_schema.types.node import CUSTOMERS_READ, Node


@strawberry.type(
    description="One thing that happened to a code. Making codes in bulk is told by their job."
)
class CodeEvent(Node):
    kind: EventKind = strawberry.field(description="What happened.")
    at: datetime = strawberry.field(description="When.")
    data: Json = strawberry.field(description="What else there is to tell: reasons, fields.")
    done_by: str = strawberry.field(description="The name of the key that did it.")
    channel: str = strawberry.field(description="The entrance: `API`, `CLI` or `JOB`.")
    code: LazyCode | None = strawberry.field(
        description="The code; null when it was deleted since."
    )
    campaign: LazyCampaign = strawberry.field(description="The campaign that owns the code.")
    customer: LazyCustomer | None = strawberry.field(
        description=f"The customer who took part. {CUSTOMERS_READ}"
    )
    redemption: LazyRedemption | None = strawberry.field(description="The redemption in question.")
    reservation: LazyReservation | None = strawberry.field(
        description="The reservation in question."
    )
    job: LazyJob | None = strawberry.field(description="The job that did it.")


@strawberry.type(
    description="Refused tries of one key on one code for the same reasons within one minute."
)
class Attempt(Node):
    operation: str = strawberry.field(description="The mutation that was tried: `redeemCode`.")
    reasons: list[str] = strawberry.field(description="Why it was refused, as reason codes.")
    count: int = strawberry.field(description="How often.")
    at: datetime = strawberry.field(description="When first.")
    store: str | None = strawberry.field(description="Where.")
    tried_by: str = strawberry.field(description="The name of the key that tried.")
    code: LazyCode | None = strawberry.field(
        description="The code; null when there is none, or none any more."
    )
    customer: LazyCustomer | None = strawberry.field(
        description=f"The customer it was tried for. {CUSTOMERS_READ}"
    )
