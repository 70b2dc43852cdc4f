"""Codes, taken out of use and given more time."""

from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.domain.life.calls import Resume, Suspend, Withdraw
from app.services.life import asking
from graphql_schema.context import Info
from graphql_schema.inputs.life import (
    ExtendCodeInput,
    ResumeCodeInput,
    SuspendCodeInput,
    WithdrawCodeInput,
    values,
)
from graphql_schema.mutations.payloads import (
    CodeCallPayload,
    answer_call,
)
from graphql_schema.permissions import permitted

_ASKED = strawberry.argument(name="input", description="What is asked for.")


async def withdraw_code(info: Info, given: Annotated[WithdrawCodeInput, _ASKED]) -> CodeCallPayload:
    asked = values(given, id="Code")
    return await answer_call(info, CodeCallPayload, asking.block(Withdraw), asked)


async def suspend_code(info: Info, given: Annotated[SuspendCodeInput, _ASKED]) -> CodeCallPayload:
    asked = values(given, id="Code")
    return await answer_call(info, CodeCallPayload, asking.block(Suspend), asked)


async def resume_code(info: Info, given: Annotated[ResumeCodeInput, _ASKED]) -> CodeCallPayload:
    asked = values(given, id="Code")
    return await answer_call(info, CodeCallPayload, asking.block(Resume), asked)


async def extend_code(info: Info, given: Annotated[ExtendCodeInput, _ASKED]) -> CodeCallPayload:
    asked = values(given, id="Code")
    return await answer_call(info, CodeCallPayload, asking.extend, asked)


@strawberry.type
class BlockingMutations:
    withdraw_code: CodeCallPayload | None = strawberry.mutation(
        resolver=withdraw_code,
        metadata=permitted(Scope.CODES_WITHDRAW),
        description=("Take a code out of use for ever; its reservations end."),
    )
    suspend_code: CodeCallPayload | None = strawberry.mutation(
        resolver=suspend_code,
        metadata=permitted(Scope.CODES_WITHDRAW),
        description=("Block a code until it is resumed."),
    )
    resume_code: CodeCallPayload | None = strawberry.mutation(
        resolver=resume_code,
        metadata=permitted(Scope.CODES_WITHDRAW),
        description=("Let a suspended code be used again."),
    )
    extend_code: CodeCallPayload | None = strawberry.mutation(
        resolver=extend_code,
        metadata=permitted(Scope.CODES_WITHDRAW),
        description=("Move the end of a code later, also of one that has expired."),
    )
