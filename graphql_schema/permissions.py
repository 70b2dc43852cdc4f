"""Who may use a field of Query, Mutation or Subscription: declared beside it, asked in one place.

What hangs below such a field has its permission from the declaration of its noun; a root that reads
a noun takes the noun's as well. So there is nothing that a caller could reach without one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema

from app.domain.callers import Scope
from app.reading.errors import Misdeclared, NotAllowed
from app.reading.nouns import READABLES, ROOTS, AnyById
from graphql_schema.selections import snake

Resolve = Callable[..., Any]
_NEEDS: Final = "needs"
_BY_TYPE: Final[tuple[Scope, ...]] = ()
"""Of roots that find anything: each row is judged by its own type."""


def permitted(*scopes: Scope) -> Mapping[str, object]:
    """The `metadata` of a root field that any one of these scopes is enough for."""
    if not scopes:
        raise Misdeclared("A field that needs no scope cannot be permitted to anybody.")
    return {_NEEDS: scopes}


def needs(parent: GraphQLObjectType, name: str) -> tuple[Scope, ...] | None:
    """The scopes of which a root field needs one; None when nobody has said so."""
    field = parent.fields[name]
    definition = field.extensions.get("strawberry-definition")
    declared: tuple[Scope, ...] | None = definition and definition.metadata.get(_NEEDS)
    root = ROOTS.get(snake(name)) if parent.name == "Query" else None
    if root is None or declared is not None:
        return declared
    return _BY_TYPE if isinstance(root, AnyById) else (READABLES[root.target].allow,)


def guard(schema: GraphQLSchema) -> None:
    """Let every root field ask for its permission first; Misdeclared when one names none."""
    missing = [
        f"{parent.name}.{name}"
        for parent in _roots(schema)
        for name in parent.fields
        if needs(parent, name) is None
    ]
    if missing:
        raise Misdeclared(f"{', '.join(missing)}: no scope is named; say permitted(...).")
    for parent in _roots(schema):
        for name, field in parent.fields.items():
            if scopes := needs(parent, name):
                _guard(field, f"{parent.name}.{name}", scopes)


def _roots(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    for parent in (schema.query_type, schema.mutation_type, schema.subscription_type):
        if parent is not None:
            yield parent


@dataclass(frozen=True, slots=True)
class _Guarded:
    """A resolver that asks for permission before it does anything."""

    call: Resolve
    place: str
    scopes: tuple[Scope, ...]

    def __call__(
        self, source: object, info: GraphQLResolveInfo[Any], **arguments: object
    ) -> object:
        require(info.context.caller.scopes, self.place, self.scopes)
        return self.call(source, info, **arguments)


def _guard(field: GraphQLField, place: str, scopes: tuple[Scope, ...]) -> None:
    # A subscription is refused before its stream begins; its events are resolved without asking.
    name = "resolve" if field.subscribe is None else "subscribe"
    call = getattr(field, name)
    if not isinstance(call, _Guarded):
        setattr(field, name, _Guarded(call, place, scopes))


def require(held: frozenset[Scope], place: str, scopes: tuple[Scope, ...]) -> None:
    """Raise NotAllowed unless the caller holds one of the scopes."""
    if held.isdisjoint(scopes):
        raise NotAllowed(place, *scopes)
