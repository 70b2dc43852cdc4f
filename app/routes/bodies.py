"""The body of a request as it comes, for as long as it keeps coming."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from starlette.requests import Request

from app.domain.import_files import FileErrorCode, FileRefused
from app.routes.answers import NotServed

IDLE_SECONDS: Final = 30.0
GRACE_SECONDS: Final = 60.0
LEAST_BYTES_A_SECOND: Final = 10_000


async def pieces(request: Request) -> AsyncGenerator[bytes]:
    """Each piece of the body, in the memory of one, however large the whole is.

    Who sends nothing for 30 seconds, or less than 10 KB a second after the first minute, is told
    408. Only time in which we wait counts: while our own disk is slow, nobody can send.
    """
    clock = asyncio.get_running_loop().time
    stream = request.stream()
    waited = 0.0
    received = 0
    while True:
        asked_at = clock()
        patience = GRACE_SECONDS + received / LEAST_BYTES_A_SECOND - waited
        piece = await _within(min(patience, IDLE_SECONDS), stream)
        if piece is None:
            return
        waited += clock() - asked_at
        received += len(piece)
        yield piece


async def _within(seconds: float, stream: AsyncGenerator[bytes]) -> bytes | None:
    """The next piece, None after the last one."""
    try:
        async with asyncio.timeout(seconds):
            # Once there is no patience left, what has come already comes too late.
            await asyncio.sleep(0)
            return await anext(stream, None)
    except TimeoutError:
        raise NotServed(408, "The body did not arrive in time.") from None


def check_length(request: Request, most_bytes: int) -> None:
    """Refuse what announces itself as too large; what announces nothing is counted as it comes."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > most_bytes:
        raise FileRefused(
            FileErrorCode.FILE_TOO_LARGE, f"The file may have at most {most_bytes:,} bytes."
        )
