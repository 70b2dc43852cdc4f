from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import Json
from graphql_schema.types.enums import CustomerStatus, CustomerType
from graphql_schema.types.filters import (
    AttemptWhere,
    CashbackWhere,
    CodeWhere,
    OrderWhere,
    RedemptionWhere,
    ReservationWhere,
)
from graphql_schema.types.lazy import (
    LazyAttempt,
    LazyCashback,
    LazyCode,
    LazyOrder,
    LazyRedemption,
    LazyReservation,
)
from graphql_schema.types.node import VERSION, Node
from graphql_schema.types.orders import (
    AttemptOrder,
    CashbackOrder,
    CodeOrder,
    OrderOrder,
    RedemptionOrder,
    ReservationOrder,
)


@strawberry.input(one_of=True, description="A customer, named in exactly one way.")
class CustomerBy:
    id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By the id that we gave."
    )
    number: str | None = strawberry.field(
        default=strawberry.UNSET, description="By the customer number of the shop."
    )
    login: str | None = strawberry.field(default=strawberry.UNSET, description="By login.")
    email: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="By e-mail; finds nobody when several customers share it.",
    )


@strawberry.type(description="Who uses codes. Reading one needs the scope customers:read.")
class Customer(Node):
    number: str = strawberry.field(description="The customer number of the shop; unique.")
    login: str | None = strawberry.field(description="The login; unique.")
    email: str | None = strawberry.field(description="The e-mail address, in lower case.")
    first_name: str | None = strawberry.field(description="The first name.")
    last_name: str | None = strawberry.field(description="The last name.")
    type: CustomerType = strawberry.field(description="A person or a company.")
    status: CustomerStatus = strawberry.field(description="Whether they may use codes.")
    segments: list[str] = strawberry.field(description="The segments that they belong to.")
    erased_at: datetime | None = strawberry.field(
        description="When their personal data was erased; number and history stay."
    )
    version: int = strawberry.field(description=VERSION)
    metadata: Json = strawberry.field(description="Whatever you keep with it; at most 4 KB.")
    created_at: datetime = strawberry.field(description="When we first heard of them.")
    updated_at: datetime = strawberry.field(description="When they were last changed.")
    orders: Connection[LazyOrder] = paged(
        "Their orders, the latest first.", where=OrderWhere, order_by=OrderOrder
    )
    redemptions: Connection[LazyRedemption] | None = paged(
        "What they redeemed, the latest first.", where=RedemptionWhere, order_by=RedemptionOrder
    )
    reservations: Connection[LazyReservation] | None = paged(
        "What was held for them, the latest first.",
        where=ReservationWhere,
        order_by=ReservationOrder,
    )
    issued_codes: Connection[LazyCode] | None = paged(
        "The codes that were issued to them.", where=CodeWhere, order_by=CodeOrder
    )
    cashbacks: Connection[LazyCashback] | None = paged(
        "Their cashback, the latest first.", where=CashbackWhere, order_by=CashbackOrder
    )
    attempts: Connection[LazyAttempt] | None = paged(
        "What was refused to them, the latest first.", where=AttemptWhere, order_by=AttemptOrder
    )
