"""The issued code validity as JSON: how inputs name it and how a campaign stores it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Literal, TypeVar

from app.domain.durations import Duration, DurationError, parse_duration
from app.domain.field_checks import check_instant, check_range, invalid
from app.domain.issue_validity import (
    CalendarUnit,
    FixedDates,
    FixedPeriod,
    IssuedCodeValidity,
    IssuedCodeValidityKind,
    NoDates,
    RelativeEnd,
    Weekday,
    units,
)
from app.domain.refusals import Problem, refuse_any

Choice = TypeVar("Choice", bound=StrEnum)

_FIELDS: Final = {
    IssuedCodeValidityKind.NONE: {"kind"},
    IssuedCodeValidityKind.FIXED_PERIOD: {"kind", "period", "delay"},
    IssuedCodeValidityKind.FIXED_DATES: {"kind", "validFrom", "validTo"},
    IssuedCodeValidityKind.RELATIVE_END: {
        "kind",
        "unit",
        "offset",
        "weekStart",
        "minimumRemaining",
    },
}


def from_json(values: Mapping[str, Any] | None, *field: str) -> IssuedCodeValidity:
    """Understand a setting, or raise one Refusal with every problem, each under `field`.

    Null and absent mean the same; no setting at all means NONE. Durations and instants may come as
    text or already understood.
    """
    if values is None:
        return NoDates()
    reader = _Reader(values, field)
    setting = reader.setting()
    refuse_any(reader.problems)
    return setting


def to_json(setting: IssuedCodeValidity) -> dict[str, Any]:
    """Return the one stored form of a setting, without what does not apply."""
    return {name: _plain(value) for name, value in _values(setting).items() if value is not None}


def _values(setting: IssuedCodeValidity) -> dict[str, str | int | None]:
    match setting:
        case NoDates():
            return {"kind": IssuedCodeValidityKind.NONE}
        case FixedPeriod():
            return {
                "kind": IssuedCodeValidityKind.FIXED_PERIOD,
                "period": str(setting.period),
                "delay": _text(setting.delay),
            }
        case FixedDates():
            return {
                "kind": IssuedCodeValidityKind.FIXED_DATES,
                "validFrom": _instant_text(setting.valid_from),
                "validTo": _instant_text(setting.valid_to),
            }
    return {
        "kind": IssuedCodeValidityKind.RELATIVE_END,
        "unit": setting.unit,
        "offset": setting.offset,
        "weekStart": setting.week_start if setting.unit == CalendarUnit.WEEK else None,
        "minimumRemaining": _text(setting.minimum_remaining),
    }


def _plain(value: str | int) -> str | int:
    return value.value if isinstance(value, StrEnum) else value


def _text(duration: Duration | None) -> str | None:
    return None if duration is None else str(duration)


def _instant_text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parsed_instant(text: str) -> datetime | Literal[False]:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return False


class _Reader:
    """Reads the fields of one setting and gathers what is wrong with them."""

    def __init__(self, values: Mapping[str, Any], field: tuple[str, ...]) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}
        self.field = field
        self.problems: list[Problem] = []

    def setting(self) -> IssuedCodeValidity:
        kind = self._choice("kind", IssuedCodeValidityKind, None)
        if kind is None:
            return NoDates()
        for name in sorted(self.values.keys() - _FIELDS[kind]):
            self._refuse(f"{name} has no meaning for {kind}; leave it out.", name)
        read: dict[IssuedCodeValidityKind, Callable[[], IssuedCodeValidity]] = {
            IssuedCodeValidityKind.NONE: NoDates,
            IssuedCodeValidityKind.FIXED_PERIOD: self._fixed_period,
            IssuedCodeValidityKind.FIXED_DATES: self._fixed_dates,
            IssuedCodeValidityKind.RELATIVE_END: self._relative_end,
        }
        return read[kind]()

    def _fixed_period(self) -> FixedPeriod:
        period = self._duration("period")
        if not period and not self.problems:
            self._refuse("Say how long codes stay valid: P7D for seven days.", "period")
        return FixedPeriod(period or Duration(), self._duration("delay"))

    def _fixed_dates(self) -> FixedDates:
        valid_from, valid_to = self._instant("validFrom"), self._instant("validTo")
        if not self.problems:
            if valid_from is None and valid_to is None:
                self._refuse("Give validFrom, validTo or both.", "validTo")
            paths = ((*self.field, "validFrom"), (*self.field, "validTo"))
            self.problems += check_range(valid_from, valid_to, *paths)
        return FixedDates(valid_from, valid_to)

    def _relative_end(self) -> RelativeEnd:
        unit = self._choice("unit", CalendarUnit, None) or CalendarUnit.DAY
        if unit != CalendarUnit.WEEK and "weekStart" in self.values:
            self._refuse("weekStart has a meaning for WEEK only; leave it out.", "weekStart")
        return RelativeEnd(
            unit,
            self._offset(unit),
            self._choice("weekStart", Weekday, Weekday.MONDAY) or Weekday.MONDAY,
            self._duration("minimumRemaining"),
        )

    def _offset(self, unit: CalendarUnit) -> int:
        offset = self.values.get("offset", 0)
        if isinstance(offset, int) and not isinstance(offset, bool) and offset >= 0:
            try:
                units(unit, offset + 1)
            except DurationError:
                pass
            else:
                return offset
        self._refuse(f"Enter how many {unit}s later, 0 or more, within 100 years.", "offset")
        return 0

    def _choice(self, name: str, choices: type[Choice], default: Choice | None) -> Choice | None:
        value = self.values.get(name, default)
        if value in list(choices):
            return choices(value)
        self._refuse(f"Choose one of {', '.join(choices)}.", name)
        return None

    def _duration(self, name: str) -> Duration | None:
        value = self.values.get(name)
        if value is None or isinstance(value, Duration):
            return value
        try:
            return parse_duration(str(value))
        except DurationError as error:
            self._refuse(str(error), name)
            return None

    def _instant(self, name: str) -> datetime | None:
        value = self.values.get(name)
        if isinstance(value, str):
            value = _parsed_instant(value)
        if value is not None and not isinstance(value, datetime):
            self._refuse("Write an instant as 2026-06-01T00:00:00Z.", name)
            return None
        problems = list(check_instant(value, *self.field, name))
        self.problems += problems
        return None if problems or value is None else value.astimezone(UTC)

    def _refuse(self, message: str, name: str) -> None:
        self.problems.append(invalid(message, *self.field, name))
