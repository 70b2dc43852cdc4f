"""The conditions by which lists can be narrowed.

A condition's text depends on its operator and, for some, on a choice taken from the value; both are
part of a statement's shape. Everything else is bound as a numbered parameter.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, cast

from app.reading.dialects import Dialect
from app.reading.kinds import INSTANT, TEXT, Kind

Values = tuple[Any, ...]
Form = Callable[[str], str]
LAST_CHARACTER = "\U0010ffff"


class Bound(NamedTuple):
    """A filter's value, split into what changes the text and what is bound to it."""

    choice: Hashable
    values: Values


class Terms(Protocol):
    """What an operator needs to write its condition."""

    @property
    def dialect(self) -> Dialect: ...

    def value(self, number: int, kind: Kind | None) -> str:
        """The placeholder of one bound value; without a kind it is not cast."""

    def now(self) -> str:
        """The placeholder of the request's instant."""


class Operator(Protocol):
    def bind(self, value: object) -> Bound: ...
    def condition(self, choice: Hashable, terms: Terms) -> str: ...


def _never(_value: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Filter:
    """Operators by name; `""` is the one of a filter whose value stands without an operator.

    `shows` names the field whose value the filter gives away. `absent` is the value of a list
    request that does not mention the filter. `guessed` says whether a value may be a guess, which
    is counted when it finds nothing. `lists` says for how many lists more the list counts among
    those inside each other, should the condition be that deep.
    """

    operators: Mapping[str, Operator]
    shows: str | None = None
    absent: Any = None
    guessed: Callable[[Any], bool] = _never
    lists: int = 0


def _alone(value: object) -> Values:
    return (value,)


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison with values made of the given one: `{0}` is the first of them."""

    template: str
    kind: Kind
    values: Callable[[Any], Values] = _alone

    def bind(self, value: object) -> Bound:
        return Bound(None, self.values(value))

    def condition(self, _choice: Hashable, terms: Terms) -> str:
        count = self.template.count("{")
        return self.template.format(*(terms.value(number, self.kind) for number in range(count)))


@dataclass(frozen=True, slots=True)
class Equals:
    """The column holds one value: `source` with the bound one, which it calls `{0}`."""

    column: str
    kind: Kind
    values: Callable[[Any], Values] = _alone
    source: str = "{0}"

    def bind(self, value: object) -> Bound:
        return Bound(None, self.values(value))

    def condition(self, _choice: Hashable, terms: Terms) -> str:
        return f"{self.column} = {self.value(terms)}"

    def value(self, terms: Terms) -> str:
        return self.source.format(terms.value(0, self.kind))


@dataclass(frozen=True, slots=True)
class Among:
    """The column holds one of the texts of a list."""

    column: str
    form: Form = str

    def bind(self, value: object) -> Bound:
        return Bound(None, ([self.form(text) for text in cast("Iterable[str]", value)],))

    def condition(self, _choice: Hashable, terms: Terms) -> str:
        return terms.dialect.engine.among(self.column, terms.value(0, None), "text")


@dataclass(frozen=True, slots=True)
class OneOf:
    """The column holds one of the words of an enum, which are written out.

    A bound value would hide from both databases that an index of one word's rows fits.
    """

    column: str

    def bind(self, value: object) -> Bound:
        words = [value] if isinstance(value, StrEnum) else cast("Iterable[StrEnum]", value)
        return Bound(tuple(sorted({word.value for word in words})), ())

    def condition(self, choice: Hashable, _terms: Terms) -> str:
        words = [f"'{word}'" for word in cast("tuple[str, ...]", choice)]
        if len(words) == 1:
            return f"{self.column} = {words[0]}"
        return f"{self.column} IN ({', '.join(words)})" if words else "FALSE"


@dataclass(frozen=True, slots=True)
class Filled:
    """The column has a value, or has none: the given boolean decides."""

    column: str

    def bind(self, value: object) -> Bound:
        return Bound(bool(value), ())

    def condition(self, choice: Hashable, _terms: Terms) -> str:
        return f"{self.column} IS NOT NULL" if choice is True else f"{self.column} IS NULL"


def prefix_range(prefix: str) -> Values:
    """The ends of the range of texts that start so, compared by code point."""
    return prefix, prefix + LAST_CHARACTER


def equality(column: str, kind: Kind, shows: str | None = None) -> Filter:
    """Equal to the value, which stands without an operator."""
    return Filter({"": Equals(column, kind)}, shows=shows)


def filled(column: str) -> Filter:
    """Whether the column has a value: true or false stands without an operator."""
    return Filter({"": Filled(column)})


def words(column: str, form: Form = str) -> Filter:
    """Texts or enum values: `eq`, `in`. `form` is how the column stores what a caller writes."""
    equals = Equals(column, TEXT, lambda text: (form(text),))
    return Filter({"eq": equals, "in": Among(column, form)})


def one_of(column: str) -> Filter:
    """Words of a small enum, of which an index may hold one alone: `eq`, `in`."""
    return Filter({"eq": OneOf(column), "in": OneOf(column)})


def texts(column: str, form: Form = str) -> Filter:
    """Texts: `eq`, `in` and `startsWith`."""
    starts = Compare(
        f"{column} >= {{0}} AND {column} < {{1}}", TEXT, lambda text: prefix_range(form(text))
    )
    return Filter({**words(column, form).operators, "starts_with": starts})


def instants(column: str) -> Filter:
    """A half-open range of instants: `gte`, `lt`."""
    return Filter(
        {
            "gte": Compare(f"{column} >= {{0}}", INSTANT),
            "lt": Compare(f"{column} < {{0}}", INSTANT),
        }
    )


def archived() -> Filter:
    """Whether the row is archived; lists hide archived rows unless asked."""
    return Filter({"": Filled("archived_at")}, absent=False)
