"""The arguments of planned fields: GraphQL's values -> what statements are bound to."""

from collections.abc import Mapping
from typing import Any

from app.reading.errors import BadArgument
from app.reading.facts import Argument, Plain
from app.reading.filters import Equals
from app.reading.nouns import READABLES, AnyById, Lookup, Named
from app.reading.paging import (
    IDS,
    VALUE,
    BoundSite,
    Key,
    PageArguments,
    Place,
    bind_named,
    bind_page,
)
from graphql_schema.context import Context
from graphql_schema.ids import decode_id, find_id
from graphql_schema.selections import Site, check_lists, snake

MAX_IDS = 100


def bind(site: Site, given: Mapping[str, Any], context: Context) -> BoundSite | None:
    """What a site's arguments come to; None when no row can fit them."""
    match site.root:
        case Lookup():
            return _bind_lookup(site.root, given[site.root.argument])
        case AnyById():
            return _bind_nodes(given["ids"] if site.root.many else [given["id"]])
        case Named():
            return bind_named(_named({"by": site.root.by}, given))
        case None if "first" not in site.definition.args:
            return bind_named(_named(site.named, given), _plain(site.plain, given))
        case _:
            return _bind_page(site, given, context)


def _named(named: Mapping[str, Argument], given: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Each argument that names a row: the one way that was taken, and its value."""
    found: dict[str, tuple[str, Any]] = {}
    for name, argument in named.items():
        for way, text in (given.get(name) or {}).items():
            found[name] = way, _way(argument, way, text)
    return found


def _plain(plain: Plain, given: Mapping[str, Any]) -> dict[str, str | None]:
    """Each argument that is a text of its own, in the form in which rules compare it."""
    return {name: form(given[name]) for name, form in plain.items() if given.get(name) is not None}


def _way(argument: Argument, way: str, text: str) -> str | int | None:
    """The value by which the row is looked up; an id of something else names none."""
    kind = argument.ways[way].kind
    return find_id(text, argument.target) if kind.name == "id" else argument.ways[way].form(text)


def _bind_lookup(root: Lookup, given: str) -> BoundSite | None:
    value = find_id(given, root.target) if root.column == "id" else root.parse(given)
    return None if value is None else BoundSite(None, {VALUE: value}, guess=root.guess)


def _bind_nodes(given: list[str]) -> BoundSite:
    if len(given) > MAX_IDS:
        raise BadArgument(
            f"At most {MAX_IDS} ids can be asked for at once; there are {len(given)}."
        )
    wanted = [decode_id(text) for text in given]
    by_type: dict[str, list[int]] = {}
    for found in wanted:
        if found is not None:
            by_type.setdefault(found[0], []).append(found[1])
    values: dict[Key, Any] = {(IDS, name): numbers for name, numbers in by_type.items()}
    return BoundSite(tuple(sorted(by_type)), values, wanted=wanted)


def _bind_page(site: Site, given: Mapping[str, Any], context: Context) -> BoundSite:
    order = given.get("orderBy") or {}
    arguments = PageArguments(
        where=where(site.target, given.get("where") or {}),
        order=order.get("field"),
        descending=order.get("direction") == "DESC",
        first=given.get("first"),
        after=given.get("after"),
        last=given.get("last"),
        before=given.get("before"),
        named=_named(site.named, given),
    )
    filters = READABLES[site.target].listing.filters
    given_filters = [
        filters[name].lists for name, one in arguments.where.items() if one is not None
    ]
    check_lists(site.lists + max(given_filters, default=0))
    place = Place(site.place, READABLES[site.target], site.link)
    return bind_page(place, arguments, context.caller.scopes, context.cursors)


def where(target: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Filters and their operators by their declared names, ids as the numbers of rows.

    They come by the names that a request writes, or by those of an input's fields.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        operator = READABLES[target].listing.filters[snake(name)].operators.get("")
        if isinstance(value, Mapping):
            found[snake(name)] = {snake(key): one for key, one in value.items()}
        elif isinstance(operator, Equals) and operator.kind.target and value is not None:
            found[snake(name)] = _row_of(name, value, operator.kind.target)
        elif isinstance(operator, Equals) and operator.kind.name == "node" and value is not None:
            found[snake(name)] = _any_row_of(name, value)
        else:
            found[snake(name)] = value
    return found


def _any_row_of(name: str, text: str) -> str:
    """The row of an id of any type, as it is kept."""
    found = decode_id(text)
    if found is None:
        raise BadArgument(f"`where.{name}` is no id.")
    return f"{found[0]}:{found[1]}"


def _row_of(name: str, text: str, target: str) -> int:
    number = find_id(text, target)
    if number is None:
        raise BadArgument(f"`where.{name}` is not the id of a {target}.")
    return number
