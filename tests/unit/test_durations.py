from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.durations import Duration, DurationError, add, from_local, parse_duration

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
APIA = ZoneInfo("Pacific/Apia")

DURATIONS = st.builds(
    Duration,
    years=st.integers(0, 30),
    months=st.integers(0, 120),
    weeks=st.integers(0, 500),
    days=st.integers(0, 3000),
    hours=st.integers(0, 9999),
    minutes=st.integers(0, 9999),
    seconds=st.integers(0, 9999),
)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P7D", Duration(days=7)),
        ("P1M", Duration(months=1)),
        ("PT1M", Duration(minutes=1)),
        ("P1Y2M3W4DT5H6M7S", Duration(1, 2, 3, 4, 5, 6, 7)),
        ("PT168H", Duration(hours=168)),
        ("P2WT30S", Duration(weeks=2, seconds=30)),
        ("P100Y", Duration(years=100)),
    ],
)
def test_iso_8601_is_understood_and_written(text: str, duration: Duration) -> None:
    assert parse_duration(text) == duration
    assert str(duration) == text
    assert duration


@pytest.mark.parametrize(("text", "written"), [("P0D", "PT0S"), ("PT0S", "PT0S"), ("P07D", "P7D")])
def test_one_duration_has_one_written_form(text: str, written: str) -> None:
    assert str(parse_duration(text)) == written


def test_no_time_at_all_is_false() -> None:
    assert not parse_duration("P0DT0H")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "7D",
        "P7",
        "P1H",
        "PT1D",
        "P1D1M",
        "-P1D",
        "P-1D",
        "P1.5D",
        "P1,5D",
        "p7d",
        " P7D",
        "P7D\n",
        "P\u0667D",
        "P12345678901D",
        "P" + "0" * 100 + "1D",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(DurationError, match="ISO 8601"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["P101Y", "P9999999999Y", "P100YT1S", "PT9999999999H", "P36501D"])
def test_durations_beyond_a_hundred_years_are_refused(text: str) -> None:
    with pytest.raises(DurationError, match="at most 100 years"):
        parse_duration(text)


def test_negative_parts_are_refused() -> None:
    with pytest.raises(DurationError, match="negative"):
        Duration(days=2, hours=-1)


@given(DURATIONS)
def test_writing_and_understanding_are_inverse(duration: Duration) -> None:
    assert parse_duration(str(duration)) == duration


@given(st.text(st.sampled_from("PT0123456789YMWDHS"), max_size=12))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        duration = parse_duration(text)
    except DurationError:
        return
    assert parse_duration(str(duration)) == duration


@pytest.mark.parametrize(
    ("zone", "start", "duration", "end"),
    [
        (LONDON, "2026-03-25T10:15:00Z", "P7D", "2026-04-01T09:15:00Z"),
        (LONDON, "2026-03-25T10:15:00Z", "PT168H", "2026-04-01T10:15:00Z"),
        (LONDON, "2026-03-25T10:15:00Z", "P7DT1H", "2026-04-01T10:15:00Z"),
        (UTC, "2026-01-31T12:00:00Z", "P1M", "2026-02-28T12:00:00Z"),
        (UTC, "2028-01-31T12:00:00Z", "P1M", "2028-02-29T12:00:00Z"),
        (UTC, "2028-02-29T12:00:00Z", "P1Y", "2029-02-28T12:00:00Z"),
        (UTC, "2026-01-31T12:00:00Z", "P1M1D", "2026-03-01T12:00:00Z"),
        (UTC, "2026-11-30T00:00:00Z", "P3M", "2027-02-28T00:00:00Z"),
        (UTC, "2026-12-15T00:00:00Z", "P12M", "2027-12-15T00:00:00Z"),
        (UTC, "2026-12-31T23:59:59.999999Z", "PT1S", "2027-01-01T00:00:00.999999Z"),
        # 01:30 does not exist in London on 29 March: clocks go from 01:00 to 02:00.
        (LONDON, "2026-03-28T01:30:00Z", "P1D", "2026-03-29T01:30:00Z"),
        # 01:30 comes twice on 25 October: the earlier one is meant.
        (LONDON, "2026-10-24T00:30:00Z", "P1D", "2026-10-25T00:30:00Z"),
        # Half an hour after the second 01:30 it is 02:00.
        (LONDON, "2026-10-25T01:30:00Z", "PT30M", "2026-10-25T02:00:00Z"),
        # A day later the local clock shows the same as at the second 01:30.
        (LONDON, "2026-10-25T01:30:00Z", "P1D", "2026-10-26T01:30:00Z"),
        # Samoa left out the whole of 30 December 2011.
        (APIA, "2011-12-29T20:00:00Z", "P1D", "2011-12-30T20:00:00Z"),
    ],
)
def test_days_move_the_local_clock_and_hours_are_exact(
    zone: ZoneInfo, start: str, duration: str, end: str
) -> None:
    moved = add(datetime.fromisoformat(start), parse_duration(duration), zone)
    assert moved == datetime.fromisoformat(end)
    assert moved.tzinfo is UTC


@pytest.mark.parametrize("text", ["P1Y", "P1M", "P1D", "PT1S"])
def test_a_date_that_python_cannot_hold_is_an_overflow(text: str) -> None:
    end_of_time = datetime.max.replace(tzinfo=UTC)
    with pytest.raises(OverflowError):
        add(end_of_time, parse_duration(text), UTC)


def test_the_trials_catch_days_of_24_hours() -> None:
    start = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)
    assert start + timedelta(days=7) != add(start, Duration(days=7), LONDON)


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        (NEW_YORK, datetime(2026, 3, 8, 2, 30), "2026-03-08T07:30:00Z"),  # noqa: DTZ001 - a local time
        (NEW_YORK, datetime(2026, 11, 1, 1, 30), "2026-11-01T05:30:00Z"),  # noqa: DTZ001 - the same
        (NEW_YORK, datetime(2026, 11, 1, 1, 30, fold=1), "2026-11-01T05:30:00Z"),  # noqa: DTZ001 - the same
        (LONDON, datetime(2026, 7, 1, 12), "2026-07-01T11:00:00Z"),  # noqa: DTZ001 - the same
    ],
)
def test_skipped_times_move_forward_and_repeated_ones_are_the_earlier(
    zone: ZoneInfo, local: datetime, instant: str
) -> None:
    assert from_local(local, zone) == datetime.fromisoformat(instant)
