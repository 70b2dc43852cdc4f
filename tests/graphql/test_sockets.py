"""GraphQL over WebSocket: graphql-transport-ws, message by message."""

import asyncio
from typing import Any

import pytest

from app.config import Settings
from graphql_schema.execution import Engine
from graphql_schema.sockets import INIT_SECONDS, SocketView
from tests.graphql.bench import Doings, MakeContexts
from tests.graphql.clock import Clock
from tests.graphql.socket_client import SocketClient


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

    async def test_never(self, socket: SocketClient, clock: Clock) -> None:
        await socket.accepted()
        clock.forward(INIT_SECONDS)
        assert await socket.closed() == (4408, "Connection initialisation timeout")

    async def test_a_ping_is_no_initialisation(self, socket: SocketClient, clock: Clock) -> None:
        await socket.accepted()
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        clock.forward(INIT_SECONDS)
        assert await socket.closed() == (4408, "Connection initialisation timeout")

    async def test_after_it_there_is_no_hurry(self, socket: SocketClient, clock: Clock) -> None:
        await socket.start()
        clock.forward(INIT_SECONDS)
        await asyncio.sleep(0)  # so that what waited for this time would wake
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
