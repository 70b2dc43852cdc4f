"""GraphQL over WebSocket: graphql-transport-ws, message by message."""

import asyncio
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from app.config import Settings
from graphql_schema.errors import INTERNAL_MESSAGE
from graphql_schema.execution import Engine
from graphql_schema.sockets import SocketView
from tests.graphql.bench import PRIVATE, Doings, MakeContexts
from tests.graphql.socket_client import SocketClient

COUNT = "subscription ($to: Int!, $then: String!) { count(to: $to, then: $then) { number } }"


def counting(to: int, then: str = "end") -> dict[str, Any]:
    return {"variables": {"to": to, "then": then}}


def number(operation_id: str, value: int) -> dict[str, Any]:
    return {"id": operation_id, "type": "next", "payload": {"data": {"count": {"number": value}}}}


def complete(operation_id: str) -> dict[str, Any]:
    return {"id": operation_id, "type": "complete"}


def failure(message: dict[str, Any], operation_id: str) -> tuple[str, str]:
    assert message["id"] == operation_id
    assert message["type"] == "error"
    (error,) = message["payload"]
    assert len(error["extensions"]["requestId"]) == 32
    return error["extensions"]["code"], error["message"]


class TestHandshake:
    async def test_the_subprotocol_is_confirmed(self, socket: SocketClient) -> None:
        assert (await socket.accepted())["subprotocol"] == "graphql-transport-ws"

    @pytest.mark.parametrize("offered", [(), ("graphql-ws",), ("soap",)])
    async def test_no_other_is_spoken(
        self, engine: Engine, contexts: MakeContexts, offered: tuple[str, ...]
    ) -> None:
        async with SocketClient(SocketView(engine, contexts), offered) as client:
            assert (await client.accepted())["subprotocol"] is None
            assert await client.closed() == (4406, "Subprotocol not acceptable")

    async def test_the_best_of_several_is_chosen(
        self, engine: Engine, contexts: MakeContexts
    ) -> None:
        offered = ("graphql-ws", "graphql-transport-ws")
        async with SocketClient(SocketView(engine, contexts), offered) as client:
            assert (await client.accepted())["subprotocol"] == "graphql-transport-ws"


class TestInitialisation:
    @pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {"token": "x"}}])
    async def test_acknowledged(self, socket: SocketClient, payload: dict[str, Any]) -> None:
        await socket.accepted()
        socket.send({"type": "connection_init", **payload})
        assert await socket.receive() == {"type": "connection_ack"}

    async def test_twice(self, socket: SocketClient) -> None:
        await socket.start()
        socket.send({"type": "connection_init"})
        assert await socket.closed() == (4429, "Too many initialisation requests")

    async def test_never(self, socket: SocketClient) -> None:
        await socket.accepted()
        assert await socket.closed() == (4408, "Connection initialisation timeout")

    async def test_a_ping_is_no_initialisation(self, socket: SocketClient) -> None:
        await socket.accepted()
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        assert await socket.closed() == (4408, "Connection initialisation timeout")

    async def test_after_it_there_is_no_hurry(self, socket: SocketClient) -> None:
        await socket.start()
        await asyncio.sleep(0.25)  # longer than a client may stay silent before
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}

    async def test_nothing_is_run_before(self, socket: SocketClient, doings: Doings) -> None:
        await socket.accepted()
        socket.subscribe("1", "{ hello }")
        assert await socket.closed() == (4401, "Unauthorized")
        assert doings.contexts == []


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ({"bytes": b'{"type": "ping"}'}, "Messages are text frames"),
        ({"text": "{"}, "Messages are valid JSON"),
        ({"text": '{"type": "ping", "payload": NaN}'}, "Messages are valid JSON"),
        ({"text": "[" * 50_000}, "Messages are valid JSON"),
        ({"text": "null"}, "Messages are JSON objects"),
        ({"text": "[]"}, "Messages are JSON objects"),
        ({"text": "{}"}, "Unknown message type"),
        ({"text": '{"type": "start", "id": "1", "payload": {}}'}, "Unknown message type"),
        ({"text": '{"type": ["ping"]}'}, "Unknown message type"),
        ({"text": '{"type": "ping", "payload": 1}'}, "A payload is a JSON object"),
        ({"text": '{"type": "pong", "payload": []}'}, "A payload is a JSON object"),
        ({"text": '{"type": "complete"}'}, "An id is a text of 1 to 256 characters"),
        ({"text": '{"type": "complete", "id": 1}'}, "An id is a text of 1 to 256 characters"),
        ({"text": '{"type": "subscribe", "id": ""}'}, "An id is a text of 1 to 256 characters"),
        (
            {"text": '{"type": "subscribe", "id": "%s"}' % ("1" * 257)},
            "An id is a text of 1 to 256 characters",
        ),
        (
            {"text": '{"type": "subscribe", "id": "1"}'},
            "The request must be a JSON object with the entry `query`.",
        ),
        (
            {"text": '{"type": "subscribe", "id": "1", "payload": {"query": 1}}'},
            "The entry `query` must be the text of a GraphQL document.",
        ),
        (
            {"text": '{"type": "subscribe", "id": "1", "payload": {"query":"{a}","variables":7}}'},
            "The entry `variables` must be a JSON object.",
        ),
    ],
)
async def test_what_is_no_message_closes_the_socket(
    socket: SocketClient, frame: dict[str, Any], reason: str
) -> None:
    await socket.start()
    socket.send_frame(**frame)
    assert await socket.closed() == (4400, reason)


