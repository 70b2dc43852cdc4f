"""What every request passes before it reaches a route: is it for us, and what became of it."""

import re
import time
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from app.config import Settings

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
MAX_PATH: Final = 100
POLICY_VIOLATION: Final = 1008

log = structlog.get_logger(__name__)


class RequestLog:
    """Gives each request an id, which its answer and its log lines carry, and logs it once.

    A caller's own X-Request-Id is kept when it is a plain word. Whatever still escapes the
    routes is answered with 500 in JSON.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.monotonic()
        seen = _Answer(send, request_id)
        with bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, seen.send)
            except Exception:
                log.exception("request_failed")
                await _fail(scope, receive, seen)
            finally:
                log.info(
                    "socket" if scope["type"] == "websocket" else "request",
                    method=scope.get("method"),
                    path=scope["path"][:MAX_PATH],
                    status=seen.status,
                    bytes=seen.size,
                    ms=round((time.monotonic() - started) * 1000, 1),
                )


class _Answer:
    """Passes an answer on and remembers how it went."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None
        self.size = 0

    async def send(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            self.status = message["status"]
            MutableHeaders(scope=message)["x-request-id"] = self._request_id
        elif message["type"] == "websocket.accept":
            self.status = 101
        elif message["type"] == "websocket.close":
            self.status = message.get("code", 1000)
        self.size += len(message.get("body") or message.get("text") or b"")
        await self._send(message)


def _request_id(given: str | None) -> str:
    return given if given and REQUEST_ID.fullmatch(given) else uuid4().hex


async def _fail(scope: Scope, receive: Receive, seen: _Answer) -> None:
    if scope["type"] == "http" and seen.status is None:
        stop = Objection(500, "INTERNAL", "Something failed on our side.")
        await refusal(stop, scope)(scope, receive, seen.send)


class Objection(NamedTuple):
    """Why a request is not served: the status, the code and the sentence of its answer."""

    status: int
    code: str
    sentence: str


class LoopbackOnly:
    """Serves this machine only, because the built-in caller may do everything.

    A web page elsewhere must not reach it through the browser of somebody who runs it: Host must
    be one of ours (or a page could rebind its own name to 127.0.0.1), and Origin, which browsers
    send with every socket and every cross-site request, must be ours or one that is allowed.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.hosts = {host.lower() for host in settings.allowed_hosts}
        self.origins = {origin.lower().rstrip("/") for origin in settings.allowed_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stop = None if scope["type"] == "lifespan" else self.objection(scope)
        if stop is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(stop, scope)(scope, receive, send)
        else:
            # Before it is accepted, a closed socket is a refused handshake: status 403.
            await send(
                {"type": "websocket.close", "code": POLICY_VIOLATION, "reason": stop.sentence}
            )

    def objection(self, scope: Scope) -> Objection | None:
        """Why the request is not served, or None."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) > 1:
            return Objection(400, "BAD_USER_INPUT", "A request names its Host once.")
        sentence = self._why_not(scope, hosts[0].lower() if hosts else "", headers)
        return Objection(403, "FORBIDDEN", sentence) if sentence else None

    def _why_not(self, scope: Scope, host: str, headers: Headers) -> str | None:
        server = scope.get("server")
        if server and server[1] and not _is_loopback(server[0]):
            return "Without API keys the service answers on a loopback address only."
        if _host_name(host) not in self.hosts:
            return "The Host header names none of the hosts in PROMOGRAPH_ALLOWED_HOSTS."
        if all(self._is_ours(origin.lower(), host) for origin in headers.getlist("origin")):
            return None
        return "The Origin is another site; PROMOGRAPH_ALLOWED_ORIGINS names those that may ask."

    def _is_ours(self, origin: str, host: str) -> bool:
        try:
            return origin in self.origins or urlsplit(origin).netloc == host
        except ValueError:
            return False


def _host_name(host: str) -> str:
    """The host without its port: `[::1]:8420` and `localhost:8420` have theirs at the end."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def refusal(stop: Objection, scope: Scope, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to what reached no route, in the form that all errors have."""
    extensions = {"code": stop.code, "requestId": scope["state"]["request_id"]}
    body = {"errors": [{"message": stop.sentence, "extensions": extensions}]}
    return Response(orjson.dumps(body), stop.status, headers, media_type="application/json")
