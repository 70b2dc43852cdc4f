from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry

from app.domain import issue_validity_json
from app.domain.campaigns import CampaignDraft
from app.domain.refusals import Refusal
from app.services.campaigns import NewCampaign
from app.services.editing import Target
from graphql_schema.inputs.code import SourceCodeInput
from graphql_schema.inputs.given import (
    EXPECTED_VERSION,
    given,
    optional,
    row_or_nothing,
    target,
    with_tuples,
    without_nulls,
)
from graphql_schema.scalars import Duration, Json, show_instant
from graphql_schema.types.enums import (
    AvailableTo,
    CalendarUnit,
    CampaignKind,
    GenerateUsing,
    IssuedCodeValidityKind,
    Weekday,
)

SERIES = "number_series_id"
VALIDITY = "issued_code_validity"


@strawberry.input(
    description="How vouchers get their dates at the moment of issue. Only give what the kind uses."
)
class IssuedCodeValidityInput:
    kind: IssuedCodeValidityKind = strawberry.field(description="Which of the ways.")
    period: Duration | None = optional("FIXED_PERIOD: how long a code is valid; required.")
    delay: Duration | None = optional(
        "FIXED_PERIOD: how long after its issue a code becomes valid; default at once."
    )
    valid_from: datetime | None = optional("FIXED_DATES: valid from here on.")
    valid_to: datetime | None = optional("FIXED_DATES: valid until here, this moment excluded.")
    unit: CalendarUnit | None = optional("RELATIVE_END: valid to the end of this unit; required.")
    offset: int | None = optional(
        "RELATIVE_END: so many units later than the one of the issue; default 0."
    )
    week_start: Weekday | None = optional(
        "RELATIVE_END by WEEK: the first day of the week; default MONDAY."
    )
    minimum_remaining: Duration | None = optional(
        "RELATIVE_END: when less than this would be left, a later unit counts."
    )

    def stored(self) -> dict[str, Any]:
        """The one stored form; what cannot be stored stays as it is, for the service to refuse."""
        values = {_camel(name): _plain(value) for name, value in given(self).items()}
        try:
            return issue_validity_json.to_json(issue_validity_json.from_json(values))
        except Refusal:
            return values


@strawberry.input(description="What every campaign input may say.")
class CampaignFields:
    reporting_code: str | None = optional("The code under which reports name the campaign.")
    enabled: bool | None = optional("Whether it is switched on; default true.")
    active_from: datetime | None = optional("It is active from here on; default without a start.")
    active_to: datetime | None = optional(
        "It is active until here, this moment excluded; default without an end."
    )
    applications: list[str] | None = optional("Where its codes can be used; default everywhere.")
    target_segments: list[str] | None = optional(
        "Which customers can use its codes; default all of them."
    )
    time_zone: str | None = optional(
        "The IANA name of the zone in which its days begin and end; default the service's."
    )
    maximum_uses: int | None = optional(
        "VOUCHER: how often each code can be used in all; default without a limit."
    )
    uses_per_customer: int | None = optional(
        "VOUCHER: how often one customer can use a code; default without a limit."
    )
    available_to: AvailableTo | None = optional(
        "VOUCHER: who may redeem a code; default ANY_CUSTOMER."
    )
    generate_using: GenerateUsing | None = optional(
        "VOUCHER: what tells one code from the next; default UNIQUE_ID, or NUMBER_SERIES when a"
        " series is given."
    )
    number_series_id: strawberry.ID | None = optional("NUMBER_SERIES: the id of the series.")
    mask: str | None = optional("UNIQUE_ID: the mask of the codes; default `????-????-????!`.")
    generate_on_demand: bool | None = optional(
        "VOUCHER: whether issuing makes a code when none is left; default false."
    )
    issue_only: bool | None = optional(
        "VOUCHER: whether its codes are issued here and redeemed elsewhere; default false."
    )
    issued_code_validity: IssuedCodeValidityInput | None = optional(
        "VOUCHER: how codes get their dates when they are issued; default no dates."
    )
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")

    def columns(self) -> dict[str, Any]:
        """What was given, as the columns of a campaign hold it."""
        values = given(self)
        if values.get(SERIES) is not None:
            values[SERIES] = row_or_nothing(values[SERIES], "NumberSeries")
        if values.get(VALIDITY) is not None:
            values[VALIDITY] = values[VALIDITY].stored()
        return with_tuples(values)


@strawberry.input(description="A campaign to create.")
class CreateCampaignInput(CampaignFields):
    kind: CampaignKind = strawberry.field(description="Where its codes come from, for ever.")
    name: str = strawberry.field(description="A name that no other campaign has.")
    key: str | None = optional(
        "The import/export key, which never changes; default one made from the name."
    )
    first_code: SourceCodeInput | None = optional(
        "The first code of a SOURCE campaign; required there, and refused for VOUCHER."
    )

    def new(self, time_zone: str) -> NewCampaign:
        values = {"time_zone": time_zone, **without_nulls(self.columns())}
        first_code = values.pop("first_code", None)
        return NewCampaign(
            kind=values.pop("kind"),
            key=values.pop("key", None),
            draft=CampaignDraft(**values),
            first_code=first_code and first_code.draft(),
        )


@strawberry.input(
    description="Changes of a campaign: what is left out stays, null gives the default or clears."
)
class UpdateCampaignInput(CampaignFields):
    id: strawberry.ID = strawberry.field(description="The id of the campaign.")
    expected_version: int | None = optional(EXPECTED_VERSION)
    name: str | None = optional("A name that no other campaign has.")

    def changes(self, time_zone: str) -> tuple[Target, dict[str, Any]]:
        """What to change where; the time zone is the service's own, which null stands for."""
        values = self.columns()
        if values.get("time_zone", time_zone) is None:
            values["time_zone"] = time_zone
        return target(values, "Campaign", "campaign"), values


@strawberry.input(description="A campaign to take out of use for ever.")
class ArchiveCampaignInput:
    id: strawberry.ID = strawberry.field(description="The id of the campaign.")
    expected_version: int | None = optional(EXPECTED_VERSION)

    def target(self) -> Target:
        return target(given(self), "Campaign", "campaign")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return show_instant(value)
    return value.value if isinstance(value, StrEnum) else value
