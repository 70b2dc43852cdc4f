"""Rows chosen by the filters of a list, for whoever does something to all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.callers import Scope
from app.reading.dialects import Dialect
from app.reading.kinds import INSTANT, Kind
from app.reading.nouns import READABLES
from app.reading.paging import Condition, Key, bind_conditions


@dataclass(slots=True)
class Choice:
    """The condition that a row of a list's own table fits at `now`, and the values it mentions.

    Its placeholders are numbered from `first` on.
    """

    dialect: Dialect
    now: datetime
    first: int = 1
    terms: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    @property
    def condition(self) -> str:
        return " AND ".join(f"({term})" for term in self.terms) or "TRUE"


@dataclass(frozen=True, slots=True)
class _Terms:
    """What one condition is written with."""

    chosen: Choice
    asked: Condition
    bound: Mapping[Key, Any]

    @property
    def dialect(self) -> Dialect:
        return self.chosen.dialect

    def value(self, number: int, kind: Kind | None) -> str:
        key = ("where", self.asked.filter, self.asked.operator, number)
        return self._placeholder(self.bound[key], kind)

    def now(self) -> str:
        return self._placeholder(self.chosen.now, INSTANT)

    def _placeholder(self, value: object, kind: Kind | None) -> str:
        self.chosen.values.append(value)
        number = self.chosen.first + len(self.chosen.values) - 1
        return f"${number}" if kind is None else self.dialect.parameter(number, kind)


def choose(
    chosen: Choice, target: str, where: Mapping[str, Any], scopes: frozenset[Scope]
) -> Choice:
    """Add the filters of a list of `target` to the choice, and return it.

    Raises BadArgument or NotAllowed for what a list with these filters would refuse.
    """
    readable = READABLES[target]
    conditions, bound = bind_conditions(readable, where, scopes)
    for asked in conditions:
        operator = readable.listing.filters[asked.filter].operators[asked.operator]
        terms = _Terms(chosen, asked, bound)
        chosen.terms.append(operator.condition(asked.choice, terms))
    return chosen
