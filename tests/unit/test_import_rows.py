"""What is told of a row, and what holds for every row; `test_import_decisions` has all cases."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.campaigns import AvailableTo
from app.domain.code_text import CodeTextError, normal_form
from app.domain.codes import CodeUsage
from app.domain.import_files import (
    ImportMode,
    RowErrorCode,
    RowMessage,
    Severity,
    Value,
    read_message,
)
from app.domain.import_rows import (
    Decision,
    Rules,
    StoredCode,
    aborted,
    bad_code,
    decide_known,
    decide_new,
    duplicate,
    failed,
    read_wish,
)
from app.domain.import_values import shown
from app.domain.rows import RowOutcome
from app.domain.source_codes import SourceCodeDraft

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
UNUSED = CodeUsage(redeemed=False, reserved=0, cashback=False)
RULES = Rules(1, ImportMode.UPSERT, {"SPRING": 7, "AUTUMN": 8})
PLAIN = StoredCode(99, 1, SourceCodeDraft(""), 0, None, UNUSED)


def told(row: dict[str, Value], stored: StoredCode | None = None) -> list[tuple[Any, ...]]:
    """Code, field and value of every message, in order."""
    wish = read_wish(row, BERLIN)
    decision = decide_new(wish, RULES) if stored is None else decide_known(wish, stored, RULES)
    assert decision.outcome == RowOutcome.FAILED
    return [(said.code.value, said.field, said.value) for said in decision.messages]


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    assert told(
        {
            "group": "winter",
            "maximumUses": "ten",
            "usesPerCustomer": 0,
            "validFrom": "2026-06-08",
            "validTo": "2026-06-01",
            "availableTo": "ONLY_ISSUED_TO",
            "withdrawn": "true",
            "deleted": "maybe",
        }
    ) == [
        ("NOT_A_NUMBER", "maximumUses", "ten"),
        ("OUT_OF_RANGE", "deleted", "maybe"),
        ("REASON_REQUIRED", "reason", None),
        ("GROUP_NOT_FOUND", "group", "winter"),
        ("VALID_TO_BEFORE_FROM", "validTo", "2026-06-01"),
        ("OUT_OF_RANGE", "usesPerCustomer", "0"),
        ("AVAILABLE_TO_NEEDS_CUSTOMER", "availableTo", "ONLY_ISSUED_TO"),
    ]


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"maximumUses": 2_147_483_648}, "OUT_OF_RANGE", "maximumUses"),
        ({"usesPerCustomer": -1}, "OUT_OF_RANGE", "usesPerCustomer"),
        ({"validFrom": "1899-12-31T00:00:00Z"}, "OUT_OF_RANGE", "validFrom"),
        ({"validTo": "9999-01-01T00:00:00Z"}, "OUT_OF_RANGE", "validTo"),
        ({"validFrom": "2026-06-31"}, "BAD_DATE", "validFrom"),
        ({"issuedToCustomerId": "C" * 101}, "OUT_OF_RANGE", "issuedToCustomerId"),
        ({"issuedToCustomerId": "C\n1"}, "OUT_OF_RANGE", "issuedToCustomerId"),
        ({"availableTo": "all"}, "OUT_OF_RANGE", "availableTo"),
        ({"withdrawn": True}, "REASON_REQUIRED", "reason"),
        ({"withdrawn": True, "reason": " "}, "REASON_REQUIRED", "reason"),
        ({"withdrawn": True, "reason": "\u200b"}, "REASON_REQUIRED", "reason"),
        ({"withdrawn": True, "reason": "\u3164"}, "OUT_OF_RANGE", "reason"),
        ({"withdrawn": True, "reason": "r" * 501}, "OUT_OF_RANGE", "reason"),
        ({"reason": "burnt"}, "FLAGS_CONFLICT", "reason"),
        ({"withdrawn": False, "reason": "burnt"}, "FLAGS_CONFLICT", "reason"),
        # A flag that cannot be read is in no conflict with the others.
        ({"withdrawn": "maybe", "reason": "burnt"}, "OUT_OF_RANGE", "withdrawn"),
        ({"deleted": "maybe", "reason": "burnt"}, "OUT_OF_RANGE", "deleted"),
        ({"withdrawn": True, "reason": ["burnt"]}, "OUT_OF_RANGE", "reason"),
    ],
)
def test_one_mistake_is_told_once(row: dict[str, Value], code: str, field: str) -> None:
    """With the value as it is written, unless it says who a code is for."""
    value = None if field == "issuedToCustomerId" else shown(row.get(field))
    expected = [(code, field, value)]
    assert told(row) == told(row, PLAIN) == expected


def test_a_code_is_withdrawn_or_deleted() -> None:
    row: dict[str, Value] = {"withdrawn": True, "deleted": True, "reason": "burnt"}
    assert told(row, PLAIN) == [("FLAGS_CONFLICT", "deleted", "true")]
    assert told(row) == [("FLAGS_CONFLICT", "deleted", "true"), ("CODE_NOT_FOUND", "code", None)]


def test_what_stands_against_a_stored_code_is_told_with_the_rest() -> None:
    used = replace(PLAIN, uses=3, usage=CodeUsage(redeemed=True, reserved=1, cashback=False))
    row: dict[str, Value] = {"maximumUses": 3, "group": "spring", "usesPerCustomer": "one"}
    assert told(row, used) == [
        ("NOT_A_NUMBER", "usesPerCustomer", "one"),
        ("MAX_USES_BELOW_USED", "maximumUses", "3"),
        ("CODE_HAS_USES", "group", "spring"),
    ]
    assert told({"deleted": True, "validTo": "soon"}, used) == [
        ("BAD_DATE", "validTo", "soon"),
        ("CODE_HAS_USES", "deleted", "true"),
    ]
    assert told({"usesPerCustomer": "one"}, replace(PLAIN, campaign_id=2)) == [
        ("NOT_A_NUMBER", "usesPerCustomer", "one"),
        ("CODE_IN_OTHER_CAMPAIGN", "code", None),
    ]


def test_a_customer_is_needed_by_what_a_code_is_afterwards() -> None:
    owned = replace(
        PLAIN,
        facts=SourceCodeDraft("", issued_to="C-1", available_to=AvailableTo.ONLY_ISSUED_TO),
    )
    needed = ("AVAILABLE_TO_NEEDS_CUSTOMER", "availableTo")
    assert told({"issuedToCustomerId": None}, owned) == [(*needed, None)]
    word = "ANY_EXCEPT_ISSUED_TO"
    assert told({"availableTo": word}, PLAIN) == [(*needed, word)]
    cleared: dict[str, Value] = {"issuedToCustomerId": None, "availableTo": None}
    decision = decide_known(read_wish(cleared, UTC), owned, RULES)
    assert (decision.outcome, decision.facts) == (RowOutcome.UPDATED, SourceCodeDraft(""))


def test_a_local_time_is_told_of_whatever_becomes_of_the_row() -> None:
    row: dict[str, Value] = {"validTo": "2026-06-01T10:00"}
    for decision in (
        decide_new(read_wish(row, BERLIN), RULES),
        decide_known(read_wish(row, BERLIN), PLAIN, RULES),
        decide_known(read_wish({**row, "deleted": True}, BERLIN), PLAIN, RULES),
    ):
        assert decision.outcome != RowOutcome.FAILED
        assert [(said.code, said.severity) for said in decision.messages] == [
            (RowErrorCode.LOCAL_TIME, Severity.INFO)
        ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "CODE_MISSING"),
        (" - ", "CODE_MISSING"),
        ("AB", "CODE_TOO_SHORT"),
        ("A" * 101, "CODE_TOO_LONG"),
        ("SUMM\u00c9R", "CODE_BAD_CHAR"),
    ],
)
def test_what_is_no_code(text: str, code: str) -> None:
    with pytest.raises(CodeTextError) as refused:
        normal_form(text)
    said = bad_code(refused.value, text)
    assert (said.code, said.field, said.value) == (code, "code", text[:100])


def test_a_duplicate_names_the_row_that_counts() -> None:
    assert duplicate(1_200, "Summer 10") == RowMessage(
        RowErrorCode.DUPLICATE_IN_FILE,
        "Row 1,200 has this code already; case and separators do not count.",
        "code",
        "Summer 10",
    )


def test_an_aborted_row_keeps_what_was_told_of_it() -> None:
    note = RowMessage(
        RowErrorCode.ABORTED,
        "Another row failed, so nothing of the file was applied.",
        severity=Severity.INFO,
    )
    local = RowMessage(RowErrorCode.LOCAL_TIME, "", severity=Severity.INFO)
    fine = Decision(RowOutcome.INSERTED, (local,), SourceCodeDraft(""), reason="burnt")
    assert aborted(fine) == Decision(RowOutcome.NO_ACTION, (local, note))
    wrong = failed([duplicate(1, "A")])
    assert aborted(wrong) == wrong


ROWS = st.fixed_dictionaries(
    {},
    optional={
        "group": st.sampled_from([None, "spring", "AUTUMN", "winter", ""]),
        "maximumUses": st.sampled_from([None, 1, "2", 5, 0, "x"]),
        "usesPerCustomer": st.sampled_from([None, 1, "2", -1]),
        "validFrom": st.sampled_from([None, "2026-06-01", "2026-06-02T00:00", "2026-02-30"]),
        "validTo": st.sampled_from([None, "2026-06-01", "2026-06-09T00:00Z", "2026-05-01"]),
        "issuedToCustomerId": st.sampled_from([None, "C-1", "C-2", ""]),
        "availableTo": st.sampled_from([None, *AvailableTo, "all"]),
        "withdrawn": st.sampled_from([None, True, False, "maybe"]),
        "reason": st.sampled_from([None, "", "burnt"]),
        "deleted": st.sampled_from([None, True, False]),
    },
)
STORED = st.builds(
    StoredCode,
    id=st.just(99),
    campaign_id=st.sampled_from([1, 1, 1, 2]),
    facts=st.builds(
        SourceCodeDraft,
        code=st.just(""),
        maximum_uses=st.sampled_from([None, 5]),
        group_id=st.sampled_from([None, 7]),
        issued_to=st.sampled_from([None, "C-1"]),
    ),
    uses=st.sampled_from([0, 0, 2]),
    withdrawn_at=st.sampled_from([None, None, NOW]),
    usage=st.builds(
        CodeUsage, redeemed=st.booleans(), reserved=st.integers(0, 2), cashback=st.just(value=False)
    ),
)
MODES = st.sampled_from([*ImportMode])


def applied(decision: Decision, stored: StoredCode | None) -> StoredCode:
    """The code as it stands once the decision is written."""
    assert decision.facts is not None
    before = stored or PLAIN
    withdrawn_at = before.withdrawn_at or (NOW if decision.reason is not None else None)
    return replace(before, facts=decision.facts, withdrawn_at=withdrawn_at)


@given(ROWS, st.none() | STORED, MODES)
def test_a_row_applied_again_changes_nothing_more(
    row: dict[str, Value], stored: StoredCode | None, mode: ImportMode
) -> None:
    wish = read_wish(row, BERLIN)
    rules = replace(RULES, mode=mode)
    first = decide_new(wish, rules) if stored is None else decide_known(wish, stored, rules)
    errors = [said for said in first.messages if said.severity == Severity.ERROR]
    assert (first.outcome == RowOutcome.FAILED) == bool(errors)
    again = replace(rules, mode=ImportMode.UPSERT)
    if first.outcome == RowOutcome.FAILED:
        return
    if first.outcome == RowOutcome.DELETED:
        gone = decide_new(wish, again)
        assert RowErrorCode.CODE_NOT_FOUND in {said.code for said in gone.messages}
        return
    second = decide_known(wish, applied(first, stored), again)
    assert (second.outcome, second.messages) == (RowOutcome.NO_ACTION, wish.messages)
    assert (second.changed, second.reason) == ({}, None)


@given(ROWS, STORED, MODES)
def test_no_row_takes_what_was_given_away(
    row: dict[str, Value], stored: StoredCode, mode: ImportMode
) -> None:
    decision = decide_known(read_wish(row, BERLIN), stored, replace(RULES, mode=mode))
    if decision.outcome in {RowOutcome.FAILED, RowOutcome.NO_ACTION}:
        assert not decision.changed
        return
    assert (stored.campaign_id, mode != ImportMode.INSERT_ONLY) == (1, True)
    taken = stored.uses + stored.usage.reserved
    if decision.outcome == RowOutcome.DELETED or "group_id" in decision.changed:
        assert (stored.usage.redeemed, stored.usage.reserved) == (False, 0)
    if decision.changed.get("maximum_uses") is not None:
        assert decision.changed["maximum_uses"] >= taken
    if stored.withdrawn_at is not None:
        assert decision.outcome == RowOutcome.DELETED


@given(ROWS)
def test_messages_are_the_same_after_they_were_kept_as_json(row: dict[str, Value]) -> None:
    messages = decide_new(read_wish(row, BERLIN), RULES).messages
    kept = orjson.loads(orjson.dumps([asdict(said) for said in messages]))
    assert tuple(map(read_message, kept)) == messages
