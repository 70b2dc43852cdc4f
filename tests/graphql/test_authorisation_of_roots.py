"""Roots, lists, mutations, payloads and subscriptions, asked for by everybody.

`test_authorisation.py` does the same for the fields of every type.
"""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from inspect import isawaitable
from typing import Any, cast

import pytest
from graphql import (
    ExecutionResult,
    GraphQLField,
    GraphQLInputObjectType,
    get_named_type,
    is_non_null_type,
    parse,
    subscribe,
)
from pydantic import SecretStr

from app.config import Settings
from app.database import Database
from app.domain.callers import Scope
from app.reading.nouns import NODES, READABLES
from app.services.progress import ProgressHub
from graphql_schema.ids import encode_id
from tests.graphql import shop
from tests.graphql.asking import Asking, writing
from tests.graphql.authorisation import PAGE_AS_WRITTEN, Needs, callers
from tests.graphql.authorisation_documents import (
    CORE,
    NODE,
    asked_for,
    in_python,
    kind_of,
    of,
    told,
    value_for,
)
from tests.making import snapshot

PAGE = PAGE_AS_WRITTEN
CALLERS = callers(PAGE)

# Roots


VALUES = {
    "key": '"KEY7"',
    "code": '"sum 00003"',
    "number": '"O-11"',
    "by": '{number: "C-98"}',
    "ids": f'["{NODE}"]',
    "id": f'"{NODE}"',
}
OF_ROOTS = {
    "codeGroup": 'key: "GROUP1"',
    "promotion": 'name: "Promotion 33"',
    "numberSeries": 'name: "Series E"',
    "job": f'id: "{encode_id("Job", 1)}"',
    "maskPreview": 'input: {mask: "ABC-00#"}',
    "validateCode": 'input: {code: "sum 00005"}',
}


def root_document(name: str, field: GraphQLField) -> str:
    needed = [one for one, argument in field.args.items() if is_non_null_type(argument.type)]
    arguments = OF_ROOTS.get(name) or ", ".join(f"{one}: {VALUES[one]}" for one in needed)
    selection = asked_for("", field).partition("{")[2].rpartition("}")[0]
    if name in {"node", "nodes"}:
        selection = "id"
    if name == "validateCode":
        selection = "userErrors { code }"
    return f"{{ {name}{f'({arguments})' if arguments else ''} {{ {selection} }} }}"


def test_no_root_is_left_out() -> None:
    assert len(kind_of("Query").fields) == len(PAGE.fields["Query"]) > 20


@pytest.mark.parametrize("name", kind_of("Query").fields)
async def test_roots(database: Database, name: str) -> None:
    await shop.fill(database)
    document = root_document(name, kind_of("Query").fields[name])
    needs = PAGE.fields["Query"][name]
    # What finds anything was asked for a code.
    needs = PAGE.fields["Code"]["id"] if needs.by_type else needs
    truth = await Asking(database).data(document)
    assert truth[name]
    for who, held in CALLERS.items():
        answer = await Asking(database, held)(document)
        if needs.met_by(held):
            assert (answer.errors, answer.data) == (None, truth), who
        else:
            place = "Code" if name in {"node", "nodes"} else f"Query.{name}"
            assert told(answer) == [f"{place} needs the scope {words(needs, place)}."], who
            assert answer.data in (None, {name: None}, {name: [None]}), who


def words(needs: Needs, place: str) -> str:
    if place == "Query.maskPreview":
        return "campaigns:write or codes:read"
    (scope,) = needs.every
    return scope


# Lists


def conditions(name: str) -> Iterator[tuple[str, str]]:
    """Each filter and order of a type's lists, and how a list is asked for by it."""
    where = cast("GraphQLInputObjectType", CORE.type_map[f"{name}Where"]).fields
    for one in PAGE.lists[name]:
        kind, _, asked = one.replace("orderBy ", "orderBy.").partition(".")
        if kind == "orderBy":
            yield one, f"orderBy: {{field: {asked}}}"
        elif get_named_type(where[asked].type).name == "ID":
            target = READABLES[name].listing.filters[in_python(asked)].operators[""]
            related = cast("Any", target).kind.target or "Campaign"
            yield one, f'where: {{{asked}: "{encode_id(related, 1)}"}}'
        else:
            yield one, f"where: {{{asked}: {value_for(where[asked].type)}}}"


LISTS = {
    "ApiKeySecret": ("ApiKey", "secrets"),
    "Attempt": ("Code", "attempts"),
    "Cashback": ("Customer", "cashbacks"),
    "CodeEvent": ("Code", "events"),
    "Reservation": ("Code", "reservations"),
    "RowResult": ("Job", "rowResults"),
}
"""Where lists of types without a root are found."""


def list_document(name: str, arguments: str) -> str:
    page = f"({arguments}) {{ totalCount }}"
    if name in LISTS:
        parent, field = LISTS[name]
        row = encode_id(parent, 1)
        return f'{{ node(id: "{row}") {{ ... on {parent} {{ {field}{page} }} }} }}'
    (root,) = (
        one for one, field in kind_of("Query").fields.items() if of(field) == f"{name}Connection"
    )
    return f"{{ {root}{page} }}"


