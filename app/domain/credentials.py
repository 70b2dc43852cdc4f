"""What somebody shows to be let in, and what is said to who is not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

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
