"""Many watchers of one job: bare connections, so that they cost the machine little."""

import asyncio
import base64
import re
import secrets
import time
from dataclasses import dataclass, field

import orjson

DOCUMENT = """subscription ($job: ID!) { jobProgress(jobId: $job) {
  sequence status phase total processed inserted failed percent rate etaSeconds
} }"""
SEQUENCE = re.compile(rb'"sequence": ?"(\d+)"')
AT_ONCE = 50
SHORT = 126
LONGEST_SECONDS = 60


@dataclass
class Audience:
    """Everybody who watches, and when each heard of which change."""

    port: int
    job: str
    heard: list[tuple[str, float]] = field(default_factory=list)
    size: int = 0

    async def grow(self, kind: type["Watcher"], number: int) -> None:
        """So many more, each of whom has heard the present state."""
        loop = asyncio.get_running_loop()
        self.heard.clear()
        for start in range(0, number, AT_ONCE):
            joining = range(min(AT_ONCE, number - start))
            connections = (
                loop.create_connection(lambda: kind(self), "127.0.0.1", self.port) for _ in joining
            )
            await asyncio.gather(*connections)
        self.size += number
        async with asyncio.timeout(LONGEST_SECONDS):
            while len(self.heard) < number:  # noqa: ASYNC110 - bare protocols tell of nothing
                await asyncio.sleep(0.05)

    def request(self) -> dict[str, object]:
        return {"query": DOCUMENT, "variables": {"job": self.job}}


class Watcher(asyncio.Protocol):
    """One of them; how it asks is its kind's."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what TCP connections have
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        raise TypeError("a kind of watcher says how it asks")

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        for sequence in SEQUENCE.findall(data):
            self.audience.heard.append((sequence.decode(), now))


class EventWatcher(Watcher):
    """By Server-Sent Events."""

    def ask(self) -> None:
        body = orjson.dumps(self.audience.request())
        head = (
            "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)


class SocketWatcher(Watcher):
    """By graphql-transport-ws."""

    def ask(self) -> None:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.transport.write(
            "GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\n"
            f"connection: upgrade\r\nsec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n"
            "sec-websocket-protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 101"):
            self.send({"type": "connection_init"})
        elif b"connection_ack" in data:
            self.send({"id": "1", "type": "subscribe", "payload": self.audience.request()})
        else:
            super().data_received(data)

    def send(self, message: dict[str, object]) -> None:
        text = orjson.dumps(message)
        size = len(text)
        length = bytes([0x80 | size]) if size < SHORT else b"\xfe" + size.to_bytes(2, "big")
        # A mask of zeros leaves the text as it is.
        self.transport.write(b"\x81" + length + bytes(4) + text)
