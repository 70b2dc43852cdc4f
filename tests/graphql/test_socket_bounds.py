"""What a socket may hold, how slow clients fare, and how sockets end."""

import asyncio

import pytest
from starlette.types import ASGIApp, Message

from graphql_schema.execution import Engine
from graphql_schema.sockets import SocketView
from tests.graphql.bench import Doings, MakeContexts
from tests.graphql.counting import COUNT, complete, counting, failure, number
from tests.graphql.socket_client import PATIENCE, SocketClient


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
            await asyncio.wait_for(client.noticed.wait(), PATIENCE)
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
