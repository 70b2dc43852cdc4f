"""ISO 8601 durations: `P1M`, `P7D`, `PT36H`, `P1Y2M3DT4H30M`; whole numbers, no signs."""

import calendar
import re
from dataclasses import dataclass, fields
from datetime import MAXYEAR, UTC, datetime, timedelta, tzinfo
from typing import Final

MAX_YEARS: Final = 100
_MAX_SECONDS: Final = MAX_YEARS * 365 * 86_400
_MAX_TEXT_LENGTH: Final = 60

_PATTERN: Final = re.compile(
    r"P(?=.)(?:(?P<years>[0-9]{1,10})Y)?(?:(?P<months>[0-9]{1,10})M)?"
    r"(?:(?P<weeks>[0-9]{1,10})W)?(?:(?P<days>[0-9]{1,10})D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]{1,10})H)?(?:(?P<minutes>[0-9]{1,10})M)?"
    r"(?:(?P<seconds>[0-9]{1,10})S)?)?"
)
_LETTERS: Final = {"years": "Y", "months": "M", "weeks": "W", "days": "D"}
_TIME_LETTERS: Final = {"hours": "H", "minutes": "M", "seconds": "S"}
_SECONDS_EACH: Final = {
    "years": 365 * 86_400,
    "months": 30 * 86_400,
    "weeks": 7 * 86_400,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}


class DurationError(ValueError):
    """The text is no duration, or one longer than 100 years."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A stretch of time of at most about 100 years.

    Years to days move the clock on the wall, whatever daylight saving does meanwhile; hours to
    seconds are exact.
    """

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: int = 0

    def __post_init__(self) -> None:
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        if any(amount < 0 for amount in parts.values()):
            raise DurationError("A duration has no negative parts.")
        if sum(amount * _SECONDS_EACH[name] for name, amount in parts.items()) > _MAX_SECONDS:
            raise DurationError(f"A duration has at most {MAX_YEARS} years.")

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def __str__(self) -> str:
        """Return the ISO 8601 text without empty parts; no time at all is `PT0S`."""
        date = self._letters(_LETTERS)
        time = self._letters(_TIME_LETTERS)
        if time:
            return f"P{date}T{time}"
        return f"P{date}" if date else "PT0S"

    def _letters(self, letters: dict[str, str]) -> str:
        parts = [(getattr(self, name), letter) for name, letter in letters.items()]
        return "".join(f"{amount}{letter}" for amount, letter in parts if amount)

    @property
    def months_in_all(self) -> int:
        return 12 * self.years + self.months

    @property
    def days_in_all(self) -> int:
        return 7 * self.weeks + self.days

    @property
    def exact(self) -> timedelta:
        """The part that is counted in elapsed time: hours, minutes, seconds."""
        return timedelta(hours=self.hours, minutes=self.minutes, seconds=self.seconds)


def parse_duration(text: str) -> Duration:
    """Understand an ISO 8601 duration, or raise DurationError."""
    found = _PATTERN.fullmatch(text) if len(text) <= _MAX_TEXT_LENGTH else None
    if found is None:
        raise DurationError(
            "Write a duration as ISO 8601 in whole numbers: P7D, P1M, PT36H or P1DT12H."
        )
    return Duration(**{name: int(amount) for name, amount in found.groupdict("0").items()})


def add(instant: datetime, duration: Duration, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, that a clock in the zone shows after this duration.

    Years and months go first and stop at the end of a short month, then weeks and days, all on the
    local clock; then hours, minutes and seconds by elapsed time. Raises OverflowError, as Python
    does, when no date is that late.
    """
    moved = instant.astimezone(UTC)
    # Without a calendar part the local clock stays out of it: an hour that it shows twice would
    # else lose its second half.
    if duration.months_in_all or duration.days_in_all:
        local = instant.astimezone(zone).replace(tzinfo=None)
        moved = from_local(add_local(local, duration), zone)
    return moved + duration.exact


def add_local(local: datetime, duration: Duration) -> datetime:
    """Move a naive local time by the calendar part of a duration, or raise OverflowError."""
    year, month = divmod(12 * local.year + local.month - 1 + duration.months_in_all, 12)
    if year > MAXYEAR:
        raise OverflowError(f"no date has the year {year}")
    last_day = calendar.monthrange(year, month + 1)[1]
    moved = local.replace(year=year, month=month + 1, day=min(local.day, last_day))
    return moved + timedelta(days=duration.days_in_all)


def from_local(local: datetime, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, at which clocks in the zone show this naive time.

    A time that the clocks skip moves forward by what they skip; of one that they show twice the
    earlier is meant. `fold=0` is Python's word for both.
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
