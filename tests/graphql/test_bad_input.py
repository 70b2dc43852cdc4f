"""Any input gets a typed answer: what nobody would send, sent by the hundred."""

from typing import Any

import httpx
import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_schema.schema import schema
from graphql_schema.sockets import SocketView
from tests.graphql.bench import MakeContexts
from tests.graphql.service import Running
from tests.graphql.socket_client import SocketClient

SCHEMA = schema._schema  # noqa: SLF001 - graphql-core's schema has no public name
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD_TEXTS = st.sampled_from(
    ["", " ", "\0", "\ufeff", "ÄÖ", "\uff21\uff22", "\u202e", "A" * 300, "' OR 1=1 --", "%", "null"]
)
TEXTS = ODD_TEXTS | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.sampled_from(
    [0, -1, 1, 2**31 - 1, -(2**31), 2**53, 2**63 - 1, 2**63, 1.5, -0.0, 1e300]
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
MOMENTS = st.sampled_from(
    [
        "2026-06-01T00:00:00Z",
        "2026-06-01T02:00:00.123456789+02:00",
        "2099-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999-14:00",
        "2026-02-30T00:00:00Z",
        "2026-06-01T24:00:00Z",
        "2026-06-01",
        "\uff12026-06-01T00:00:00Z",
    ]
)
DURATIONS = st.sampled_from(
    ["P7D", "PT36H", "P1M", "PT0S", "P", "P-1D", "P1.5D", "P9999999999Y", "PT99999999999H"]
)
DECIMALS = st.sampled_from(
    ["12.50", "0", "-1", "1.005", "9" * 30, f"0.{'0' * 30}", "1e9", "NaN", "\u0661", "1,5", 12.5]
)
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "DateTime": MOMENTS,
    "Decimal": DECIMALS,
    "Duration": DURATIONS,
    "JSON": st.dictionaries(TEXTS, JSON, max_size=3),
    "Boolean": st.booleans(),
    "Int": st.sampled_from([0, -1, 1, 2, 100_001, 2**31 - 1, -(2**31)]),
    "BigInt": NUMBERS | TEXTS,
    "ID": TEXTS | st.sampled_from(["MTpDYW1wYWlnbjox", "MTpOdW1iZXJTZXJpZXM6MQ", "MTpKb2I6MQ"]),
    "String": TEXTS
    | st.sampled_from(["????-????!", "###", "\\", "!?", "Europe/Berlin", "SUMMER", "EUR"]),
}


def values(kind: GraphQLInputType) -> st.SearchStrategy[Any]:
    """Values of the type, among them many that mean nothing."""
    if is_non_null_type(kind):
        return present(kind.of_type)
    return st.none() | present(kind)


def present(kind: GraphQLInputType) -> st.SearchStrategy[Any]:
    if is_list_type(kind):
        return st.lists(values(kind.of_type), max_size=3)
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        return st.sampled_from(list(named.values))
    if isinstance(named, GraphQLInputObjectType):
        fields = {name: values(field.type) for name, field in named.fields.items()}
        needed = {name for name, field in named.fields.items() if is_non_null_type(field.type)}
        return st.fixed_dictionaries(
            {name: fields[name] for name in needed},
            optional={name: fields[name] for name in fields.keys() - needed},
        )
    return BY_NAME[named.name]


assert SCHEMA.mutation_type is not None
MUTATIONS = {name: field.args["input"].type for name, field in SCHEMA.mutation_type.fields.items()}


@pytest.mark.parametrize("name", MUTATIONS)
@EXAMPLES
@given(data=st.data())
async def test_no_write_fails_for_what_it_is_given(
    service: Running, name: str, data: st.DataObject
) -> None:
    """It is carried out, refused with reasons, or not understood; it is never our mistake."""
    given_input = data.draw(values(MUTATIONS[name]))
    query = f"""mutation ($input: {MUTATIONS[name]}) {{
      {name}(input: $input) {{ __typename userErrors {{ code message field }} }}
    }}"""
    response = await service.http.post(
        "/graphql",
        content=orjson.dumps({"query": query, "variables": {"input": given_input}}),
        headers={"content-type": "application/json"},
    )
    answer = response.json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {"BAD_USER_INPUT"}, (given_input, answer)


REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "query": st.sampled_from(["{ hello }", "{", "query A { hello }", "{ number(value: 1) }"])
        | JSON,
        "operationName": JSON,
        "variables": JSON,
        "extensions": JSON,
    },
)


@EXAMPLES
@given(body=st.binary(max_size=50) | REQUESTS.map(orjson.dumps) | JSON.map(orjson.dumps))
async def test_no_body_fails(http: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
    response = await http.post("/graphql", content=body, headers=headers)
    assert response.status_code in {200, 400}
    assert response.json().keys() & {"data", "errors"}


@EXAMPLES
@given(query=st.text(max_size=40) | st.sampled_from(["query={hello}&variables=[", "query=%00"]))
async def test_no_query_string_fails(http: httpx.AsyncClient, query: str) -> None:
    response = await http.get("/graphql", params=query.encode(errors="replace").decode())
    assert response.status_code in {200, 400}
    assert response.json().keys() & {"data", "errors"}


MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["connection_init", "subscribe", "complete", "ping", "pong"])
        | JSON,
        "id": st.sampled_from(["1", "2"]) | JSON,
        "payload": REQUESTS | JSON,
    },
)


@EXAMPLES
@given(frames=st.lists(MESSAGES | JSON, max_size=6))
async def test_no_message_breaks_a_socket(
    engine: Any,  # noqa: ANN401 - pytest's
    contexts: MakeContexts,
    frames: list[object],
) -> None:
    """It goes on, or it is closed with a code of the protocol; it never just breaks."""
    async with SocketClient(SocketView(engine, contexts)) as client:
        await client.accepted()
        client.send({"type": "connection_init"})
        for frame in frames:
            client.send(frame)
    while client.unread():
        message = await client.event()
        if message["type"] == "websocket.close":
            assert 4400 <= message["code"] <= 4429
        else:
            assert orjson.loads(message["text"])["type"] in {
                *("connection_ack", "pong", "next", "error", "complete"),
            }
