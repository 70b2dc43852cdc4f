"""No document up to 64 KB costs more than 150 ms of processor time before it is run.

The shapes are those that hurt GraphQL servers. Time is the process's own, so that a busy machine
does not count, and the best of a few runs, so that a collected garbage does not either. Coverage
looks away meanwhile: what it costs is not the service's.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from graphql import GraphQLSchema, get_introspection_query
from graphql.validation.rules import overlapping_fields_can_be_merged

from app.config import Settings
from graphql_schema.documents import TANGLED, Document, Documents
from graphql_schema.schema import schema

BUDGET = 0.150
RUNS = 3
SCHEMA: GraphQLSchema = schema._schema  # noqa: SLF001 - as the engine takes it


def words(count: int, text: str) -> str:
    """The text so many times, each with its number in the place of the star."""
    return " ".join(text.replace("*", str(number)) for number in range(count))


def nested(levels: int, inner: str) -> str:
    """A tree in which each level names the same field four times, so that all have to be merged."""
    for _ in range(levels):
        inner = "codes { nodes { campaign { " + inner * 4 + " } } } "
    return f'{{ campaign(key: "a") {{ {inner} }} }}'


FRAGMENTS = words(50, "fragment F* on Campaign { name codes { nodes { campaign { key name } } } }")
CHAIN = " ".join(
    f"fragment F{number} on Campaign {{ a: codes {{ nodes {{ campaign {{ ...F{number + 1} }} }} }}"
    f" b: codes {{ nodes {{ campaign {{ ...F{number + 1} }} }} }} }}"
    for number in range(9)
)
WORST = {
    "unknown fields, all with suggestions": "{ " + words(1_980, "campaig*") + " }",
    "one field, two thousand times": "{ " + "__typename " * 1_990 + "}",
    "equal keys under equal keys": nested(4, "key name key name "),
    "equal keys through fragments": '{ campaign(key: "a") { '
    + words(20, "...F*")
    + " } }"
    + FRAGMENTS,
    "fragments that double at every level": '{ campaign(key: "a") { ...F0 } }'
    + CHAIN
    + "fragment F9 on Campaign { key }",
    "a wall of braces": "{a" * 32_000,
    "a wall of brackets": "{ code(code: " + "[" * 64_000,
    "nested literals": "{ code(code: " + "[" * 190 + "1" + "]" * 190 + ") { id } }",
    "hundreds of operations": words(390, "query Q* { __typename }"),
    "anonymous operations": "{a}" * 660,
    "variables that nothing uses": "query (" + words(490, "$v*: String") + ") { __typename }",
    "operations times fragments": words(100, "query Q* { ...A }")
    + words(49, "fragment F* on Query { __typename }")
    + "fragment A on Query { "
    + words(18, "...F*")
    + " }",
    "arguments that do not exist": "{ campaign(" + words(600, "kye*: 1") + ") { key } }",
    "input fields that do not exist": "{ campaigns(where: {"
    + words(600, "k*: 1")
    + "}) { totalCount } }",
    "an enum value of 60 KB": '{ campaigns(where: {kind: {eq: "'
    + "x" * 60_000
    + '"}}) { totalCount } }',
    "a name of 60 KB": "{ " + "x" * 60_000 + " }",
    "a number of 60 KB": "{ campaigns(first: " + "9" * 60_000 + ") { totalCount } }",
    "escapes": '{ code(code: "' + "\\u0041" * 10_900 + '") { id } }',
    "a block of lines": '{ code(code: """' + "\n  a" * 16_000 + '""") { id } }',
    "comments": "#\n" * 32_000 + "{ __typename }",
    "a comment of 64 KB": "#" + "x" * 64_000 + "\n{ __typename }",
    "blanks": " " * 65_000 + "{ __typename }",
    "directives": '{ campaign(key: "a") ' + "@skip(if: true) " * 480 + "{ key } }",
    "types that do not exist": words(50, "fragment F* on Campain { id }"),
    "introspection within introspection": "{ __schema { types { "
    + "fields { type { ofType { " * 20
    + "name"
    + " } } }" * 20
    + " } } }",
    "standard introspection": get_introspection_query(input_value_deprecation=True),
}  # fmt: skip


def judge(text: str) -> Document:
    return Documents(SCHEMA, Settings()).find(text)


def seconds_to_judge(text: str) -> float:
    """The least processor time of some runs without a cache."""
    runs = []
    with untraced():
        for _ in range(RUNS):
            started = time.process_time()
            judge(text)
            runs.append(time.process_time() - started)
    return min(runs)


@contextmanager
def untraced() -> Iterator[None]:
    tracing = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracing)


@pytest.mark.parametrize("name", WORST)
def test_the_worst_documents(name: str) -> None:
    assert len(WORST[name]) <= 65_536
    assert seconds_to_judge(WORST[name]) < BUDGET


def test_the_measure_notices_missing_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them the same measure is far above the budget."""
    monkeypatch.setattr(overlapping_fields_can_be_merged, "MAX_COMPLEXITY_BUDGET", 10**9)
    settings = Settings().model_copy(update={"max_tokens": 10**6, "max_equal_keys": 10**6})
    started = time.process_time()
    Documents(SCHEMA, settings).find("{ " + "__typename " * 2_000 + "}")
    assert time.process_time() - started > BUDGET


def test_what_would_have_to_be_compared_too_often() -> None:
    document = judge(WORST["equal keys under equal keys"])
    assert document.refused is not None
    assert document.refused.message == TANGLED


def test_standard_introspection_is_answered() -> None:
    document = judge(WORST["standard introspection"])
    operation = document.operation("IntrospectionQuery")
    assert operation.cost_with({}) == 5_000


def test_the_deepest_document_that_clients_send_passes() -> None:
    """A page of a page of a page, with edges, as Relay writes it."""
    inner = "edges { cursor node { key } } pageInfo { hasNextPage }"
    text = f"""query {{ campaigns(first: 5) {{ edges {{ node {{ jobs(first: 5) {{ edges {{ node {{
      campaign {{ codes(first: 5) {{ edges {{ node {{ campaign {{ key }} }} }} }} }}
    }} }} }} }} }} {inner.replace("edges { cursor node { key } }", "")} }} }}"""
    document = judge(text)
    assert document.refused is None
    assert document.errors == ()
