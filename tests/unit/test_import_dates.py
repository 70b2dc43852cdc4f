"""Dates of import rows; what other values mean is in `test_import_values`."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain.import_files import RowErrorCode, RowMessage, Severity, Value
from app.domain.import_values import READERS, Read, Unfit

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
CAIRO = ZoneInfo("Africa/Cairo")
DATES = ["validFrom", "validTo"]


def read(field: str, value: Value, zone: ZoneInfo = BERLIN) -> Any:  # noqa: ANN401 - an instant or a reason
    """The instant, or the code of the reason why there is none."""
    try:
        found = READERS[field](field, value, zone)
    except Unfit as unfit:
        return unfit.code
    assert found.message is None
    return found.meaning


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize("field", DATES)
@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (None, None),
        ("2026-06-01T00:00:00Z", utc("2026-06-01T00:00:00")),
        (" 2026-06-01t08:05:09z ", utc("2026-06-01T08:05:09")),
        ("2026-06-01 08:05Z", utc("2026-06-01T08:05:00")),
        ("2026-06-01T08:05:09.5Z", utc("2026-06-01T08:05:09.500000")),
        ("2026-06-01T08:05:09.123456789Z", utc("2026-06-01T08:05:09.123456")),
        ("2026-06-01T00:00:00+02:00", utc("2026-05-31T22:00:00")),
        ("2026-06-01T00:00:00-0530", utc("2026-06-01T05:30:00")),
        ("2026-06-01T00:00:00-00:00", utc("2026-06-01T00:00:00")),
        ("2026-06-01T00:00:00+23:59", utc("2026-05-31T00:01:00")),
        ("2024-02-29T00:00:00Z", utc("2024-02-29T00:00:00")),
        # What lies outside the years of a code is a date, and told by the rules of codes.
        ("0001-01-01T00:00:00Z", utc("0001-01-01T00:00:00")),
        ("9999-12-31T23:59:59Z", utc("9999-12-31T23:59:59")),
    ],
)
def test_dates_whose_instant_is_written(field: str, value: Value, meaning: object) -> None:
    assert read(field, value) == meaning


@pytest.mark.parametrize(
    ("field", "value"),
    [
        # Many write this for "never": it is a day, but no calendar holds its end.
        ("validTo", "9999-12-31"),
        ("validFrom", "0001-01-01"),
        ("validFrom", "9999-12-31T23:59:59-01:00"),
        ("validTo", "0001-01-01T00:00:00+01:00"),
    ],
)
def test_an_instant_that_no_calendar_holds_is_out_of_range(field: str, value: str) -> None:
    with pytest.raises(Unfit, match=r"Enter a year from 1900 to 9998\.$") as refused:
        READERS[field](field, value, BERLIN)
    assert refused.value.code == RowErrorCode.OUT_OF_RANGE


@pytest.mark.parametrize("field", DATES)
@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026",
        "2026-06",
        "2026-6-1",
        "01.06.2026",
        "06/01/2026",
        "20260601",
        "2026-W23-1",
        "2026W231",
        "2026-152",
        "2026-02-29",
        "2026-02-30T00:00:00Z",
        "2026-13-01",
        "2026-00-01",
        "2026-06-00",
        "0000-06-01",
        "12026-06-01",
        "-2026-06-01",
        "2026-06-01T",
        "2026-06-01T10",
        "2026-06-01Z",
        "2026-06-01T24:00:00Z",
        "2026-06-01T10:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-06-01T10:00:00.Z",
        "2026-06-01T10:00:00.1234567890Z",
        "2026-06-01T10:00:00,5Z",
        "2026-06-01T10:00:00+24:00",
        "2026-06-01T10:00:00+99:00",
        "2026-06-01T10:00:00+02:60",
        "2026-06-01T10:00:00+2",
        "2026-06-01T10:00:00 Europe/Berlin",
        "2026-06-01  10:00:00Z",
        "\uff12\uff10\uff12\uff16-06-01",
        "\u0662\u0660\u0662\u0666-06-01",
        "2026\u201106\u201101",
        "tomorrow",
        "now",
        20260601,
        1_780_272_000.0,
        True,
        ["2026-06-01"],
        {"date": "2026-06-01"},
    ],
)
def test_what_is_no_date(field: str, value: Value) -> None:
    assert read(field, value) == RowErrorCode.BAD_DATE


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        (BERLIN, "2026-06-01", "2026-05-31T22:00:00", "2026-06-01T22:00:00"),
        (NEW_YORK, "2026-06-01", "2026-06-01T04:00:00", "2026-06-02T04:00:00"),
        # Days of 23 and of 25 hours.
        (BERLIN, "2026-03-29", "2026-03-28T23:00:00", "2026-03-29T22:00:00"),
        (BERLIN, "2026-10-25", "2026-10-24T22:00:00", "2026-10-25T23:00:00"),
        # Where the clocks skip midnight, a day begins at one, and the one before ends then.
        (CAIRO, "2026-04-23", "2026-04-22T22:00:00", "2026-04-23T22:00:00"),
        (CAIRO, "2026-04-24", "2026-04-23T22:00:00", "2026-04-24T21:00:00"),
        (BERLIN, "2024-02-29", "2024-02-28T23:00:00", "2024-02-29T23:00:00"),
        (BERLIN, "2026-12-31", "2026-12-30T23:00:00", "2026-12-31T23:00:00"),
    ],
)
def test_a_day_alone_is_whole_where_the_campaign_is(
    zone: ZoneInfo, day: str, start: str, end: str
) -> None:
    assert read("validFrom", day, zone) == utc(start)
    assert read("validTo", day, zone) == utc(end)


@pytest.mark.parametrize("field", DATES)
@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("2026-06-01T00:00:00", "2026-05-31T22:00:00"),
        ("2026-06-01 08:05", "2026-06-01T06:05:00"),
        # The clocks skip it: it moves forward by what they skip.
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00"),
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00"),
        # The clocks show it twice: the earlier one.
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00"),
    ],
)
def test_a_time_without_offset_is_the_campaign_s_which_is_told(
    field: str, value: str, meaning: str
) -> None:
    note = "No offset is written, so it is the time in Europe/Berlin."
    told = RowMessage(RowErrorCode.LOCAL_TIME, note, field, value, Severity.INFO)
    assert READERS[field](field, value, BERLIN) == Read(utc(meaning), told)
