"""What the annotation of a function or a dataclass says about a value."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Union, get_args, get_origin

from app.reading import kinds
from app.reading.errors import Misdeclared
from app.reading.kinds import Kind

_SCALARS: Mapping[type, Kind] = {
    bool: kinds.BOOL,
    int: kinds.INT,
    float: kinds.FLOAT,
    str: kinds.TEXT,
    datetime: kinds.INSTANT,
}


def kind_of(annotation: object, known: Kind | None = None) -> tuple[Kind, bool]:
    """The kind that a type annotation names, and whether it admits None."""
    if get_origin(annotation) in {Union, UnionType}:
        present = [part for part in get_args(annotation) if part is not NoneType]
        if len(present) == 1:
            return kind_of(present[0], known)[0], True
    if known is not None:
        return known, False
    if get_origin(annotation) in {list, tuple}:
        return _kind_of_list(get_args(annotation)[0]), False
    if isinstance(annotation, type):
        if annotation in _SCALARS:
            return _SCALARS[annotation], False
        if issubclass(annotation, StrEnum):
            return kinds.one_of(annotation), False
        if is_dataclass(annotation):
            return kinds.value_of(annotation.__name__), False
    raise Misdeclared(f"{annotation} is no kind of value.")


def _kind_of_list(member: object) -> Kind:
    if member is str:
        return kinds.TEXTS
    if isinstance(member, type) and issubclass(member, StrEnum):
        return kinds.some_of(member)
    if isinstance(member, type) and is_dataclass(member):
        return kinds.values_of(member.__name__)
    raise Misdeclared(f"A list of {member} is no kind of value.")
