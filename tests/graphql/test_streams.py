"""GraphQL over Server-Sent Events: who gets a stream, its bytes, its errors."""

from typing import Any

import httpx
import orjson
import pytest
from starlette.types import ASGIApp

from app.database.errors import Unavailable
from app.domain.callers import Caller
from app.edge import RequestLog
from graphql_schema.context import Context
from graphql_schema.errors import INTERNAL_MESSAGE, UNAVAILABLE_MESSAGE
from graphql_schema.execution import Engine
from graphql_schema.streams import Streams
from graphql_schema.view import HttpView
from tests.graphql.bench import PRIVATE, Doings, MakeContexts
from tests.graphql.counting import COUNT, counting
from tests.graphql.stream_client import EVENTS, StreamClient

NEW = "application/graphql-response+json"
OLD = "application/json"
# What urql's fetchExchange sends with a query and with a subscription, and Apollo Client's link.
URQL = f"{NEW}, application/graphql+json, {OLD}, {EVENTS}, multipart/mixed"
URQL_SUBSCRIBES = f"{EVENTS}, multipart/mixed"
APOLLO = f"{NEW},{OLD};q=0.9"

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "vary": "Accept",
    "x-accel-buffering": "no",
}
COUNTED = (
    b":\n\n"
    b'event: next\ndata: {"data":{"count":{"number":1}}}\n\n'
    b'event: next\ndata: {"data":{"count":{"number":2}}}\n\n'
    b"event: complete\ndata:\n\n"
)
GREETED = b'event: next\ndata: {"data":{"hello":"Hello you"}}\n\nevent: complete\ndata:\n\n'


def number(value: int) -> dict[str, Any]:
    return {"data": {"count": {"number": value}}}


async def answered(client: StreamClient) -> tuple[int, str, bytes]:
    """Status, type and body of an answer that ends."""
    async with client:
        status, headers = await client.head()
        return status, headers["content-type"].partition(";")[0], await client.rest()


def failure(body: bytes) -> tuple[str, str]:
    """Code and message of the one error of a response."""
    answer = orjson.loads(body.removeprefix(b"event: next\ndata: ").partition(b"\n\n")[0])
    (error,) = answer.pop("errors")
    assert answer == {}
    assert len(error["extensions"]["requestId"]) == 32
    return error["extensions"]["code"], error["message"]


class TestSubscriptions:
    """Each byte of the answer: lines end in LF, and the end is told."""

    async def test_by_post(self, view: ASGIApp) -> None:
        async with StreamClient(view, query=COUNT, **counting(2)) as client:
            status, headers = await client.head()
            assert len(headers.pop("x-request-id")) == 32
            assert (status, headers) == (200, HEADERS)
            assert await client.rest() == COUNTED
            await client.ended()

    async def test_by_get(self, view: ASGIApp) -> None:
        client = StreamClient(view, query=COUNT, **counting(2)).by_get()
        assert await answered(client) == (200, EVENTS, COUNTED)

    @pytest.mark.parametrize(
        "accept", [URQL_SUBSCRIBES, URQL, f"{OLD}, {EVENTS};q=0.1", "Text/Event-Stream, */*"]
    )
    async def test_whoever_names_the_type_gets_it(self, view: ASGIApp, accept: str) -> None:
        client = StreamClient(view, accept, query=COUNT, **counting(2))
        assert await answered(client) == (200, EVENTS, COUNTED)

    @pytest.mark.parametrize("accept", [APOLLO, "*/*", "text/*, */*", f"{NEW}, {EVENTS};q=0"])
    async def test_whoever_does_not_is_told_how(self, http: httpx.AsyncClient, accept: str) -> None:
        body = {"query": COUNT, **counting(2)}
        response = await http.post("/graphql", json=body, headers={"accept": accept})
        assert "json" in response.headers["content-type"]
        code, message = failure(response.content)
        assert code == "BAD_USER_INPUT"
        assert message.startswith("Subscriptions are served to those who accept text/event-stream,")

    async def test_line_breaks_in_texts_break_no_frame(self, view: ASGIApp) -> None:
        query = '{ hello(name: "a\\n\\nb\\r\\n\\u2028") }'
        _, _, body = await answered(StreamClient(view, query=query))
        assert body.count(b"\n\n") == 2
        assert b"\r" not in body
        (answer, _) = body.removeprefix(b"event: next\ndata: ").split(b"\n\n", 1)
        assert orjson.loads(answer) == {"data": {"hello": "Hello a\n\nb\r\n\u2028"}}

    async def test_the_cost_is_told_on_request(self, view: ASGIApp) -> None:
        given = {"extensions": {"cost": True}, **counting(1)}
        async with StreamClient(view, query=COUNT, **given) as client:
            await client.started()
            cost = {"cost": {"requested": 1, "limit": 10_000}}
            assert await client.event() == {**number(1), "extensions": cost}
            await client.completed()


