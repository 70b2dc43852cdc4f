"""Everything in the schema, asked for by every role, by each scope alone and by nobody.

What they may is said by `docs/authorisation.md` and not by the declarations: a declaration that
changes, or a field that is new, is noticed here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest
from graphql import (
    ExecutionResult,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_non_null_type,
)

from app.database import Database
from app.domain.callers import Scope
from app.domain.concealment import conceal_written, unquoted
from app.domain.roles import SCOPES
from app.reading.nouns import NODES, READABLES
from graphql_schema.ids import encode_id
from graphql_schema.permissions import repeats
from tests.graphql import shop
from tests.graphql.asking import EVERYTHING, Asking
from tests.graphql.authorisation import PAGE_AS_WRITTEN, Scopes, callers
from tests.graphql.authorisation_documents import (
    CORE,
    asked_for,
    in_python,
    kind_of,
    of,
)

PAGE = PAGE_AS_WRITTEN
CALLERS = callers(PAGE)
ROWS = 26
# What the shop has no value for; everything else is compared.
NEVER_THERE = {"Job": {"errorLine", "errorColumn", "cancelRequestedAt"}}


# What is written, and what is there


def fields_there() -> dict[str, set[str]]:
    """Every field of a type that has a permission, and once more with an argument that has one."""
    found = {}
    for name in ("Query", "Mutation", "Subscription", *READABLES):
        fields = kind_of(name).fields
        found[name] = set(fields)
        if name in READABLES:
            found[name] |= {
                f"{one}(customer:)" for one, field in fields.items() if is_optional(field)
            }
    return found


def is_optional(field: GraphQLField) -> bool:
    return "customer" in field.args and not is_non_null_type(field.args["customer"].type)


def lists_there() -> dict[str, set[str]]:
    """The filters and orders of each type's lists, as they are offered."""
    found = {}
    for name in READABLES:
        where = cast("GraphQLInputObjectType", CORE.type_map[f"{name}Where"])
        orders = cast("GraphQLInputObjectType", CORE.type_map[f"{name}Order"])
        by = cast("GraphQLEnumType", get_named_type(orders.fields["field"].type))
        found[name] = {f"where.{one}" for one in where.fields}
        found[name] |= {f"orderBy {one}" for one in by.values}
    return found


def plain_there() -> set[str]:
    """Objects without a permission of their own."""
    known = {"Query", "Mutation", "Subscription", *READABLES}
    known |= {f"{name}{suffix}" for name in READABLES for suffix in ("Connection", "Edge")}
    objects = {name for name, one in CORE.type_map.items() if isinstance(one, GraphQLObjectType)}
    return {name for name in objects - known if not name.startswith("__")}


def test_every_field_filter_order_and_type_is_written_down() -> None:
    assert {name: set(fields) for name, fields in PAGE.fields.items()} == fields_there()
    assert {name: set(one) for name, one in PAGE.lists.items()} == lists_there()
    assert PAGE.plain == plain_there()


def test_what_is_told_is_written_down() -> None:
    there = {
        name: {
            scope: {one for one in kind_of(name).fields if in_python(one) in told}
            for scope, told in readable.told.items()
        }
        for name, readable in READABLES.items()
        if readable.told
    }
    assert there == PAGE.told


def test_what_is_repeated_is_written_down() -> None:
    there: dict[str, dict[str, set[str]]] = {}
    mutation = kind_of("Mutation")
    for name, field in mutation.fields.items():
        if repeated := repeats(mutation, name):
            payload = kind_of(of(field)).fields.values()
            (target,) = {of(one) for one in payload} & set(READABLES)
            fields = {one for one in kind_of(target).fields if in_python(one) in repeated}
            there.setdefault(target, {})[name] = fields
    assert there == PAGE.repeated


def test_roles_are_those_that_keys_have() -> None:
    assert {role.value: scopes for role, scopes in SCOPES.items()} == PAGE.roles


def test_what_has_no_permission_leads_nowhere_but_to_what_has_one() -> None:
    """Payloads lead to what was written, which is judged there; other plain objects are leaves."""
    reached = {
        f"{name}.{field}"
        for name in PAGE.plain
        for field, one in kind_of(name).fields.items()
        if get_named_type(one.type).name in READABLES
    }
    assert all(place.partition(".")[0].endswith("Payload") for place in reached)


# Fields


