"""Which page of a list is asked for: arguments -> the shape of a statement and its values."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from app.domain.callers import Scope
from app.reading.cursors import Cursors
from app.reading.declarations import Expression, Many, One, Order, Readable
from app.reading.dialects import instant
from app.reading.errors import BadArgument, NotAllowed
from app.reading.filters import Equals
from app.reading.nouns import READABLES

DEFAULT_SIZE = 20
MAX_SIZE = 100
MAX_AMONG = 100
"""The most values that one filter can choose among."""

Key = tuple[Hashable, ...]
SIZE: Key = ("size",)
"""One row more than the page shows is asked for: it tells whether there is another page."""
VALUE: Key = ("value",)
"""The value of a unique column."""
IDS = "ids"
"""With a type's name: the ids of that type."""

NodesShape = tuple[str, ...]
"""The types among the ids."""
Ways = tuple[tuple[str, str], ...]
"""The arguments that were given, each with the way in which it names its row."""


def argument_key(name: str) -> Key:
    """Where the value of an argument is bound."""
    return "argument", name


@dataclass(frozen=True, slots=True)
class Place:
    """One list: its field, and the rows of `target`, all or those that `link` joins to a row."""

    name: str
    target: Readable
    link: Many | None = None

    @property
    def on(self) -> str | None:
        return self.link.on if self.link else None


@dataclass(frozen=True, slots=True)
class PageArguments:
    """The arguments of a list as they came; None is absent.

    `named` are those that name a row, each with its way and the value that it came with.
    """

    where: Mapping[str, Any] = field(default_factory=dict)
    order: str | None = None
    descending: bool = False
    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    named: Mapping[str, tuple[str, Any]] = field(default_factory=dict)


class Condition(NamedTuple):
    filter: str
    operator: str
    choice: Hashable


@dataclass(frozen=True, slots=True)
class PageShape:
    """Everything about a page that changes the text of its statement.

    `lead` is the column by which the order begins, since it holds one value in all rows.
    """

    order: str
    lead: str | None
    descending: bool
    backward: bool
    seeks: bool
    conditions: tuple[Condition, ...]
    ways: Ways = ()

    @property
    def binding(self) -> str:
        """What a cursor is bound to besides its field."""
        return f"{self.order} {'DESC' if self.descending else 'ASC'}"


@dataclass(frozen=True, slots=True)
class BoundSite:
    """The arguments of one place of a request: what shapes the text, and what is bound to it.

    `wanted` are the rows of a list of ids, in its order; None where no list is to be answered.
    `guess` says that a row is named by what only those know who were told of it.
    """

    shape: Hashable
    values: Mapping[Key, Any]
    size: int = 0
    wanted: Sequence[Any] | None = ()
    guess: bool = False


def bind_page(
    place: Place, arguments: PageArguments, scopes: frozenset[Scope], cursors: Cursors
) -> BoundSite:
    """Check the arguments of a list; BadArgument or NotAllowed before anything is asked."""
    target = place.target
    backward, size, cursor = _window(arguments)
    name, order, descending = _order(target, arguments)
    guard(target, order.shows, "Ordering by it", scopes)
    conditions, values = bind_conditions(target, arguments.where, scopes)
    lead = _lead(place, name, conditions)
    named = bind_named(arguments.named)
    shape = PageShape(
        name, lead, descending, backward, cursor is not None, conditions, cast("Ways", named.shape)
    )
    values.update(named.values)
    values[SIZE] = size + 1
    if cursor is not None:
        seen = cursors.decode(f"{place.name} {shape.binding}", cursor)
        for number, (column, value) in enumerate(zip(order.columns, seen, strict=True)):
            is_instant = target.columns[column].kind.name == "instant"
            values["seek", number] = instant(value) if is_instant else value
    return BoundSite(shape, values, size, guess=_guesses(target, conditions, values))


def _guesses(target: Readable, conditions: Sequence[Condition], values: Mapping[Key, Any]) -> bool:
    """Whether a filter names a row that the caller may be guessing at."""
    return any(
        target.listing.filters[name].guessed(values["where", name, operator, 0])
        for name, operator, _ in conditions
        if ("where", name, operator, 0) in values
    )


