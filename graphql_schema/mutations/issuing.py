"""Vouchers, given out."""

from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services.life import asking
from graphql_schema.context import Info
from graphql_schema.inputs.life import (
    IssueCodeInput,
    IssueNextCodeInput,
    values,
)
from graphql_schema.mutations.payloads import (
    CodeCallPayload,
    answer_call,
)
from graphql_schema.permissions import permitted

_ASKED = strawberry.argument(name="input", description="What is asked for.")


async def issue_code(info: Info, given: Annotated[IssueCodeInput, _ASKED]) -> CodeCallPayload:
    asked = values(given)
    return await answer_call(info, CodeCallPayload, asking.issue, asked)


async def issue_next_code(
    info: Info, given: Annotated[IssueNextCodeInput, _ASKED]
) -> CodeCallPayload:
    asked = values(given, campaign_id="Campaign", promotion_id="Promotion")
    return await answer_call(info, CodeCallPayload, asking.issue_next, asked)


@strawberry.type
class IssuingMutations:
    issue_code: CodeCallPayload | None = strawberry.mutation(
        resolver=issue_code,
        metadata=permitted(Scope.CODES_ISSUE),
        description=("Issue one CREATED voucher."),
    )
    issue_next_code: CodeCallPayload | None = strawberry.mutation(
        resolver=issue_next_code,
        metadata=permitted(Scope.CODES_ISSUE),
        description=(
            "Issue the oldest free voucher of a campaign for a basket; when none is left, one is"
            " made where the campaign says so."
        ),
    )
