from typing import Any, cast

import pytest
import strawberry
from graphql import ExecutionResult, execute, parse
from strawberry.schema.config import StrawberryConfig

from app.database import Database
from app.domain.callers import Scope
from graphql_schema.context import Info
from graphql_schema.ids import encode_id
from graphql_schema.permissions import permitted
from graphql_schema.planner import read_payload
from graphql_schema.queries import Query
from graphql_schema.scalars import SCALARS
from graphql_schema.sources import connect
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.code import Code
from graphql_schema.types.customer import Customer
from graphql_schema.types.job import Job
from tests.graphql import shop
from tests.graphql.asking import Asking, counted
from tests.graphql.oracle import Oracle
from tests.graphql.whole import whole


@strawberry.type
class Touched:
    campaign: Campaign | None
    job: Job | None
    a_note: str


@strawberry.type
class Listed:
    codes: list[Code] | None
    customers: list[Customer | None] | None
    a_note: str


async def gather(
    info: Info, codes: list[int] | None = None, customers: list[int] | None = None
) -> Listed:
    answer = await read_payload(info, {"a_note": "listed"}, codes=codes, customers=customers)
    return cast("Listed", answer)


async def touch(info: Info, campaign: int | None = None, job: int | None = None) -> Touched:
    answer = await read_payload(info, {"a_note": "touched"}, campaign=campaign, job=job)
    return cast("Touched", answer)


ALLOWED = permitted(Scope.CODES_READ, Scope.EXPORTS_RUN)


@strawberry.type
class Mutation:
    gather: Listed = strawberry.mutation(resolver=gather, metadata=ALLOWED)
    touch: Touched = strawberry.mutation(resolver=touch, metadata=ALLOWED)


schema = strawberry.Schema(
    query=Query, mutation=Mutation, config=StrawberryConfig(scalar_map=SCALARS)
)
connect(schema._schema)  # noqa: SLF001 - graphql-core's schema has no public name


async def ask(asking: Asking, document: str) -> ExecutionResult:
    answer = execute(
        schema._schema,  # noqa: SLF001 - as above
        parse(document),
        context_value=asking.context(),
        executor_class=schema.execution_context_class,
    )
    return answer if isinstance(answer, ExecutionResult) else await answer


async def data(asking: Asking, document: str) -> Any:  # noqa: ANN401 - the document says
    result = await ask(asking, document)
    assert result.errors is None
    assert result.data is not None
    (answer,) = result.data.values()
    return answer


async def test_entities_are_read_by_one_statement_under_any_alias(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    document = """mutation { touch(campaign: 2, job: 3) {
        one: campaign { x: name } two: campaign { x: key codes(first: 1) { nodes { code } } }
        aNote note: aNote ... on Touched { job { submittedBy } } } }"""
    assert await data(asking, document) == {
        "one": {"x": "Campaign 22"},
        "two": {"x": "KEY8", "codes": {"nodes": [{"code": "sum-00001"}]}},
        "aNote": "touched",
        "note": "touched",
        "job": {"submittedBy": "Caller 3"},
    }
    assert len(asking.statements) == 1


async def test_a_payload_is_as_rich_as_a_query(database: Database) -> None:
    await shop.fill(database)
    fields = whole("Campaign", 2)
    payload = await data(
        Asking(database), f"mutation {{ touch(campaign: 2) {{ campaign {{ {fields} }} }} }}"
    )
    query = Oracle()(f'{{ campaign(key: "KEY8") {{ {fields} }} }}').data
    assert payload == query


async def test_more_aliases_than_a_function_takes_values(database: Database) -> None:
    await shop.fill(database)
    aliases = " ".join(f"a{number}: campaign {{ key }}" for number in range(200))
    answer = await data(Asking(database), f"mutation {{ touch(campaign: 2) {{ {aliases} }} }}")
    assert answer == {f"a{number}": {"key": "KEY8"} for number in range(200)}


@pytest.mark.parametrize(
    ("call", "campaign", "statements"),
    [("touch", None, 0), ("touch(campaign: 99)", None, 1), ("touch(job: 3)", None, 1)],
)
async def test_without_a_row_the_entity_is_null(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    campaign: object,
    statements: int,
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    answer = await data(asking, f"mutation {{ {call} {{ campaign {{ id }} job {{ id }} aNote }} }}")
    assert (answer["campaign"], answer["aNote"]) == (campaign, "touched")
    assert len(asking.statements) == statements


async def test_who_may_not_read_gets_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = counted(database, monkeypatch)
    asking.scopes = frozenset({Scope.EXPORTS_RUN})
    result = await ask(asking, "mutation { touch(campaign: 2) { campaign { id } aNote } }")
    assert result.data == {"touch": {"campaign": None, "aNote": "touched"}}
    assert [error.message for error in result.errors or ()] == [
        "Campaign needs the scope codes:read."
    ]
    assert asking.statements == []


async def test_lists_of_entities_keep_the_order_of_their_ids(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    document = """mutation { gather(codes: [7, 3, 12, 3], customers: [9, 2]) {
        codes { id } again: codes { x: code campaign { key } } customers { number } aNote } }"""
    assert await data(asking, document) == {
        "codes": [{"id": encode_id("Code", number)} for number in (7, 3, 12, 3)],
        "again": [
            {"x": "sum-00007", "campaign": {"key": "KEY9"}},
            {"x": "sum-00003", "campaign": {"key": "KEY6"}},
            {"x": "S12X", "campaign": {"key": "KEY4"}},
            {"x": "sum-00003", "campaign": {"key": "KEY6"}},
        ],
        "customers": [{"number": "C-91"}, {"number": "C-98"}],
        "aNote": "listed",
    }
    assert len(asking.statements) == 1


async def test_an_id_without_a_row_is_null_in_its_place(database: Database) -> None:
    await shop.fill(database)
    document = "mutation { gather(codes: [], customers: [2, 99, 3]) { customers { number } } }"
    assert await data(Asking(database), document) == {
        "customers": [{"number": "C-98"}, None, {"number": "C-97"}]
    }


@pytest.mark.parametrize(
    ("call", "expected", "statements"),
    [
        ("gather", [None, None], 0),
        ("gather(codes: [])", [[], None], 0),
        ("gather(codes: [], customers: [])", [[], []], 0),
        ("gather(codes: [], customers: [2])", [[], [{"number": "C-98"}]], 1),
        ("gather(codes: [3])", [[{"uses": 0}], None], 1),
    ],
)
async def test_what_a_list_without_ids_answers(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    expected: list[object],
    statements: int,
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    answer = await data(
        asking, f"mutation {{ {call} {{ codes {{ uses }} customers {{ number }} }} }}"
    )
    assert list(answer.values()) == expected
    assert len(asking.statements) == statements


async def test_a_list_that_may_not_be_read_is_refused_and_the_rest_is_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    asking.scopes = frozenset({Scope.CODES_READ})
    document = """mutation { gather(codes: [3], customers: [2]) {
        codes { uses } customers { number } aNote } }"""
    result = await ask(asking, document)
    assert result.data == {"gather": {"codes": [{"uses": 0}], "customers": None, "aNote": "listed"}}
    assert [error.message for error in result.errors or ()] == [
        "Customer needs the scope customers:read."
    ]
    assert len(asking.statements) == 1
    assert "customer" not in asking.statements[0]
