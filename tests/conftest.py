import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
import pytest
from redis import Redis

from app.config import Settings
from app.database import Database
from app.database.migrations import migrate
from tests.servers import Postgres, Valkey

T = TypeVar("T")
Backend = Literal["sqlite", "postgres"]

_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long form of long tests")


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether tests that come in two sizes run the long one."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest) -> Backend:
    chosen: Backend = request.param
    return chosen


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server on which databases may be made: DATABASE_URL's, or our own for this run."""
    if url := os.environ.get("DATABASE_URL"):  # noqa: TID251 - names the servers of a test run
        yield url
    else:
        with Postgres() as server:
            yield server.url()


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    if url := os.environ.get("REDIS_URL"):  # noqa: TID251 - names the servers of a test run
        yield url
    else:
        with Valkey() as server:
            yield server.url


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """An empty Redis."""
    with Redis.from_url(redis_server_url) as redis:
        redis.flushdb()
    return redis_server_url


@pytest.fixture
def settings(backend: Backend, request: pytest.FixtureRequest) -> Settings:
    """Settings of a fresh database with every table; the queue is in process."""
    chosen: Settings = request.getfixturevalue(f"{backend}_settings")
    return chosen


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = await Database.open(settings)
    yield opened
    await opened.close()


@pytest.fixture
def sqlite_settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    path = tmp_path / "promograph.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return _settings(f"sqlite://{path}")


@pytest.fixture
def postgres_settings(postgres_url: str, postgres_template: str) -> Iterator[Settings]:
    name = f"{postgres_template}_{next(_numbers)}"
    _run(_command(postgres_url, f"CREATE DATABASE {name} TEMPLATE {postgres_template} {_COPY}"))
    yield _settings(_named(postgres_url, name))
    _run(_command(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "promograph.sqlite3"
    _run(migrate(_settings(f"sqlite://{path}")))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    name = f"promograph_test_{os.getpid()}"
    _run(_command(postgres_url, f"CREATE DATABASE {name}"))
    _run(migrate(_settings(_named(postgres_url, name))))
    yield name
    _run(_command(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


# Copying files beats writing them through the log, and makes dropping them quick.
_COPY = "STRATEGY file_copy"


def _settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url="", keyless=True)


def _named(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()


async def _command(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run in a loop of its own, so that tests with and without one can use the fixture."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
