"""Every combination of what a row wants, what the code is, and which codes may be touched."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from app.domain.codes import CodeUsage
from app.domain.import_files import ImportMode, Value
from app.domain.import_rows import (
    Decision,
    Rules,
    StoredCode,
    decide_known,
    decide_new,
    read_wish,
)
from app.domain.source_codes import SourceCodeDraft

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
UNUSED = CodeUsage(redeemed=False, reserved=0, cashback=False)
RULES = Rules(1, ImportMode.UPSERT, {"SPRING": 7, "AUTUMN": 8})
PLAIN = StoredCode(
    id=99,
    campaign_id=1,
    facts=SourceCodeDraft("", maximum_uses=10, group_id=7),
    uses=0,
    withdrawn_at=None,
    usage=UNUSED,
)

CODES: dict[str, StoredCode | None] = {
    "missing": None,
    "foreign": replace(PLAIN, campaign_id=2),
    "plain": PLAIN,
    "used": replace(PLAIN, uses=3, usage=replace(UNUSED, redeemed=True)),
    "given back": replace(PLAIN, usage=replace(UNUSED, redeemed=True)),
    "reserved": replace(PLAIN, usage=replace(UNUSED, reserved=3)),
    "cashback": replace(PLAIN, usage=replace(UNUSED, cashback=True)),
    "withdrawn": replace(PLAIN, withdrawn_at=NOW),
}
ROWS: dict[str, dict[str, Value]] = {
    "says nothing": {},
    "says the same": {"maximumUses": 10, "group": "spring", "withdrawn": False},
    "raises": {"maximumUses": 11},
    "lowers to used": {"maximumUses": 3},
    "lowers below": {"maximumUses": 2},
    "moves": {"group": "autumn"},
    "ungroups": {"group": None},
    "withdraws": {"withdrawn": True, "reason": "printed twice"},
    "withdraws, lowers": {"withdrawn": True, "reason": "printed twice", "maximumUses": 2},
    "deletes": {"deleted": True},
}
# One letter for each row, in their order: I inserted, U updated, W withdrawn, D deleted,
# - no action, f the code is used, b the maximum is below what is used, w it is withdrawn,
# n it does not exist, o it is another campaign's, e it exists.
UPSERT = {
    "missing": "IIIIIIIIIn",
    "foreign": "oooooooooo",
    "plain": "--UUUUUWWD",
    "used": "--UUbffWbf",
    "given back": "--UUUffWWf",
    "reserved": "--UUbffWbf",
    "cashback": "--UUUffWWf",
    "withdrawn": "-wwwwww-wD",
}
INSERT_ONLY = {**dict.fromkeys(CODES, "eeeeeeeeee"), "missing": "IIIIIIIIIn", "foreign": "o" * 10}
UPDATE_ONLY = {**UPSERT, "missing": "nnnnnnnnnn"}
LETTERS = {
    "INSERTED": "I",
    "UPDATED": "U",
    "WITHDRAWN": "W",
    "DELETED": "D",
    "NO_ACTION": "-",
    "CODE_HAS_USES": "f",
    "MAX_USES_BELOW_USED": "b",
    "CODE_WITHDRAWN": "w",
    "CODE_NOT_FOUND": "n",
    "CODE_IN_OTHER_CAMPAIGN": "o",
    "CODE_EXISTS": "e",
}


def decide(row: dict[str, Value], stored: StoredCode | None, rules: Rules = RULES) -> Decision:
    wish = read_wish(row, UTC)
    return decide_new(wish, rules) if stored is None else decide_known(wish, stored, rules)


def letter(decision: Decision) -> str:
    """One letter, and so one error at most."""
    words = [str(message.code) for message in decision.messages] or [decision.outcome]
    return "".join(LETTERS[word] for word in words)


@pytest.mark.parametrize(
    ("mode", "table"),
    [
        (ImportMode.UPSERT, UPSERT),
        (ImportMode.INSERT_ONLY, INSERT_ONLY),
        (ImportMode.UPDATE_ONLY, UPDATE_ONLY),
    ],
)
def test_what_becomes_of_a_row(mode: ImportMode, table: dict[str, str]) -> None:
    rules = replace(RULES, mode=mode)
    found = {
        name: "".join(letter(decide(row, stored, rules)) for row in ROWS.values())
        for name, stored in CODES.items()
    }
    assert found == table


@dataclass(frozen=True)
class Expected:
    changed: dict[str, object]
    facts: SourceCodeDraft
    reason: str | None = None


BOTH = {"maximumUses": None, "usesPerCustomer": 1, "group": None}


@pytest.mark.parametrize(
    ("row", "stored", "expected"),
    [
        ({}, None, Expected({}, SourceCodeDraft(""))),
        (
            BOTH | {"withdrawn": True, "reason": "printed twice"},
            None,
            Expected({}, SourceCodeDraft("", uses_per_customer=1), "printed twice"),
        ),
        ({"group": "spring"}, None, Expected({}, SourceCodeDraft("", group_id=7))),
        ({}, PLAIN, Expected({}, PLAIN.facts)),
        (
            BOTH,
            PLAIN,
            Expected(
                {"group_id": None, "maximum_uses": None, "uses_per_customer": 1},
                SourceCodeDraft("", uses_per_customer=1),
            ),
        ),
        (
            {"withdrawn": True, "reason": "printed twice"},
            PLAIN,
            Expected({}, PLAIN.facts, "printed twice"),
        ),
        # Withdrawn once and for all: the reason stays that of then.
        (
            {"withdrawn": True, "reason": "burnt"},
            CODES["withdrawn"],
            Expected({}, PLAIN.facts),
        ),
        ({"maximumUses": 10}, PLAIN, Expected({}, PLAIN.facts)),
    ],
)
def test_what_a_code_is_afterwards(
    row: dict[str, Value], stored: StoredCode | None, expected: Expected
) -> None:
    decision = decide(row, stored)
    assert decision.messages == ()
    assert Expected(dict(decision.changed), decision.facts or PLAIN.facts, decision.reason) == (
        expected
    )
    assert decision.facts is not None


def test_a_row_that_fails_brings_nothing() -> None:
    for stored in (None, PLAIN, CODES["foreign"]):
        decision = decide({"maximumUses": "ten", "usesPerCustomer": 2}, stored)
        assert (decision.outcome, decision.facts, decision.changed, decision.reason) == (
            "FAILED",
            None,
            {},
            None,
        )


def test_a_deletion_with_a_mistake_deletes_nothing() -> None:
    assert decide({"deleted": True, "validTo": "soon"}, PLAIN).outcome == "FAILED"


def test_facts_that_no_rule_would_take_today_stay_until_they_are_changed() -> None:
    old = replace(PLAIN, facts=replace(PLAIN.facts, valid_to=datetime(1850, 1, 1, tzinfo=UTC)))
    assert decide({"withdrawn": True, "reason": "old"}, old).outcome == "WITHDRAWN"
    assert [message.code for message in decide({"maximumUses": 1}, old).messages] == [
        "OUT_OF_RANGE"
    ]
