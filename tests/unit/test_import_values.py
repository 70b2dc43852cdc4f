from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.campaigns import AvailableTo
from app.domain.import_files import RowErrorCode, Value
from app.domain.import_values import MAX_SHOWN, READERS, Unfit, shown, text
from app.domain.time_zones import names

BERLIN = ZoneInfo("Europe/Berlin")
NUMBERS = ["maximumUses", "usesPerCustomer"]
FLAGS = ["withdrawn", "deleted"]


def read(field: str, value: Value) -> Any:  # noqa: ANN401 - of any kind
    """What the value means, or the code of the reason why it means nothing."""
    try:
        found = READERS[field](field, value, BERLIN)
    except Unfit as unfit:
        return unfit.code
    assert found.message is None
    return found.meaning


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (None, None),
        (5, 5),
        ("5", 5),
        (" 5\t", 5),
        ("+5", 5),
        ("-5", -5),
        (-5, -5),
        (0, 0),
        ("007", 7),
        (10**17, 10**17),
        ("1" * 18, int("1" * 18)),
        ("1" * 19, RowErrorCode.OUT_OF_RANGE),
        ("1" * 5_000, RowErrorCode.OUT_OF_RANGE),
        (-(10**18), RowErrorCode.OUT_OF_RANGE),
        ("", RowErrorCode.NOT_A_NUMBER),
        (" ", RowErrorCode.NOT_A_NUMBER),
        ("1_000", RowErrorCode.NOT_A_NUMBER),
        ("1,000", RowErrorCode.NOT_A_NUMBER),
        ("1 000", RowErrorCode.NOT_A_NUMBER),
        ("\uff15", RowErrorCode.NOT_A_NUMBER),
        ("\u0665", RowErrorCode.NOT_A_NUMBER),
        ("\u00b2", RowErrorCode.NOT_A_NUMBER),
        ("5.0", RowErrorCode.NOT_A_NUMBER),
        (5.0, RowErrorCode.NOT_A_NUMBER),
        ("1e3", RowErrorCode.NOT_A_NUMBER),
        (1e3, RowErrorCode.NOT_A_NUMBER),
        (1e300, RowErrorCode.NOT_A_NUMBER),
        ("0x10", RowErrorCode.NOT_A_NUMBER),
        ("+ 5", RowErrorCode.NOT_A_NUMBER),
        ("--5", RowErrorCode.NOT_A_NUMBER),
        ("\u22125", RowErrorCode.NOT_A_NUMBER),
        ("unlimited", RowErrorCode.NOT_A_NUMBER),
        (True, RowErrorCode.NOT_A_NUMBER),
        (False, RowErrorCode.NOT_A_NUMBER),
        ([5], RowErrorCode.NOT_A_NUMBER),
        ({"of": 5}, RowErrorCode.NOT_A_NUMBER),
    ],
)
def test_numbers(field: str, value: Value, meaning: object) -> None:
    assert read(field, value) == meaning


@pytest.mark.parametrize("field", FLAGS)
@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (None, False),
        (True, True),
        (False, False),
        ("true", True),
        (" TRUE ", True),
        ("Yes", True),
        ("1", True),
        (1, True),
        ("false", False),
        ("no", False),
        ("0", False),
        (0, False),
        ("", RowErrorCode.OUT_OF_RANGE),
        ("y", RowErrorCode.OUT_OF_RANGE),
        ("ja", RowErrorCode.OUT_OF_RANGE),
        (2, RowErrorCode.OUT_OF_RANGE),
        (1.0, RowErrorCode.OUT_OF_RANGE),
        ([True], RowErrorCode.OUT_OF_RANGE),
        ({}, RowErrorCode.OUT_OF_RANGE),
    ],
)
def test_flags(field: str, value: Value, meaning: object) -> None:
    found = read(field, value)
    assert (found, type(found)) == (meaning, type(meaning))


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (None, AvailableTo.ANY_CUSTOMER),
        ("ANY_CUSTOMER", AvailableTo.ANY_CUSTOMER),
        (" only_issued_to ", AvailableTo.ONLY_ISSUED_TO),
        ("Any_Except_Issued_To", AvailableTo.ANY_EXCEPT_ISSUED_TO),
        ("", RowErrorCode.OUT_OF_RANGE),
        ("ANYBODY", RowErrorCode.OUT_OF_RANGE),
        ("ANY CUSTOMER", RowErrorCode.OUT_OF_RANGE),
        (1, RowErrorCode.OUT_OF_RANGE),
        (True, RowErrorCode.OUT_OF_RANGE),
        (["ANY_CUSTOMER"], RowErrorCode.OUT_OF_RANGE),
    ],
)
def test_to_whom_a_code_is_available(value: Value, meaning: object) -> None:
    assert read("availableTo", value) == meaning


