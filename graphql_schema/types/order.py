from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import Json
from graphql_schema.types.filters import CashbackWhere, RedemptionWhere
from graphql_schema.types.lazy import LazyCashback, LazyCustomer, LazyRedemption
from graphql_schema.types.money import Money
from graphql_schema.types.node import VERSION, Node
from graphql_schema.types.orders import CashbackOrder, RedemptionOrder


@strawberry.type(
    description="An order, as far as the shop told us. Reading one needs the scope customers:read."
)
class Order(Node):
    number: str = strawberry.field(description="The order number of the shop; unique.")
    store: str | None = strawberry.field(description="The store where it was placed.")
    application: str | None = strawberry.field(description="The application where it was placed.")
    placed_at: datetime | None = strawberry.field(description="When it was placed.")
    total: Money | None = strawberry.field(description="What it came to.")
    status: str | None = strawberry.field(description="How it stands, in the shop's own words.")
    deleted: bool = strawberry.field(
        description="Whether the shop deleted it: then show its number without a link."
    )
    version: int = strawberry.field(description=VERSION)
    metadata: Json = strawberry.field(description="Whatever you keep with it; at most 4 KB.")
    created_at: datetime = strawberry.field(description="When we first heard of it.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    customer: LazyCustomer | None = strawberry.field(description="Who placed it, if that is known.")
    redemptions: Connection[LazyRedemption] | None = paged(
        "The codes that were redeemed with it, the latest first.",
        where=RedemptionWhere,
        order_by=RedemptionOrder,
    )
    cashbacks: Connection[LazyCashback] | None = paged(
        "The cashback that it earned, the latest first.",
        where=CashbackWhere,
        order_by=CashbackOrder,
    )
