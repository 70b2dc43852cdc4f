from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any

from app.domain.activation import activation_status
from app.domain.callers import Scope
from app.domain.campaigns import normal_key
from app.domain.issue_validity import CalendarUnit, IssuedCodeValidityKind, Weekday
from app.domain.status import CodeStatus
from app.models import Campaign
from app.reading.code_status import one_status
from app.reading.counting import MAX_COUNT, CountPrecision, counted
from app.reading.declarations import (
    OWN,
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
from app.reading.facts import Fact
from app.reading.filters import archived, equality, texts, words
from app.reading.kinds import BOOL, DURATION, INT, TEXTS


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


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """How many codes have each status, each counted one further than is told."""

    created: int
    issued: int
    active: int
    redeemed: int
    expired: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class PoolCount:
    count: int
    precision: CountPrecision


@dataclass(frozen=True, slots=True)
class PoolCounts:
    created: PoolCount
    issued: PoolCount
    active: PoolCount
    redeemed: PoolCount
    expired: PoolCount
    withdrawn: PoolCount


def pool_counts(facts: PoolFacts) -> PoolCounts:
    return PoolCounts(
        *(PoolCount(*counted(getattr(facts, field.name))) for field in dataclass_fields(facts))
    )


POOL_COUNT = value(PoolCount)
POOL_COUNTS = value(PoolCounts)
ISSUED_CODE_VALIDITY = value(
    IssuedCodeValidity,
    period=DURATION,
    delay=DURATION,
    minimum_remaining=DURATION,
)

# Counted no further than lists are.
_COUNTED = f"""(SELECT COUNT(*) FROM (SELECT 1 FROM code WHERE campaign_id = {{{{t}}}}.id AND {{0}}
 LIMIT {MAX_COUNT + 1}) counted)"""

CAMPAIGN = readable(
    Campaign,
    allow=Scope.CODES_READ,
    told={Scope.CAMPAIGNS_WRITE: OWN},
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
        "groups": Many(target="CodeGroup", on="campaign_id"),
        "promotions": Many(target="Promotion", on="campaign_id"),
        "pool_counts": computed(pool_counts, lists=True),
        "jobs": Many(target="Job", on="campaign_id"),
    },
    facts={
        status.value.lower(): Fact(
            sql=_COUNTED.format(one_status(status, lambda: "{now}")), kind=INT
        )
        for status in CodeStatus
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
