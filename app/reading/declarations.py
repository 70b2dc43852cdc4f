"""The words in which a noun says where each of its fields comes from and who may see it.

Nothing else is needed to make a field readable, filterable, masked and permitted everywhere: roots,
relations, `node`, payloads. A field without a scope of its own has its type's, which must be given.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any, Final, get_type_hints

from tortoise.models import Model

from app.domain.callers import Scope
from app.reading import kinds
from app.reading.annotations import kind_of
from app.reading.errors import Misdeclared
from app.reading.facts import Argument, Declared, Plain, Requirements, required
from app.reading.filters import Filter
from app.reading.kinds import Kind
from app.reading.tables import Column, columns_of, indexes_of, quoted, table_of


@dataclass(frozen=True, slots=True)
class Masked:
    """What a caller without the scope sees instead of the value.

    Who is given the row by a call that needs `given_by` sees the value in that call's payload.
    `owner` is SQL for the caller to whom the value belongs, and who sees it always.
    """

    unless: Scope
    show: Callable[[Any], Any]
    given_by: Scope | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A value that SQL answers: a column, or an expression over the row, which is called `{t}`."""

    sql: str
    kind: Kind
    null: bool
    mask: Masked | None = None
    allow: Scope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """The row of another type: its id stands in the column `via`, or it holds ours in `back`."""

    target: str
    via: str | None = None
    back: str | None = None
    null: bool
    allow: Scope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """Rows of another type as pages, linked to this row in one of three ways.

    They hold its id in their column `on`; or its column `listed` holds a list of their ids; or they
    fulfil the condition `among`, in which this row is `{t}` and `arguments` may take part. `lists`
    says for how many lists inside each other it counts, should its condition be that deep.
    """

    target: str
    on: str | None = None
    listed: str | None = None
    among: str | None = None
    lists: int = 1
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    allow: Scope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What a pure function answers over facts: a dataclass whose fields name columns of the row.

    A field may also name a fact that the type declares, which may go by one of `arguments`, or be
    what one of the `plain` arguments says. The function sees the truth, never a masked value; the
    computed field has its own permission.
    `lists` says that it reads many rows, and so is one more list inside those around it.
    """

    function: Callable[..., Any]
    facts: type
    needs_now: bool
    kind: Kind
    null: bool
    lists: bool = False
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    plain: Plain = field(default_factory=dict)
    allow: Scope | None = None
    requires: Requirements = ()

    def answer(self, facts: object, now: datetime) -> object:
        return self.function(facts, now) if self.needs_now else self.function(facts)


Field = Expression | One | Many | Computed


@dataclass(frozen=True, slots=True)
class Order:
    """An order of lists: columns that are never null, of which the last is unique.

    `shows` names the field that the order gives away: who may not see it may not sort by it.
    `leads` are the columns that may hold one value throughout the list, the narrowest first: an
    index goes by each of them and then in this order, so that a page is cut without sorting.
    """

    columns: tuple[str, ...]
    shows: str | None = None
    leads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How lists of a type can be narrowed and ordered; the first order is the default."""

    orders: Mapping[str, Order]
    filters: Mapping[str, Filter]
    newest_first: bool = False

    @property
    def leads(self) -> frozenset[str]:
        """Columns that hold one value in large parts of the table: not every order goes there."""
        return frozenset(column for order in self.orders.values() for column in order.leads)


OWN: Final = "*"
"""Every value of a row itself that has no scope of its own: no relation, nothing with arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A type; `told` are the fields that payloads tell to who wrote a row by a scope."""

    name: str
    table: str
    columns: Mapping[str, Column]
    indexes: frozenset[tuple[str, ...]]
    allow: Scope
    fields: Mapping[str, Field]
    listing: Listing
    told: Mapping[Scope, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A small object that a computed field answers; its fields are a dataclass's attributes."""

    name: str
    fields: Mapping[str, tuple[Kind, bool]]


def readable(  # noqa: PLR0913 - the parts of a declaration, each by its name
    model: type[Model],
    *,
    allow: Scope,
    fields: Mapping[str, Field],
    listing: Listing,
    facts: Mapping[str, Declared] | None = None,
    told: Mapping[Scope, str] | None = None,
) -> Readable:
    """Declare the type of a table; `allow` is the scope of every field that states none.

    `facts` are what computed fields may require besides columns. `told` names what payloads tell
    to whoever writes the row by a scope without the right to read it.
    """
    found = columns_of(model)
    complete: dict[str, Field] = {}
    for name, stated in fields.items():
        allowed = stated if stated.allow else replace(stated, allow=allow)
        if isinstance(allowed, Computed):
            requires = required(model, found, allowed.facts, facts or {})
            allowed = replace(allowed, requires=requires)
        complete[name] = allowed
    return Readable(
        name=model.__name__,
        table=table_of(model),
        columns=found,
        indexes=indexes_of(model),
        allow=allow,
        fields=complete,
        listing=listing,
        told={scope: _told(names, complete, allow) for scope, names in (told or {}).items()},
    )


def _told(names: str, fields: Mapping[str, Field], allow: Scope) -> frozenset[str]:
    """The fields that are named; Misdeclared for one that writing the row alone cannot open."""
    own = frozenset(name for name, stated in fields.items() if _is_own(stated, allow))
    if names == OWN:
        return own
    if others := set(names.split()) - own:
        raise Misdeclared(f"{', '.join(sorted(others))} cannot be told: it is not the row's own.")
    return frozenset(names.split())


def _is_own(stated: Field, allow: Scope) -> bool:
    plain = isinstance(stated, Expression) or (
        isinstance(stated, Computed) and not stated.arguments and not stated.lists
    )
    return plain and stated.allow == allow


def column(
    model: type[Model],
    name: str,
    *,
    kind: Kind | None = None,
    mask: Masked | None = None,
    allow: Scope | None = None,
) -> Expression:
    """A column as it is; `kind` says more about it than the table can."""
    found = columns_of(model).get(name)
    if found is None:
        raise Misdeclared(f"{model.__name__} has no column {name}.")
    return Expression(
        sql=f"{{t}}.{quoted(name)}",
        kind=kind or found.kind,
        null=found.null,
        mask=mask,
        allow=allow,
    )


def columns(model: type[Model], names: str) -> dict[str, Field]:
    """Columns that are read under their own names; `id` is the type's opaque id."""
    own = kinds.id_of(model.__name__)
    return {name: column(model, name, kind=own if name == "id" else None) for name in names.split()}


def computed(
    function: Callable[..., Any],
    *,
    lists: bool = False,
    arguments: Mapping[str, Argument] | None = None,
    plain: Plain | None = None,
    allow: Scope | None = None,
) -> Computed:
    """What the function answers over its first parameter's facts, and `now` when it asks for it."""
    hints = get_type_hints(function)
    answer, null = kind_of(hints.pop("return"))
    facts = next(iter(hints.values()))
    if not (isinstance(facts, type) and is_dataclass(facts)):
        raise Misdeclared(f"The first parameter of {function.__name__} is not a dataclass.")
    return Computed(
        function=function,
        facts=facts,
        needs_now="now" in hints,
        kind=answer,
        null=null,
        lists=lists,
        arguments=arguments or {},
        plain=plain or {},
        allow=allow,
    )


def value(answer: type, **known: Kind) -> Value:
    """The object that a function answers; `known` says of a field what its annotation cannot."""
    hints = get_type_hints(answer)
    described = {
        one.name: kind_of(hints[one.name], known.get(one.name)) for one in dataclass_fields(answer)
    }
    return Value(name=answer.__name__, fields=described)
