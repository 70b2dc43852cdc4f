"""The file that a command sends: named, or what comes on the standard input."""

import asyncio
import os
import stat
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PIECE_BYTES: Final = 65_536
_STANDARD_INPUT: Final = 0


class SourceChanged(Exception):  # noqa: N818 - a fact, not a fault
    """The file grew or shrank while it was read, so what was read is neither of both."""


@dataclass(frozen=True, slots=True)
class Source:
    """An open file. The name is None for the standard input, the size for all that has none."""

    descriptor: int
    name: str | None
    size: int | None

    async def pieces(self, advance: Callable[[int], None]) -> AsyncGenerator[bytes]:
        """All bytes; `advance` hears how many were taken.

        SourceChanged comes before the last piece, so that nobody takes the rest for the whole.
        """
        seen = 0
        before = _measured(self.descriptor)
        piece = await _read(self.descriptor)
        while piece:
            seen += len(piece)
            following = await _read(self.descriptor)
            if not following or (self.size is not None and seen >= self.size):
                self._check(seen + len(following), before)
            yield piece
            advance(len(piece))
            piece = following
        self._check(seen, before)

    def _check(self, seen: int, before: tuple[int, int]) -> None:
        if self.size is not None and (seen != self.size or _measured(self.descriptor) != before):
            raise SourceChanged(
                f"{self.name} changed while it was read, so it was not imported; send it again."
            )


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file, or with `-` the standard input."""
    if str(path) == "-":
        yield Source(_STANDARD_INPUT, None, None)
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        status = os.fstat(descriptor)
        # A pipe has a name too, but no size.
        size = status.st_size if stat.S_ISREG(status.st_mode) else None
        yield Source(descriptor, path.name, size)
    finally:
        os.close(descriptor)


def _measured(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns


async def _read(descriptor: int) -> bytes:
    """Read in a thread that nobody waits for: who interrupts a pipe need not wait for its end."""
    result: Future[bytes] = Future()
    result.set_running_or_notify_cancel()

    def work() -> None:
        try:
            result.set_result(os.read(descriptor, PIECE_BYTES))
        except OSError as error:
            result.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return await asyncio.wrap_future(result)
