"""The one stored form of instants and of JSON, for everything that is bound or read back."""

from datetime import UTC, datetime
from typing import Any

import orjson


def to_text(instant: datetime) -> str:
    """`2026-11-22T10:00:00.000000Z`: always 27 characters, so texts compare as instants do."""
    return aware(instant).astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def aware(instant: datetime) -> datetime:
    """Refuse a naive instant: which moment it names depends on the machine that reads it."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone; an instant is always aware")
    return instant


def from_row(value: datetime | str | None) -> datetime | None:
    """Read an instant of a raw row: PostgreSQL gives a datetime, SQLite the stored text."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value)


def to_json(value: object) -> str:
    """Write JSON text; instants inside it take the stored form too."""
    return orjson.dumps(value, _encode_instant, orjson.OPT_PASSTHROUGH_DATETIME).decode()


def from_json(value: str | bytes | None) -> Any:  # noqa: ANN401 - JSON holds any shape
    """Read a JSON column of a raw row: text on both databases."""
    return None if value is None else orjson.loads(value)


def _encode_instant(value: object) -> str:
    if isinstance(value, datetime):
        return to_text(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
