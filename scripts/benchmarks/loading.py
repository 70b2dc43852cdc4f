"""Many callers at once, each on a connection of its own, each asking again when it has an answer.

A caller is bare sockets, so that it costs the machine little of what it measures.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

LENGTH = b"content-length: "
ERRORS = b'"errors"'


@dataclass(frozen=True)
class Load:
    """How long each answer took, and how long it was until the last one."""

    seconds: float
    took: list[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.took) / self.seconds

    def percentile(self, part: int) -> float:
        """In milliseconds."""
        ordered = sorted(self.took)
        return round(ordered[len(ordered) * part // 100] * 1_000, 2)


@dataclass(frozen=True)
class Request:
    """The HTTP request that asks a document; each has variables of its own."""

    url: str
    document: str
    variables: Callable[[], Mapping[str, Any]]
    right: bytes = b""
    """What every answer holds, or it is a wrong one."""

    def encode(self) -> bytes:
        body = orjson.dumps({"query": self.document, "variables": self.variables()})
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: {urlsplit(self.url).netloc}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def load(request: Request, connections: int, seconds: float) -> Load:
    took: list[float] = []
    started = time.perf_counter()
    end = started + seconds
    await asyncio.gather(*(_caller(request, took, end) for _ in range(connections)))
    return Load(time.perf_counter() - started, took)


async def drive(ask: Callable[[], Awaitable[None]], callers: int, seconds: float) -> Load:
    """Load something in this process instead."""
    took: list[float] = []
    started = time.perf_counter()

    async def caller() -> None:
        while (asked := time.perf_counter()) < started + seconds:
            await ask()
            took.append(time.perf_counter() - asked)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return Load(time.perf_counter() - started, took)


async def _caller(request: Request, took: list[float], end: float) -> None:
    address = urlsplit(request.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    with closing(writer):
        while (asked := time.perf_counter()) < end:
            writer.write(request.encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(LENGTH)[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            took.append(time.perf_counter() - asked)
            wrong = ERRORS in body[:200] or request.right not in body
            if wrong or not head.startswith(b"http/1.1 200 "):
                raise RuntimeError(body.decode())
