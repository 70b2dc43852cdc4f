"""Streams of events over real connections: a service that stops, and clients that read nothing."""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from app.cli.serving import GRACE_SECONDS, Protocol
from app.config import Settings
from app.edge import RequestLog
from graphql_schema.execution import Engine
from graphql_schema.streams import Streams
from graphql_schema.view import HttpView
from tests.clients.api import CODES, ask, start_job
from tests.commands import Place, Service
from tests.faults.test_farewell import JOB, WATCH
from tests.graphql import bench

EVENTS = {"accept": "text/event-stream"}


@asynccontextmanager
async def watching(server: Service, job: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream on which the job is watched."""
    body = {"query": WATCH, "variables": {"job": job}}
    async with (
        httpx.AsyncClient(trust_env=False, timeout=30) as client,
        client.stream("POST", f"{server.url}/graphql", json=body, headers=EVENTS) as response,
    ):
        assert response.status_code == 200
        yield response.aiter_lines()


async def next_state(lines: AsyncIterator[str]) -> dict[str, Any] | None:
    """The next state of the job; None when the stream is complete."""
    async for line in lines:
        if line == "event: complete":
            return None
        if line.startswith("data: "):
            state: dict[str, Any] = orjson.loads(line.removeprefix("data: "))["data"]["jobProgress"]
            return state
    raise AssertionError("the answer ended in an orderly way, and was not complete")


async def broken_off(lines: AsyncIterator[str]) -> bool:
    """Whether the connection is closed in the middle of the answer."""
    try:
        while await next_state(lines):
            continue
    except httpx.RemoteProtocolError:
        return True
    return False


async def test_sigterm_with_watchers(tmp_path: Path) -> None:
    """None is told that this was the end, nobody is waited for, and the job goes on."""
    place = Place(tmp_path)
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        server = stack.enter_context(place.serving())
        job = start_job(server)
        watchers = [await stack.enter_async_context(watching(server, job)) for _ in range(5)]
        while (state := await next_state(watchers[0])) and state["inserted"] == 0:
            continue
        began = time.monotonic()
        stopped = loop.run_in_executor(None, server.stop, signal.SIGTERM)
        assert await asyncio.gather(*map(broken_off, watchers)) == [True] * 5
        assert await stopped == 0
        assert time.monotonic() - began < GRACE_SECONDS
    with place.serving() as again:
        async with watching(again, job) as lines:
            states = []
            while state := await next_state(lines):
                states.append(state)
        assert (states[-1]["status"], states[-1]["inserted"]) == ("SUCCESS", CODES)
        assert ask(again, JOB, job=job)["job"] == {"status": "SUCCESS", "inserted": CODES}


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[tuple[str, int]]:
    """The address at which our server shows the application, with small buffers behind it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    config = uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        await serving


async def test_a_client_that_reads_nothing_is_cut_off(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was on its way to it is dropped; whoever reads is told everything meanwhile."""
    monkeypatch.setattr("graphql_schema.streams.PATIENCE_SECONDS", 0.5)
    carried = Streams(2)
    loop = asyncio.get_running_loop()
    async with bench.contexts(sqlite_settings) as contexts:
        view = HttpView(Engine(bench.schema, sqlite_settings), contexts, carried)
        async with listening(RequestLog(view)) as address:
            with socket.socket() as dead, capture_logs() as logs:
                dead.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                dead.settimeout(0)  # as the event loop wants it
                await loop.sock_connect(dead, address)
                await loop.sock_sendall(dead, asking_for(1_000_000))
                async with asyncio.timeout(20):
                    while "stream_stalled" not in {line["event"] for line in logs}:
                        await asyncio.sleep(0.1)
                        assert (await counted(address, 2_000)).endswith(b"0\r\n\r\n")
                    received = await to_the_end(dead)
    assert {line["event"] for line in logs} == {"stream_stalled", "request"}
    assert len(received) < 1_000_000
    assert not received.endswith(b"0\r\n\r\n")
    assert len(carried) == 0


def asking_for(events: int) -> bytes:
    query = f"subscription{{count(to:{events}){{number}}}}"
    head = f"GET /graphql?query={query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    return f"{head}Accept: text/event-stream\r\n\r\n".encode()


async def counted(address: tuple[str, int], events: int) -> bytes:
    """The whole answer to somebody who reads it."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(asking_for(events))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def to_the_end(connection: socket.socket) -> bytes:
    """What had come, until the other end is found closed."""
    loop = asyncio.get_running_loop()
    received = b""
    with suppress(ConnectionResetError):
        while piece := await loop.sock_recv(connection, 65_536):
            received += piece
    return received
