"""The committed SDL is the contract: it changes only on purpose, and explains itself."""

from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_scalar_type,
)

import graphql_schema
from graphql_schema.schema import schema

SDL = Path(graphql_schema.__file__).with_name("schema.graphql")
TYPES = {
    name: kind
    for name, kind in schema._schema.type_map.items()  # noqa: SLF001 - graphql-core's schema
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
}


def test_the_committed_sdl_is_what_is_served() -> None:
    assert SDL.read_text() == schema.as_str() + "\n", "Run scripts/sdl, and read what it changed."


def described() -> Iterator[tuple[str, str | None]]:
    for name, kind in TYPES.items():
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            for value_name, value in kind.values.items():
                yield f"{name}.{value_name}", value.description
        if isinstance(kind, GraphQLInputObjectType):
            for field_name, input_field in kind.fields.items():
                yield f"{name}.{field_name}", input_field.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name}:)", argument.description


def test_everything_is_described() -> None:
    found = dict(described())
    assert [name for name, text in found.items() if not text or len(text) < 4] == []
    assert len(found) > 300


def test_descriptions_are_sentences() -> None:
    odd = [name for name, text in described() if text and text.strip()[-1] not in ".!`"]
    assert odd == []
