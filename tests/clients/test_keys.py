"""Clients of others, unchanged, against a service that asks for keys: each by its own means."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

from app.config import Settings
from app.database import Database
from app.domain.credentials import NONE_SHOWN
from app.domain.roles import Role
from app.secret import load_secret
from tests.clients import node
from tests.clients.api import socket_url
from tests.commands import Place, Service
from tests.keyholders import Hand, bearer

COUNT = "{ campaigns { totalCount } }"
FOUND = {"campaigns": {"totalCount": 0}}
WATCH = 'subscription { jobProgress(jobId: "nonsense") { status } }'
SOCKETS = ["graphqlWs", "urqlWs", "apolloWs"]
OTHERS = ["graphqlSse", "urqlSse", "urqlFetch", "apolloSse", "apolloHttp"]


@dataclass(frozen=True)
class Keyed:
    service: Service
    key: str


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """A service that asks for keys, and one."""
    place = Place(tmp_path_factory.mktemp("keyed"))
    place.environment["PROMOGRAPH_KEYLESS"] = "false"
    settings = Settings(database_url=f"sqlite://{place.folder}/data/promograph.sqlite3")

    async def make() -> str:
        database = await Database.open(settings)
        try:
            return (await Hand(database, load_secret(settings)).create(Role.VIEWER)).text
        finally:
            await database.close()

    with place.serving() as service:
        yield Keyed(service, asyncio.run(make()))


def ask(keyed: Keyed, library: str, query: str, key: str) -> list[Any]:
    service = keyed.service
    url = socket_url(service) if library in SOCKETS else f"{service.url}/graphql"
    lines = node.run("ask.js", library, url, query, "{}", API_KEY=key, RETRIES="0").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("library", [*SOCKETS, *OTHERS])
def test_a_library_with_a_key_and_without(keyed: Keyed, library: str) -> None:
    """By a subscription, which every one of them can send, or by a query."""
    query = COUNT if library == "apolloHttp" else WATCH
    told = json.dumps(ask(keyed, library, query, keyed.key))
    expected = '"totalCount": 0' if query == COUNT else "There is no job with this id."
    assert expected in told
    told = json.dumps(ask(keyed, library, query, ""))
    assert expected not in told
    assert "error" in told


async def test_gql_over_a_socket(keyed: Keyed) -> None:
    url = socket_url(keyed.service)
    shown = {"Authorization": bearer(keyed.key)}
    async with Client(transport=WebsocketsTransport(url, init_payload=shown)) as session:
        assert await session.execute(gql(COUNT)) == FOUND
    with pytest.raises(TransportConnectionFailed) as refused:
        async with Client(transport=WebsocketsTransport(url)):
            raise AssertionError("it must not be let in")
    closed = refused.value.__cause__
    assert isinstance(closed, ConnectionClosed)
    assert closed.rcvd is not None
    assert (closed.rcvd.code, closed.rcvd.reason) == (4403, NONE_SHOWN)


async def test_gql_over_http(keyed: Keyed) -> None:
    url, shown = f"{keyed.service.url}/graphql", {"Authorization": bearer(keyed.key)}
    transport = HTTPXAsyncTransport(url, headers=shown, trust_env=False)
    async with Client(transport=transport) as session:
        assert await session.execute(gql(COUNT)) == FOUND
    async with Client(transport=HTTPXAsyncTransport(url, trust_env=False)) as session:
        with pytest.raises((TransportQueryError, TransportServerError)) as refused:
            await session.execute(gql(COUNT))
    assert "401" in str(refused.value) or NONE_SHOWN in str(refused.value)
