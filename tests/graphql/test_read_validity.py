"""The validity that a code tells beside its other fields, and what redeeming would say of it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from app.database import Database
from app.domain.campaigns import CampaignKind
from app.domain.levels import Validity
from app.domain.promotions import GroupActivation
from app.domain.validity import validity
from app.domain.validity_facts import CustomerRules, PromotionRules, Taken, ValidityFacts
from tests.graphql.asking import Asking
from tests.graphql.oracle_validity import shown
from tests.graphql.stored_validity import Case, storable, store
from tests.graphql.test_read_variants import sql_changed
from tests.unit.validity_cases import DEFECTS, FACTS, NOW, OTHER, PAST, gate, group

DOCUMENT = """query ($code: String!, $number: String!) {
  code(code: $code) {
    asked: validity(customer: {number: $number}, application: "web") { ...Whole }
    redeemable(customer: {number: $number}, application: "web")
    open: validity { ...Whole }
    nobody: validity(customer: {number: "nobody"}) { ...Whole }
    openly: redeemable
    validityStatus
  }
  validateCode(input: {code: $code, customerNumber: $number, application: "web"}) {
    validity { ...Whole }
  }
}
fragment Whole on Validity {
  redeemable validityStatus
  levels {
    level status fields { name outcome } entries { promotionId status fields { name outcome } }
  }
  warnings { level entity entityId field reason severity actual required message }
}"""
ANYWHERE = gate(10, applications=(), target_segments=())
OPEN = PromotionRules(replace(ANYWHERE, id=30))
FORMS: dict[str, Case] = {
    "everything": Case(FACTS),
    "no group": Case(replace(FACTS, group=None)),
    "a group without promotions": Case(FACTS, linked=False),
    "no promotions": Case(replace(FACTS, promotions=())),
    "neither": Case(replace(FACTS, group=None, promotions=())),
    "no bundle": Case(replace(FACTS, promotions=(PromotionRules(gate(30)),))),
    "several promotions": Case(
        replace(
            FACTS,
            promotions=(
                PromotionRules(gate(33, enabled=False), gate(12)),
                PromotionRules(gate(32), gate(13, active_to=NOW, active_from=PAST)),
                PromotionRules(gate(31, applications=("till",))),
                PromotionRules(gate(30), gate(11)),
            ),
        )
    ),
    "no cashback": Case(replace(FACTS, cashback=None)),
    "reserved for the customer": Case(FACTS, held=True),
    "somebody else asks": Case(
        replace(FACTS, customer=CustomerRules(OTHER, segments=("gold", "x")))
    ),
    "a source code": Case(
        replace(FACTS, code=replace(FACTS.code, kind=CampaignKind.SOURCE, issued_at=None))
    ),
    "for everybody everywhere": Case(
        replace(FACTS, campaign=ANYWHERE, promotions=(OPEN,), cashback=None)
    ),
}
FOLLOWING = replace(
    FACTS,
    group=FACTS.group and replace(FACTS.group, activation=GroupActivation.WHILE_PROMOTIONS_RUN),
)
FORMS["a group that follows its promotions"] = Case(FOLLOWING)


def sound(facts: ValidityFacts) -> ValidityFacts:
    return facts


def table(*, long: bool) -> list[Case]:
    """Each form of a code with nothing and with each thing in its way, and pairs of these."""
    found = []
    for form in FORMS.values():
        for change in [sound, *(change for change, _ in DEFECTS)]:
            try:
                changed = replace(form, facts=change(form.facts))
            except (AssertionError, ValueError):
                continue  # What would be changed is not there.
            # Campaigns of source codes issue nothing.
            if not (changed.facts.issue_only and changed.facts.code.kind == CampaignKind.SOURCE):
                found.append(changed)
    pairs = list(combinations(DEFECTS, 2))[:: 1 if long else 9]
    found += [Case(other(one(FACTS))) for (one, _), (other, _) in pairs]
    return [storable(case, number) for number, case in enumerate(found, 1)]


def told(found: Validity) -> Any:  # noqa: ANN401 - as JSON shows it
    """What the rule found as an answer shows it."""
    return _camel(shown(found))


def _camel(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, dict):
        return {_word(key): _camel(one) for key, one in value.items()}
    return [_camel(one) for one in value] if isinstance(value, list | tuple) else value


def _word(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


async def ask(database: Database, case: Case) -> Any:  # noqa: ANN401 - the document says
    asking = Asking(database, now=NOW)
    return await asking.data(DOCUMENT, code=case.code, number=case.customer)


def right(case: Case) -> Any:  # noqa: ANN401 - as above
    """What the rules say of the facts themselves."""
    facts = case.facts
    asked = validity(facts, case.question("web", final=True), NOW)
    reserved = facts.taken.reserved + case.held
    nobody = replace(facts, customer=None, taken=Taken(reserved))
    unasked = replace(case, held=False).question(None, final=False)
    openly = validity(nobody, unasked, NOW)
    return {
        "code": {
            "asked": told(asked),
            "redeemable": asked.redeemable,
            "open": told(openly),
            "nobody": told(openly),
            "openly": openly.redeemable,
            "validityStatus": openly.validity_status,
        },
        "validateCode": {"validity": told(asked)},
    }


async def wrong(database: Database, cases: Sequence[Case]) -> list[str]:
    """The codes of the cases whose answers are not what the rules say."""
    return [case.code for case in cases if await ask(database, case) != right(case)]


@pytest.mark.timeout(600)
async def test_the_field_and_validating_say_what_the_rules_say(
    database: Database, *, long: bool
) -> None:
    """All combinations: whether rows are read rightly, and that both ways are one rule."""
    cases = table(long=long)
    await store(database, cases)
    assert len(cases) > 500
    assert await wrong(database, cases) == []


async def is_wrong(database: Database, cases: Sequence[Case]) -> bool:
    for case in cases:
        if await wrong(database, [case]):
            return True
    return False


VARIANTS = {
    "the group's promotions forgotten": (r"g\.group_id = t\d+\.group_id", "FALSE"),
    "the campaign's beside the group's": (
        r"AND NOT EXISTS \(SELECT 1 FROM promotion_group[^)]*\)",
        "",
    ),
    "the bundling campaign is the owner": (r"r1\.id = r\.campaign_id", "r1.id = t1.campaign_id"),
    "own reservation not known": (r"AND holder = t\d+\.number", "AND FALSE"),
    "every reservation is one's own": (
        r"AND holder = (t\d+)\.number",
        r"AND customer_id = \1.id LIMIT 1",
    ),
    "uses of the group by anybody": (
        r"FROM group_customer WHERE group_id = (t\d+)\.group_id AND customer_id = t\d+\.id",
        r"FROM group_customer WHERE group_id = \1.campaign_id",
    ),
    "reserved over all groups": (
        r"AND group_id = t\d+\.group_id AND customer_id",
        "AND customer_id",
    ),
    "lapsed reservations count": (
        r"AND (expires_at > \$\d+(?:::timestamptz)?)",
        r"AND (\1 OR TRUE)",
    ),
}


@pytest.mark.usefixtures("own_plans")
@pytest.mark.parametrize("name", list(VARIANTS))
async def test_facts_that_are_read_wrongly_are_noticed(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cases = table(long=False)[:400]
    await store(database, cases)
    sql_changed(*VARIANTS[name])(monkeypatch, database)
    assert await is_wrong(database, cases)


@pytest.mark.parametrize(
    ("case", "levels"),
    [
        (FORMS["everything"], ["CODE", "GROUP", "PROMOTION", "CASHBACK"]),
        (FORMS["no bundle"], ["CODE", "PROMOTION", "CASHBACK"]),
        (FORMS["several promotions"], ["CODE", "GROUP", "PROMOTION", "CASHBACK"]),
        (
            Case(group(enabled=False)(FORMS["no bundle"].facts)),
            ["CODE", "GROUP", "PROMOTION", "CASHBACK"],
        ),
        (FORMS["no group"], ["CODE", "PROMOTION", "CASHBACK"]),
        (FORMS["no cashback"], ["CODE", "GROUP", "PROMOTION"]),
        (Case(replace(FORMS["no bundle"].facts, cashback=None)), ["CODE", "PROMOTION"]),
    ],
)
async def test_which_levels_are_listed(database: Database, case: Case, levels: list[str]) -> None:
    stored = storable(case, 1)
    await store(database, [stored])
    answer = await ask(database, stored)
    assert [level["level"] for level in answer["code"]["asked"]["levels"]] == levels
