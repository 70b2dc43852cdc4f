"""A service of which a test says every word, to show how a client takes what ours rarely says."""

import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

Json = dict[str, Any]
Conversation = Callable[["Line"], Awaitable[None]]


class Line:
    """One socket, seen from the service."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket

    async def hear(self, kind: str) -> Json:
        message: Json = json.loads(await self.socket.receive_text())
        assert message["type"] == kind, message
        return message

    async def say(self, kind: str, **rest: Any) -> None:  # noqa: ANN401 - any message
        await self.socket.send_text(json.dumps({"type": kind, **rest}))

    async def open(self) -> Json:
        """Take the greeting and the subscription."""
        await self.hear("connection_init")
        await self.say("connection_ack")
        return await self.hear("subscribe")

    async def tell(self, field: str, **progress: Any) -> None:  # noqa: ANN401 - any progress
        payload = {"data": {field: progress_of(**progress)}}
        await self.say("next", id="1", payload=payload)


class Standin:
    """What to answer, in order, and what was asked.

    `status` is that of the answers beside GraphQL; `while_receiving` hears how much of a file came.
    """

    def __init__(self) -> None:
        self.answers: list[Json | bytes] = []
        self.status = 200
        self.files: list[bytes] = []
        self.parameters: list[dict[str, str]] = []
        self.while_receiving: Callable[[int], None] = lambda _: None
        self.conversations: list[Conversation] = []
        self.asked: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    async def answer(self, request: Request) -> Response:
        self.asked.append(await request.json())
        self.headers.append(dict(request.headers))
        answer = self.answers.pop(0)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Response(body, media_type="application/json")

    async def take(self, request: Request) -> Response:
        """A file that is sent to be imported."""
        self.headers.append(dict(request.headers))
        self.parameters.append(dict(request.query_params))
        file = b""
        async for piece in request.stream():
            file += piece
            self.while_receiving(len(file))
        self.files.append(file)
        return self._next()

    async def give(self, _request: Request) -> Response:
        """A file that is fetched."""
        return self._next()

    def _next(self) -> Response:
        answer = self.answers.pop(0)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Response(body, self.status)

    async def talk(self, socket: WebSocket) -> None:
        if not self.conversations:
            await socket.close()  # before the handshake is answered: refused
            return
        self.headers.append(dict(socket.headers))
        await socket.accept(subprotocol="graphql-transport-ws")
        await self.conversations.pop(0)(Line(socket))


@contextmanager
def standing_in() -> Iterator[Standin]:
    standin = Standin()
    routes = [
        Route("/graphql", standin.answer, methods=["POST"]),
        Route("/imports", standin.take, methods=["POST"]),
        Route("/imports/{job}/failed", standin.give, methods=["GET"]),
        WebSocketRoute("/graphql", standin.talk),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=0, log_config=None, lifespan="off")
    server = _Announced(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    server.ready.wait()
    host, port = server.servers[0].sockets[0].getsockname()
    standin.url = f"http://{host}:{port}"
    yield standin
    server.should_exit = True
    thread.join()


class _Announced(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: Any = None) -> None:  # noqa: ANN401 - uvicorn's
        await super().startup(sockets)
        self.ready.set()


def progress_of(sequence: int, **facts: Any) -> Json:  # noqa: ANN401 - any progress
    """A job's progress with believable defaults."""
    return {
        "jobId": "job-1",
        "kind": "GENERATE",
        "sequence": str(sequence),
        "status": "IN_PROGRESS",
        "phase": "APPLYING",
        "total": 100_000,
        "parsed": 0,
        "processed": 0,
        "inserted": 0,
        "updated": 0,
        "deleted": 0,
        "withdrawn": 0,
        "unchanged": 0,
        "failed": 0,
        "percent": 0.0,
        "rate": None,
        "etaSeconds": None,
        "errorCode": None,
        "errorMessage": None,
        "errorLine": None,
        "errorColumn": None,
        **facts,
    }
