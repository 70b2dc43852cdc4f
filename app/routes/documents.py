"""Files that are given out: fixed ones, which are kept by whoever asks, and those of a moment."""

import hashlib
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

# Whoever asks again within it is not answered anew; a new release may bring a new document.
_FRESH_SECONDS: Final = 3_600
# What a quoted file name may hold without meaning anything else.
_PLAIN: Final = frozenset(map(chr, range(32, 127))) - {'"', "\\"}


def fixed(request: Request, content: bytes, media_type: str) -> Response:
    """A document that changes with releases only: 304 to who has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "cache-control": f"max-age={_FRESH_SECONDS}",
        "etag": tag,
        "x-content-type-options": "nosniff",
    }
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(content, headers={**headers, "content-type": media_type})


def attachment(name: str, media_type: str) -> dict[str, str]:
    """Headers of a file to keep: browsers neither show nor run what strangers wrote into it."""
    plain = "".join(letter if letter in _PLAIN else "_" for letter in name)
    return {
        "content-type": f"{media_type}; charset=utf-8",
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
