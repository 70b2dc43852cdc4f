from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import Duration, Json
from graphql_schema.types.enums import (
    ActivationStatus,
    AvailableTo,
    CalendarUnit,
    CampaignKind,
    GenerateUsing,
    IssuedCodeValidityKind,
    Weekday,
)
from graphql_schema.types.filters import CodeGroupWhere, CodeWhere, JobWhere, PromotionWhere
from graphql_schema.types.lazy import (
    LazyCode,
    LazyCodeGroup,
    LazyJob,
    LazyNumberSeries,
    LazyPromotion,
)
from graphql_schema.types.node import VERSION, Node
from graphql_schema.types.orders import CodeGroupOrder, CodeOrder, JobOrder, PromotionOrder
from graphql_schema.types.pool_counts import PoolCounts


@strawberry.type(
    description="How vouchers get their dates when they are issued; fields of other kinds are null."
)
class IssuedCodeValidity:
    kind: IssuedCodeValidityKind = strawberry.field(description="Which of the ways.")
    period: Duration | None = strawberry.field(
        description="FIXED_PERIOD: how long a code is valid."
    )
    delay: Duration | None = strawberry.field(
        description="FIXED_PERIOD: how long after its issue a code becomes valid."
    )
    valid_from: datetime | None = strawberry.field(description="FIXED_DATES: valid from here on.")
    valid_to: datetime | None = strawberry.field(
        description="FIXED_DATES: valid until here, this moment excluded."
    )
    unit: CalendarUnit | None = strawberry.field(
        description="RELATIVE_END: valid to the end of this unit."
    )
    offset: int | None = strawberry.field(
        description="RELATIVE_END: so many units later than the one of the issue."
    )
    week_start: Weekday | None = strawberry.field(
        description="RELATIVE_END: the first day of the week, when the unit is WEEK."
    )
    minimum_remaining: Duration | None = strawberry.field(
        description="RELATIVE_END: when less than this is left, a later unit counts."
    )


@strawberry.type(description="Owns codes, and says how they are made and who may use them.")
class Campaign(Node):
    kind: CampaignKind = strawberry.field(
        description="Whether its codes are made here or elsewhere; never changes."
    )
    key: str = strawberry.field(
        description="Names the campaign in imports and exports; unique, never changes."
    )
    name: str = strawberry.field(description="Unique over all campaigns.")
    reporting_code: str | None = strawberry.field(description="Your own mark for reports.")
    enabled: bool = strawberry.field(description="The switch of the campaign.")
    activation_status: ActivationStatus = strawberry.field(
        description="What switch and activation range come to at this moment."
    )
    active_from: datetime | None = strawberry.field(
        description="The activation range begins here; null: it has always begun."
    )
    active_to: datetime | None = strawberry.field(
        description="The activation range ends here, this moment excluded; null: it never ends."
    )
    applications: list[str] = strawberry.field(
        description="Where its codes can be used; empty: everywhere."
    )
    target_segments: list[str] = strawberry.field(
        description="The customer segments that may use its codes; empty: everybody."
    )
    time_zone: str = strawberry.field(
        description="The IANA time zone in which its days, weeks and months begin and end."
    )
    maximum_uses: int | None = strawberry.field(
        description="How often each code it makes can be used; null: without limit."
    )
    uses_per_customer: int | None = strawberry.field(
        description="How often one customer can use each code it makes; null: without limit."
    )
    available_to: AvailableTo = strawberry.field(
        description="Who may redeem the codes it makes, seen from the customer they are issued to."
    )
    generate_using: GenerateUsing | None = strawberry.field(
        description="What its codes are made from; null on source campaigns."
    )
    number_series: LazyNumberSeries | None = strawberry.field(
        description="The series whose numbers and mask it uses, with NUMBER_SERIES."
    )
    mask: str | None = strawberry.field(description="The mask of its codes, with UNIQUE_ID.")
    generate_on_demand: bool = strawberry.field(
        description="Whether a code is made when one is to be issued and none is left."
    )
    issue_only: bool = strawberry.field(
        description="Whether its codes are issued here and redeemed somewhere else."
    )
    issued_code_validity: IssuedCodeValidity | None = strawberry.field(
        description="How its codes get their dates at the moment of issue; null: no dates."
    )
    archived_at: datetime | None = strawberry.field(
        description="When it was archived; null while it is in use."
    )
    version: int = strawberry.field(description=VERSION)
    metadata: Json = strawberry.field(description="Whatever you keep with it; at most 4 KB.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    codes: Connection[LazyCode] = paged("Its codes.", where=CodeWhere, order_by=CodeOrder)
    groups: Connection[LazyCodeGroup] = paged(
        "Its code groups; archived ones only when asked for.",
        where=CodeGroupWhere,
        order_by=CodeGroupOrder,
    )
    promotions: Connection[LazyPromotion] = paged(
        "The promotions that it bundles; archived ones only when asked for.",
        where=PromotionWhere,
        order_by=PromotionOrder,
    )
    pool_counts: PoolCounts = strawberry.field(
        description="How many of its codes have each status at this moment."
    )
    jobs: Connection[LazyJob] = paged(
        "The jobs that made or changed its codes, newest first.", where=JobWhere, order_by=JobOrder
    )
