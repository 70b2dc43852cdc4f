"""What a call is answered with, and how that is kept under its key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.domain.callers import Caller, Scope
from app.domain.levels import (
    CheckedField,
    CheckedLevel,
    CheckedPromotion,
    Level,
    LevelStatus,
    Noun,
    Outcome,
    Severity,
    Validity,
    ValidityStatus,
    ValidityWarning,
)
from app.domain.reasons import Reason
from app.domain.refusals import Problem, UserErrorCode


class MadeKind(StrEnum):
    """What a call makes or changes, by the name of its type."""

    CODE = "Code"
    REDEMPTION = "Redemption"
    RESERVATION = "Reservation"
    CASHBACK = "Cashback"


@dataclass(frozen=True, slots=True)
class Made:
    kind: MadeKind
    id: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a call: what it made, or every reason against it.

    `replayed`: nothing happened now, it had happened before. `given`: what was made is the
    caller's; false for what another caller was given before. `secret`: without `validity`, that it
    tells of a code of which only those who read codes may hear.
    """

    made: Made | None = None
    problems: tuple[Problem, ...] = ()
    validity: Validity | None = None
    replayed: bool = False
    given: bool = True
    secret: bool = False

    def to_json(self) -> dict[str, Any]:
        """What is kept; what was made is kept beside it, as ids."""
        if self.problems:
            hidden = {"secret": True} if self.secret else {}
            return {"problems": self.problems, "validity": self.validity, **hidden}
        return {} if self.given else {"given": False}


def from_json(kept: Mapping[str, Any], made: Made | None) -> Verdict:
    """Read what was kept under a key."""
    problems = tuple(
        Problem(UserErrorCode(one["code"]), one["message"], tuple(one["field"]))
        for one in kept.get("problems", ())
    )
    validity = kept.get("validity")
    return Verdict(
        made,
        problems,
        None if validity is None else _validity(validity),
        replayed=True,
        given=kept.get("given", True),
        secret=kept.get("secret", False),
    )


def _validity(kept: Mapping[str, Any]) -> Validity:
    return Validity(
        kept["redeemable"],
        ValidityStatus(kept["validity_status"]),
        tuple(_level(one) for one in kept["levels"]),
        tuple(_warning(one) for one in kept["warnings"]),
    )


def _level(kept: Mapping[str, Any]) -> CheckedLevel:
    entries = tuple(
        CheckedPromotion(one["promotion_id"], LevelStatus(one["status"]), _fields(one))
        for one in kept["entries"]
    )
    return CheckedLevel(Level(kept["level"]), LevelStatus(kept["status"]), _fields(kept), entries)


def _fields(kept: Mapping[str, Any]) -> tuple[CheckedField, ...]:
    return tuple(CheckedField(one["name"], Outcome(one["outcome"])) for one in kept["fields"])


def _warning(kept: Mapping[str, Any]) -> ValidityWarning:
    return ValidityWarning(
        **{
            **kept,
            "level": Level(kept["level"]),
            "entity": Noun(kept["entity"]),
            "reason": Reason(kept["reason"]),
            "severity": Severity(kept["severity"]),
        }
    )


_WHOSE = {"customerUsesRemaining", "availableTo", "customer.status", "targetSegments",
          "reusePerCustomer", "customer"}  # fmt: skip
"""Fields about which the input says something where it names the customer."""


def problems(validity: Validity) -> tuple[Problem, ...]:
    """The warnings that stand in the way, as reasons to refuse; each reason once."""
    found: dict[Reason, Problem] = {}
    for warning in validity.warnings:
        if warning.severity == Severity.BLOCKING:
            field = "customerNumber" if warning.field in _WHOSE else "code"
            if warning.reason == Reason.WRONG_APPLICATION:
                field = "application"
            problem = Problem(warning.reason.error, warning.message, (field,))
            found.setdefault(warning.reason, problem)
    return tuple(found.values())


def discreet(verdict: Verdict, caller: Caller) -> Verdict:
    """What the caller may hear of a refusal.

    Who cannot read codes hears reasons only of a code that exists, is not withdrawn and is for the
    customer who was named; of every other one no more than that it cannot be used.
    """
    if verdict.validity is not None and not caller.allows(Scope.CUSTOMERS_READ):
        verdict = replace(verdict, validity=_impersonal(verdict.validity))
    if caller.allows(Scope.CODES_READ) or not verdict.problems:
        return verdict
    if not verdict.secret and (verdict.validity is None or may_hear(verdict.validity, caller)):
        return verdict
    message = "The code cannot be used here."
    told = (Problem(UserErrorCode.CODE_NOT_APPLICABLE, message),)
    return replace(verdict, problems=told, validity=None, secret=False)


def _impersonal(validity: Validity) -> Validity:
    """The same without what the shop has told of the customer."""
    return replace(
        validity,
        warnings=tuple(
            replace(one, actual=None) if one.field == "targetSegments" else one
            for one in validity.warnings
        ),
    )


def may_hear(validity: Validity, caller: Caller) -> bool:
    """Whether the reasons, fields and ids are for the caller's ears."""
    if caller.allows(Scope.CODES_READ):
        return True
    secret = {Reason.NOT_FOUND, Reason.WITHDRAWN}
    return not any(
        warning.reason in secret or warning.field == "availableTo" for warning in validity.warnings
    )
