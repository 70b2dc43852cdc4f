"""The service told to stop while callers are connected: sockets end, work stays, exit is clean."""

import asyncio
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.clients.api import CODES, ask, socket_url, start_job
from tests.commands import Place, Service

WATCH = "subscription ($job: ID!) { jobProgress(jobId: $job) { sequence status inserted } }"
JOB = "query ($job: ID!) { job(id: $job) { status inserted } }"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def server(place: Place) -> Iterator[Service]:
    with place.serving() as service:
        yield service


async def watch(server: Service, job: str) -> ClientConnection:
    """A connection on which the job is watched; its first event has come."""
    socket = await connect(
        socket_url(server), subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None
    )
    await socket.send('{"type": "connection_init"}')
    assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
    payload = {"query": WATCH, "variables": {"job": job}}
    message = {"id": "1", "type": "subscribe", "payload": payload}
    await socket.send(orjson.dumps(message).decode())
    assert orjson.loads(await socket.recv())["type"] == "next"
    return socket


async def close_code(socket: ClientConnection) -> int | None:
    try:
        async with asyncio.timeout(10):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


async def test_sigterm_with_watchers(place: Place, server: Service) -> None:
    """Every socket is told to come back, the job goes on at the next start, nothing is doubled."""
    job = start_job(server)
    sockets = [await watch(server, job) for _ in range(5)]
    async with asyncio.timeout(20):
        while (
            orjson.loads(await sockets[0].recv())["payload"]["data"]["jobProgress"]["inserted"] == 0
        ):
            continue
    stopped = asyncio.get_running_loop().run_in_executor(None, server.stop, signal.SIGTERM)
    assert await asyncio.gather(*(close_code(socket) for socket in sockets)) == [1012] * 5
    assert await stopped == 0
    with place.serving() as again:
        socket = await watch(again, job)
        while (message := orjson.loads(await socket.recv()))["type"] == "next":
            continue
        assert message == {"id": "1", "type": "complete"}
        await socket.close()
        assert ask(again, JOB, job=job)["job"] == {"status": "SUCCESS", "inserted": CODES}
        assert again.stop(signal.SIGTERM) == 0
    with closing(sqlite3.connect(place.folder / "data" / "promograph.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM code").fetchone() == (CODES,)


async def test_a_dead_watcher_holds_nothing_up(server: Service) -> None:
    """Its connection is open, and it reads nothing any more."""
    job = start_job(server)
    dead = await watch(server, job)
    dead.transport.pause_reading()
    living = await watch(server, job)
    while orjson.loads(await living.recv())["type"] == "next":
        continue
    await living.close()
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, server.stop, signal.SIGTERM) == 0
    dead.transport.abort()
