from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import customers
from graphql_schema.context import Context, Info
from graphql_schema.inputs.customer import EraseCustomerInput, UpsertCustomersInput
from graphql_schema.mutations.payloads import CustomerPayload, CustomersPayload, answer
from graphql_schema.permissions import permitted

Upsert = Annotated[
    UpsertCustomersInput, strawberry.argument(name="input", description="The customers.")
]
Erase = Annotated[
    EraseCustomerInput, strawberry.argument(name="input", description="The customer.")
]


async def upsert_customers(info: Info, given: Upsert) -> CustomersPayload:
    async def write(context: Context) -> list[int]:
        return await customers.upsert(context.database, context.caller, given.values(), context.now)

    return await answer(info, CustomersPayload, write)


async def erase_customer(info: Info, given: Erase) -> CustomerPayload:
    async def write(context: Context) -> int:
        target = given.target()
        await customers.erase(context.database, context.caller, target, context.now)
        return target.id

    return await answer(info, CustomerPayload, write)


@strawberry.type
class CustomerMutations:
    upsert_customers: CustomersPayload | None = strawberry.mutation(
        resolver=upsert_customers,
        metadata=permitted(Scope.CUSTOMERS_WRITE),
        description="Insert or change customers by their numbers, all or none of them.",
    )
    erase_customer: CustomerPayload | None = strawberry.mutation(
        resolver=erase_customer,
        metadata=permitted(Scope.ADMIN),
        description=(
            "Forget for ever who a customer is: login, e-mail, names, segments and metadata go;"
            " number and history stay."
        ),
    )
