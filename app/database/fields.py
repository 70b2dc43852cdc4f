"""Column types that Tortoise does not have: the same meaning on PostgreSQL and SQLite."""
# ruff: noqa: ANN401 - the signatures are Tortoise's, and it leaves values and options open

from datetime import datetime
from typing import Any, Literal, TypeVar, overload

from tortoise.fields.base import Field
from tortoise.fields.data import JSONField
from tortoise.models import Model

from app.database import instants

I = TypeVar("I", datetime, datetime | None)  # noqa: E741 - as Tortoise names its own
J = TypeVar("J")


class InstantField(Field[I], datetime):
    """A moment, aware and in UTC: `timestamptz` on PostgreSQL, the stored text on SQLite."""

    SQL_TYPE = "TEXT"

    class _db_postgres:  # noqa: N801 - Tortoise looks for this name
        SQL_TYPE = "TIMESTAMPTZ"

    @overload
    def __init__(
        self: "InstantField[datetime]", *, null: Literal[False] = False, **options: Any
    ) -> None: ...
    @overload
    def __init__(
        self: "InstantField[datetime | None]", *, null: Literal[True], **options: Any
    ) -> None: ...
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:  # noqa: ARG002 - Tortoise's signature
        return None if value is None else instants.aware(value)

    def to_python_value(self, value: Any) -> datetime | None:
        return instants.from_row(value)


class JsonField(JSONField[J]):
    """JSON: `jsonb` on PostgreSQL; TEXT on SQLite, where the type JSON would have numbers in it."""

    SQL_TYPE = "TEXT"

    def __init__(self, **options: Any) -> None:
        super().__init__(encoder=instants.to_json, decoder=instants.from_json, **options)