async def test_an_initialisation_that_is_no_object(socket: SocketClient) -> None:
    await socket.accepted()
    socket.send({"type": "connection_init", "payload": "token"})
    assert await socket.closed() == (4400, "A payload is a JSON object")


async def test_a_frame_has_a_size(socket: SocketClient, sqlite_settings: Settings) -> None:
    await socket.start()
    socket.send_frame(text=" " * (sqlite_settings.max_body_bytes + 1))
    assert await socket.closed() == (1009, "Message too big")


class TestPing:
    async def test_is_answered_at_any_time(self, socket: SocketClient) -> None:
        await socket.start()
        socket.send({"type": "ping", "payload": {"at": 7}})
        assert await socket.receive() == {"type": "pong"}

    async def test_a_pong_needs_no_answer(self, socket: SocketClient) -> None:
        await socket.start()
        socket.send({"type": "pong"})
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


class TestOperations:
    async def test_query_and_mutation(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe(
            "a",
            "query A($n: String!) { hello(name: $n) } query B { nothing }",
            operationName="A",
            variables={"n": "Zoë"},
            extensions={"cost": True},
        )
        cost = {"cost": {"requested": 0, "limit": 10_000}}
        payload = {"data": {"hello": "Hello Zoë"}, "extensions": cost}
        assert await socket.receive() == {"id": "a", "type": "next", "payload": payload}
        assert await socket.receive() == complete("a")
        socket.subscribe("b", "mutation { write }")
        payload = {"data": {"write": 1}}
        assert await socket.receive() == {"id": "b", "type": "next", "payload": payload}
        assert await socket.receive() == complete("b")

    async def test_subscription(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe("s", COUNT, **counting(3))
        for value in (1, 2, 3):
            assert await socket.receive() == number("s", value)
        assert await socket.receive() == complete("s")

    async def test_an_id_is_free_again_at_the_end(self, socket: SocketClient) -> None:
        await socket.start()
        for query, last in (("{ hello }", "complete"), ("{", "error"), ("{ hello }", "complete")):
            socket.subscribe("same", query)
            while (message := await socket.receive())["type"] == "next":
                continue
            assert message["type"] == last

    async def test_an_id_in_use(self, socket: SocketClient, doings: Doings) -> None:
        await socket.start()
        socket.subscribe("ü" * 100, "{ wait }")
        await doings.started.wait()
        socket.subscribe("ü" * 100, "{ hello }")
        code, reason = await socket.closed()
        assert code == 4409
        assert reason.startswith("Subscriber for ü")
        assert len(reason.encode()) <= 120
        assert doings.cancelled.is_set()

    @pytest.mark.parametrize(
        ("query", "code", "message"),
        [
            ("{", "BAD_USER_INPUT", "Syntax Error: Expected Name, found <EOF>."),
            ("{ gone }", "BAD_USER_INPUT", "Cannot query field 'gone' on type 'Query'."),
            ("subscription { count(to: 1) }", "BAD_USER_INPUT",
             "Field 'count' of type 'Counted!' must have a selection of subfields."),
            ("{ hello " + "a: hello " * 21 + "}", "QUERY_TOO_COMPLEX",
             "A document may have at most 20 aliases; split it."),
            ("query ($n: Int!) { number(value: $n) }", "BAD_USER_INPUT",
             "Variable '$n' has invalid value: Expected value of non-null type 'Int!'"),
            ("subscription ($n: Int = 1) { count(to: $n) { number } }", "BAD_USER_INPUT",
             "Argument 'to' has invalid value"),
            ("subscription ($n: Int!) { count(to: $n) { number } }", "BAD_USER_INPUT",
             "Variable '$n' has invalid value: Expected value of non-null type 'Int!'"),
        ],
    )  # fmt: skip
    async def test_what_cannot_be_run_is_an_error_message(
        self, socket: SocketClient, query: str, code: str, message: str
    ) -> None:
        """And the socket lives on."""
        await socket.start()
        socket.subscribe("1", query, variables={"n": None})
        found = failure(await socket.receive(), "1")
        assert found[0] == code
        assert found[1].startswith(message)
        socket.subscribe("1", "{ hello }")
        assert (await socket.receive())["type"] == "next"

    async def test_values_that_nothing_can_hold(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, variables={"then": "a\0"})
        sentence = "A text may not contain the character NUL (U+0000)."
        assert failure(await socket.receive(), "1") == ("BAD_USER_INPUT", sentence)

    async def test_a_failing_field_is_part_of_the_answer(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe("1", '{ fail(how: "api") }')
        payload = (await socket.receive())["payload"]
        assert payload["data"] == {"fail": None}
        assert payload["errors"][0]["message"] == "Say it differently."
        assert await socket.receive() == complete("1")

    @pytest.mark.parametrize(
        ("then", "code", "message"),
        [
            ("fail", "BAD_USER_INPUT", "It cannot go on."),
            ("break", "INTERNAL", INTERNAL_MESSAGE),
        ],
    )  # fmt: skip
    async def test_a_stream_that_breaks(
        self, socket: SocketClient, then: str, code: str, message: str
    ) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, **counting(1, then))
        assert await socket.receive() == number("1", 1)
        last = await socket.receive()
        assert failure(last, "1") == (code, message)
        assert PRIVATE not in str(last)

    async def test_fresh_contexts(self, socket: SocketClient, doings: Doings) -> None:
        await socket.start()
        for operation_id in ("1", "2"):
            socket.subscribe(operation_id, "{ hello }")
            await socket.receive()
            await socket.receive()
        first, second = doings.contexts
        assert first.now < second.now
        assert first.request_id != second.request_id


class TestCompletion:
    async def test_stops_the_stream(self, socket: SocketClient, doings: Doings) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, **counting(1, "wait"))
        assert await socket.receive() == number("1", 1)
        socket.send(complete("1"))
        await asyncio.wait_for(doings.cancelled.wait(), 1)
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}

    async def test_frees_the_id_at_once(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, **counting(1, "wait"))
        assert await socket.receive() == number("1", 1)
        socket.send(complete("1"))
        socket.subscribe("1", "{ hello }")
        assert (await socket.receive())["payload"] == {"data": {"hello": "Hello you"}}
        assert await socket.receive() == complete("1")

    async def test_a_query_that_is_no_longer_wanted_is_not_answered(
        self, socket: SocketClient, doings: Doings
    ) -> None:
        await socket.start()
        socket.subscribe("1", "{ wait }")
        await doings.started.wait()
        socket.send(complete("1"))
        await asyncio.wait_for(doings.cancelled.wait(), 1)
        doings.released.set()
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}

    async def test_of_something_unknown_is_no_error(self, socket: SocketClient) -> None:
        await socket.start()
        socket.send(complete("never"))
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


