"""Values that GraphQL has no words for, and the one form in which each goes in and out."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from app.domain.durations import parse_duration

BigInt = NewType("BigInt", int)
Decimal = NewType("Decimal", str)
Duration = NewType("Duration", str)
Json = NewType("Json", object)

LARGEST = 2**63 - 1
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DECIMAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)


def show_instant(value: datetime | str) -> str:
    """RFC 3339 in UTC. Planned reads answer this text already."""
    if isinstance(value, str):
        return value
    text = value.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"


def read_instant(value: object) -> datetime:
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        raise ValueError("A DateTime is RFC 3339 with its offset: 2026-03-01T08:00:00Z.")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError(f"There is no such moment: {value}.") from None


def read_duration(value: object) -> Duration:
    if not isinstance(value, str):
        raise ValueError("A Duration is ISO 8601 text: P7D, PT36H, P1M.")  # noqa: TRY004 - the executor reports ValueErrors
    return Duration(str(parse_duration(value)))


def read_big_int(value: object) -> BigInt:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise ValueError("A BigInt is an integer of at most 63 bits, as text or as a number.")
    return BigInt(value)


def read_decimal(value: object) -> Decimal:
    if not isinstance(value, str) or _DECIMAL.fullmatch(value) is None:
        raise ValueError(
            'A Decimal is plain decimal text: "12.50". Numbers lose digits on the way.'
        )
    return Decimal(value)


def read_json(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise ValueError('A JSON value is an object: {"source": "flyer"}.')  # noqa: TRY004 - as above
    return Json(_with_one_zero(value))


def _with_one_zero(value: object) -> object:
    """The value as both databases keep it: JSON of PostgreSQL knows no negative zero."""
    match value:
        case Mapping():
            return {name: _with_one_zero(inner) for name, inner in value.items()}
        case list():
            return [_with_one_zero(inner) for inner in value]
        case float() if not value:
            return 0.0
        case _:
            return value


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            "A moment as RFC 3339 text. Input may have any offset; output is UTC and ends in `Z`,"
            " with as many decimals of a second as it has."
        ),
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=show_instant,
        parse_value=read_instant,
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description=(
            "A stretch of time as ISO 8601 text: `P7D`, `P1M`, `PT36H`. Days and longer units"
            " follow the calendar, hours and shorter ones the clock."
        ),
        serialize=str,
        parse_value=read_duration,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description=(
            "An integer of up to 63 bits. Answered as text, because JavaScript's numbers lose"
            " digits beyond 53 bits; accepted as text or as a number."
        ),
        serialize=str,
        parse_value=read_big_int,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description=(
            "An exact decimal number as text, `12.50`: JavaScript's numbers are not exact. Up to 30"
            " digits before and after the point."
        ),
        serialize=str,
        parse_value=read_decimal,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="A JSON object with whatever the writer put in; keys come sorted.",
        serialize=lambda value: value,
        parse_value=read_json,
    ),
}
"""For the schema's configuration: the scalar of each Python type."""
