from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import Json
from graphql_schema.types.enums import RedemptionState, ReservationEnd
from graphql_schema.types.filters import PromotionWhere
from graphql_schema.types.lazy import (
    LazyCampaign,
    LazyCode,
    LazyCodeGroup,
    LazyCustomer,
    LazyOrder,
    LazyPromotion,
)
from graphql_schema.types.money import Money
from graphql_schema.types.node import CUSTOMERS_READ, Node
from graphql_schema.types.orders import PromotionOrder


@strawberry.type(description="One use of a code held for somebody until an instant.")
class Reservation(Node):
    live: bool = strawberry.field(description="Whether it holds its use at this moment.")
    holder: str | None = strawberry.field(
        description=f"The customer or session that holds it. {CUSTOMERS_READ} `reserveCode` repeats"
        " it to the caller that sent it."
    )
    expires_at: datetime = strawberry.field(description="When it lapses by itself.")
    ended_at: datetime | None = strawberry.field(
        description="When it ended otherwise; null while it did not."
    )
    end_reason: ReservationEnd | None = strawberry.field(description="How it ended otherwise.")
    created_at: datetime = strawberry.field(description="When it was made.")
    reserved_by: str = strawberry.field(description="The name of the key that reserved it.")
    code: LazyCode = strawberry.field(description="The code of which it holds a use.")
    group: LazyCodeGroup | None = strawberry.field(description="The code's group at that time.")
    customer: LazyCustomer | None = strawberry.field(
        description=f"The customer it is for, if one was named. {CUSTOMERS_READ}"
    )
    redemption: "Redemption | None" = strawberry.field(
        description="The redemption that took its use."
    )


@strawberry.type(description="One use of a code. It may be reversed; it is never deleted.")
class Redemption(Node):
    state: RedemptionState = strawberry.field(description="Whether it counts.")
    amount: Money | None = strawberry.field(description="What the shop gave for it.")
    store: str | None = strawberry.field(description="Where: the store.")
    application: str | None = strawberry.field(description="Where: the application.")
    redeemed_at: datetime = strawberry.field(description="When.")
    redeemed_by: str = strawberry.field(description="The name of the key that redeemed it.")
    reversed_at: datetime | None = strawberry.field(description="When it was given back.")
    reversed_by: str | None = strawberry.field(description="The name of the key that gave it back.")
    reversal_reason: str | None = strawberry.field(description="Why it was given back.")
    metadata: Json | None = strawberry.field(
        description=f"Whatever was kept with it; at most 4 KB. {CUSTOMERS_READ}"
    )
    order_number: str | None = strawberry.field(
        description=f"The number of the order that it was for. {CUSTOMERS_READ} `redeemCode`"
        " repeats it to the caller that sent it."
    )
    code: LazyCode = strawberry.field(description="The code that was used.")
    campaign: LazyCampaign = strawberry.field(description="The campaign that owns the code.")
    group: LazyCodeGroup | None = strawberry.field(description="The code's group at that time.")
    customer: LazyCustomer | None = strawberry.field(
        description=f"Who used it, if that is known. {CUSTOMERS_READ}"
    )
    order: LazyOrder | None = strawberry.field(
        description=f"The order that it was for, if one was named. {CUSTOMERS_READ}"
    )
    reservation: Reservation | None = strawberry.field(
        description="The reservation whose use it took."
    )
    promotions: Connection[LazyPromotion] = paged(
        "The promotions that applied.", where=PromotionWhere, order_by=PromotionOrder
    )
