from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import Json
from graphql_schema.types.enums import ActivationStatus, GroupActivation
from graphql_schema.types.filters import CodeWhere, PromotionWhere
from graphql_schema.types.lazy import LazyCampaign, LazyCode, LazyPromotion
from graphql_schema.types.node import VERSION, Node
from graphql_schema.types.orders import CodeOrder, PromotionOrder


@strawberry.type(description="Codes of one campaign that drive several promotions together.")
class CodeGroup(Node):
    key: str = strawberry.field(description="Names the group in imports; unique, never changes.")
    name: str = strawberry.field(description="Unique over all groups.")
    enabled: bool = strawberry.field(description="The switch of the group.")
    activation: GroupActivation = strawberry.field(description="When it is in its range.")
    activation_status: ActivationStatus = strawberry.field(
        description="What its switch and its range, or its promotions, come to at this moment."
    )
    active_from: datetime | None = strawberry.field(
        description="OWN_RANGE: the range begins here; null: it has always begun."
    )
    active_to: datetime | None = strawberry.field(
        description="OWN_RANGE: the range ends here, this moment excluded; null: it never ends."
    )
    total_reuse_per_code: int | None = strawberry.field(
        description="How often each of its codes can be used; null: no limit of the group."
    )
    reuse_per_customer: int | None = strawberry.field(
        description="How often one customer can use its codes together; null: no limit."
    )
    in_store_redemption: bool = strawberry.field(
        description="Whether its codes can be redeemed in a store."
    )
    applications: list[str] = strawberry.field(
        description="Where its codes can be used; empty: everywhere."
    )
    target_segments: list[str] = strawberry.field(
        description="The customer segments that may use its codes; empty: everybody."
    )
    archived_at: datetime | None = strawberry.field(
        description="When it was archived; null while it is in use."
    )
    version: int = strawberry.field(description=VERSION)
    metadata: Json = strawberry.field(description="Whatever you keep with it; at most 4 KB.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    campaign: LazyCampaign = strawberry.field(description="The campaign whose codes it holds.")
    codes: Connection[LazyCode] = paged("Its codes.", where=CodeWhere, order_by=CodeOrder)
    promotions: Connection[LazyPromotion] = paged(
        "The promotions that its codes drive.", where=PromotionWhere, order_by=PromotionOrder
    )
