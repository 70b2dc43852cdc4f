"""Where the executor finds each field of what was read, and proof that each field has a source."""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
)

from app.reading.checks import check_declarations
from app.reading.declarations import Computed, Field, Many, One, Readable
from app.reading.errors import Misdeclared
from app.reading.facts import Argument, Plain
from app.reading.kinds import Kind
from app.reading.nouns import READABLES, ROOTS, VALUES, Listed, Named
from app.reading.selection import TAG
from graphql_schema.ids import encode_id
from graphql_schema.permissions import guard
from graphql_schema.planner import read_root
from graphql_schema.selections import snake

Resolve = Callable[..., Any]

PAGE_ARGUMENTS = frozenset({"where", "orderBy", "first", "after", "last", "before"})
SHOWN_AS: Mapping[str, frozenset[str]] = {
    "id": frozenset({"ID!"}),
    "node": frozenset({"ID!"}),
    "int": frozenset({"Int!", "BigInt!"}),
    "float": frozenset({"Float!"}),
    "text": frozenset({"String!"}),
    "bool": frozenset({"Boolean!"}),
    "instant": frozenset({"DateTime!"}),
    "json": frozenset({"JSON!"}),
    "texts": frozenset({"[String!]!"}),
    "jsons": frozenset({"[JSON!]!"}),
    "duration": frozenset({"Duration!"}),
    "decimal": frozenset({"Decimal!"}),
}


def by_key(
    source: Mapping[str, Any], info: GraphQLResolveInfo[Any], **_arguments: object
) -> object:
    """The one resolver of everything that was read: answers stand under their response keys."""
    return source[cast("str", info.path.key)]


def by_attribute(name: str, kind: Kind) -> Resolve:
    """The resolver of a field of a small object without a table."""
    get = attrgetter(name)
    if kind.name != "id":
        return lambda source, _info: get(source)
    target, type_of = kind.target or "", attrgetter(kind.beside) if kind.beside else None

    def shown(source: object, _info: object) -> str | None:
        number = get(source)
        named = type_of(source) if type_of else target
        return None if number is None else encode_id(named, number)

    return shown


def connect(schema: GraphQLSchema) -> None:
    """Give every planned field its source, and every root its guard.

    Misdeclared when types and declarations disagree, or a root names no permission.
    """
    check_declarations(READABLES, VALUES)
    problems = [*_check_roots(schema), *_check_types(schema)]
    if problems:
        raise Misdeclared("; ".join(problems))
    for name, field in _object(schema, "Query").fields.items():
        if snake(name) in ROOTS:
            field.resolve = read_root
    for name in READABLES:
        _object(schema, name).is_type_of = None
        for field in _object(schema, name).fields.values():
            field.resolve = by_key
    for plain in (*_pages(schema), *_payloads(schema)):
        for field in plain.fields.values():
            field.resolve = by_key
    for value in VALUES.values():
        for name, field in _object(schema, value.name).fields.items():
            field.resolve = by_attribute(snake(name), value.fields[snake(name)][0])
    node = cast("GraphQLInterfaceType", schema.type_map["Node"])
    node.resolve_type = lambda source, _info, _type: source[TAG]
    guard(schema)


def _object(schema: GraphQLSchema, name: str) -> GraphQLObjectType:
    return cast("GraphQLObjectType", schema.type_map[name])


