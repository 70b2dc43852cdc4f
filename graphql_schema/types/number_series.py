from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import BigInt, Json
from graphql_schema.types.filters import CampaignWhere
from graphql_schema.types.lazy import LazyCampaign
from graphql_schema.types.node import VERSION, Node
from graphql_schema.types.orders import CampaignOrder


@strawberry.type(description="Numbers that never repeat, and the mask that makes codes of them.")
class NumberSeries(Node):
    name: str = strawberry.field(description="Unique over all number series.")
    mask: str = strawberry.field(
        description="How a number becomes a code: `PROMO-00000#` makes `PROMO-000042` of 42."
    )
    last_number: BigInt = strawberry.field(description="The last number that was drawn.")
    archived_at: datetime | None = strawberry.field(
        description="When it was archived; null while it is in use."
    )
    version: int = strawberry.field(description=VERSION)
    metadata: Json = strawberry.field(description="Whatever you keep with it; at most 4 KB.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    campaigns: Connection[LazyCampaign] = paged(
        "The campaigns that draw their codes from it.", where=CampaignWhere, order_by=CampaignOrder
    )
