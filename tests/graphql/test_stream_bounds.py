"""How many streams there may be, how slow and silent ones fare, and how streams end."""

import asyncio

import pytest
from starlette.types import ASGIApp, Message
from structlog.testing import capture_logs

from graphql_schema.execution import Engine
from graphql_schema.sockets import SocketView
from graphql_schema.streams import (
    EVENTS_A_TURN,
    KEEP_ALIVE_SECONDS,
    PATIENCE_SECONDS,
    Streams,
)
from tests.graphql.bench import Doings, MakeContexts
from tests.graphql.clock import Clock
from tests.graphql.counting import COUNT, counting
from tests.graphql.socket_client import SocketClient
from tests.graphql.stream_client import SILENCE, StreamClient
from tests.graphql.test_streams import answered, failure, number


async def forwarded(clock: Clock, seconds: float) -> None:
    """The loop has seen that so much time went by."""
    clock.forward(seconds)
    for _ in range(10):
        await asyncio.sleep(0)


class TestBounds:
    async def test_streams_at_a_time(self, view: ASGIApp, streams: Streams) -> None:
        most = [StreamClient(view, query=COUNT, **counting(1, "wait")) for _ in range(3)]
        for client in most:
            await client.__aenter__()
            await client.started()
        status, media_type, body = await answered(StreamClient(view, query=COUNT, **counting(1)))
        assert (status, media_type) == (503, "application/json")
        assert failure(body) == (
            "UNAVAILABLE",
            "At most 3 streams are served at a time; come back later.",
        )
        _, _, body = await answered(StreamClient(view, query="{ hello }"))
        assert body.startswith(b"event: next")
        for client in most:
            await client.__aexit__(None, None, None)
        assert len(streams) == 0
        status, _, _ = await answered(StreamClient(view, query=COUNT, **counting(1)))
        assert status == 200

    async def test_a_slow_client_is_waited_for(self, view: ASGIApp, doings: Doings) -> None:
        """One frame waits; the stream is not read on meanwhile."""
        query = COUNT.replace("number", "number made")
        client = StreamClient(view, query=query, **counting(1_000))
        client.slow()
        async with client:
            await client.is_waited_for()
            for _ in range(100):
                await asyncio.sleep(0)
            assert (client.waiting_sends, client.unread(), doings.events_made) == (1, 0, 0)
            client.quick()
            await client.started()
            for value in range(1, 1_001):
                assert (await client.event())["data"]["count"] == {"number": value, "made": value}
            await client.completed()

    async def test_the_same_event_is_encoded_once_for_streams_and_sockets(
        self, view: ASGIApp, engine: Engine, contexts: MakeContexts, doings: Doings
    ) -> None:
        query = "subscription { count(to: 1) { made } }"
        async with SocketClient(SocketView(engine, contexts)) as socket:
            await socket.start()
            socket.subscribe("1", query)
            told = (await socket.receive())["payload"]
        async with StreamClient(view, query=query) as client:
            await client.started()
            assert await client.event() == told == {"data": {"count": {"made": 1}}}
        assert doings.events_made == 1


class TestSilence:
    async def test_a_silent_stream_shows_that_it_lives(self, view: ASGIApp, clock: Clock) -> None:
        async with StreamClient(view, query=COUNT, **counting(1, "wait")) as client:
            await client.started()
            assert await client.event() == number(1)
            for _ in range(2):
                await forwarded(clock, KEEP_ALIVE_SECONDS - 1)
                assert client.unread() == 0
                await forwarded(clock, 1)
                assert (client.unread(), await client.frame()) == (1, SILENCE)

    async def test_it_waits_its_turn(self, view: ASGIApp, clock: Clock) -> None:
        """A server is told one thing at a time."""
        client = StreamClient(view, query=COUNT, **counting(1, "wait"))
        client.slow()
        async with client:
            await client.is_waited_for()
            await forwarded(clock, KEEP_ALIVE_SECONDS)
            assert client.waiting_sends == 1
            client.quick()
            await client.started()
            assert await client.frame() == SILENCE
            assert await client.event() == number(1)