class TestBounds:
    async def test_operations_at_a_time(self, socket: SocketClient, doings: Doings) -> None:
        await socket.start()
        for index in range(21):
            socket.subscribe(str(index), COUNT, **counting(1, "wait"))
        messages = [await socket.receive() for _ in range(21)]
        (refused,) = [message for message in messages if message["type"] == "error"]
        assert failure(refused, "20") == (
            "QUERY_TOO_COMPLEX",
            "One socket carries at most 20 operations at a time.",
        )
        socket.send(complete("7"))
        socket.subscribe("20", "{ hello }")
        assert (await socket.receive())["id"] == "20"
        doings.released.set()

    async def test_a_slow_client_is_waited_for(self, socket: SocketClient, doings: Doings) -> None:
        """One frame of each operation waits; the stream is not read on meanwhile."""
        await socket.start()
        socket.slow()
        socket.subscribe("1", COUNT.replace("number", "number made"), **counting(1_000))
        await socket.is_waited_for()
        for _ in range(100):
            await asyncio.sleep(0)
        assert (socket.waiting_sends, socket.unread(), doings.events_made) == (1, 0, 1)
        socket.quick()
        while (message := await socket.receive())["type"] == "next":
            continue
        assert message == complete("1")
        assert doings.events_made == 1_000

    async def test_the_same_event_is_encoded_once_for_all(
        self, engine: Engine, contexts: MakeContexts, doings: Doings
    ) -> None:
        """And apart for those who ask for something else of it."""
        view = SocketView(engine, contexts)
        async with SocketClient(view) as one, SocketClient(view) as two:
            made = []
            for client in (one, two):
                await client.start()
                client.subscribe("1", "subscription { count(to: 2) { made } }")
                made += [(await client.receive())["payload"] for _ in range(2)]
            assert made[:2] == made[2:]
            assert doings.events_made == 2
            query = "subscription { count(to: 2) { again: made } }"
            two.subscribe("2", query, extensions={"cost": True})
            assert (await two.receive())["type"] == "complete"
            payload = (await two.receive())["payload"]
            assert payload["data"] == {"count": {"again": 3}}
            assert payload["extensions"]["cost"]["requested"] == 1

    async def test_an_event_that_fails_is_not_shared(
        self, engine: Engine, socket: SocketClient, doings: Doings
    ) -> None:
        await socket.start()
        socket.subscribe("1", "subscription { count(to: 1) { number broken } }")
        payload = (await socket.receive())["payload"]
        assert payload["data"] == {"count": {"number": 1, "broken": None}}
        assert payload["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert engine._shared == {}  # noqa: SLF001 - what the process keeps
        assert doings.events_made == 0

    async def test_shared_events_are_forgotten(
        self, engine: Engine, socket: SocketClient, doings: Doings
    ) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, **counting(600))
        while (await socket.receive())["type"] == "next":
            continue
        assert len(engine._shared) == 512  # noqa: SLF001 - what the process keeps
        assert doings.events_made == 0


