"""Whether a code can be used, asked beside its other fields: nothing is decided by the answer."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.levels import Validity
from app.domain.validity import validity
from app.domain.validity_facts import Question, ValidityFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFacts(ValidityFacts):
    """The facts, the application if one is named, and what is reserved for the customer.

    `held` counts the live reservations of the code whose holder is the customer's number: one or
    none; `held_theirs` those of them that name the customer, too.
    """

    application: str | None = None
    held: int = 0
    held_theirs: int = 0


def asked_validity(facts: AskedFacts, now: datetime) -> Validity:
    """Return what every rule says; what depends on whom nobody named is NOT_EVALUATED.

    A use that is reserved for the customer is theirs to take, as it is for redeeming.
    """
    if facts.held:
        facts = replace(facts, taken=facts.taken.without_held(theirs=facts.held_theirs > 0))
    return validity(facts, Question(facts.application, held=facts.held > 0), now)


def asked_redeemable(facts: AskedFacts, now: datetime) -> bool | None:
    """Return whether it can be used; None when that cannot be said of nobody in particular."""
    return asked_validity(facts, now).redeemable
