"""GraphQL over HTTP: POST and GET, with the media types and status codes of the specification."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import orjson
from graphql import ExecutionResult, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from graphql_schema.entrance import Entrance, challenge, enter
from graphql_schema.errors import ErrorCode, bad_input, retry_after, shown
from graphql_schema.execution import Engine, Prepared, refused
from graphql_schema.negotiation import (
    EVENT_STREAM,
    JSON,
    RESPONSE_JSON,
    Accepted,
    parse_media_type,
    read_accept,
)
from graphql_schema.requests import (
    GraphQLRequest,
    Malformed,
    check_values,
    read_json,
    read_request,
)
from graphql_schema.streams import COMPLETE, HEADERS, EventStream, Streams, next_frame

BODY_SECONDS: Final = 30.0
MAX_PARAMETERS: Final = 50
STATUSES: Final = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.INTERNAL: 500,
}
# What older clients are told by the status too: it is not about the operation.
OUTSIDE: Final = {401, 500, 503}


class NotServed(Exception):  # noqa: N818 - an answer to the caller
    """The HTTP request is answered by this status; nothing of it reached GraphQL."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class HttpView:
    """The ASGI application behind `/graphql` for HTTP."""

    engine: Engine
    entrance: Entrance
    streams: Streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self.answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def answer(self, request: Request) -> ASGIApp:
        request_id = request.state.request_id
        accepted = read_accept(request.headers.get("accept"))
        media_type = accepted.json or JSON
        try:
            return await self._serve(request, accepted, request_id)
        except ClientDisconnect:
            raise
        except NotServed as stop:
            return _stopped(media_type, stop, request_id)
        except Malformed as wrong:
            return _stopped(media_type, NotServed(400, str(wrong)), request_id)
        except Exception as failure:  # noqa: BLE001 - the last place that can still answer
            return _failed(accepted, failure, request_id)

    async def _serve(self, request: Request, accepted: Accepted, request_id: str) -> ASGIApp:
        if accepted.json is None and not accepted.events:
            sentence = f"Answers are {RESPONSE_JSON}, {JSON} or {EVENT_STREAM}; Accept names none."
            raise NotServed(406, sentence)
        # Before anything of the request is read: a stranger learns nothing, and costs nothing.
        visit = await enter(self.entrance, request.scope)
        graphql_request = await self._read(request)
        # A body may come for longer than a key that has ended may live.
        visit = await visit.again()
        prepared = self.engine.prepare(graphql_request)
        _check_kind(request, prepared, accepted)
        context = visit.context(request_id)
        if prepared.kind is OperationType.SUBSCRIPTION:
            events = await self.engine.subscribe(prepared, context)
            self.streams.check()  # nothing is awaited from here until the stream is counted
            return EventStream(self.streams, events, visit.staying(), request_id)
        result = await self.engine.execute(prepared, context)
        return _answered(accepted, result, self.engine.response(prepared, result, request_id))

    async def _read(self, request: Request) -> GraphQLRequest:
        parameters: object
        if request.method == "GET":
            parameters = _read_query_string(request)
        elif request.method == "POST":
            _check_content(request)
            parameters = read_json(await _read_body(request, self.engine.settings.max_body_bytes))
        else:
            raise NotServed(405, "GraphQL is served by POST and GET.", {"allow": "GET, POST"})
        graphql_request = read_request(parameters)
        check_values(graphql_request)
        return graphql_request


def _check_kind(request: Request, prepared: Prepared, accepted: Accepted) -> None:
    if prepared.kind is OperationType.SUBSCRIPTION and not accepted.events:
        raise bad_input(
            f"Subscriptions are served to those who accept {EVENT_STREAM},"
            " and over WebSocket by graphql-transport-ws."
        )
    if prepared.kind is OperationType.MUTATION and request.method == "GET":
        raise NotServed(405, "Mutations are served by POST only.", {"allow": "POST"})


