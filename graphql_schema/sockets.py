"""GraphQL over WebSocket: the protocol graphql-transport-ws, and no other.

Each operation has a task and a context of its own. A frame is sent only when the client took the
ones before it, so a slow client costs one waiting event for each of its operations.
"""

import asyncio
from contextlib import aclosing, suppress
from typing import Any, Final
from uuid import uuid4

import orjson
import structlog
from graphql import OperationType
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from structlog.contextvars import bound_contextvars

from app.database.errors import Unavailable
from app.domain.credentials import OVER, NotJudged, Unauthenticated
from graphql_schema.context import Context
from graphql_schema.entrance import Entrance, Visit, enter
from graphql_schema.errors import log_failure, too_complex
from graphql_schema.execution import Engine, refused
from graphql_schema.requests import (
    GraphQLRequest,
    Malformed,
    check_values,
    read_json,
    read_request,
)

SUBPROTOCOL: Final = "graphql-transport-ws"
INIT_SECONDS: Final = 10.0
MAX_ID: Final = 256
MAX_REASON: Final = 120

BAD_REQUEST: Final = 4400
UNAUTHORIZED: Final = 4401
FORBIDDEN: Final = 4403
SUBPROTOCOL_NOT_ACCEPTABLE: Final = 4406
INIT_TIMEOUT: Final = 4408
ALREADY_EXISTS: Final = 4409
TOO_MANY_INITS: Final = 4429
TOO_BIG: Final = 1009
FAILED: Final = 1011
TRY_AGAIN_LATER: Final = 1013

log = structlog.get_logger(__name__)


