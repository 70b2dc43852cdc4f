"""What somebody shows to be let in, and what is said to who is not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.domain.callers import Scope

# Longer than any key or token that is in use: nobody reads more of a stranger's text.
MAX_LENGTH: Final = 8_192
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)

NONE_SHOWN: Final = (
    "Say who asks: Authorization: Bearer and a key, as a header or in connection_init of a socket."
)
UNKNOWN: Final = "This key or token does not count: it is not known, or has ended."
OVER: Final = "The key or token ended, or lost a right; come back with one that counts."
SHOWN_TWICE: Final = "A request shows one key: send the Authorization header once."
NOT_READABLE: Final = "Write the header as Authorization: Bearer, a space, and the key."
TOO_LONG: Final = f"A key or token has at most {MAX_LENGTH:,} characters."


class Unauthenticated(Exception):  # noqa: N818 - an answer to the caller
    """Who asks is not known; `given` tells whether anything was shown at all."""

    def __init__(self, sentence: str, *, given: bool = True) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.given = given


class NotYours(Exception):  # noqa: N818 - an answer to the caller
    """Who shows a token of their own asks for what is another's, or for the shop's server."""


class NotJudged(Exception):  # noqa: N818 - an answer to the caller
    """What is shown may count or not: who could tell cannot be asked now."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who shows a token of their own: the row and, for nobody's log, the number."""

    id: int
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """Whose a text is: what becomes a caller, and until when."""

    id: str
    name: str
    scopes: frozenset[Scope]
    key_id: int | None = None
    # The customer whose own token it is.
    customer: Customer | None = None
    # When what was opened with it is closed, and when it is no longer taken at all.
    stays_until: datetime | None = None
    counts_until: datetime | None = None

    def check(self, now: datetime) -> None:
        if self.counts_until is not None and self.counts_until <= now:
            raise Unauthenticated(UNKNOWN)


@dataclass(frozen=True, slots=True)
class Shown:
    """What came with a request that says who asks, and from where."""

    # Every value of the Authorization header. Not in the representation, which ends up in logs.
    authorization: Sequence[str] = field(default=(), repr=False)
    address: str | None = None
    request_id: str | None = None


def bearer(shown: Shown) -> str | None:
    """Return the key or token, None when nothing is shown. Raises Unauthenticated for the rest."""
    if not shown.authorization:
        return None
    if len(shown.authorization) > 1:
        raise Unauthenticated(SHOWN_TWICE)
    value = shown.authorization[0].strip(" \t")
    if len(value) > MAX_LENGTH:
        raise Unauthenticated(TOO_LONG)
    found = _BEARER.fullmatch(value)
    if found is None:
        raise Unauthenticated(NOT_READABLE)
    return found[1]
