from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_schema.scalars import (
    LARGEST,
    SCALARS,
    Decimal,
    read_big_int,
    read_decimal,
    read_duration,
    read_instant,
    read_json,
    show_instant,
)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])))
def test_an_instant_shown_and_read_is_the_same(moment: datetime) -> None:
    try:
        shown = show_instant(moment)
    except OverflowError:
        return
    assert shown.endswith("Z")
    assert read_instant(shown) == moment


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z"),
        ("2026-03-01t08:00:00.250+01:00", "2026-03-01T07:00:00.250000Z"),
        ("2026-03-01 08:00:00-00:30", "2026-03-01T08:30:00Z"),
        ("2026-03-01T08:00:00.123456789z", "2026-03-01T08:00:00.123456Z"),
    ],
)
def test_instants_of_any_offset_become_utc(text: str, shown: str) -> None:
    assert show_instant(read_instant(text)) == shown
    assert show_instant(shown) == shown


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01",
        "2026-03-01T08:00:00",
        "2026-W09-7T08:00:00Z",
        "20260301T080000Z",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "2026-03-01T24:00:01Z",
        "now",
        1,
        None,
    ],
)
def test_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|no such moment"):
        read_instant(value)


def test_durations_are_iso_8601() -> None:
    assert read_duration("P7D") == "P7D"
    for value in ("7 days", "", "P", 7, None):
        with pytest.raises(ValueError, match=r"."):
            read_duration(value)


def test_big_integers_come_as_text_or_number() -> None:
    assert [read_big_int(value) for value in (7, "7", "-7", str(LARGEST))] == [7, 7, -7, LARGEST]
    for value in (True, 1.5, "1_000", "", "\u0667", str(LARGEST + 1), LARGEST + 1, None, "9" * 20):
        with pytest.raises(ValueError, match="A BigInt is"):
            read_big_int(value)


def test_json_is_an_object() -> None:
    given: object = {"a": [1]}
    assert read_json(given) == given
    wrong: list[object] = [[], "a", 1, None]
    for value in wrong:
        with pytest.raises(ValueError, match="A JSON value is an object"):
            read_json(value)


def test_json_knows_one_zero() -> None:
    """PostgreSQL keeps no sign of zero, so SQLite shall not either."""
    read = read_json({"a": -0.0, "b": [{"c": -0.0}], "d": -0.5, "e": 0})
    assert repr(read) == "{'a': 0.0, 'b': [{'c': 0.0}], 'd': -0.5, 'e': 0}"


@pytest.mark.parametrize(
    "text",
    ["12.50", "0", "-0.01", "007", "9" * 30, "9" * 30 + "." + "9" * 30, "-" + "9" * 30],
)
def test_decimals_come_and_go_as_they_are_written(text: str) -> None:
    assert read_decimal(text) == text
    show = SCALARS[Decimal].serialize
    assert show is not None
    assert show(text) == text


@pytest.mark.parametrize(
    "value",
    [
        12.5,
        12,
        True,
        None,
        "",
        " 1",
        "1\n",
        "+1",
        "1.",
        ".5",
        "1,5",
        "1e3",
        "1_000",
        "--1",
        "NaN",
        "Infinity",
        "\u0667",
        "9" * 31,
        "0." + "9" * 31,
    ],
)
def test_what_is_no_plain_decimal_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="A Decimal is plain decimal text"):
        read_decimal(value)
