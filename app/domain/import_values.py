"""What a value of an import row means, whichever format wrote it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final

from app.domain.campaigns import AvailableTo, normal_key
from app.domain.durations import from_local
from app.domain.field_checks import YEARS
from app.domain.import_files import RowErrorCode, RowMessage, Severity, Value
from app.domain.lines import trimmed

CUSTOMER: Final = "issuedToCustomerId"
MAX_SHOWN: Final = 100
"""Characters of a value that a message quotes."""

_WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]+")
# Beyond this no number is in any range, and Python need not calculate it.
_MOST_DIGITS: Final = 18
_WORDS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_DATE: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(?:([Zz])|([+-])([0-9]{2}):?([0-5][0-9]))?)?"
)


class Unfit(Exception):  # noqa: N818 - a fact about a value, not an error of the program
    """The value does not mean anything in its field."""

    def __init__(self, code: RowErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Read:
    """A value's meaning, None where it clears, and what is worth knowing about it."""

    meaning: Any
    message: RowMessage | None = None


Reader = Callable[[str, Value, tzinfo], Read]


def shown(value: Value) -> str | None:
    """Return a value as a message quotes it."""
    if value is None:
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)[:MAX_SHOWN]


def quoted(field: str, value: Value) -> str | None:
    """Return the value of a field as messages quote it; never who a code is for.

    Messages are read by who may see codes, which is not to say by who may see customers.
    """
    return None if field == CUSTOMER else shown(value)


def text(value: Value) -> str | None:
    """Return a text, trimmed; a whole number is taken for the text that it shows."""
    match value:
        case None:
            return None
        case str():
            return trimmed(value)
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            raise Unfit(RowErrorCode.OUT_OF_RANGE, "Write a text in quotes.")


def whole_number(value: Value) -> int | None:
    """Return a whole number; what has too many digits is out of every range."""
    written = str(value).strip()
    if value is None:
        return None
    if isinstance(value, bool) or not _WHOLE_NUMBER.fullmatch(written):
        raise Unfit(RowErrorCode.NOT_A_NUMBER, "Write a whole number in digits, such as 10.")
    if len(written) > _MOST_DIGITS:
        raise Unfit(RowErrorCode.OUT_OF_RANGE, "The number is too large.")
    return int(written)


def truth(value: Value) -> bool:
    """Return whether a flag is set; one that is cleared is not."""
    if value is None or isinstance(value, bool):
        return bool(value)
    found = _WORDS.get(str(value).strip().lower())
    if found is None:
        raise Unfit(RowErrorCode.OUT_OF_RANGE, "Write true or false.")
    return found


def name(value: Value) -> str | None:
    """Return a text that names something; only a clear clears."""
    written = text(value)
    if written == "":
        raise Unfit(RowErrorCode.OUT_OF_RANGE, "Write something, or clear the field.")
    return written


def available_to(value: Value) -> AvailableTo:
    """Return the word in any case; cleared, the code is anybody's."""
    written = (name(value) or AvailableTo.ANY_CUSTOMER).upper()
    if written not in AvailableTo.__members__:
        choices = ", ".join(AvailableTo)
        raise Unfit(RowErrorCode.OUT_OF_RANGE, f"Write one of {choices}.")
    return AvailableTo(written)


def group_key(value: Value) -> str | None:
    """Return a group's key in its stored form."""
    written = name(value)
    return written and normal_key(written)


def _read_date(field: str, value: Value, zone: tzinfo, *, through: bool) -> Read:
    """Read a date of RFC 3339, or one as clocks in the zone show it, which is told.

    A day alone is its start, or its end where it is the last one: `through`.
    """
    if value is None:
        return Read(None)
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Unfit(RowErrorCode.BAD_DATE, "Write a date as 2026-06-01 or 2026-06-01T00:00:00Z.")
    try:
        local, offset = _local(found), _offset(found)
        if found[4] is None:
            return Read(from_local(local + timedelta(days=1 if through else 0), zone))
        if offset is not None:
            return Read(local.replace(tzinfo=offset).astimezone(UTC))
        instant = from_local(local, zone)
    except ValueError:
        raise Unfit(RowErrorCode.BAD_DATE, "There is no such date or time.") from None
    except OverflowError:
        raise Unfit(RowErrorCode.OUT_OF_RANGE, YEARS) from None
    note = f"No offset is written, so it is the time in {zone}."
    return Read(
        instant, RowMessage(RowErrorCode.LOCAL_TIME, note, field, shown(value), Severity.INFO)
    )


def _local(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = (int(found[number] or 0) for number in range(1, 7))
    microsecond = int((found[7] or "").ljust(6, "0")[:6])
    return datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 - local time


def _offset(found: re.Match[str]) -> tzinfo | None:
    if found[8]:
        return UTC
    if not found[9]:
        return None
    offset = timedelta(hours=int(found[10]), minutes=int(found[11]))
    return timezone(offset if found[9] == "+" else -offset)


def _plain(read: Callable[[Value], Any]) -> Reader:
    return lambda _field, value, _zone: Read(read(value))


READERS: Final[Mapping[str, Reader]] = {
    "group": _plain(group_key),
    "maximumUses": _plain(whole_number),
    "usesPerCustomer": _plain(whole_number),
    "validFrom": lambda field, value, zone: _read_date(field, value, zone, through=False),
    "validTo": lambda field, value, zone: _read_date(field, value, zone, through=True),
    CUSTOMER: _plain(name),
    "availableTo": _plain(available_to),
    "withdrawn": _plain(truth),
    "reason": _plain(text),
    "deleted": _plain(truth),
}
"""How each field but the code is read; raises Unfit."""
