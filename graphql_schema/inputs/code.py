from datetime import datetime
from typing import Any

import strawberry

from app.domain.source_codes import SourceCodeDraft
from app.services.editing import Target
from graphql_schema.inputs.given import (
    EXPECTED_VERSION,
    given,
    optional,
    row_or_nothing,
    target,
    without_nulls,
)
from graphql_schema.scalars import Json
from graphql_schema.types.enums import AvailableTo


@strawberry.input(description="What every input of a code made elsewhere may say.")
class SourceCodeFacts:
    valid_from: datetime | None = optional("Valid from here on; default without a start.")
    valid_to: datetime | None = optional("Valid until here, excluded; default without an end.")
    maximum_uses: int | None = optional("How often it can be used in all; default without a limit.")
    uses_per_customer: int | None = optional(
        "How often one customer can use it; default without a limit."
    )
    issued_to: str | None = optional(
        "The number of the customer who holds it; an unknown one is recorded; default nobody."
    )
    available_to: AvailableTo | None = optional(
        "Who may redeem it; default ANY_CUSTOMER. The others need `issuedTo`."
    )
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")


@strawberry.input(
    description="The first code of a source campaign, which has no groups yet: made elsewhere,"
    " typed in here."
)
class SourceCodeInput(SourceCodeFacts):
    code: str = strawberry.field(description="The code as it is printed; never changes.")

    def draft(self) -> SourceCodeDraft:
        return SourceCodeDraft(**without_nulls(given(self)))


@strawberry.input(description="What every input of a code of a campaign may say.")
class SourceCodeFields(SourceCodeFacts):
    group_id: strawberry.ID | None = optional("Its group, one of its campaign; default none.")

    def facts(self) -> dict[str, Any]:
        """What was given, named like a draft."""
        values = given(self)
        if values.get("group_id") is not None:
            values["group_id"] = row_or_nothing(values["group_id"], "CodeGroup")
        return values


@strawberry.input(description="A code made elsewhere, typed in here.")
class CreateSourceCodeInput(SourceCodeFields):
    campaign_id: strawberry.ID = strawberry.field(description="Its campaign, one of kind SOURCE.")
    code: str = strawberry.field(description="The code as it is printed; never changes.")

    def new(self) -> tuple[int, SourceCodeDraft]:
        """The campaign, and the code for it."""
        values = without_nulls(self.facts())
        campaign_id = row_or_nothing(values.pop("campaign_id"), "Campaign")
        return campaign_id, SourceCodeDraft(**values)


@strawberry.input(
    description=(
        "Changes of a code made elsewhere: what is left out stays, null gives the default or"
        " clears. The group can change only while the code is unused."
    )
)
class UpdateSourceCodeInput(SourceCodeFields):
    id: strawberry.ID = strawberry.field(description="The id of the code.")
    expected_version: int | None = optional(EXPECTED_VERSION)

    def changes(self) -> tuple[Target, dict[str, Any]]:
        values = self.facts()
        return target(values, "Code", "code"), values


@strawberry.input(description="A code to delete.")
class DeleteCodeInput:
    id: strawberry.ID = strawberry.field(description="The id of the code.")
    expected_version: int | None = optional(EXPECTED_VERSION)

    def target(self) -> Target:
        return target(given(self), "Code", "code")


@strawberry.input(description="Codes to move to another group of their campaign.")
class MoveCodesInput:
    ids: list[strawberry.ID] = strawberry.field(
        description="1 to 1,000 unused codes of one campaign."
    )
    group_id: strawberry.ID | None = optional(
        "The group that they move to; null or left out: they move out of their groups."
    )

    def rows(self) -> tuple[list[int], int | None]:
        """The codes, and the group to which they move."""
        values = without_nulls(given(self))
        group = values.get("group_id")
        ids = [row_or_nothing(text, "Code") for text in self.ids]
        return ids, None if group is None else row_or_nothing(group, "CodeGroup")
