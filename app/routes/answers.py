"""What routes beside GraphQL answer: the same errors in the same form, told by status as well."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.domain.credentials import Unauthenticated
from app.domain.import_files import FileErrorCode, FileRefused
from app.domain.refusals import Problem, Refusal, UserErrorCode
from graphql_schema.entrance import challenge
from graphql_schema.errors import ErrorCode, refusal
from graphql_schema.streams import break_off
from graphql_schema.view import STATUSES

LINGER_SECONDS: Final = 10.0
_UNPROCESSABLE: Final = 422
_OF_PROBLEMS: Final = {UserErrorCode.NOT_FOUND: 404, UserErrorCode.IDEMPOTENCY_KEY_REUSED: 409}
_OF_FILES: Final = {FileErrorCode.FILE_TOO_LARGE: 413}
# What the input of a mutation calls otherwise than the parameters of a request.
_PARAMETERS: Final = {
    "campaignKey": "campaign",
    "fileName": "filename",
    "idempotencyKey": "Idempotency-Key",
}


class NotServed(Exception):  # noqa: N818 - an answer to the caller
    """The request itself is wrong: the status, a sentence, and the parameter it is about."""

    def __init__(
        self,
        status: int,
        sentence: str,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.field = field
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The ASGI application of one route: whatever its function raises is answered."""

    answer: Callable[[Request], Awaitable[Response]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = _Incoming(receive, ended=scope["method"] != "POST")
        request = Request(scope, incoming)
        try:
            response = await self.answer(request)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the last place that can still answer
            answer = Response if incoming.ended else _LastWord
            response = _failure(error, request.state.request_id, answer)
        try:
            await response(scope, receive, send)
        except Unauthenticated:
            # The rest of what was asked for is for nobody any more.
            await break_off(scope, receive)


class _Incoming:
    """Passes a body on, and remembers whether all of it came."""

    def __init__(self, receive: Receive, *, ended: bool) -> None:
        self._receive = receive
        self.ended = ended

    async def __call__(self) -> Message:
        message = await self._receive()
        self.ended = not message.get("more_body", False)
        return message


class _LastWord(Response):
    """Answers while the body is still coming, which is taken and thrown away for some seconds.

    Closing at once would reset the connection, and most clients would then never read why.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's
        self.headers["connection"] = "close"
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def as_json(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(content), status, _headers(headers))


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"content-type": "application/json", "cache-control": "no-store", **(headers or {})}


def _failure(error: Exception, request_id: str, answer: type[Response]) -> Response:
    status, errors, headers = _told(error, request_id)
    return answer(orjson.dumps({"errors": errors}), status, _headers(headers))


def _told(
    error: Exception, request_id: str
) -> tuple[int, list[dict[str, Any]], Mapping[str, str] | None]:
    match error:
        case NotServed():
            told = _entry(ErrorCode.BAD_USER_INPUT, error.sentence, request_id)
            if error.field:
                told["extensions"]["field"] = [error.field]
            return error.status, [told], error.headers
        case FileRefused():
            status = _OF_FILES.get(error.code, _UNPROCESSABLE)
            return status, [_entry(error.code, error.message, request_id)], None
        case Refusal():
            status = _OF_PROBLEMS.get(error.problems[0].code, _UNPROCESSABLE)
            return status, [_problem(problem, request_id) for problem in error.problems], None
    told = refusal(error, request_id)
    return STATUSES.get(told["extensions"]["code"], 400), [told], challenge(error)


def _problem(problem: Problem, request_id: str) -> dict[str, Any]:
    told = _entry(problem.code, problem.message, request_id)
    told["extensions"]["field"] = [_PARAMETERS.get(name, name) for name in problem.field]
    return told


def _entry(code: str, message: str, request_id: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, "requestId": request_id}}
