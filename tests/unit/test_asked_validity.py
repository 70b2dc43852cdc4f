from dataclasses import fields, replace

from app.domain.asked_validity import AskedFacts, asked_redeemable, asked_validity
from app.domain.levels import Outcome
from app.domain.validity import validity
from app.domain.validity_facts import NEW, Question, Taken, ValidityFacts
from tests.unit.validity_cases import DEFECTS, FACTS, FUTURE, NOW, OTHER, OWNER, code


def asked(facts: ValidityFacts, **values: object) -> AskedFacts:
    """The facts with what was asked besides."""
    known = {one.name: getattr(facts, one.name) for one in fields(facts)}
    return AskedFacts(**known, **values)  # type: ignore[arg-type]  # fields by their names


def test_it_is_what_redeeming_would_say_when_everything_is_named() -> None:
    for change, _ in DEFECTS:
        facts = change(FACTS)
        redeeming = validity(facts, Question("web", final=True), NOW)
        assert asked_validity(asked(facts, application="web"), NOW) == redeeming
        assert asked_redeemable(asked(facts, application="web"), NOW) is False
    assert asked_redeemable(asked(FACTS, application="web"), NOW) is True


def test_what_is_not_named_is_not_evaluated() -> None:
    found = asked_validity(asked(replace(FACTS, customer=None)), NOW)
    open_fields = {
        field.name
        for level in found.levels
        for field in (*level.fields, *(one for entry in level.entries for one in entry.fields))
        if field.outcome == Outcome.NOT_EVALUATED
    }
    assert open_fields == {
        "availableTo",
        "customerUsesRemaining",
        "targetSegments",
        "applications",
        "reusePerCustomer",
        "customer",
    }
    assert (found.redeemable, found.warnings) == (None, ())


def test_a_use_that_is_held_is_its_holders() -> None:
    last = code(max_uses=2)(FACTS)
    held = replace(last, taken=Taken(1, 1, 1, 1, 2))
    assert asked_redeemable(asked(held, application="web"), NOW) is False
    assert asked_redeemable(asked(held, application="web", held_for=OWNER), NOW) is True
    # Held under their number, for another customer or for none: it frees the use and no limit of
    # theirs.
    for whom in (OTHER, NEW):
        found = asked_validity(asked(held, application="web", held_for=whom), NOW)
        assert {warning.field for warning in found.warnings} == {
            "customerUsesRemaining",
            "reusePerCustomer",
        }


def test_dates_are_not_asked_of_a_use_that_is_held() -> None:
    expired = replace(code(valid_to=NOW)(FACTS), taken=Taken(1, 1, 1, 1, 1))
    assert asked_redeemable(asked(expired, application="web"), NOW) is False
    assert asked_redeemable(asked(expired, application="web", held_for=OWNER), FUTURE) is True


def test_what_is_held_is_taken_off_once() -> None:
    taken = Taken(3, 1, 2, 4, 5)
    assert taken.without_held(theirs=True) == Taken(2, 1, 1, 4, 4)
    assert taken.without_held(theirs=False) == Taken(2, 1, 2, 4, 5)
    # A code without a group has nothing there.
    assert Taken(1, 0, 1).without_held(theirs=True) == Taken()
