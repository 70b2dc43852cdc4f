from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.activation import activation_status
from app.domain.callers import Scope
from app.domain.campaigns import normal_key
from app.domain.issue_validity import CalendarUnit, IssuedCodeValidityKind, Weekday
from app.models import Campaign
from app.reading.declarations import (
    Listing,
    Many,
    One,
    Order,
    column,
    columns,
    computed,
    readable,
    value,
)
from app.reading.filters import archived, equality, texts, words
from app.reading.kinds import BOOL, DURATION, TEXTS


@dataclass(frozen=True, slots=True)
class IssuedCodeValidity:
    """The campaign's setting as it is stored: a kind, and the fields that this kind has."""

    kind: IssuedCodeValidityKind
    period: str | None = None
    delay: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    unit: CalendarUnit | None = None
    offset: int | None = None
    week_start: Weekday | None = None
    minimum_remaining: str | None = None


@dataclass(frozen=True, slots=True)
class ValidityFacts:
    issued_code_validity: dict[str, Any] | None


def issued_code_validity(facts: ValidityFacts) -> IssuedCodeValidity | None:
    stored = facts.issued_code_validity
    if stored is None:
        return None
    valid_from, valid_to = stored.get("validFrom"), stored.get("validTo")
    unit, week_start = stored.get("unit"), stored.get("weekStart")
    return IssuedCodeValidity(
        kind=IssuedCodeValidityKind(stored["kind"]),
        period=stored.get("period"),
        delay=stored.get("delay"),
        valid_from=datetime.fromisoformat(valid_from) if valid_from else None,
        valid_to=datetime.fromisoformat(valid_to) if valid_to else None,
        unit=CalendarUnit(unit) if unit else None,
        offset=stored.get("offset"),
        week_start=Weekday(week_start) if week_start else None,
        minimum_remaining=stored.get("minimumRemaining"),
    )


ISSUED_CODE_VALIDITY = value(
    IssuedCodeValidity,
    period=DURATION,
    delay=DURATION,
    minimum_remaining=DURATION,
)

CAMPAIGN = readable(
    Campaign,
    allow=Scope.CODES_READ,
    fields={
        **columns(
            Campaign,
            "id kind key name reporting_code enabled active_from active_to time_zone maximum_uses"
            " uses_per_customer available_to generate_using mask generate_on_demand issue_only"
            " archived_at version metadata created_at updated_at",
        ),
        "applications": column(Campaign, "applications", kind=TEXTS),
        "target_segments": column(Campaign, "target_segments", kind=TEXTS),
        "activation_status": computed(activation_status),
        "issued_code_validity": computed(issued_code_validity),
        "number_series": One(target="NumberSeries", via="number_series_id", null=True),
        "codes": Many(target="Code", on="campaign_id"),
        "jobs": Many(target="Job", on="campaign_id"),
    },
    listing=Listing(
        orders={
            "ID": Order(("id",), leads=("number_series_id",)),
            "KEY": Order(("key",)),
            "NAME": Order(("name",)),
        },
        filters={
            "kind": words("kind"),
            "key": texts("key", normal_key),
            "name": texts("name"),
            "reporting_code": words("reporting_code"),
            "enabled": equality("enabled", BOOL),
            "archived": archived(),
        },
    ),
)
