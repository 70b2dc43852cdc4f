"""What Tortoise's models say about tables: the kind and nullability of each column."""

from collections.abc import Mapping
from dataclasses import dataclass

from tortoise import fields
from tortoise.fields.base import Field
from tortoise.fields.relational import ForeignKeyFieldInstance, RelationalField
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Index, PrimaryKey, Unique
from app.models.columns import Choice, Text
from app.reading.errors import Misdeclared
from app.reading.kinds import BOOL, INSTANT, INT, JSON, TEXT, Kind, one_of

_KINDS: Mapping[type, Kind] = {
    fields.BooleanField: BOOL,
    fields.IntField: INT,
    fields.BigIntField: INT,
    InstantField: INSTANT,
    JsonField: JSON,
    Text: TEXT,
}


@dataclass(frozen=True, slots=True)
class Column:
    kind: Kind
    null: bool
    unique: bool


def columns_of(model: type[Model]) -> dict[str, Column]:
    """Every column of the table, known before Tortoise's init too."""
    found = {}
    for name, field in model._meta.fields_map.items():  # noqa: SLF001 - Tortoise's documented metadata
        if isinstance(field, ForeignKeyFieldInstance):
            key = f"{name}_id"
            found[key] = Column(INT, field.null, unique=key in _unique(model))
        elif not isinstance(field, RelationalField) and name not in found:
            found[name] = Column(_kind(field), field.null, unique=name in _unique(model))
    return found


def indexes_of(model: type[Model]) -> frozenset[tuple[str, ...]]:
    """What the indexes go by that hold every row in which their first column has a value."""
    keys = frozenset(
        tuple(constraint.fields)
        for constraint in model._meta.constraints  # noqa: SLF001 - Tortoise's documented metadata
        if isinstance(constraint, PrimaryKey)
    )
    return keys | frozenset(
        tuple(index.fields)
        for index in model._meta.indexes  # noqa: SLF001 - Tortoise's documented metadata
        if isinstance(index, Index) and index.where in {None, f"{index.fields[0]} IS NOT NULL"}
    )


_RESERVED = frozenset({"order", "row"})


def quoted(name: str) -> str:
    """A table's or column's name as SQL writes it; only words of SQL itself need quotes."""
    return f'"{name}"' if name in _RESERVED else name


def table_of(model: type[Model]) -> str:
    return quoted(model._meta.db_table)  # noqa: SLF001 - Tortoise's documented metadata


def _kind(field: Field[object]) -> Kind:
    if isinstance(field, Choice):
        return one_of(field.enum_type)
    kind = _KINDS.get(type(field))
    if kind is None:
        raise Misdeclared(f"Planned reads know no kind for {type(field).__name__}.")
    return kind


def _unique(model: type[Model]) -> set[str]:
    """Columns that alone identify a row: the key, and constraints that hold for every row."""
    meta = model._meta  # noqa: SLF001 - Tortoise's documented metadata
    return {meta.db_pk_column} | {
        constraint.fields[0]
        for constraint in meta.constraints
        if isinstance(constraint, Unique)
        and len(constraint.fields) == 1
        and constraint.condition is None
    }
