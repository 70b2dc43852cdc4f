from enum import StrEnum


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