def _check_content(request: Request) -> None:
    """JSON only: a browser asks before it sends that from another site, and asks in vain here."""
    media_type, parameters = parse_media_type(request.headers.get("content-type", ""))
    charset = parameters.get("charset", "utf-8")
    encoding = request.headers.get("content-encoding", "identity").lower()
    if media_type != JSON or charset not in {"utf-8", "utf8"} or encoding != "identity":
        raise NotServed(
            415,
            f"The body must be {JSON} in UTF-8, not compressed, and Content-Type must say so.",
            {"accept-post": JSON},
        )


async def _read_body(request: Request, limit: int) -> bytes:
    """Count what arrives, whatever Content-Length says and also when nothing says how much."""
    sentence = f"The body may have at most {limit:,} bytes."
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise NotServed(413, sentence, {"connection": "close"})
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise NotServed(413, sentence, {"connection": "close"})
    except TimeoutError:
        raise NotServed(408, "The body did not arrive in time.", {"connection": "close"}) from None
    return bytes(body)


def _read_query_string(request: Request) -> dict[str, object]:
    """The parameters of a GET, those with an empty value left out."""
    raw: bytes = request.scope["query_string"]
    if raw.count(b"&") >= MAX_PARAMETERS:
        raise Malformed(f"A query string has at most {MAX_PARAMETERS} parameters.")
    try:
        pairs = parse_qsl(raw.decode("ascii"), errors="strict")
    except ValueError:
        raise Malformed("The query string is not URL-encoded UTF-8.") from None
    given: dict[str, object] = dict(pairs)
    if len(given) < len(pairs):
        raise Malformed("Give each parameter once.")
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = read_json(str(given[name]))
    return given


def _stopped(media_type: str, stop: NotServed, request_id: str) -> Response:
    errors = refused(bad_input(stop.sentence), request_id)
    return _response(media_type, stop.status, {"errors": errors}, stop.headers)


def _failed(accepted: Accepted, error: Exception, request_id: str) -> Response:
    """An operation that was not started. Plain JSON says so with 200: older clients read no other.

    A stream says so by an event: its clients read no answer of another status, and may ask again.
    That the service itself failed, or does not know who asks, is never a 200.
    """
    errors = refused(error, request_id)
    status = STATUSES.get(errors[0]["extensions"]["code"], 400)
    if status in OUTSIDE or accepted.json == RESPONSE_JSON:
        answer = {"errors": errors}
        return _response(accepted.json or JSON, status, answer, challenge(error))
    if accepted.json == JSON:
        return _response(JSON, 200, {"errors": errors})
    return _events(orjson.dumps({"errors": errors}))


def _answered(accepted: Accepted, result: ExecutionResult, answer: bytes) -> Response:
    """An operation that was run. When to come back is told by a header too, whatever else is told.

    Where that is all there is to tell, the status says it as well, to those who read statuses.
    """
    errors = result.errors or []
    seconds = retry_after(errors)
    headers = {} if seconds is None else {"retry-after": str(seconds)}
    if accepted.json is None:
        return _events(answer, headers)
    status = 429 if accepted.json == RESPONSE_JSON and _came_too_often(result) else 200
    return _response(accepted.json, status, answer, headers)


def _came_too_often(result: ExecutionResult) -> bool:
    """Whether that is all that is said of every field."""
    errors = result.errors or []
    if not errors or any(shown(error).code is not ErrorCode.RATE_LIMITED for error in errors):
        return False
    refused_fields = {error.path[0] for error in errors if error.path}
    return result.data is None or set(result.data) <= refused_fields


def _events(answer: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """One response as a stream that is complete at once."""
    return Response(next_frame(answer) + COMPLETE, 200, {**HEADERS, **(headers or {})})


def _response(
    media_type: str, status: int, answer: object, headers: Mapping[str, str] | None = None
) -> Response:
    body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
    return Response(
        body,
        status,
        {
            "content-type": f"{media_type}; charset=utf-8",
            "cache-control": "no-store",
            "vary": "Accept",
            **(headers or {}),
        },
    )