@pytest.mark.parametrize("name", READABLES)
async def test_filters_orders_and_totals(database: Database, name: str) -> None:
    await shop.fill(database)
    reach = {Scope.CODES_READ, Scope.CUSTOMERS_READ}
    for condition, arguments in conditions(name):
        document = list_document(name, arguments)
        truth = await Asking(database)(document)
        assert truth.errors is None, condition
        needs = PAGE.lists[name][condition]
        for who, held in CALLERS.items():
            # Who may not read the type at all is refused before, as fields and roots have shown.
            if not PAGE.fields[name]["id" if name in NODES else "row"].met_by(held):
                continue
            answer = await Asking(database, held | reach if name in LISTS else held)(document)
            if needs.met_by(held | reach if name in LISTS else held):
                assert (answer.errors, answer.data) == (None, truth.data), (who, condition)
            else:
                what = "Ordering by it" if condition.startswith("orderBy") else "Filtering by it"
                (scope,) = needs.every
                assert told(answer) == [f"{what} needs the scope {scope}."], (who, condition)
                assert answer.data is None, (who, condition)


# Mutations and what they tell


def call(name: str) -> str:
    """A mutation with the least input that it takes, on what does not exist."""
    (argument,) = kind_of("Mutation").fields[name].args.values()
    return f"{name}(input: {value_for(argument.type)})"


@pytest.mark.parametrize("name", kind_of("Mutation").fields)
async def test_mutations(database: Database, settings: Settings, name: str) -> None:
    document = f"mutation {{ {call(name)} {{ userErrors {{ code }} }} }}"
    needs = PAGE.fields["Mutation"][name]
    settings = settings.model_copy(update={"secret": SecretStr("a secret of tests")})
    async with writing(database, settings) as asking:
        before = await snapshot(database)
        for who, held in CALLERS.items():
            if not needs.met_by(held):
                answer = await replace(asking, scopes=held)(document)
                assert [one.partition(" needs the scope ")[0] for one in told(answer)] == [
                    f"Mutation.{name}"
                ], who
                assert answer.data == {name: None}, who
        assert await snapshot(database) == before
        for who, held in CALLERS.items():
            if needs.met_by(held):
                answer = await replace(asking, scopes=held)(document)
                assert answer.errors is None, who


def entities() -> Iterator[tuple[str, str, str, Scope]]:
    """Each noun in a payload, by one scope that it may be written with and what is repeated."""
    seen = set()
    for name, field in kind_of("Mutation").fields.items():
        needs = PAGE.fields["Mutation"][name]
        for entity, shown in kind_of(of(field)).fields.items():
            for scope in sorted(needs.every | needs.some):
                repeated = frozenset(PAGE.repeated.get(of(shown), {}).get(name, ()))
                if of(shown) in READABLES and (of(shown), scope, repeated) not in seen:
                    seen.add((of(shown), scope, repeated))
                    yield name, entity, of(shown), scope


@pytest.mark.parametrize("written", [*entities()], ids=" ".join)
async def test_payloads_tell_what_was_written_and_no_more(
    database: Database, settings: Settings, written: tuple[str, str, str, Scope]
) -> None:
    name, entity, target, scope = written
    fields = kind_of(target).fields
    writes = call(name)
    async with writing(database, settings, frozenset({scope})) as asking:
        before = await snapshot(database)
        shown = PAGE.told.get(target, {}).get(scope, set()) | PAGE.repeated.get(target, {}).get(
            name, set()
        )
        for field, needs in PAGE.fields[target].items():
            selection = asked_for(field, fields[field.partition("(")[0]])
            document = f"mutation {{ {writes} {{ {entity} {{ {selection} }} }} }}"
            if field in shown or needs.met_by(asking.scopes):
                continue
            answer = await asking(document)
            place = {f"{target}.{field.partition('(')[0]}", target}
            assert {one.partition(" needs the scope ")[0] for one in told(answer)} <= place, field
            assert len(told(answer)) == 1, field
            assert answer.data == {name: None}, field
        assert await snapshot(database) == before
        if shown:
            selection = " ".join(asked_for(field, fields[field]) for field in shown)
            answer = await asking(f"mutation {{ {writes} {{ {entity} {{ {selection} }} }} }}")
            assert answer.errors is None


# Subscriptions


SUBSCRIPTIONS = {
    "jobProgress": f'jobProgress(jobId: "{encode_id("Job", 1)}") {{ status }}',
    "jobs": "jobs { status }",
}


async def test_subscriptions(database: Database, settings: Settings) -> None:
    await shop.fill(database)
    assert SUBSCRIPTIONS.keys() == kind_of("Subscription").fields.keys()
    async with writing(database, settings) as asking:
        assert asking.queue is not None
        async with ProgressHub.open(database, asking.queue, lambda: shop.NOW) as progress:
            for name, document in SUBSCRIPTIONS.items():
                needs = PAGE.fields["Subscription"][name]
                for who, held in CALLERS.items():
                    context = replace(replace(asking, scopes=held).context(), progress=progress)
                    answer = subscribe(
                        CORE, parse(f"subscription {{ {document} }}"), context_value=context
                    )
                    found = await answer if isawaitable(answer) else answer
                    if needs.met_by(held):
                        stream = cast("AsyncGenerator[ExecutionResult, None]", found)
                        event = await anext(stream)
                        assert (event.errors, len(event.data or {})) == (None, 1), who
                        await stream.aclose()
                    else:
                        (scope,) = needs.every
                        assert isinstance(found, ExecutionResult)
                        assert told(found) == [f"Subscription.{name} needs the scope {scope}."], who