def _pages(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    yield _object(schema, "PageInfo")
    for name in READABLES:
        yield _object(schema, f"{name}Connection")
        yield _object(schema, f"{name}Edge")


def _payloads(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    """What mutations answer: `read_payload` puts it under response keys."""
    if schema.mutation_type is not None:
        for field in schema.mutation_type.fields.values():
            yield cast("GraphQLObjectType", get_named_type(field.type))


# Agreement of the GraphQL types with the declarations


def _check_roots(schema: GraphQLSchema) -> Iterator[str]:
    fields = {snake(name): field for name, field in _object(schema, "Query").fields.items()}
    for name, root in ROOTS.items():
        if name not in fields:
            yield f"Query has no field for {name}"
        elif isinstance(root, Named):
            yield from _check_named(f"Query.{name}", fields[name], {"by": root.by}, {})
        elif isinstance(root, Listed):
            yield from _check_page(f"Query.{name}", fields[name], READABLES[root.target])


def _check_types(schema: GraphQLSchema) -> Iterator[str]:
    for readable in READABLES.values():
        fields = {snake(name): one for name, one in _object(schema, readable.name).fields.items()}
        for name in fields.keys() ^ readable.fields.keys():
            yield f"{readable.name}.{name} is not on both sides"
        for name in fields.keys() & readable.fields.keys():
            place = f"{readable.name}.{name}"
            yield from _check_field(place, fields[name], readable.fields[name], readable)
    for value in VALUES.values():
        fields = {snake(name): one for name, one in _object(schema, value.name).fields.items()}
        if fields.keys() != value.fields.keys():
            yield f"{value.name} has other fields in GraphQL"
            continue
        for name, (kind, null) in value.fields.items():
            yield from _check_kind(f"{value.name}.{name}", fields[name], kind, null=null)


def _check_field(
    place: str, field: GraphQLField, declared: Field, owner: Readable
) -> Iterator[str]:
    needed = {declared.allow}
    if isinstance(declared, One | Many):
        needed.add(READABLES[declared.target].allow)
    named = declared.arguments if isinstance(declared, Many | Computed) else {}
    needed |= {argument.allow for argument in named.values()}
    may_be_refused = needed != {owner.allow}
    plain = declared.plain if isinstance(declared, Computed) else {}
    yield from _check_named(place, field, named, plain)
    if may_be_refused and isinstance(field.type, GraphQLNonNull):
        yield f"{place} can be refused, so it must be nullable"
    elif isinstance(declared, One):
        null = declared.null or may_be_refused
        if str(field.type) != _written(declared.target, null=null):
            yield f"{place} is {field.type} in GraphQL"
    elif isinstance(declared, Many):
        yield from _check_page(place, field, READABLES[declared.target])
    else:
        null = declared.null or may_be_refused
        yield from _check_kind(place, field, declared.kind, null=null)


def _check_named(
    place: str, field: GraphQLField, named: Mapping[str, Argument], plain: Plain
) -> Iterator[str]:
    """Arguments that name a row offer exactly its ways; the others are texts."""
    offered = {name: one for name, one in field.args.items() if name not in PAGE_ARGUMENTS}
    if offered.keys() != named.keys() | plain.keys():
        yield f"{place} has other arguments in GraphQL"
        return
    for name in plain:
        if str(offered[name].type) != "String":
            yield f"{place}({name}:) is no text in GraphQL"
    for name in named:
        ways = cast("GraphQLInputObjectType", get_named_type(offered[name].type)).fields
        if ways.keys() != named[name].ways.keys():
            yield f"{place}({name}:) offers other ways in GraphQL"


def _check_kind(place: str, field: GraphQLField, kind: Kind, *, null: bool) -> Iterator[str]:
    named = kind.members.__name__ if kind.members is not None else kind.target
    own = f"[{named}!]!" if kind.name in {"enums", "values"} else f"{named}!"
    shown = SHOWN_AS.get(kind.name) or frozenset({own})
    if str(field.type) not in {text[:-1] if null else text for text in shown}:
        yield f"{place} is {field.type} in GraphQL, and {kind}{' or null' if null else ''} here"


def _written(name: str, *, null: bool) -> str:
    return name if null else f"{name}!"


def _check_page(place: str, field: GraphQLField, target: Readable) -> Iterator[str]:
    """The connection's entity, and the filters and orders that its arguments offer."""
    if get_named_type(field.type).name != f"{target.name}Connection":
        yield f"{place} is {field.type} in GraphQL"
        return
    where = cast("GraphQLInputObjectType", get_named_type(field.args["where"].type))
    offered = {snake(name): _operators(one.type) for name, one in where.fields.items()}
    known = {name: set(one.operators) for name, one in target.listing.filters.items()}
    if offered != known:
        yield f"{place} offers other filters in GraphQL"
    order = cast("GraphQLInputObjectType", get_named_type(field.args["orderBy"].type))
    names = cast("GraphQLEnumType", get_named_type(order.fields["field"].type)).values
    if set(names) != set(target.listing.orders):
        yield f"{place} offers other orders in GraphQL"


def _operators(kind: object) -> set[str]:
    named = get_named_type(cast("GraphQLInputObjectType", kind))
    return (
        {snake(name) for name in named.fields}
        if isinstance(named, GraphQLInputObjectType)
        else {""}
    )
