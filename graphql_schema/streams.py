"""Subscriptions over Server-Sent Events: graphql-sse's protocol, a connection for each operation.

A frame is sent only when the client took the ones before it, so a slow client costs one waiting
event. Lines end in LF: there are clients that look for nothing else.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager, suppress
from typing import Final

import orjson
import structlog
from starlette.types import Message, Receive, Scope, Send

from app.domain.credentials import OVER, Unauthenticated
from graphql_schema.errors import ApiError, ErrorCode, log_failure
from graphql_schema.execution import refused
from graphql_schema.negotiation import EVENT_STREAM

# Proxies close what is silent for long, many after a minute.
KEEP_ALIVE_SECONDS: Final = 15.0
# A client that takes nothing for this long is given up.
PATIENCE_SECONDS: Final = 30.0
EVENTS_A_TURN: Final = 100

COMMENT: Final = b":\n\n"
# An event without data is one that browsers do not tell; without a space, as urql reads it.
COMPLETE: Final = b"event: complete\ndata:\n\n"
HEADERS: Final = {
    "content-type": f"{EVENT_STREAM}; charset=utf-8",
    "cache-control": "no-store",
    "vary": "Accept",
    "x-accel-buffering": "no",
}

log = structlog.get_logger(__name__)


def next_frame(response: bytes) -> bytes:
    """The response to an operation, or to one event of it, as one event of the stream."""
    return b"event: next\ndata: " + response + b"\n\n"


class Stalled(Exception):  # noqa: N818 - says how the client is
    """The client takes nothing any more."""


class Streams:
    """The streams that a process carries: at most so many, and none once it stops."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._telling: set[asyncio.Task[None]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._telling)

    def check(self) -> None:
        """Raises ApiError when there may not be one more."""
        if self._closed:
            raise ApiError(ErrorCode.UNAVAILABLE, "The service stops; come back in a moment.")
        if len(self) >= self._most:
            sentence = f"At most {self._most:,} streams are served at a time; come back later."
            raise ApiError(ErrorCode.UNAVAILABLE, sentence)

    @contextmanager
    def carrying(self, telling: asyncio.Task[None]) -> Iterator[None]:
        self._telling.add(telling)
        try:
            yield
        finally:
            self._telling.discard(telling)

    def close(self) -> None:
        """Break every stream off. Their clients see that it was not the end, and come back."""
        self._closed = True
        for telling in self._telling:
            telling.cancel()


class EventStream:
    """The answer to one subscription: an ASGI application for the rest of its request.

    It ends early, by an error, once the caller may not stay.
    """

    def __init__(
        self,
        streams: Streams,
        events: AsyncGenerator[bytes, None],
        staying: AbstractContextManager[asyncio.Future[None]],
        request_id: str,
    ) -> None:
        self._streams = streams
        self._events = events
        self._staying = staying
        self._request_id = request_id
        self._turn = asyncio.Lock()
        self._send: Send
        self._told = 0
        self._begun = False
        self._ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send = send
        telling = asyncio.create_task(self._tell())
        listening = asyncio.create_task(self._listen(receive))
        with self._streams.carrying(telling), self._staying as over:
            try:
                await asyncio.wait({telling, listening, over}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                dismissed = over.done() and not (telling.done() or listening.done())
                telling.cancel()
                listening.cancel()
                outcomes = await asyncio.gather(telling, listening, return_exceptions=True)
            if dismissed and self._begun:
                await self._dismiss()
        for outcome in outcomes:
            _log(outcome)
        if not self._ended:
            await break_off(scope, receive)

    async def _tell(self) -> None:
        await self._deliver({"type": "http.response.start", "status": 200, "headers": _HEAD})
        self._begun = True
        # The first bytes of the body: who asked knows that it is heard, also while nothing happens.
        await self._write(COMMENT)
        try:
            async with aclosing(self._events) as events:
                async for event in events:
                    await self._write(next_frame(event))
                    await self._give_way()
        except (Stalled, OSError):
            raise
        except Exception as failure:  # noqa: BLE001 - the last place that can still answer
            await self._tell_failure(failure)
        await self._end()

    async def _dismiss(self) -> None:
        with suppress(Stalled, OSError):
            await self._tell_failure(Unauthenticated(OVER))
            await self._end()

    async def _tell_failure(self, failure: Exception) -> None:
        errors = refused(failure, self._request_id)
        await self._write(next_frame(orjson.dumps({"errors": errors})))

    async def _end(self) -> None:
        await self._write(COMPLETE, more=False)
        self._ended = True

    async def _give_way(self) -> None:
        """So that a source that never waits keeps nobody waiting, and can be left."""
        self._told += 1
        if self._told % EVENTS_A_TURN == 0:
            await asyncio.sleep(0)

    async def _listen(self, receive: Receive) -> None:
        """Until the client is gone; what is silent meanwhile is shown to be alive."""
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    message = await receive()
            except TimeoutError:
                await self._write(COMMENT)
            else:
                if message["type"] == "http.disconnect":
                    return

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        await self._deliver({"type": "http.response.body", "body": body, "more_body": more})

    async def _deliver(self, message: Message) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
                await self._send(message)
        except TimeoutError:
            raise Stalled from None


_HEAD: Final = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


def _log(outcome: BaseException | None) -> None:
    """What ended a stream early, when it was neither the client's leaving nor our own stopping."""
    if isinstance(outcome, Stalled):
        log.info("stream_stalled")
    elif isinstance(outcome, Exception) and not isinstance(outcome, OSError):
        log_failure(outcome)


async def break_off(scope: Scope, receive: Receive) -> None:
    """Close the connection in the middle of the answer: an orderly end would be taken for one."""
    abort = scope["state"].get("abort")
    if abort is not None:
        abort()
        while (await receive())["type"] != "http.disconnect":
            continue
