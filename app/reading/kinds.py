from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

KindName = Literal[
    "id",
    "node",
    "int",
    "float",
    "text",
    "bool",
    "instant",
    "json",
    "jsons",
    "texts",
    "duration",
    "decimal",
    "enum",
    "enums",
    "value",
    "values",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is, apart from null: decides its cast, its normal form and its GraphQL type.

    `beside` is the attribute that names the type of the row of an id, where it is not always one.
    """

    name: KindName
    members: type[StrEnum] | None = None
    target: str | None = None
    beside: str | None = None

    def __str__(self) -> str:
        detail = self.members.__name__ if self.members else self.target
        return f"{self.name} {detail}" if detail else self.name


INT = Kind("int")
FLOAT = Kind("float")
TEXT = Kind("text")
BOOL = Kind("bool")
NODE = Kind("node")
"""A row of any type, kept as `Type:7` and shown as its opaque id."""
INSTANT = Kind("instant")
JSON = Kind("json")
JSONS = Kind("jsons")
TEXTS = Kind("texts")
DURATION = Kind("duration")
DECIMAL = Kind("decimal")


def id_of(target: str) -> Kind:
    """The id of a row of `target`, shown outside as an opaque id."""
    return Kind("id", target=target)


def one_of(members: type[StrEnum]) -> Kind:
    return Kind("enum", members=members)


def some_of(members: type[StrEnum]) -> Kind:
    """A list of words of an enum, which a function answers."""
    return Kind("enums", members=members)


def value_of(target: str) -> Kind:
    """A small object without an id that is made by a function, not by a table."""
    return Kind("value", target=target)


def values_of(target: str) -> Kind:
    """Several of them."""
    return Kind("values", target=target)


def id_beside(name: str) -> Kind:
    """The id of a row of the type that the attribute `name` of the same object names."""
    return Kind("id", beside=name)


Normalise = Callable[[Any], Any]


def member_of(members: type[StrEnum]) -> Normalise:
    """Text of the database -> member. Unknown text passes, so that its field reports the error."""
    table: dict[str, StrEnum] = {member.value: member for member in members}

    def find(text: str) -> StrEnum | str:
        return table.get(text, text)

    return find


def sorted_json(value: object) -> object:
    """One order of keys on both databases: PostgreSQL's jsonb has its own, SQLite's text any."""
    if isinstance(value, dict):
        return {key: sorted_json(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [sorted_json(item) for item in value]
    return value
