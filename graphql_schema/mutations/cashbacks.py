"""Cashback, from the order that earns it to the switch that ends it."""

from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.domain.life.calls import DisableCashback, EnableCashback
from app.services.life import asking
from graphql_schema.context import Info
from graphql_schema.inputs.life import (
    ChargeCashbackInput,
    CreateCashbackInput,
    DisableCashbackInput,
    EnableCashbackInput,
    values,
)
from graphql_schema.mutations.payloads import (
    CashbackPayload,
    answer_call,
)
from graphql_schema.permissions import permitted

_ASKED = strawberry.argument(name="input", description="What is asked for.")


async def create_cashback(
    info: Info, given: Annotated[CreateCashbackInput, _ASKED]
) -> CashbackPayload:
    asked = values(given)
    return await answer_call(info, CashbackPayload, asking.create_cashback, asked)


async def charge_cashback(
    info: Info, given: Annotated[ChargeCashbackInput, _ASKED]
) -> CashbackPayload:
    asked = values(given, id="Cashback")
    return await answer_call(info, CashbackPayload, asking.charge_cashback, asked)


async def disable_cashback(
    info: Info, given: Annotated[DisableCashbackInput, _ASKED]
) -> CashbackPayload:
    asked = values(given, id="Cashback")
    return await answer_call(info, CashbackPayload, asking.switch_cashback(DisableCashback), asked)


async def enable_cashback(
    info: Info, given: Annotated[EnableCashbackInput, _ASKED]
) -> CashbackPayload:
    asked = values(given, id="Cashback")
    return await answer_call(info, CashbackPayload, asking.switch_cashback(EnableCashback), asked)


@strawberry.type
class CashbackMutations:
    create_cashback: CashbackPayload | None = strawberry.mutation(
        resolver=create_cashback,
        metadata=permitted(Scope.CODES_REDEEM),
        description=("Give cashback for an order: the code becomes that customer's alone."),
    )
    charge_cashback: CashbackPayload | None = strawberry.mutation(
        resolver=charge_cashback,
        metadata=permitted(Scope.CODES_REDEEM),
        description=("Add to what the cashback gives, as items ship; take back for returns."),
    )
    disable_cashback: CashbackPayload | None = strawberry.mutation(
        resolver=disable_cashback,
        metadata=permitted(Scope.CODES_REDEEM),
        description=("Switch cashback off."),
    )
    enable_cashback: CashbackPayload | None = strawberry.mutation(
        resolver=enable_cashback,
        metadata=permitted(Scope.CODES_REDEEM),
        description=("Switch cashback on again."),
    )