def bind_named(
    named: Mapping[str, tuple[str, Any]], plain: Mapping[str, str | None] | None = None
) -> BoundSite:
    """The arguments that name rows, each in one of its ways, and those that are plain texts.

    The latter never reach SQL, and so change no text.
    """
    ways: Ways = tuple((name, way) for name, (way, _) in sorted(named.items()))
    values = {name: value for name, (_, value) in named.items()} | dict(plain or {})
    return BoundSite(ways, {argument_key(name): value for name, value in values.items()})


def _window(arguments: PageArguments) -> tuple[bool, int, str | None]:
    backward = arguments.last is not None
    other = (arguments.first, arguments.after) if backward else (arguments.before,)
    if any(value is not None for value in other):
        raise BadArgument(
            "Ask for `first` with `after`, or for `last` with `before`; not for both."
        )
    size = arguments.last if backward else arguments.first
    if size is None:
        size = DEFAULT_SIZE
    if not 1 <= size <= MAX_SIZE:
        name = "last" if backward else "first"
        raise BadArgument(f"A page has 1 to {MAX_SIZE} entries; `{name}` is {size}.")
    return backward, size, arguments.before if backward else arguments.after


def _order(target: Readable, arguments: PageArguments) -> tuple[str, Order, bool]:
    orders = target.listing.orders
    if arguments.order is None:
        name = next(iter(orders))
        return name, orders[name], target.listing.newest_first
    return arguments.order, orders[arguments.order], arguments.descending


def _lead(place: Place, name: str, conditions: Sequence[Condition]) -> str | None:
    """The column by which the order begins; BadArgument when no index goes there in this order."""
    listing = place.target.listing
    order = listing.orders[name]
    held = {}
    for condition in conditions:
        operator = listing.filters[condition.filter].operators[condition.operator]
        if isinstance(operator, Equals) and operator.column in listing.leads:
            held[operator.column] = f"{place.name} with `where.{_written(condition.filter)}`"
    if place.on is not None:
        held[place.on] = place.name
    for column, words in held.items():
        if column not in order.leads:
            others = [key for key, other in listing.orders.items() if column in other.leads]
            raise BadArgument(f"{words} cannot be ordered by {name}, only by {', '.join(others)}.")
    return place.on or next((column for column in order.leads if column in held), None)


def _written(name: str) -> str:
    """A filter's name as a request spells it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def bind_conditions(
    target: Readable, where: Mapping[str, Any], scopes: frozenset[Scope]
) -> tuple[tuple[Condition, ...], dict[Key, Any]]:
    """The filters that are present, in declared order, so that equal requests share a text."""
    conditions = []
    values: dict[Key, Any] = {}
    for name, declared in target.listing.filters.items():
        given = where.get(name, declared.absent)
        operators = given if isinstance(given, Mapping) else {"": given}
        for operator, value in sorted(operators.items()):
            if value is None:
                continue
            _check_length(name, operator, value)
            guard(target, declared.shows, "Filtering by it", scopes)
            bound = declared.operators[operator].bind(value)
            conditions.append(Condition(name, operator, bound.choice))
            values.update(
                {("where", name, operator, number): one for number, one in enumerate(bound.values)}
            )
    return tuple(conditions), values


def _check_length(name: str, operator: str, value: object) -> None:
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) > MAX_AMONG:
        raise BadArgument(
            f"`where.{_written(name)}.{_written(operator)}` takes at most {MAX_AMONG} values;"
            f" there are {len(value):,}."
        )


def guard(target: Readable, shows: str | None, what: str, scopes: frozenset[Scope]) -> None:
    """Refuse what would give away a field's value to a caller who may not see it."""
    if shows is None:
        return
    shown = target.fields[shows]
    needed = [shown.allow]
    if isinstance(shown, Expression) and shown.mask:
        needed.append(shown.mask.unless)
    if isinstance(shown, One | Many):
        needed.append(READABLES[shown.target].allow)
    for scope in needed:
        if scope is not None and scope not in scopes:
            raise NotAllowed(what, scope)