@pytest.mark.parametrize(
    ("field", "value", "meaning"),
    [
        ("group", None, None),
        ("group", " spring ", "SPRING"),
        ("group", 2026, "2026"),
        ("group", "", RowErrorCode.OUT_OF_RANGE),
        ("group", " \t", RowErrorCode.OUT_OF_RANGE),
        ("group", True, RowErrorCode.OUT_OF_RANGE),
        ("issuedToCustomerId", None, None),
        ("issuedToCustomerId", " c-1009 ", "c-1009"),
        ("issuedToCustomerId", 1009, "1009"),
        ("issuedToCustomerId", "", RowErrorCode.OUT_OF_RANGE),
        ("issuedToCustomerId", 1009.0, RowErrorCode.OUT_OF_RANGE),
        ("issuedToCustomerId", ["C-1009"], RowErrorCode.OUT_OF_RANGE),
        # A reason that says nothing is none, so that a blank one clears like a missing one.
        ("reason", None, None),
        ("reason", " printed twice ", "printed twice"),
        ("reason", "", ""),
        ("reason", 2, "2"),
        ("reason", {"text": "printed twice"}, RowErrorCode.OUT_OF_RANGE),
    ],
)
def test_texts(field: str, value: Value, meaning: object) -> None:
    assert read(field, value) == meaning


def test_what_a_message_quotes() -> None:
    values: list[Value] = [None, True, False, 5, "a", [1], "x" * 500]
    assert [shown(value) for value in values] == [
        None,
        "true",
        "false",
        "5",
        "a",
        "[1]",
        "x" * MAX_SHOWN,
    ]


def test_a_code_may_be_written_as_a_number() -> None:
    assert text(12345) == "12345"


def test_a_text_is_the_line_that_is_kept_elsewhere() -> None:
    assert text("\ufeffC-1\u200b ") == "C-1"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]([Tt ][0-2][0-9]:[0-6][0-9]Z?)?", fullmatch=True)
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00[+-][0-9]{2}:[0-9]{2}", fullmatch=True),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.sampled_from(sorted(READERS)), VALUES, st.sampled_from(sorted(names())))
@example("validTo", "9999-12-31", "Pacific/Kiritimati")
@example("validFrom", "0001-01-01", "Pacific/Kiritimati")
@example("validTo", "9999-12-31T23:59", "America/New_York")
def test_any_value_has_a_meaning_or_a_reason(field: str, value: Value, zone: str) -> None:
    reader = READERS[field]
    meaning, reason = None, None
    try:
        meaning = reader(field, value, ZoneInfo(zone)).meaning
    except Unfit as unfit:
        reason = unfit.code
    assert reason in {None, "NOT_A_NUMBER", "OUT_OF_RANGE", "BAD_DATE"}
    if isinstance(meaning, datetime):
        assert meaning.tzinfo is UTC
    if value is None:
        assert (meaning or None, reason) in {(None, None), (AvailableTo.ANY_CUSTOMER, None)}
