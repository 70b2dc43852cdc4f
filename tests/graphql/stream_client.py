"""A client of event streams in the same event loop as the server: tests await and never sleep."""

import asyncio
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

import orjson
from starlette.types import ASGIApp, Message

# Longer than a busy machine takes for anything: only what never comes is given up.
PATIENCE: Final = 30.0
EVENTS: Final = "text/event-stream"
SILENCE: Final = b":\n\n"


class StreamClient:
    """One request, spoken in ASGI. After `slow()` it takes no bytes, like a full buffer."""

    def __init__(self, app: ASGIApp, accept: str = EVENTS, **parameters: object) -> None:
        self._app = app
        self._body = orjson.dumps(parameters)
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [
                (b"host", b"127.0.0.1"),
                (b"accept", accept.encode()),
                (b"content-type", b"application/json"),
            ],
            "state": {"abort": self.leave},
        }
        self._to_server: asyncio.Queue[Message] = asyncio.Queue()
        self._to_client: asyncio.Queue[Message] = asyncio.Queue()
        self._unread = b""
        self._reading = asyncio.Event()
        self._reading.set()
        self._waited_for = asyncio.Event()
        self._takes: int | None = None
        self.waiting_sends = 0
        self.complete = False

    def by_get(self) -> Self:
        """Ask in the address, as a browser's EventSource does."""
        parameters = {
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in orjson.loads(self._body).items()
        }
        self.scope |= {"method": "GET", "query_string": urlencode(parameters).encode()}
        self._body = b""
        return self

    async def __aenter__(self) -> Self:
        request = {"type": "http.request", "body": self._body, "more_body": False}
        self._to_server.put_nowait(request)
        self.server = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.leave()
        await self.ended()

    async def _run(self) -> None:
        await self._app(self.scope, self._to_server.get, self.take)

    async def take(self, message: Message) -> None:
        if self._takes == 0:
            self._reading.clear()
        self.waiting_sends += 1
        self._waited_for.set()
        await self._reading.wait()
        self.waiting_sends -= 1
        self._to_client.put_nowait(message)
        if self._takes:
            self._takes -= 1

    def slow(self, after: int = 0) -> None:
        """From now on, or once it has taken so many messages."""
        self._takes = after
        self._waited_for.clear()

    async def is_waited_for(self) -> None:
        """The server wants to send something, and cannot."""
        async with asyncio.timeout(PATIENCE):
            await self._waited_for.wait()

    def quick(self) -> None:
        self._takes = None
        self._reading.set()

    def send_more(self) -> None:
        """A body that goes on, though nobody reads it."""
        self._to_server.put_nowait({"type": "http.request", "body": b"?", "more_body": True})

    def leave(self) -> None:
        """What the server hears when the connection is gone, whoever closed it."""
        self._to_server.put_nowait({"type": "http.disconnect"})

    async def ended(self) -> None:
        """The server has done with this request, and left no task behind."""
        async with asyncio.timeout(PATIENCE):
            await self.server

    async def _message(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return await self._to_client.get()

    async def head(self) -> tuple[int, dict[str, str]]:
        message = await self._message()
        assert message["type"] == "http.response.start", message
        headers = {name.decode(): value.decode() for name, value in message["headers"]}
        return message["status"], headers

    async def started(self) -> Self:
        """The stream stands, and nothing is told yet."""
        status, headers = await self.head()
        assert (status, headers["content-type"]) == (200, f"{EVENTS}; charset=utf-8")
        assert await self.frame() == SILENCE
        return self

    async def frame(self) -> bytes:
        """The next frame, to the empty line that ends it."""
        while b"\n\n" not in self._unread:
            assert not self.complete, self._unread
            await self._read()
        frame, end, self._unread = self._unread.partition(b"\n\n")
        return frame + end

    async def event(self) -> Any:  # noqa: ANN401 - the document says
        """The response in the next frame, which is a `next`."""
        frame = await self.frame()
        assert frame.startswith(b"event: next\ndata: "), frame
        return orjson.loads(frame.removeprefix(b"event: next\ndata: "))

    async def completed(self) -> None:
        """The last frame says so, and is the end of the answer."""
        assert await self.frame() == b"event: complete\ndata:\n\n"
        assert (self._unread, self.complete) == (b"", True)
        await self.ended()

    async def rest(self) -> bytes:
        """Everything that is still to come of an answer that ends."""
        while not self.complete:
            await self._read()
        rest, self._unread = self._unread, b""
        return rest

    async def piece(self) -> bytes:
        """The next bytes of an answer that is no stream of events."""
        await self._read()
        piece, self._unread = self._unread, b""
        return piece

    async def _read(self) -> None:
        message = await self._message()
        assert message["type"] == "http.response.body", message
        self._unread += message["body"]
        self.complete = not message.get("more_body", False)

    def unread(self) -> int:
        return self._to_client.qsize()