class TestEnd:
    async def test_leaving_stops_everything(
        self, view: ASGIApp, streams: Streams, clock: Clock, doings: Doings
    ) -> None:
        with capture_logs() as logs:
            async with StreamClient(view, query=COUNT, **counting(1, "wait")) as client:
                await client.started()
                assert await client.event() == number(1)
                await forwarded(clock, 0)
                assert len(streams) == 1
        assert (client.complete, len(streams), doings.cancelled.is_set()) == (False, 0, True)
        (line,) = logs
        assert (line["event"], line["status"], line["bytes"]) == ("request", 200, 54)

    async def test_leaving_a_source_that_never_waits(self, view: ASGIApp, streams: Streams) -> None:
        async with StreamClient(view, query=COUNT, **counting(10_000_000)) as client:
            await client.started()
            assert await client.event() == number(1)
        assert (client.complete, len(streams)) == (False, 0)
        assert client.unread() < 10 * EVENTS_A_TURN

    async def test_leaving_while_frames_wait(self, view: ASGIApp, streams: Streams) -> None:
        client = StreamClient(view, query=COUNT, **counting(50))
        client.slow()
        async with client:
            await client.is_waited_for()
        assert (client.complete, len(streams)) == (False, 0)

    @pytest.mark.parametrize("taken", range(5), ids=["head", "first", "1", "2", "complete"])
    async def test_a_client_that_takes_nothing_more_is_given_up(
        self, view: ASGIApp, streams: Streams, clock: Clock, taken: int
    ) -> None:
        client = StreamClient(view, query=COUNT, **counting(2))
        client.slow(after=taken)
        with capture_logs() as logs:
            async with client:
                await forwarded(clock, 0)
                await forwarded(clock, PATIENCE_SECONDS - 1)
                assert (client.unread(), client.waiting_sends, len(streams)) == (taken, 1, 1)
                await forwarded(clock, 1)
                await client.ended()
        assert (client.complete, client.unread(), len(streams)) == (False, taken, 0)
        assert [line["event"] for line in logs] == ["stream_stalled", "request"]

    async def test_so_is_one_that_takes_no_sign_of_life(
        self, view: ASGIApp, streams: Streams, clock: Clock, doings: Doings
    ) -> None:
        with capture_logs() as logs:
            async with StreamClient(view, query=COUNT, **counting(1, "wait")) as client:
                await client.started()
                assert await client.event() == number(1)
                client.slow()
                await forwarded(clock, KEEP_ALIVE_SECONDS)
                await client.is_waited_for()
                await forwarded(clock, PATIENCE_SECONDS)
                await client.ended()
        assert (client.complete, len(streams), doings.cancelled.is_set()) == (False, 0, True)
        assert [line["event"] for line in logs] == ["stream_stalled", "request"]

    async def test_when_the_service_stops_streams_break_off(
        self, view: ASGIApp, streams: Streams, clock: Clock, doings: Doings
    ) -> None:
        """None is told to be complete, and none is begun any more."""
        with capture_logs() as logs:
            async with StreamClient(view, query=COUNT, **counting(1, "wait")) as client:
                await client.started()
                assert await client.event() == number(1)
                await forwarded(clock, 0)
                streams.close()
                await client.ended()
        assert (client.complete, client.unread(), len(streams)) == (False, 0, 0)
        assert doings.cancelled.is_set()
        assert [line["event"] for line in logs] == ["request"]
        status, _, body = await answered(StreamClient(view, query=COUNT, **counting(1)))
        assert status == 503
        assert failure(body) == ("UNAVAILABLE", "The service stops; come back in a moment.")

    async def test_servers_that_can_break_nothing_off_close_what_returns_early(
        self, view: ASGIApp, streams: Streams
    ) -> None:
        client = StreamClient(view, query=COUNT, **counting(1, "wait"))
        del client.scope["state"]["abort"]
        async with client:
            await client.started()
            streams.close()
            await client.ended()
        assert client.complete is False

    async def test_what_still_comes_is_not_taken_for_the_end(
        self, view: ASGIApp, streams: Streams
    ) -> None:
        client = StreamClient(view, query=COUNT, **counting(1, "wait"))
        client.scope["state"]["abort"] = client.send_more
        async with client:
            await client.started()
            client.send_more()
            streams.close()
            for _ in range(10):
                await asyncio.sleep(0)
            assert (len(streams), client.server.done()) == (0, False)
            client.leave()
            await client.ended()

    async def test_a_server_that_stops_waiting(self, view: ASGIApp, streams: Streams) -> None:
        async with StreamClient(view, query=COUNT, **counting(1, "wait")) as client:
            await client.started()
            client.server.cancel()
            with pytest.raises(asyncio.CancelledError):
                await client.ended()
            assert len(streams) == 0
            client.server = asyncio.create_task(asyncio.sleep(0))

    @pytest.mark.parametrize(
        ("error", "told"), [(OSError("broken pipe"), []), (RuntimeError("?"), ["request_failed"])]
    )
    async def test_a_connection_that_breaks_while_it_is_written_to(
        self, view: ASGIApp, streams: Streams, clock: Clock, error: Exception, told: list[str]
    ) -> None:
        """Nobody is to blame when the client is gone; what else goes wrong is told to the log."""
        client = BrokenClient(view, query=COUNT, **counting(1, "wait"))
        with capture_logs() as logs:
            async with client:
                await client.started()
                assert await client.event() == number(1)
                client.error = error
                await forwarded(clock, KEEP_ALIVE_SECONDS)
                await client.ended()
        assert (client.complete, len(streams)) == (False, 0)
        assert [line["event"] for line in logs] == [*told, "request"]

    async def test_a_connection_that_breaks_at_an_event(
        self, view: ASGIApp, streams: Streams, doings: Doings
    ) -> None:
        client = BrokenClient(view, query=COUNT, **counting(1))
        client.slow()
        async with client:
            await client.is_waited_for()
            client.error = OSError("broken pipe")
            client.quick()
            await client.ended()
        assert (client.complete, len(streams), doings.started.is_set()) == (False, 0, False)


class BrokenClient(StreamClient):
    """A connection whose other end is gone, which only sending finds out."""

    error: Exception | None = None

    async def take(self, message: Message) -> None:
        if self.error:
            raise self.error
        await super().take(message)
