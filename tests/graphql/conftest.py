import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.edge import RequestLog
from app.reading import plan
from app.reading.caching import Bounded
from graphql_schema import planner
from graphql_schema.execution import Engine
from graphql_schema.sockets import SocketView
from graphql_schema.streams import Streams
from graphql_schema.view import HttpView
from tests.graphql import bench
from tests.graphql.clock import Clock
from tests.graphql.service import Running, running
from tests.graphql.socket_client import SocketClient


@pytest.fixture
def doings(monkeypatch: pytest.MonkeyPatch) -> bench.Doings:
    """What the resolvers of the bench did in this test."""
    fresh = bench.Doings()
    monkeypatch.setattr(bench, "doings", fresh)
    return fresh


@pytest.fixture
def engine(sqlite_settings: Settings) -> Engine:
    return Engine(bench.schema, sqlite_settings)


@pytest.fixture
async def contexts(sqlite_settings: Settings) -> AsyncIterator[bench.MakeContexts]:
    async with bench.contexts(sqlite_settings) as make:
        yield make


@pytest.fixture
def streams() -> Streams:
    """Those that the bench carries: at most three at a time."""
    return Streams(3)


@pytest.fixture
def view(
    engine: Engine, contexts: bench.MakeContexts, doings: bench.Doings, streams: Streams
) -> RequestLog:
    """The bench as an ASGI application for HTTP."""
    assert doings.writes == 0
    return RequestLog(HttpView(engine, contexts, streams))


@pytest.fixture
async def http(view: RequestLog) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the bench over HTTP."""
    transport = httpx.ASGITransport(view)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(asyncio.get_running_loop(), monkeypatch)


@pytest.fixture
async def socket(
    engine: Engine, contexts: bench.MakeContexts, doings: bench.Doings
) -> AsyncIterator[SocketClient]:
    """A client of the bench over a WebSocket that has not said anything yet."""
    assert doings.writes == 0
    async with SocketClient(SocketView(engine, contexts)) as client:
        yield client


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Running]:
    """The service on each database, with the queue and on SQLite the worker in this process."""
    configured = settings.model_copy(update={"secret": SecretStr("a secret of tests")})
    async with running(configured) as found:
        yield found


@pytest.fixture
def own_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """For readings that are changed on purpose: no plan of them is kept, and none is found."""
    monkeypatch.setattr(planner, "_plans", Bounded(1_000, 10**7))
    monkeypatch.setattr(plan, "_statements", Bounded(1_000, 10**7))
