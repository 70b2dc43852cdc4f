# ruff: noqa: ANN401 - the signatures are Tortoise's, and it leaves values and options open

from enum import StrEnum
from typing import Any, Literal, TypeVar, overload

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.fields.relational import (
    ForeignKeyNullableRelation,
    ForeignKeyRelation,
    OneToOneRelation,
)
from tortoise.models import Model

Words = TypeVar("Words", str, str | None)
Word = TypeVar("Word", bound=StrEnum)
Held = TypeVar("Held")


class Text(fields.Field[Words]):
    """Text of any length that both databases sort and compare by code point."""

    field_type = str
    SQL_TYPE = "TEXT"

    class _db_postgres:  # noqa: N801 - the name by which Tortoise finds it
        SQL_TYPE = 'TEXT COLLATE "C"'

    @overload
    def __init__(self: "Text[str]", *, null: Literal[False] = False, **kwargs: Any) -> None: ...

    @overload
    def __init__(self: "Text[str | None]", *, null: Literal[True], **kwargs: Any) -> None: ...

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class Choice(fields.Field[Held]):
    """One word of an enum, stored as text, so that a new word needs no change of the column."""

    field_type = str
    SQL_TYPE = "TEXT"

    class _db_postgres:  # noqa: N801 - as above
        SQL_TYPE = 'TEXT COLLATE "C"'

    @overload
    def __init__(
        self: "Choice[Word]", enum_type: type[Word], *, null: Literal[False] = False, **kwargs: Any
    ) -> None: ...

    @overload
    def __init__(
        self: "Choice[Word | None]", enum_type: type[Word], *, null: Literal[True], **kwargs: Any
    ) -> None: ...

    def __init__(self, enum_type: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.enum_type = enum_type

    def to_python_value(self, value: Any) -> StrEnum | None:
        return None if value is None else self.enum_type(value)

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> str | None:  # noqa: ARG002 - Tortoise's signature
        return None if value is None else self.enum_type(value).value


def counter() -> fields.BigIntField:
    """A number that starts at zero, whoever inserts the row."""
    return fields.BigIntField(default=0, db_default=0)


def switch(*, on: bool) -> fields.BooleanField[bool]:
    """A boolean with its default."""
    return fields.BooleanField(default=on, db_default=on)


def belongs_to(model: str) -> ForeignKeyRelation[Any]:
    """A reference that must be set. Nothing is ever deleted along with what it belongs to."""
    relation: ForeignKeyRelation[Any] = fields.ForeignKeyField(
        f"models.{model}", related_name=False, on_delete=OnDelete.NO_ACTION
    )
    return relation


def may_belong_to(model: str) -> ForeignKeyNullableRelation[Any]:
    """A reference that may be empty."""
    relation: ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        f"models.{model}", related_name=False, on_delete=OnDelete.NO_ACTION, null=True
    )
    return relation


def keyed_by(model: str) -> OneToOneRelation[Any]:
    """A reference that leads the table's key of several columns; see `schema.PrimaryKey`."""
    relation: OneToOneRelation[Any] = fields.OneToOneField(
        f"models.{model}", related_name=False, on_delete=OnDelete.NO_ACTION, primary_key=True
    )
    return relation