class TestEnd:
    async def test_leaving_stops_everything(self, socket: SocketClient, doings: Doings) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, **counting(1, "wait"))
        socket.subscribe("2", "{ wait }")
        assert await socket.receive() == number("1", 1)
        socket.leave(1012)
        await socket.ended()
        assert doings.cancelled.is_set()

    async def test_leaving_while_frames_wait(self, socket: SocketClient) -> None:
        await socket.start()
        socket.slow()
        socket.subscribe("1", COUNT, **counting(50))
        await socket.is_waited_for()
        socket.leave()
        await socket.ended()

    async def test_a_connection_that_breaks_while_it_is_written_to(
        self, engine: Engine, contexts: MakeContexts
    ) -> None:
        """Every operation notices on its own; the socket ends when its other end is gone."""
        async with BrokenClient(SocketView(engine, contexts)) as client:
            await client.start()
            client.break_off()
            client.subscribe("1", "{ hello }")
            client.subscribe("2", COUNT, **counting(5))
            client.subscribe("3", "{")
            await asyncio.wait_for(client.noticed.wait(), 1)
            client.subscribe("4", "{ hello }")
            client.leave()
            await client.ended()

    async def test_our_own_mistake_is_told_and_closes(
        self, engine: Engine, contexts: MakeContexts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with SocketClient(SocketView(engine, contexts)) as client:
            await client.start()
            monkeypatch.setattr(engine.settings, "max_subscriptions_per_socket", None)
            client.subscribe("1", "{ hello }")
            assert await client.closed() == (1011, "Internal error")


class BrokenClient(SocketClient):
    """A connection whose other end is gone, which only sending finds out."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.noticed = asyncio.Event()
        self._broken = False

    def break_off(self) -> None:
        self._broken = True

    async def take(self, message: Message) -> None:
        if self._broken:
            self.noticed.set()
            raise OSError("broken pipe")
        await super().take(message)