class Closing(Exception):  # noqa: N818 - a step of the protocol
    """The socket must be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SocketView:
    """The ASGI application behind `/graphql` for WebSockets."""

    def __init__(self, engine: Engine, entrance: Entrance) -> None:
        self.engine = engine
        self.entrance = entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if SUBPROTOCOL not in scope.get("subprotocols", ()):
            # Only an accepted socket can be told the reason why it is closed.
            await socket.accept()
            await socket.close(SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        await socket.accept(SUBPROTOCOL)
        await Connection(self, socket).run()


class Connection:
    """One socket, from its acceptance to its end."""

    def __init__(self, view: SocketView, socket: WebSocket) -> None:
        self.view = view
        self.socket = socket
        self.visit: Visit | None = None
        self.operations: dict[str, asyncio.Task[None]] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        try:
            visit = await self._greet()
            with visit.staying() as over:
                await self._listen_until(over)
        except Closing as closing:
            await self._close(closing.code, closing.reason)
        except WebSocketDisconnect:
            log.debug("socket_left", operations=len(self.operations))
        except Exception as failure:  # noqa: BLE001 - ours, and the client is told as much
            log_failure(failure)
            await self._close(FAILED, "Internal error")
        finally:
            await self._stop_all()

    async def _greet(self) -> Visit:
        """Who has come, once that is said and found right."""
        try:
            async with asyncio.timeout(INIT_SECONDS):
                while self.visit is None:
                    await self._handle(await self._receive())
        except TimeoutError:
            raise Closing(INIT_TIMEOUT, "Connection initialisation timeout") from None
        return self.visit

    async def _listen_until(self, over: asyncio.Future[None]) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait({listening, over}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
            # Before the close, which waits for a slow client while they would go on.
            await self._stop_all()
            raise Closing(FORBIDDEN, OVER)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            await self._handle(await self._receive())

    async def _receive(self) -> dict[str, Any]:
        frame = await self.socket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame["code"], frame.get("reason"))
        text = frame.get("text")
        if text is None:
            raise Closing(BAD_REQUEST, "Messages are text frames")
        if len(text) > self.view.engine.settings.max_body_bytes:
            raise Closing(TOO_BIG, "Message too big")
        try:
            message = read_json(text)
        except Malformed:
            raise Closing(BAD_REQUEST, "Messages are valid JSON") from None
        if not isinstance(message, dict):
            raise Closing(BAD_REQUEST, "Messages are JSON objects")
        return message

    async def _handle(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._init(message)
            case "ping":
                _check_payload(message)
                await self._send({"type": "pong"})
            case "pong":
                _check_payload(message)
            case "subscribe":
                await self._subscribe(_id(message), message.get("payload"))
            case "complete":
                self._complete(_id(message))
            case _:
                raise Closing(BAD_REQUEST, "Unknown message type")

    async def _init(self, message: dict[str, Any]) -> None:
        _check_payload(message)
        if self.visit is not None:
            raise Closing(TOO_MANY_INITS, "Too many initialisation requests")
        try:
            visit = await enter(self.view.entrance, self.socket.scope, _said(message))
        except Unauthenticated as stop:
            raise Closing(FORBIDDEN, stop.sentence) from None
        except (Unavailable, NotJudged):
            raise Closing(TRY_AGAIN_LATER, "Who you are cannot be asked now; come back") from None
        await self._send({"type": "connection_ack"})
        self.visit = visit

    async def _subscribe(self, operation_id: str, payload: object) -> None:
        if self.visit is None:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        if operation_id in self.operations:
            raise Closing(ALREADY_EXISTS, f"Subscriber for {operation_id} already exists")
        try:
            request = read_request(payload)
        except Malformed as wrong:
            raise Closing(BAD_REQUEST, str(wrong)) from None
        limit = self.view.engine.settings.max_subscriptions_per_socket
        if len(self.operations) >= limit:
            failure = too_complex(f"One socket carries at most {limit} operations at a time.")
            await self._send_error(operation_id, refused(failure, uuid4().hex))
            return
        task = asyncio.create_task(self._run(operation_id, request, self.visit))
        self.operations[operation_id] = task
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _complete(self, operation_id: str) -> None:
        task = self.operations.pop(operation_id, None)
        if task is not None:
            task.cancel()

    async def _run(self, operation_id: str, request: GraphQLRequest, visit: Visit) -> None:
        """One operation. What goes wrong in it ends it with an `error`, never the socket."""
        request_id = uuid4().hex
        with suppress(WebSocketDisconnect), bound_contextvars(request_id=request_id):
            try:
                # The rights of now, not those with which the socket was opened.
                context = (await visit.again()).context(request_id)
                await self._answer(operation_id, request, context)
            except WebSocketDisconnect:
                raise
            except Exception as failure:  # noqa: BLE001 - the last place that can still answer
                # Before the message: whoever reads it may use the id again.
                self.operations.pop(operation_id, None)
                await self._send_error(operation_id, refused(failure, request_id))
            else:
                self.operations.pop(operation_id, None)
                await self._send({"id": operation_id, "type": "complete"})

    async def _answer(self, operation_id: str, request: GraphQLRequest, context: Context) -> None:
        engine = self.view.engine
        check_values(request)
        prepared = engine.prepare(request)
        if prepared.kind is OperationType.SUBSCRIPTION:
            async with aclosing(await engine.subscribe(prepared, context)) as events:
                async for event in events:
                    await self._send_next(operation_id, event)
        else:
            result = await engine.execute(prepared, context)
            response = engine.response(prepared, result, context.request_id)
            await self._send_next(operation_id, response)

    async def _send_next(self, operation_id: str, response: bytes) -> None:
        head = orjson.dumps({"id": operation_id, "type": "next"})[:-1]
        await self._send_text(head + b',"payload":' + response + b"}")

    async def _send_error(self, operation_id: str, errors: list[dict[str, Any]]) -> None:
        await self._send({"id": operation_id, "type": "error", "payload": errors})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(orjson.dumps(message))

    async def _send_text(self, text: bytes) -> None:
        """Waits while the client is slow. As text: clients read no binary frames."""
        if self.socket.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnect
        await self.socket.send_text(text.decode())

    async def _close(self, code: int, reason: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            shortened = reason.encode()[:MAX_REASON].decode(errors="ignore")
            await self.socket.close(code, shortened)

    async def _stop_all(self) -> None:
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _id(message: dict[str, Any]) -> str:
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not 0 < len(operation_id) <= MAX_ID:
        raise Closing(BAD_REQUEST, f"An id is a text of 1 to {MAX_ID} characters")
    return operation_id


def _said(message: dict[str, Any]) -> list[str]:
    """What is shown in the message, as a header would show it; browsers can set none."""
    shown = [
        value
        for name, value in (message.get("payload") or {}).items()
        if name.lower() == "authorization" and value is not None
    ]
    return [value if isinstance(value, str) else "" for value in shown]


def _check_payload(message: dict[str, Any]) -> None:
    if not isinstance(message.get("payload"), dict | None):
        raise Closing(BAD_REQUEST, "A payload is a JSON object")