@cache
def document_of(name: str) -> tuple[str, Mapping[str, str]]:
    """A document that asks every field of several rows of a type, and the fields by their keys."""
    keys = {f"x{number}": field for number, field in enumerate(PAGE.fields[name])}
    fields = kind_of(name).fields
    selection = " ".join(
        f"{key}: {asked_for(field, fields[field.partition('(')[0]])}" for key, field in keys.items()
    )
    if name in NODES:
        ids = ", ".join(f'"{encode_id(name, number)}"' for number in range(1, ROWS + 1))
        return f"{{ nodes(ids: [{ids}]) {{ ... on {name} {{ {selection} }} }} }}", keys
    # Rows of imports have no id: they are read behind their job.
    job = encode_id("Job", 1)
    page = f"rowResults(first: {ROWS}) {{ nodes {{ {selection} }} }}"
    return f'{{ node(id: "{job}") {{ ... on Job {{ {page} }} }} }}', keys


def rows_of(answer: ExecutionResult) -> list[dict[str, Any]]:
    """The rows that were read, of either form of document."""
    data = answer.data or {}
    if "nodes" in data:
        return [row for row in data["nodes"] if row is not None]
    job = data["node"] or {"rowResults": {"nodes": []}}
    return cast("list[dict[str, Any]]", job["rowResults"]["nodes"])


def complaints_about_fields(
    name: str, held: Scopes, answer: ExecutionResult, truth: ExecutionResult
) -> Iterator[str]:
    """Where an answer to all fields of a type is not what the page says of a caller."""
    messages: dict[str, set[str]] = {}
    for error in answer.errors or ():
        messages.setdefault(str((error.path or [""])[-1]), set()).add(error.message)
    for key, field in document_of(name)[1].items():
        needs = PAGE.fields[name][field]
        place = f"{name}.{field.partition('(')[0]}"
        found = messages.pop(key, set())
        if not needs.met_by(held):
            refused = {f"{place} needs the scope {scope}." for scope in needs.every - held}
            if not found or not found <= refused:
                yield f"{place} should be refused and answers {found or 'a value'}"
            if any(row[key] is not None for row in rows_of(answer)):
                yield f"{place} should be null"
        elif found:
            yield f"{place} should be answered: {found}"
        else:
            yield from _compare(place, key, answer, truth, shown=needs.whole in {None, *held})
    if messages:
        yield f"{name}: {messages}"


def _compare(
    place: str, key: str, answer: ExecutionResult, truth: ExecutionResult, *, shown: bool
) -> Iterator[str]:
    for mine, whole in zip(rows_of(answer), rows_of(truth), strict=True):
        value = whole[key]
        if not shown and value is not None:
            value = conceal_written(value) if isinstance(value, str) else unquoted(value)
        if mine[key] != value:
            yield f"{place} should be {value!r}"


@pytest.mark.parametrize("name", READABLES)
async def test_fields(database: Database, name: str) -> None:
    await shop.fill(database)
    document, keys = document_of(name)
    truth = await Asking(database)(document)
    assert truth.errors is None
    never = {keys[key] for key in keys if all(row[key] is None for row in rows_of(truth))}
    assert never == NEVER_THERE.get(name, set())
    first = next(iter(PAGE.fields[name].values()))
    for who, held in CALLERS.items():
        answer = await Asking(database, held)(document)
        if first.met_by(held):
            assert list(complaints_about_fields(name, held, answer, truth)) == [], who
        else:
            assert {error.message for error in answer.errors or ()} <= {
                f"{one} needs the scope {scope}." for one in (name, "Job") for scope in first.every
            }, who
            assert rows_of(answer) == [], who


@pytest.mark.usefixtures("own_plans")
@pytest.mark.parametrize(
    ("place", "allow", "who"),
    [
        ("Code.suspension_reason", Scope.ADMIN, "VIEWER"),
        ("Redemption.order_number", Scope.CODES_READ, "VIEWER"),
        ("Customer.email", Scope.CODES_READ, "customers:read"),
    ],
)
async def test_a_changed_declaration_is_noticed(
    database: Database, monkeypatch: pytest.MonkeyPatch, place: str, allow: Scope, who: str
) -> None:
    name, _, field = place.partition(".")
    await shop.fill(database)
    document = document_of(name)[0]
    truth = await Asking(database)(document)
    fields: Any = READABLES[name].fields
    monkeypatch.setitem(fields, field, replace(fields[field], allow=allow))
    answer = await Asking(database, CALLERS[who])(document)
    found = list(complaints_about_fields(name, CALLERS[who], answer, truth))
    assert {in_python(one.partition(".")[2].split()[0]) for one in found} == {field}


def test_everybody_is_asked_for() -> None:
    assert len(CALLERS) == len(SCOPES) + len(Scope) + 1
    assert CALLERS["ADMIN"] == EVERYTHING
