"""A WebSocket client in the same event loop as the server, so that tests await and never sleep."""

import asyncio
from types import TracebackType
from typing import Any, Self

import orjson
from starlette.types import ASGIApp, Message

from graphql_schema.sockets import SUBPROTOCOL

# Longer than a busy machine takes for anything: only what never comes is given up.
PATIENCE = 30.0


class SocketClient:
    """Speaks ASGI to the application. After `slow()` it takes no frames, like a full buffer."""

    def __init__(self, app: ASGIApp, subprotocols: tuple[str, ...] = (SUBPROTOCOL,)) -> None:
        self._app = app
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "path": "/graphql",
            "headers": [(b"host", b"127.0.0.1")],
            "subprotocols": list(subprotocols),
            "state": {},
        }
        self._to_server: asyncio.Queue[Message] = asyncio.Queue()
        self._to_client: asyncio.Queue[Message] = asyncio.Queue()
        self._reading = asyncio.Event()
        self._reading.set()
        self._waited_for = asyncio.Event()
        self.waiting_sends = 0

    async def __aenter__(self) -> Self:
        self._to_server.put_nowait({"type": "websocket.connect"})
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
        self.waiting_sends += 1
        self._waited_for.set()
        await self._reading.wait()
        self.waiting_sends -= 1
        self._to_client.put_nowait(message)

    def slow(self) -> None:
        self._reading.clear()
        self._waited_for.clear()

    async def is_waited_for(self) -> None:
        """The server wants to send a frame, and cannot."""
        async with asyncio.timeout(PATIENCE):
            await self._waited_for.wait()

    def quick(self) -> None:
        self._reading.set()

    def leave(self, code: int = 1001) -> None:
        """What the server hears when the connection is gone, or when it is told to shut down."""
        self._reading.set()
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": code})

    async def ended(self) -> None:
        """The server has done with this socket, and left no task behind."""
        async with asyncio.timeout(PATIENCE):
            await self.server

    def send_frame(self, **frame: Any) -> None:  # noqa: ANN401 - also what no client should send
        self._to_server.put_nowait({"type": "websocket.receive", **frame})

    def send(self, message: object) -> None:
        self.send_frame(text=orjson.dumps(message).decode())

    def subscribe(self, operation_id: str, query: str, **more: object) -> None:
        payload = {"query": query, **more}
        self.send({"id": operation_id, "type": "subscribe", "payload": payload})

    async def event(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return await self._to_client.get()

    async def accepted(self) -> Message:
        message = await self.event()
        assert message["type"] == "websocket.accept"
        return message

    async def receive(self) -> dict[str, Any]:
        """The next message of the protocol. It is a text frame: clients read no other."""
        message = await self.event()
        assert message["type"] == "websocket.send", message
        assert isinstance(message["text"], str)
        found: dict[str, Any] = orjson.loads(message["text"])
        return found

    async def closed(self) -> tuple[int, str]:
        message = await self.event()
        assert message["type"] == "websocket.close", message
        await self.ended()
        return message["code"], message["reason"]

    def unread(self) -> int:
        return self._to_client.qsize()

    async def start(self) -> Self:
        """Accepted, initialised and acknowledged."""
        await self.accepted()
        self.send({"type": "connection_init"})
        assert await self.receive() == {"type": "connection_ack"}
        return self
