from dataclasses import is_dataclass
from datetime import datetime
from typing import Any

import strawberry

from app.services.generation import GenerateRequest
from app.services.withdrawals import WithdrawalRequest
from graphql_schema.arguments import where
from graphql_schema.inputs.given import given, optional, row, without_nulls
from graphql_schema.types.filters import CodeWhere


@strawberry.input(description="Codes to make in the background.")
class GenerateCodesInput:
    campaign_id: strawberry.ID = strawberry.field(description="The id of a VOUCHER campaign.")
    count: int = strawberry.field(description="How many codes: exactly so many, or the job fails.")
    issue_now: bool | None = optional("Whether the codes are issued as well; default false.")
    reference: str | None = optional("A text by which you find the job and its codes again.")
    group_key: str | None = optional("The key of the campaign's code group that they belong to.")
    not_before: datetime | None = optional(
        "Do not start before this moment, at most ten years from now; default at once."
    )
    idempotency_key: str | None = optional(
        "A text of your own for this very request: sent again, it answers with the same job."
    )

    def request(self) -> GenerateRequest:
        values = {name: value for name, value in given(self).items() if value is not None}
        campaign_id = row(values.pop("campaign_id"), "Campaign", "campaignId", "campaign")
        return GenerateRequest(campaign_id, **values)


@strawberry.input(description="Codes of one campaign to withdraw for ever, in the background.")
class WithdrawCodesInput:
    campaign_id: strawberry.ID = strawberry.field(
        description="The id of their campaign, of either kind."
    )
    where: CodeWhere | None = optional(
        "Which of its codes, as in a list of codes; without it, all. They are chosen when the job"
        " comes to them; codes made after it has started stay."
    )
    reason: str = strawberry.field(description="Why, for those who look at the codes later.")
    reference: str | None = optional("A text by which you find the job again.")
    not_before: datetime | None = optional(
        "Do not start before this moment, at most ten years from now; default at once."
    )
    idempotency_key: str | None = optional(
        "A text of your own for this very request: sent again, it answers with the same job."
    )

    def request(self) -> WithdrawalRequest:
        values = without_nulls(given(self))
        campaign_id = row(values.pop("campaign_id"), "Campaign", "campaignId", "campaign")
        chosen = values.pop("where", None)
        filters = where("Code", _filters(chosen)) if chosen else {}
        return WithdrawalRequest(campaign_id, where=filters, **values)


def _filters(chosen: CodeWhere) -> dict[str, Any]:
    """What was given, with operators as they are declared; null stands for no condition."""
    return {
        name: {key.rstrip("_"): one for key, one in without_nulls(given(value)).items()}
        if is_dataclass(value) and not isinstance(value, type)
        else value
        for name, value in without_nulls(given(chosen)).items()
    }


@strawberry.input(description="A job to stop.")
class CancelJobInput:
    id: strawberry.ID = strawberry.field(description="The id of the job.")

    def row(self) -> int:
        return row(self.id, "Job", "id", "job")
