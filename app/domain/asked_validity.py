"""Whether a code can be used, asked beside its other fields: nothing is decided by the answer."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.levels import Validity
from app.domain.validity import validity
from app.domain.validity_facts import Question, ValidityFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFacts(ValidityFacts):
    """The facts, the application if one is named, and what is reserved for the customer.

    `held_for` is None unless the holder of a live reservation of the code is the customer's number;
    then it is the id of the customer whom that reservation names, and NEW when it names none.
    """

    application: str | None = None
    held_for: int | None = None


def asked_validity(facts: AskedFacts, now: datetime) -> Validity:
    """Return what every rule says; what depends on whom nobody named is NOT_EVALUATED.

    A use that is reserved for the customer is theirs to take, as it is for redeeming.
    """
    held = facts.held_for is not None
    if held:
        theirs = facts.customer is not None and facts.held_for == facts.customer.id
        facts = replace(facts, taken=facts.taken.without_held(theirs=theirs))
    return validity(facts, Question(facts.application, held=held), now)


def asked_redeemable(facts: AskedFacts, now: datetime) -> bool | None:
    """Return whether it can be used; None when that cannot be said of nobody in particular."""
    return asked_validity(facts, now).redeemable
