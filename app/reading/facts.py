"""What rules calculate with, when a column of the row is not enough.

A fact's text calls the row `{t}`, the request's instant `{now}`, and the row that an argument names
by the argument's name: `{customer}` is its id, `{customer_row}` the row itself. What goes by an
argument is read only when the argument is given: without it the fact is what its field is by
default, or None. So what a computed field requires is a function of its arguments.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, is_dataclass, replace
from dataclasses import fields as dataclass_fields
from typing import Any, get_type_hints

from tortoise.models import Model

from app.domain.callers import Scope
from app.reading.errors import Misdeclared
from app.reading.kinds import TEXTS, Kind
from app.reading.tables import Column, columns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value by SQL; `by` is the argument that it goes by, if any, and `absent` is without."""

    sql: str
    kind: Kind
    by: str | None = None
    absent: Any = None


@dataclass(frozen=True, slots=True)
class Said:
    """The text that a plain argument was given; None when it was not."""

    argument: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """The facts of one other row, or None where there is none.

    Its id stands in our column `via`, or it holds ours in its column `back`, or the argument `by`
    names it.
    """

    model: type[Model]
    facts: type
    via: str | None = None
    back: str | None = None
    by: str | None = None
    null: bool = True

    @property
    def requires(self) -> "Requirements":
        return required(self.model, columns_of(self.model), self.facts, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRows:
    """The facts of other rows: each of `sources` follows FROM and calls them `r`.

    What follows WHERE stands apart. A rule receives the rows of all sources as a tuple, in the
    order of `sort`, or in none. Only for what is bounded by its own rules. `declared` are their
    facts that are no columns.
    """

    model: type[Model]
    facts: type
    sources: Sequence[tuple[str, str]]
    sort: Callable[[Any], Any] | None = None
    declared: Mapping[str, "Declared"] = field(default_factory=dict)

    @property
    def requires(self) -> "Requirements":
        return required(self.model, columns_of(self.model), self.facts, self.declared)


@dataclass(frozen=True, slots=True)
class Itself:
    """Facts of the same row that rules keep in a dataclass of their own."""

    facts: type
    requires: "Requirements"


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


Plain = Mapping[str, Callable[[str], str | None]]
"""Arguments that are texts of their own, each with the form in which rules compare it."""

Declared = Fact | Said | FactRow | FactRows
Requirement = Kind | Declared | Itself
Requirements = tuple[tuple[str, Requirement], ...]


def required(
    model: type[Model],
    found: Mapping[str, Column],
    facts: type,
    declared: Mapping[str, Declared],
) -> Requirements:
    """Where each field of a rule's facts comes from, in the order of its dataclass."""
    hints = get_type_hints(facts)
    requires: list[tuple[str, Requirement]] = []
    for one in dataclass_fields(facts):
        hint = hints[one.name]
        if one.name in declared:
            requires.append((one.name, _with_default(declared[one.name], one)))
        elif one.name in found:
            kind = TEXTS if hint == tuple[str, ...] else found[one.name].kind
            requires.append((one.name, kind))
        elif is_dataclass(hint) and isinstance(hint, type):
            requires.append((one.name, Itself(hint, required(model, found, hint, declared))))
        else:
            raise Misdeclared(f"{facts.__name__}.{one.name} is no fact of {model.__name__}.")
    return tuple(requires)


def _with_default(stated: Declared, one: Field[Any]) -> Declared:
    if isinstance(stated, Fact) and stated.by is not None and one.default is not MISSING:
        return replace(stated, absent=one.default)
    return stated
