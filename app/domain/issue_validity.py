"""The dates that a voucher gets at the moment of issue, by the setting of its campaign."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from app.domain.durations import Duration, add, add_local, from_local
from app.domain.field_checks import LATEST_YEAR, check_instant, invalid
from app.domain.refusals import Problem, Refusal, UserErrorCode


class IssuedCodeValidityKind(StrEnum):
    """How a code gets its dates at the moment of issue."""

    NONE = "NONE"
    FIXED_PERIOD = "FIXED_PERIOD"
    FIXED_DATES = "FIXED_DATES"
    RELATIVE_END = "RELATIVE_END"


class CalendarUnit(StrEnum):
    """The calendar stretch at whose end a code expires."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


class Weekday(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


@dataclass(frozen=True, slots=True)
class NoDates:
    """Codes stay valid as long as their campaign is."""


@dataclass(frozen=True, slots=True)
class FixedPeriod:
    """Valid for a period that starts at issue, or a delay later."""

    period: Duration
    delay: Duration | None = None


@dataclass(frozen=True, slots=True)
class FixedDates:
    """The same range `[valid_from, valid_to)` for every code, open where None."""

    valid_from: datetime | None
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class RelativeEnd:
    """Valid until the end of the running day, week, ... or of the one `offset` later.

    When less than `minimum_remaining` would be left, the end of a later unit counts: the first that
    leaves enough.
    """

    unit: CalendarUnit
    offset: int = 0
    week_start: Weekday = Weekday.MONDAY
    minimum_remaining: Duration | None = None


IssuedCodeValidity = NoDates | FixedPeriod | FixedDates | RelativeEnd
_IN_DURATION: Final = {
    CalendarUnit.DAY: ("days", 1),
    CalendarUnit.WEEK: ("weeks", 1),
    CalendarUnit.MONTH: ("months", 1),
    CalendarUnit.QUARTER: ("months", 3),
    CalendarUnit.YEAR: ("years", 1),
}
_MONTHS: Final = {CalendarUnit.MONTH: 1, CalendarUnit.QUARTER: 3, CalendarUnit.YEAR: 12}

_TOO_LATE: Final = invalid(
    f"Codes issued then would be valid beyond the year {LATEST_YEAR}; change the campaign's issued"
    " code validity first."
)

Window = tuple[datetime | None, datetime | None]


def window(setting: IssuedCodeValidity, issued_at: datetime, zone: tzinfo) -> Window:
    """Return valid-from and valid-to, in UTC, of a code issued at this instant.

    Local days, weeks and months are those of the zone. Raises Refusal: VALIDITY_WINDOW_PAST when
    fixed dates are over, so that nobody is given a dead code, and INVALID_VALUE when a date would
    be too late to be stored.
    """
    try:
        dates = _window(setting, issued_at.astimezone(UTC), zone)
    except OverflowError as exc:
        raise Refusal(_TOO_LATE) from exc
    if any(problem for date in dates for problem in check_instant(date)):
        raise Refusal(_TOO_LATE)
    return dates


def _window(setting: IssuedCodeValidity, issued_at: datetime, zone: tzinfo) -> Window:
    match setting:
        case NoDates():
            return None, None
        case FixedPeriod():
            valid_from = add(issued_at, setting.delay or Duration(), zone)
            return valid_from, add(valid_from, setting.period, zone)
        case FixedDates():
            if setting.valid_to is not None and setting.valid_to <= issued_at:
                raise Refusal(_past(setting.valid_to))
            return setting.valid_from, setting.valid_to
    return issued_at, _relative_end(setting, issued_at, zone)


def _past(valid_to: datetime) -> Problem:
    return Problem(
        UserErrorCode.VALIDITY_WINDOW_PAST,
        f"Codes of this campaign were valid until {valid_to:%Y-%m-%dT%H:%M:%SZ}; change the "
        "campaign's issued code validity first.",
    )


def _relative_end(setting: RelativeEnd, issued_at: datetime, zone: tzinfo) -> datetime:
    needed = add(issued_at, setting.minimum_remaining or Duration(), zone)
    first_day = _first_day(setting, issued_at, zone)
    planned = _boundary(setting.unit, first_day, setting.offset + 1, zone)
    first_day = _first_day(setting, needed, zone)
    later = (_boundary(setting.unit, first_day, count, zone) for count in range(3))
    # Where clocks are set back just after midnight, midnight comes twice: a code issued between the
    # two is past the earlier one already, hence the third try.
    return next(end for end in (planned, *later) if end >= needed)


def _boundary(unit: CalendarUnit, first_day: datetime, count: int, zone: tzinfo) -> datetime:
    """Return the start of the unit so many after the one that begins on the first day."""
    return from_local(add_local(first_day, units(unit, count)), zone)


def units(unit: CalendarUnit, count: int) -> Duration:
    """Return the duration of so many units; DurationError beyond 100 years."""
    name, each = _IN_DURATION[unit]
    return Duration(**{name: each * count})


def _first_day(setting: RelativeEnd, instant: datetime, zone: tzinfo) -> datetime:
    """Return local midnight, naive, of the first day of the unit that the instant lies in."""
    day = datetime.combine(instant.astimezone(zone).date(), time())
    if setting.unit == CalendarUnit.DAY:
        return day
    if setting.unit == CalendarUnit.WEEK:
        week_start = list(Weekday).index(setting.week_start)
        return day - timedelta(days=(day.weekday() - week_start) % 7)
    months_past = (day.month - 1) % _MONTHS[setting.unit]
    return day.replace(month=day.month - months_past, day=1)
