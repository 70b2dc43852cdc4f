from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import time_zones
from app.domain.durations import Duration, DurationError, add, parse_duration
from app.domain.field_checks import check_instant
from app.domain.issue_validity import (
    CalendarUnit,
    FixedDates,
    FixedPeriod,
    IssuedCodeValidity,
    NoDates,
    RelativeEnd,
    Weekday,
    units,
    window,
)
from app.domain.refusals import Problem, Refusal, UserErrorCode

LONDON = ZoneInfo("Europe/London")
ISSUED_AT = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)

ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/London",
        "America/New_York",
        "America/St_Johns",
        "America/Havana",
        "America/Sao_Paulo",
        "Africa/Cairo",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Kiritimati",
        "Pacific/Chatham",
        "Antarctica/Troll",
    ]
).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(9700, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
# Most transitions of the zones above lie in these years.
LIVELY_INSTANTS = INSTANTS | st.datetimes(
    datetime(1986, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2030, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("UTC", "2026-03-30T00:00Z"),
        ("Europe/London", "2026-03-29T23:00Z"),
        ("America/New_York", "2026-03-30T04:00Z"),
    ],
)
def test_the_end_of_the_week_is_that_of_the_zone(zone: str, end: str) -> None:
    setting = RelativeEnd(CalendarUnit.WEEK)
    assert window(setting, ISSUED_AT, ZoneInfo(zone)) == (ISSUED_AT, at(end))


@pytest.mark.parametrize(
    ("period", "end"), [("P7D", "2026-04-01T09:15Z"), ("PT168H", "2026-04-01T10:15Z")]
)
def test_a_period_of_days_moves_the_clock_and_one_of_hours_is_exact(period: str, end: str) -> None:
    setting = FixedPeriod(parse_duration(period))
    assert window(setting, ISSUED_AT, LONDON) == (ISSUED_AT, at(end))


def test_a_delay_moves_the_start_and_the_period_counts_from_there() -> None:
    setting = FixedPeriod(parse_duration("P1M"), parse_duration("P6DT1H"))
    assert window(setting, ISSUED_AT, LONDON) == (at("2026-03-31T10:15Z"), at("2026-04-30T10:15Z"))


def test_no_dates_leave_the_range_open() -> None:
    assert window(NoDates(), ISSUED_AT, LONDON) == (None, None)


@pytest.mark.parametrize(
    ("valid_from", "valid_to"),
    [
        ("2026-01-01T00:00Z", "2026-03-25T10:15:00.000001Z"),
        ("2027-01-01T00:00Z", "2027-02-01T00:00Z"),
        ("2020-01-01T00:00Z", None),
        (None, "2026-04-01T00:00Z"),
    ],
)
def test_fixed_dates_are_taken_as_they_are(valid_from: str | None, valid_to: str | None) -> None:
    start, end = (at(text) if text else None for text in (valid_from, valid_to))
    assert window(FixedDates(start, end), ISSUED_AT, LONDON) == (start, end)


@pytest.mark.parametrize("valid_to", ["2026-03-25T10:15Z", "2025-01-01T00:00Z"])
def test_fixed_dates_that_are_over_issue_nothing(valid_to: str) -> None:
    with pytest.raises(Refusal) as caught:
        window(FixedDates(None, at(valid_to)), ISSUED_AT, LONDON)
    assert caught.value.problems == (
        Problem(
            UserErrorCode.VALIDITY_WINDOW_PAST,
            f"Codes of this campaign were valid until {at(valid_to):%Y-%m-%dT%H:%M:%SZ}; change "
            "the campaign's issued code validity first.",
        ),
    )


@pytest.mark.parametrize(
    ("setting", "issued_at", "end"),
    [
        (RelativeEnd(CalendarUnit.DAY), "2026-03-25T10:15Z", "2026-03-26T00:00Z"),
        (RelativeEnd(CalendarUnit.DAY), "2026-03-26T00:00Z", "2026-03-27T00:00Z"),
        (RelativeEnd(CalendarUnit.DAY, 180), "2026-03-25T10:15Z", "2026-09-21T23:00Z"),
        (RelativeEnd(CalendarUnit.WEEK, 1), "2026-03-25T10:15Z", "2026-04-05T23:00Z"),
        (
            RelativeEnd(CalendarUnit.WEEK, week_start=Weekday.SUNDAY),
            "2026-03-25T10:15Z",
            "2026-03-29T00:00Z",
        ),
        (
            RelativeEnd(CalendarUnit.WEEK, week_start=Weekday.WEDNESDAY),
            "2026-03-25T10:15Z",
            "2026-03-31T23:00Z",
        ),
        (
            RelativeEnd(CalendarUnit.WEEK, week_start=Weekday.THURSDAY),
            "2026-03-25T10:15Z",
            "2026-03-26T00:00Z",
        ),
        (RelativeEnd(CalendarUnit.MONTH), "2026-01-31T10:15Z", "2026-02-01T00:00Z"),
        (RelativeEnd(CalendarUnit.MONTH, 1), "2026-01-31T10:15Z", "2026-03-01T00:00Z"),
        (RelativeEnd(CalendarUnit.MONTH), "2026-12-31T10:15Z", "2027-01-01T00:00Z"),
        (RelativeEnd(CalendarUnit.QUARTER), "2026-03-25T10:15Z", "2026-03-31T23:00Z"),
        (RelativeEnd(CalendarUnit.QUARTER, 3), "2026-05-25T10:15Z", "2027-03-31T23:00Z"),
        (RelativeEnd(CalendarUnit.QUARTER), "2026-12-25T10:15Z", "2027-01-01T00:00Z"),
        (RelativeEnd(CalendarUnit.YEAR), "2026-03-25T10:15Z", "2027-01-01T00:00Z"),
        (RelativeEnd(CalendarUnit.YEAR, 99), "2026-03-25T10:15Z", "2126-01-01T00:00Z"),
    ],
)
def test_the_end_of_a_calendar_unit(setting: RelativeEnd, issued_at: str, end: str) -> None:
    assert window(setting, at(issued_at), LONDON) == (at(issued_at), at(end))


@pytest.mark.parametrize(
    ("remaining", "end"),
    [
        # From Wednesday 10:15 to the end of Sunday there are 4 days, 12 hours and 45 minutes.
        ("P4D", "2026-03-29T23:00Z"),
        ("PT108H45M", "2026-03-29T23:00Z"),
        ("PT108H45M1S", "2026-04-05T23:00Z"),
        ("P5D", "2026-04-05T23:00Z"),
        # Needed until the very end of a later week, and a second longer.
        ("P11DT13H45M", "2026-04-05T23:00Z"),
        ("P11DT13H45M1S", "2026-04-12T23:00Z"),
        ("P1Y", "2027-03-28T23:00Z"),
    ],
)
def test_too_short_a_rest_goes_to_the_end_of_a_later_unit(remaining: str, end: str) -> None:
    setting = RelativeEnd(CalendarUnit.WEEK, minimum_remaining=parse_duration(remaining))
    assert window(setting, ISSUED_AT, LONDON)[1] == at(end)


@pytest.mark.parametrize(
    ("zone", "issued_at", "end"),
    [
        # Clocks in Cairo go from midnight to 01:00: the day ends, and the next starts, with that.
        ("Africa/Cairo", "2026-04-23T12:00Z", "2026-04-23T22:00Z"),
        # In Havana midnight comes twice: the earlier one ends the day.
        ("America/Havana", "2026-10-31T12:00Z", "2026-11-01T04:00Z"),
        # Samoa went from the 29th to the 31st.
        ("Pacific/Apia", "2011-12-29T20:00Z", "2011-12-30T10:00Z"),
        # In St. John's clocks went from 00:01 back to 23:01: a code issued in that second hour
        # has the first midnight behind it.
        ("America/St_Johns", "2010-11-07T03:00Z", "2010-11-08T03:30Z"),
    ],
)
def test_midnights_that_do_not_come_or_come_twice(zone: str, issued_at: str, end: str) -> None:
    assert window(RelativeEnd(CalendarUnit.DAY), at(issued_at), ZoneInfo(zone))[1] == at(end)


def periods(least: int) -> st.SearchStrategy[Duration]:
    return st.builds(
        Duration,
        months=st.integers(0, 600),
        days=st.integers(0, 9000),
        hours=st.integers(least, 90_000),
    )


@given(periods(1), st.none() | periods(0), LIVELY_INSTANTS, ZONES)
def test_a_period_never_ends_before_it_starts(
    period: Duration, delay: Duration | None, issued_at: datetime, zone: ZoneInfo
) -> None:
    start, end = window(FixedPeriod(period, delay), issued_at, zone)
    assert start is not None
    assert end is not None
    assert issued_at <= start < end
    assert (start.tzinfo, end.tzinfo) == (UTC, UTC)


@given(st.integers(1, 36_500), LIVELY_INSTANTS, ZONES)
def test_days_keep_the_time_of_day_unless_it_is_skipped(
    days: int, issued_at: datetime, zone: ZoneInfo
) -> None:
    _, end = window(FixedPeriod(Duration(days=days)), issued_at, zone)
    assert end is not None
    wanted = issued_at.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    shown = end.astimezone(zone)
    assert shown.fold == 0
    assert shown.replace(tzinfo=None) >= wanted
    if shown.replace(tzinfo=None) > wanted:
        # Skipped: Python's two readings of such a time differ the other way round.
        readings = [wanted.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
        assert readings[0] is not None
        assert readings[1] is not None
        assert readings[0] < readings[1]


@given(
    st.sampled_from(CalendarUnit),
    st.integers(0, 99),
    st.sampled_from(Weekday),
    st.none() | periods(0),
    LIVELY_INSTANTS,
    ZONES,
)
def test_a_relative_end_lies_ahead_at_a_local_midnight_and_leaves_enough(  # noqa: PLR0917 - drawn
    unit: CalendarUnit,
    offset: int,
    week_start: Weekday,
    remaining: Duration | None,
    issued_at: datetime,
    zone: ZoneInfo,
) -> None:
    start, end = window(RelativeEnd(unit, offset, week_start, remaining), issued_at, zone)
    assert start == issued_at
    assert end is not None
    assert end > issued_at
    if remaining is not None:
        assert end >= add(issued_at, remaining, zone)
    last = (end - timedelta(microseconds=1)).astimezone(zone)
    first = end.astimezone(zone)
    assert last.date() < first.date()
    if unit is CalendarUnit.WEEK and first.hour == 0:
        assert list(Weekday)[first.weekday()] is week_start
    if unit in {CalendarUnit.MONTH, CalendarUnit.QUARTER, CalendarUnit.YEAR}:
        assert first.day == 1
    if unit is CalendarUnit.QUARTER:
        assert first.month in {1, 4, 7, 10}
    if unit is CalendarUnit.YEAR:
        assert first.month == 1


@pytest.mark.parametrize("unit", CalendarUnit)
def test_units_beyond_a_hundred_years_are_refused(unit: CalendarUnit) -> None:
    with pytest.raises(DurationError):
        units(unit, 40_000)


@given(
    st.sampled_from(["NoDates", "FixedPeriod", "RelativeEnd"]),
    st.sampled_from([Duration(years=100), Duration(months=1216), Duration(hours=876_000)]),
    INSTANTS,
    ZONES,
)
def test_the_longest_settings_stay_within_what_a_date_can_hold(
    kind: str, longest: Duration, issued_at: datetime, zone: ZoneInfo
) -> None:
    settings: dict[str, IssuedCodeValidity] = {
        "NoDates": NoDates(),
        "FixedPeriod": FixedPeriod(longest, longest),
        "RelativeEnd": RelativeEnd(CalendarUnit.YEAR, 99, minimum_remaining=longest),
    }
    _, end = window(settings[kind], issued_at, zone)
    assert end is None or end > issued_at


LONG = st.builds(
    Duration,
    years=st.integers(0, 50),
    months=st.integers(0, 300),
    days=st.integers(0, 4_000),
    hours=st.integers(0, 90_000),
)
STORABLE = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(9998, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
# The end of time, and years in which islands changed the side of the date line.
EDGES = st.datetimes(
    datetime(9898, 1, 1),  # noqa: DTZ001 - the same
    datetime(9998, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
) | st.datetimes(
    datetime(1969, 9, 28),  # noqa: DTZ001 - the same
    datetime(1969, 10, 3),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
SETTINGS: st.SearchStrategy[IssuedCodeValidity] = (
    st.just(NoDates())
    | st.builds(FixedPeriod, LONG, st.none() | LONG)
    | st.builds(FixedDates, st.none() | STORABLE, st.none() | STORABLE)
    | st.builds(
        RelativeEnd,
        st.sampled_from(CalendarUnit),
        st.integers(0, 99),
        st.sampled_from(Weekday),
        st.none() | LONG,
    )
)


@given(
    SETTINGS,
    STORABLE | EDGES,
    st.sampled_from(["Pacific/Kwajalein", *sorted(time_zones.names())]),
)
def test_every_setting_gives_dates_that_can_be_stored_or_is_refused(
    setting: IssuedCodeValidity, issued_at: datetime, zone: str
) -> None:
    try:
        dates = window(setting, issued_at, ZoneInfo(zone))
    except Refusal as refusal:
        (problem,) = refusal.problems
        assert problem.code in {UserErrorCode.VALIDITY_WINDOW_PAST, UserErrorCode.INVALID_VALUE}
    else:
        assert [problem for date in dates for problem in check_instant(date)] == []


@pytest.mark.parametrize(
    "setting",
    [
        RelativeEnd(CalendarUnit.YEAR),
        RelativeEnd(CalendarUnit.YEAR, 99),
        RelativeEnd(CalendarUnit.DAY, minimum_remaining=Duration(days=400)),
        FixedPeriod(Duration(years=100)),
        FixedPeriod(Duration(hours=1), Duration(hours=870_000)),
        FixedPeriod(Duration(days=1)),
    ],
)
def test_dates_too_late_to_be_stored_are_refused(setting: IssuedCodeValidity) -> None:
    with pytest.raises(Refusal) as caught:
        window(setting, at("9998-12-31T10:15Z"), LONDON)
    assert caught.value.problems == (
        Problem(
            UserErrorCode.INVALID_VALUE,
            "Codes issued then would be valid beyond the year 9998; change the campaign's issued "
            "code validity first.",
        ),
    )


def test_every_kind_of_setting_is_tried() -> None:
    assert get_args(IssuedCodeValidity) == (NoDates, FixedPeriod, FixedDates, RelativeEnd)