class TestOtherOperations:
    """JSON for all who read JSON; for the others one response, and the end."""

    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [(URQL, NEW), (APOLLO, NEW), (f"{EVENTS}, */*", OLD), (f"{EVENTS}, {OLD};q=0.1", OLD)],
    )
    async def test_who_reads_json_too(self, view: ASGIApp, accept: str, media_type: str) -> None:
        client = StreamClient(view, accept, query="{ hello }")
        json = b'{"data":{"hello":"Hello you"}}'
        assert await answered(client) == (200, media_type, json)

    @pytest.mark.parametrize("accept", [EVENTS, URQL_SUBSCRIBES])
    async def test_who_reads_nothing_else(self, view: ASGIApp, accept: str) -> None:
        async with StreamClient(view, accept, query="{ hello }") as client:
            status, headers = await client.head()
            assert (status, int(headers.pop("content-length"))) == (200, len(GREETED))
            assert len(headers.pop("x-request-id")) == 32
            assert headers == HEADERS
            assert await client.rest() == GREETED
        client = StreamClient(view, accept, query="{ hello }").by_get()
        assert await answered(client) == (200, EVENTS, GREETED)

    async def test_mutations(self, view: ASGIApp, doings: Doings) -> None:
        _, _, body = await answered(StreamClient(view, query="mutation { write }"))
        written = b'event: next\ndata: {"data":{"write":1}}\n\nevent: complete\ndata:\n\n'
        assert body == written
        client = StreamClient(view, query="mutation { write }").by_get()
        status, media_type, body = await answered(client)
        assert (status, media_type) == (405, OLD)
        assert failure(body) == ("BAD_USER_INPUT", "Mutations are served by POST only.")
        assert doings.writes == 1


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("subscription { count(to: 1) {", "BAD_USER_INPUT",
         "Syntax Error: Expected Name, found <EOF>."),
        ("subscription { gone }", "BAD_USER_INPUT",
         "Cannot query field 'gone' on type 'Subscription'."),
        ("subscription { count(to: 1) { number " + "a: number " * 21 + "} }", "QUERY_TOO_COMPLEX",
         "A document may have at most 20 aliases; split it."),
        ("subscription ($n: Int!) { count(to: $n) { number } }", "BAD_USER_INPUT",
         "Variable '$n' has invalid value: Expected a value of non-null type 'Int!'"),
        ("subscription ($n: Int = 1) { count(to: $n) { number } }", "BAD_USER_INPUT",
         "Argument 'to' has invalid value: Expected variable '$n' provided to non-null type"),
    ],
)  # fmt: skip
async def test_what_cannot_begin(view: ASGIApp, query: str, code: str, message: str) -> None:
    """Told by JSON to those who read it, else by an event: nobody there reads another status."""
    given = {"variables": {"n": None}} if "= 1" in query else {}
    for accept, status, media_type in (
        (EVENTS, 200, EVENTS),
        (URQL_SUBSCRIBES, 200, EVENTS),
        (URQL, 400, NEW),
        (f"{EVENTS}, {OLD}", 200, OLD),
    ):
        client = StreamClient(view, accept, query=query, **given)
        *found, body = await answered(client)
        assert found == [status, media_type]
        found_code, found_message = failure(body)
        assert found_code == code
        assert found_message.startswith(message)
        assert body.endswith(b"}\n\nevent: complete\ndata:\n\n") is (media_type == EVENTS)


@pytest.mark.parametrize(
    ("parameters", "status", "sentence"),
    [
        ({}, 400, "The entry `query` must be the text of a GraphQL document."),
        ({"query": COUNT, "variables": [1]}, 400, "The entry `variables` must be a JSON object."),
        ({"query": "{" * 2_000_000}, 413, "The body may have at most 1,048,576 bytes."),
    ],
)
async def test_what_is_no_request_has_a_status(
    view: ASGIApp, parameters: dict[str, Any], status: int, sentence: str
) -> None:
    found_status, media_type, body = await answered(StreamClient(view, **parameters))
    assert (found_status, media_type) == (status, OLD)
    assert failure(body) == ("BAD_USER_INPUT", sentence)


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (Unavailable(PRIVATE), 503, ("UNAVAILABLE", UNAVAILABLE_MESSAGE)),
        (RuntimeError(PRIVATE), 500, ("INTERNAL", INTERNAL_MESSAGE)),
    ],
)
async def test_that_the_service_failed_is_told_by_the_status(
    engine: Engine, contexts: MakeContexts, error: Exception, status: int, told: tuple[str, str]
) -> None:
    """So that clients try again, as graphql-sse does."""

    class Failing(MakeContexts):
        def context(self, request_id: str, caller: Caller) -> Context:  # noqa: ARG002 - the entrance's
            raise error

    failing = Failing(**vars(contexts))
    view = RequestLog(HttpView(engine, failing, Streams(100)))
    client = StreamClient(view, query=COUNT, **counting(1))
    *found, body = await answered(client)
    assert found == [status, OLD]
    assert failure(body) == told


class TestFailures:
    @pytest.mark.parametrize(
        ("then", "code", "message"),
        [
            ("fail", "BAD_USER_INPUT", "It cannot go on."),
            ("break", "INTERNAL", INTERNAL_MESSAGE),
        ],
    )
    async def test_a_stream_that_breaks(
        self, view: ASGIApp, then: str, code: str, message: str
    ) -> None:
        async with StreamClient(view, query=COUNT, **counting(1, then)) as client:
            await client.started()
            assert await client.event() == number(1)
            frame = await client.frame()
            assert failure(frame) == (code, message)
            assert PRIVATE.encode() not in frame
            await client.completed()

    async def test_a_field_that_fails_is_part_of_its_event(self, view: ASGIApp) -> None:
        query = "subscription { count(to: 2) { number broken } }"
        async with StreamClient(view, query=query) as client:
            await client.started()
            for value in (1, 2):
                event = await client.event()
                assert event["data"] == {"count": {"number": value, "broken": None}}
                assert event["errors"][0]["extensions"]["code"] == "INTERNAL"
            await client.completed()
