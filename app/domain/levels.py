"""What is told about the validity of a code: levels, their fields, and warnings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.reasons import SENTENCES, Reason


class Level(StrEnum):
    """Where a rule stands, from the code outwards."""

    CODE = "CODE"
    GROUP = "GROUP"
    PROMOTION = "PROMOTION"
    CASHBACK = "CASHBACK"


class Outcome(StrEnum):
    """What came of one field."""

    PASS = "PASS"  # noqa: S105 - not a password
    FAIL = "FAIL"
    NOT_EVALUATED = "NOT_EVALUATED"


class LevelStatus(StrEnum):
    """What came of a level, or of one promotion of it."""

    VALID = "VALID"
    INVALID = "INVALID"
    NOT_EVALUATED = "NOT_EVALUATED"


class ValidityStatus(StrEnum):
    """Green or red: whether some promotion of the code is switched on and in its range."""

    VALID = "VALID"
    INVALID = "INVALID"


class Severity(StrEnum):
    """Whether a warning stands in the way, or only explains."""

    BLOCKING = "BLOCKING"
    INFO = "INFO"


class Noun(StrEnum):
    """What a warning is about, by the name of its type."""

    CODE = "Code"
    CODE_GROUP = "CodeGroup"
    PROMOTION = "Promotion"
    CAMPAIGN = "Campaign"
    CASHBACK = "Cashback"


FIELDS: Final = {
    Level.CODE: (
        "status",
        "suspended",
        "validFrom",
        "validTo",
        "usesRemaining",
        "customerUsesRemaining",
        "availableTo",
        "customer.status",
        "issueOnly",
    ),
    Level.GROUP: (
        "enabled",
        "activation",
        "targetSegments",
        "applications",
        "totalReusePerCode",
        "reusePerCustomer",
    ),
    Level.PROMOTION: ("enabled", "activation", "targetSegments", "applications"),
    Level.CASHBACK: ("enabled", "redeemed", "chargedValue", "expiresAt", "customer"),
}
"""The fields that each level checks, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of one field of one entity; a failure without a reason is told elsewhere."""

    field: str
    outcome: Outcome = Outcome.PASS
    reason: Reason | None = None
    actual: str | None = None
    required: str | None = None


@dataclass(frozen=True, slots=True)
class ValidityWarning:
    """One reason, with the entity and field it is about, what is, and what would have to be."""

    level: Level
    entity: Noun
    entity_id: int | None
    field: str
    reason: Reason
    severity: Severity
    actual: str | None
    required: str | None
    message: str


@dataclass(frozen=True, slots=True)
class CheckedField:
    name: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CheckedPromotion:
    """One promotion of the code with the campaigns it passes through; None: the campaign alone."""

    promotion_id: int | None
    status: LevelStatus
    fields: tuple[CheckedField, ...]


@dataclass(frozen=True, slots=True)
class CheckedLevel:
    """One level; the fields of PROMOTION stand in its entries."""

    level: Level
    status: LevelStatus
    fields: tuple[CheckedField, ...] = ()
    entries: tuple[CheckedPromotion, ...] = ()


@dataclass(frozen=True, slots=True)
class Validity:
    """Whether a code can be used, and every reason why not, sorted by level and field.

    `redeemable` is None when that cannot be said without a customer or an application.
    """

    redeemable: bool | None
    validity_status: ValidityStatus
    levels: tuple[CheckedLevel, ...]
    warnings: tuple[ValidityWarning, ...]

    @property
    def promotion_ids(self) -> list[int]:
        """The promotions that apply."""
        return [
            entry.promotion_id
            for level in self.levels
            for entry in level.entries
            if entry.status == LevelStatus.VALID and entry.promotion_id is not None
        ]


def checked(level: Level, findings: Iterable[Finding]) -> tuple[CheckedField, ...]:
    """The fields of a level in their order, each as bad as the worst that was found of it."""
    found = tuple(findings)
    if not found:
        return _PASSED[level]
    outcomes: dict[str, set[Outcome]] = {name: set() for name in FIELDS[level]}
    for finding in found:
        outcomes[finding.field].add(finding.outcome)
    return tuple(CheckedField(name, _worst(of_it)) for name, of_it in outcomes.items())


_PASSED: Final = {
    level: tuple(CheckedField(name, Outcome.PASS) for name in names)
    for level, names in FIELDS.items()
}


def _worst(outcomes: set[Outcome]) -> Outcome:
    for outcome in (Outcome.FAIL, Outcome.NOT_EVALUATED):
        if outcome in outcomes:
            return outcome
    return Outcome.PASS


def status_of(fields: Sequence[CheckedField]) -> LevelStatus:
    """INVALID when a field fails, else NOT_EVALUATED when one is not evaluated, else VALID."""
    return _STATUSES[_worst({field.outcome for field in fields})]


_STATUSES: Final = {
    Outcome.FAIL: LevelStatus.INVALID,
    Outcome.NOT_EVALUATED: LevelStatus.NOT_EVALUATED,
    Outcome.PASS: LevelStatus.VALID,
}


def status_of_any(entries: Sequence[CheckedPromotion]) -> LevelStatus:
    """VALID when one entry is, INVALID when all are."""
    found = {entry.status for entry in entries}
    for status in (LevelStatus.VALID, LevelStatus.NOT_EVALUATED):
        if status in found:
            return status
    return LevelStatus.INVALID


def redeemable(levels: Sequence[CheckedLevel]) -> bool | None:
    """Return False when a level is INVALID, True when all are VALID, else None."""
    found = {level.status for level in levels}
    if LevelStatus.INVALID in found:
        return False
    return None if LevelStatus.NOT_EVALUATED in found else True


Place = tuple[Level, Noun, int | None]


def warnings(
    place: Place, findings: Iterable[Finding], severity: Severity
) -> Iterable[ValidityWarning]:
    """The failures among the findings, as they are told."""
    for finding in findings:
        if finding.reason is not None:
            yield ValidityWarning(
                *place,
                finding.field,
                finding.reason,
                severity,
                finding.actual,
                finding.required,
                SENTENCES[finding.reason],
            )


def sorted_warnings(found: Iterable[ValidityWarning]) -> tuple[ValidityWarning, ...]:
    """Each warning once, by level and field, then by reason and entity."""

    def place(warning: ValidityWarning) -> tuple[int, int, int, str, int]:
        return (
            _LEVELS.index(warning.level),
            FIELDS[warning.level].index(warning.field),
            _REASONS.index(warning.reason),
            warning.entity,
            warning.entity_id or 0,
        )

    return tuple(sorted(dict.fromkeys(found), key=place))


_LEVELS: Final = tuple(Level)
_REASONS: Final = tuple(Reason)


def not_found() -> Validity:
    """What is told of a code that does not exist."""
    finding = Finding("status", Outcome.FAIL, Reason.NOT_FOUND)
    told = warnings((Level.CODE, Noun.CODE, None), [finding], Severity.BLOCKING)
    return Validity(redeemable=False, validity_status=ValidityStatus.INVALID, levels=(),
                    warnings=tuple(told))  # fmt: skip
