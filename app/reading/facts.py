"""What rules calculate with, when a column of the row is not enough.

A fact's text calls the row `{t}`, the request's instant `{now}`, and the row that an argument names
by the argument's name. What goes by an argument is read only when the argument is given: without
it the fact is None. So what a computed field requires is a function of its arguments.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields

from tortoise.models import Model

from app.domain.callers import Scope
from app.reading.errors import Misdeclared
from app.reading.kinds import Kind
from app.reading.tables import Column, columns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value by SQL; `by` is the argument that it goes by, if any."""

    sql: str
    kind: Kind
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRows:
    """The facts of other rows: `source` follows FROM and calls each of them `r`.

    A rule receives them as a tuple, in no order. Only for what is bounded by its own rules.
    """

    model: type[Model]
    facts: type
    source: str

    @property
    def requires(self) -> "Requirements":
        return required(self.model, columns_of(self.model), self.facts, {})


@dataclass(frozen=True, slots=True)
class Way:
    """One way to name a row: `sql` answers its id, `{0}` being the value that was given.

    `form` is how the table stores what a caller writes.
    """

    sql: str
    kind: Kind
    form: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument that names one row in one of several ways; `allow` is what naming it needs."""

    target: str
    ways: Mapping[str, Way]
    allow: Scope


Requirement = Kind | Fact | FactRows
Requirements = tuple[tuple[str, Requirement], ...]


def required(
    model: type[Model],
    found: Mapping[str, Column],
    facts: type,
    declared: Mapping[str, Fact | FactRows],
) -> Requirements:
    """Where each field of a rule's facts comes from, in the order of its dataclass."""
    requires: list[tuple[str, Requirement]] = []
    for field in dataclass_fields(facts):
        if field.name in declared:
            requires.append((field.name, declared[field.name]))
        elif field.name in found:
            requires.append((field.name, found[field.name].kind))
        else:
            raise Misdeclared(f"{facts.__name__}.{field.name} is no fact of {model.__name__}.")
    return tuple(requires)
