"""What callers read when a request fails: closed codes, our own words, and a request id.

Business refusals are not here: they are `userErrors` in a payload (`mutations/payloads.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import structlog
from graphql import FieldNode, GraphQLError

from app.database.errors import Conflict, Unavailable
from app.domain.credentials import NotJudged, NotYours, Unauthenticated
from app.logs import summary
from app.reading.errors import BadArgument, NotAllowed
from app.services.guessing import TooManyGuesses

MAX_MESSAGE = 500
MAX_ERRORS = 20

INTERNAL_MESSAGE = (
    "Something failed on our side; nothing is wrong with the request. "
    "Try again, and name the requestId when you report it."
)
UNAVAILABLE_MESSAGE = (
    "The database cannot be asked right now. Try again in a moment; "
    "after a write, read first whether it took effect."
)

log = structlog.get_logger(__name__)


class ErrorCode(StrEnum):
    """Why a request as a whole, or one field of it, has no answer: `extensions.code`."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    RATE_LIMITED = "RATE_LIMITED"
    SEARCH_TOO_BROAD = "SEARCH_TOO_BROAD"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class ApiError(Exception):
    """An answer to the caller: this code, this message, shown exactly as they are."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def bad_input(message: str) -> ApiError:
    return ApiError(ErrorCode.BAD_USER_INPUT, message)


def too_complex(message: str) -> ApiError:
    return ApiError(ErrorCode.QUERY_TOO_COMPLEX, message)


# Refusals of the layers below, whose sentences are for the caller.
_CODES: Final[Mapping[type[Exception], ErrorCode]] = {
    BadArgument: ErrorCode.BAD_USER_INPUT,
    NotAllowed: ErrorCode.FORBIDDEN,
    NotYours: ErrorCode.FORBIDDEN,
    Unauthenticated: ErrorCode.UNAUTHENTICATED,
    NotJudged: ErrorCode.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Shown:
    code: ErrorCode
    message: str
    retry_after: int | None = None


def shown(error: BaseException) -> Shown:
    """What a caller may read of an error. What is not known here is ours, and INTERNAL."""
    cause = error.original_error if isinstance(error, GraphQLError) else error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, ApiError):
        return Shown(cause.code, cause.message)
    if isinstance(cause, TooManyGuesses):
        return Shown(ErrorCode.RATE_LIMITED, str(cause), cause.retry_after)
    for kind, code in _CODES.items():
        if isinstance(cause, kind):
            return Shown(code, str(cause)[:MAX_MESSAGE])
    if isinstance(cause, Unavailable | Conflict):
        return Shown(ErrorCode.UNAVAILABLE, UNAVAILABLE_MESSAGE)
    if isinstance(error, GraphQLError) and _blames_the_caller(error, cause):
        return Shown(ErrorCode.BAD_USER_INPUT, error.message[:MAX_MESSAGE])
    return Shown(ErrorCode.INTERNAL, INTERNAL_MESSAGE)


def _blames_the_caller(error: GraphQLError, cause: BaseException | None) -> bool:
    """True for a document, variable or argument that does not fit the schema.

    Before execution there is no path: a scalar's ValueError then speaks of the caller's value.
    During execution an error at a field itself (and not at an argument) means that a resolver
    answered with what its type does not allow, and that is our mistake.
    """
    if error.path is None:
        return cause is None or isinstance(cause, ValueError | TypeError)
    return cause is None and not all(isinstance(node, FieldNode) for node in error.nodes or ())


def present(errors: Sequence[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """Errors as they are sent. Those of our own making are logged here, once for a request."""
    answers = []
    internal: list[GraphQLError] = []
    for error in errors[:MAX_ERRORS]:
        what = shown(error)
        if what.code is ErrorCode.INTERNAL:
            internal.append(error)
        answers.append(_entry(error, what, request_id))
    if internal:
        cause = internal[0].original_error or internal[0]
        log_failure(cause, path=_path(internal[0]), failures=len(internal))
    return answers


def retry_after(errors: Sequence[GraphQLError]) -> int | None:
    """After how many seconds all of it can be asked again, when something of it came too often."""
    return max((shown(error).retry_after or 0 for error in errors), default=0) or None


def refusal(error: BaseException, request_id: str) -> dict[str, Any]:
    """One error that stopped the whole request, as it is sent; logged when it is our own."""
    what = shown(error)
    if what.code is ErrorCode.INTERNAL:
        log_failure(error)
    return {"message": what.message, "extensions": _extensions(what, request_id)}


def _entry(error: GraphQLError, what: Shown, request_id: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"message": what.message}
    if error.locations:
        entry["locations"] = [location.formatted for location in error.locations[:MAX_ERRORS]]
    if error.path is not None:
        entry["path"] = list(error.path)
    entry["extensions"] = _extensions(what, request_id)
    return entry


def _extensions(what: Shown, request_id: str) -> dict[str, Any]:
    told = {"code": what.code.value, "requestId": request_id}
    return told if what.retry_after is None else {**told, "retryAfter": what.retry_after}


def _path(error: GraphQLError) -> str | None:
    return None if error.path is None else ".".join(map(str, error.path))[:MAX_MESSAGE]


def log_failure(error: BaseException, **details: object) -> None:
    log.error("request_failed", **summary(error), **details)
