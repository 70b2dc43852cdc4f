from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import orders
from graphql_schema.context import Context, Info
from graphql_schema.inputs.order import UpsertOrdersInput
from graphql_schema.mutations.payloads import OrdersPayload, answer
from graphql_schema.permissions import permitted

Upsert = Annotated[UpsertOrdersInput, strawberry.argument(name="input", description="The orders.")]


async def upsert_orders(info: Info, given: Upsert) -> OrdersPayload:
    async def write(context: Context) -> list[int]:
        return await orders.upsert(context.database, context.caller, given.values(), context.now)

    return await answer(info, OrdersPayload, write)


@strawberry.type
class OrderMutations:
    upsert_orders: OrdersPayload | None = strawberry.mutation(
        resolver=upsert_orders,
        metadata=permitted(Scope.CUSTOMERS_WRITE),
        description="Insert or change orders by their numbers, all or none of them.",
    )
