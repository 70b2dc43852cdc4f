"""How everything in the schema is asked for, by what the schema itself says of it."""

from typing import Any, cast

from graphql import (
    ExecutionResult,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from app.reading.nouns import NODES, READABLES
from graphql_schema.ids import encode_id
from graphql_schema.schema import schema

CORE = schema._schema  # noqa: SLF001 - graphql-core's schema has no public name
BY_CUSTOMER = 'customer: {number: "C-98"}'
NODE = encode_id("Code", 3)


def kind_of(name: str) -> GraphQLObjectType:
    return cast("GraphQLObjectType", CORE.type_map[name])


def in_python(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def leaf_of(name: str) -> str:
    """Something small that an object can be asked for."""
    if name in READABLES:
        return "id" if name in NODES else "row"
    return " ".join(
        one if is_leaf_type(get_named_type(field.type)) else f"{one} {{ {leaf_of(of(field))} }}"
        for one, field in kind_of(name).fields.items()
    )


def of(field: GraphQLField) -> str:
    return get_named_type(field.type).name


def asked_for(field: str, definition: GraphQLField) -> str:
    """One field with what it needs to be asked for; `(customer:)` behind it gives the argument."""
    name, _, named = field.partition("(")
    given = BY_CUSTOMER if named or "relatedOrders" in field else ""
    arguments = f"({given})" if given else ""
    if is_leaf_type(get_named_type(definition.type)):
        return f"{name}{arguments}"
    if "first" in definition.args:
        target = of(definition).removesuffix("Connection")
        return f"{name}(first: 2 {given}) {{ totalCount nodes {{ {leaf_of(target)} }} }}"
    return f"{name}{arguments} {{ {leaf_of(of(definition))} }}"


def told(answer: ExecutionResult) -> list[str]:
    return [error.message for error in answer.errors or ()]


def value_for(kind: Any) -> str:  # noqa: ANN401 - any type of an input
    """The least value that an argument or a field of an input takes."""
    named = get_named_type(kind)
    if is_list_type(get_nullable_type(kind)):
        return f"[{value_for(named)}]"
    if isinstance(named, GraphQLEnumType):
        return str(next(iter(named.values)))
    if isinstance(named, GraphQLInputObjectType):
        fields = named.fields.items()
        needed = [(one, field) for one, field in fields if is_non_null_type(field.type)]
        if named.is_one_of or (named.name.endswith("Filter") and not needed):
            needed = list(fields)[:1]
        # A field with a default need not be given, though it must not be null.
        return f"{{{', '.join(f'{one}: {value_for(field.type)}' for one, field in needed)}}}"
    return {
        "Int": "1",
        "BigInt": "1",
        "Boolean": "true",
        "DateTime": '"2027-01-01T00:00:00Z"',
        "Decimal": '"1.00"',
        "JSON": "{}",
        "ID": f'"{NODE}"',
    }.get(named.name, '"EUR"')
