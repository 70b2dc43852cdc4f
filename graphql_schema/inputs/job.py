from datetime import datetime

import strawberry

from app.services.generation import GenerateRequest
from graphql_schema.inputs.given import given, optional, row


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


@strawberry.input(description="A job to stop.")
class CancelJobInput:
    id: strawberry.ID = strawberry.field(description="The id of the job.")

    def row(self) -> int:
        return row(self.id, "Job", "id", "job")
