from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tortoise.indexes import Index as TortoiseIndex
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.migrations.operations import AlterModelOptions

__all__ = ["Check", "Index", "PrimaryKey", "Unique", "one_of"]

Check = CheckConstraint
Unique = UniqueConstraint

# Neither changes a table, yet Tortoise would write a migration for each: a new first line of a
# model's docstring, and a key that is a reference, whose name it tells apart from its column's.
AlterModelOptions.UNMANAGED_OPTION_KEYS |= {"table_description", "pk_attr"}


class Index(TortoiseIndex):
    """A named index over columns or expressions, for all rows or only those that fit `where`.

    Both databases get the same text, so a query uses it only when it repeats the expressions and
    the terms of `where` literally: a bound parameter in their place proves nothing.
    """

    def __init__(self, name: str, fields: Sequence[str], where: str | None = None) -> None:
        super().__init__(fields=list(fields), name=name)
        self.where = where
        self.extra = f" WHERE {where}" if where else ""

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs: dict[str, Any] = {"name": self.name, "fields": self.fields}
        if self.where:
            kwargs["where"] = self.where
        return f"{Index.__module__}.{Index.__qualname__}", [], kwargs


@dataclass(frozen=True)
class PrimaryKey(UniqueConstraint):
    """A key of several columns.

    Tortoise knows keys of one column only, and takes the one that the model marks for the whole
    key: rows of such a table are created and read through it, but changed by SQL alone.
    """


def one_of(column: str, words: type[StrEnum]) -> str:
    """The condition that a column holds one of the enum's values."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"
