import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from typing import Any

import orjson

from app.reading.errors import BadArgument

TAG_BYTES = 16


class Cursors:
    """Makes and reads cursors: places in the order of a list, signed so that none can be invented.

    A cursor is bound to its field and order: it is refused anywhere else. It is not secret, so an
    order over a value that the caller may not see must not exist for them.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"cursors of lists, version 1", "sha256")

    def encode(self, binding: str, place: Sequence[Any]) -> str:
        body = orjson.dumps(place)
        return urlsafe_b64encode(self._tag(binding, body) + body).decode().rstrip("=")

    def decode(self, binding: str, cursor: str) -> list[Any]:
        """The place; BadArgument unless this very text was made for this binding."""
        try:
            sealed = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        except (NotBase64, ValueError):
            raise _refused() from None
        body = sealed[TAG_BYTES:]
        if not hmac.compare_digest(sealed[:TAG_BYTES], self._tag(binding, body)):
            raise _refused()
        place: list[Any] = orjson.loads(body)
        if self.encode(binding, place) != cursor:
            raise _refused()
        return place

    def _tag(self, binding: str, body: bytes) -> bytes:
        return hmac.digest(self._key, binding.encode() + b"\0" + body, "sha256")[:TAG_BYTES]


def _refused() -> BadArgument:
    return BadArgument(
        "This cursor was not made by this list in this order. Use endCursor or startCursor of a"
        " page of the same list, with the same orderBy."
    )
