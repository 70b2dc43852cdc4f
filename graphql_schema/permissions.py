"""Who may use a field of Query, Mutation or Subscription: declared beside it, asked in one place.

What hangs below such a field has its permission from the declaration of its noun; a root that reads
a noun takes the noun's as well. So there is nothing that a caller could reach without one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
)

from app.domain.callers import Scope
from app.reading.declarations import Expression
from app.reading.errors import Misdeclared, NotAllowed
from app.reading.nouns import READABLES, ROOTS, AnyById
from graphql_schema.selections import snake

Resolve = Callable[..., Any]
_NEEDS: Final = "needs"
_REPEATS: Final = "repeats"
_BY_TYPE: Final[tuple[Scope, ...]] = ()
"""Of roots that find anything: each row is judged by its own type."""


def permitted(*scopes: Scope, repeats: str = "") -> Mapping[str, object]:
    """The `metadata` of a root field that any one of these scopes is enough for.

    `repeats` names what the payload of a mutation shows without the scope that reads it: only what
    cannot be anything but what this very call sent, whichever row it is answered with.
    """
    if not scopes:
        raise Misdeclared("A field that needs no scope cannot be permitted to anybody.")
    return {_NEEDS: scopes, _REPEATS: frozenset(repeats.split())}


def needs(parent: GraphQLObjectType, name: str) -> tuple[Scope, ...] | None:
    """The scopes of which a root field needs one; None when nobody has said so."""
    declared: tuple[Scope, ...] | None = _metadata(parent.fields[name]).get(_NEEDS)
    root = ROOTS.get(snake(name)) if parent.name == "Query" else None
    if root is None or declared is not None:
        return declared
    return _BY_TYPE if isinstance(root, AnyById) else (READABLES[root.target].allow,)


def repeats(parent: GraphQLObjectType, name: str) -> frozenset[str]:
    """The fields of a payload's entity that show the caller what it sent."""
    declared: frozenset[str] = _metadata(parent.fields[name]).get(_REPEATS, frozenset())
    return declared


def _metadata(field: GraphQLField) -> Mapping[str, Any]:
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata if definition else {}


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
            _check_repeats(field, f"{parent.name}.{name}", repeats(parent, name))
            if scopes := needs(parent, name):
                _guard(field, f"{parent.name}.{name}", scopes)


def _check_repeats(field: GraphQLField, place: str, names: frozenset[str]) -> None:
    """What is sent is a plain value: nothing is shown that leads on, or was worked out."""
    if not names:
        return
    payload = get_named_type(field.type)
    shown = payload.fields.values() if isinstance(payload, GraphQLObjectType) else ()
    plain = {
        name
        for one in shown
        for name, declared in _fields_of(get_named_type(one.type).name).items()
        if isinstance(declared, Expression) and declared.mask is None
    }
    if others := names - plain:
        raise Misdeclared(f"{place} cannot repeat {', '.join(sorted(others))}: it is no value.")


def _fields_of(name: str) -> Mapping[str, object]:
    return READABLES[name].fields if name in READABLES else {}


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
