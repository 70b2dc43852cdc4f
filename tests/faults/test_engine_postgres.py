"""PostgreSQL: the pool's settings, and what happens when the server or the network goes away."""
# ruff: noqa: PT012 - the whole block is what raises

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
import pytest
from tortoise.exceptions import OperationalError, TransactionManagementError

from app.config import Settings
from app.database import Database
from app.database.errors import Conflict, ConstraintViolated, Unavailable
from tests.servers import Postgres


@pytest.fixture
def backend() -> str:
    return "postgres"


@asynccontextmanager
async def opened(settings: Settings, **changes: object) -> AsyncIterator[Database]:
    database = await Database.open(settings.model_copy(update=changes))
    try:
        yield database
    finally:
        await database.close()


def pool(database: Database) -> Any:  # noqa: ANN401 - asyncpg ships no types
    return database._client._pool  # type: ignore[attr-defined]  # noqa: SLF001 - the engine is under test


@pytest.fixture
async def counter(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)")
        await tx.execute("INSERT INTO counter VALUES (1, 0), (2, 0)")
    return database


async def test_every_session_has_our_settings(settings: Settings) -> None:
    expected = {
        "jit": "off",
        "enable_incremental_sort": "off",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "statement_timeout": "7s",
        "idle_in_transaction_session_timeout": "7s",
        "lock_timeout": "3s",
        "synchronous_commit": "on",
        "application_name": "by url",
        "transaction_isolation": "read committed",
    }
    url = f"{settings.database_url}&application_name=by%20url"
    limits = {"database_statement_seconds": 7, "database_wait_seconds": 3}
    async with opened(settings, database_url=url, **limits) as database:
        shown = {name: (await database.read(f"SHOW {name}"))[0][0] for name in expected}
    assert shown == expected


async def test_transactions_read_what_is_committed(settings: Settings) -> None:
    url = f"{settings.database_url}&default_transaction_isolation=serializable"
    async with opened(settings, database_url=url) as database, database.transaction() as tx:
        assert await tx.fetch_value("SHOW transaction_isolation") == "read committed"


async def test_the_pool_is_as_large_as_said(settings: Settings) -> None:
    async with opened(settings, database_pool_size=3) as database:
        assert (pool(database).get_min_size(), pool(database).get_max_size()) == (1, 3)
        await asyncio.gather(*(database.read("SELECT pg_sleep(0.01)") for _ in range(12)))
        assert (pool(database).get_size(), pool(database).get_idle_size()) == (3, 3)


async def test_long_statements_stay_prepared(database: Database) -> None:
    async with database.transaction() as tx:
        statement = "SELECT 1 /* " + "long " * 10_000 + "*/"
        await tx.fetch(statement)
        prepared = await tx.fetch_value(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1", statement
        )
    assert prepared == 1


async def test_an_exhausted_pool_is_unavailable(settings: Settings) -> None:
    async with opened(settings, database_pool_size=2) as database:
        database._client.wait_seconds = 0.05  # type: ignore[attr-defined]  # noqa: SLF001 - the engine is under test
        busy = [asyncio.create_task(database.read("SELECT pg_sleep(30)")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match=r"waited 0\.05 s for a free connection"):
            await database.ping()
        for task in busy:
            task.cancel()
        await asyncio.wait(busy, timeout=5)
        await database.ping()


async def test_a_swallowed_error_is_not_committed(counter: Database) -> None:
    with pytest.raises(TransactionManagementError, match="nothing was stored"):
        async with counter.transaction() as tx:
            await tx.execute("UPDATE counter SET n = 5")
            with pytest.raises(ConstraintViolated):
                await tx.execute("INSERT INTO counter VALUES (1, 0)")
    assert (await counter.read("SELECT max(n) FROM counter"))[0][0] == 0


async def terminate_backends(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


async def test_a_terminated_transaction_is_unavailable(
    counter: Database, settings: Settings
) -> None:
    with pytest.raises(Unavailable):
        async with counter.transaction() as tx:
            await tx.execute("UPDATE counter SET n = 5")
            await terminate_backends(settings)
            await tx.execute("UPDATE counter SET n = 6")
    await assert_recovers(counter)
    assert (await counter.read("SELECT max(n) FROM counter"))[0][0] == 0


async def test_a_commit_on_a_terminated_connection_is_unavailable(
    counter: Database, settings: Settings
) -> None:
    with pytest.raises(Unavailable):
        async with counter.transaction() as tx:
            await tx.execute("UPDATE counter SET n = 5")
            await terminate_backends(settings)
    await assert_recovers(counter)


async def test_a_terminated_read_is_unavailable(counter: Database, settings: Settings) -> None:
    task = asyncio.create_task(counter.read("SELECT pg_sleep(30)"))
    await asyncio.sleep(0.05)
    await terminate_backends(settings)
    with pytest.raises(Unavailable):
        await task
    await assert_recovers(counter)


async def assert_recovers(database: Database) -> None:
    """Every connection of the pool serves again, at the second try at the latest."""
    pings = [database.ping() for _ in range(20)]
    await asyncio.gather(*pings, return_exceptions=True)
    await asyncio.gather(*(database.ping() for _ in range(20)))
    assert pool(database).get_idle_size() == pool(database).get_size()


async def test_a_slow_statement_is_stopped(settings: Settings) -> None:
    async with opened(settings, database_statement_seconds=1) as database:
        with pytest.raises(Unavailable, match="QueryCanceledError"):
            await database.read("SELECT pg_sleep(30)")


async def test_waiting_for_a_lock_is_a_conflict(counter: Database, settings: Settings) -> None:
    async with opened(settings, database_wait_seconds=1) as other, counter.transaction() as tx:
        await tx.execute("UPDATE counter SET n = 1 WHERE id = 1")
        with pytest.raises(Conflict, match="LockNotAvailableError"):
            await asyncio.create_task(update(other, 1))


async def update(database: Database, *ids: int) -> None:
    async with database.transaction() as tx:
        for number in ids:
            await tx.execute("UPDATE counter SET n = n + 1 WHERE id = $1", number)
            await asyncio.sleep(0.05)


async def test_a_deadlock_is_a_conflict_for_one(counter: Database) -> None:
    ends = await asyncio.gather(
        update(counter, 1, 2), update(counter, 2, 1), return_exceptions=True
    )
    assert [type(end) for end in ends if end] == [Conflict]
    rows = await counter.read("SELECT n FROM counter ORDER BY id")
    assert [row["n"] for row in rows] == [1, 1]


async def test_a_server_that_refuses_is_unavailable(settings: Settings) -> None:
    for url in (
        settings.database_url.replace("host=/", "host=/missing/"),
        settings.database_url.replace("/promograph_test", "/missing"),
    ):
        with pytest.raises(Unavailable):
            await Database.open(settings.model_copy(update={"database_url": url}))


async def test_a_standby_is_unavailable_for_writes(settings: Settings) -> None:
    url = f"{settings.database_url}&default_transaction_read_only=on"
    async with opened(settings, database_url=url) as database:
        await database.ping()
        with pytest.raises(Unavailable, match="ReadOnlySQLTransactionError"):
            async with database.transaction() as tx:
                await tx.execute("DELETE FROM campaign")


async def test_a_wrong_statement_is_the_callers_own_error(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.read("SELECT * FROM missing")
    with pytest.raises(asyncpg.InterfaceError, match="expects 1 argument"):
        await database.read("SELECT $1::int")
    with pytest.raises(OperationalError, match="missing"):
        async with database.transaction() as tx:
            await tx.client.execute_query("SELECT * FROM missing")


async def test_a_restarted_server_is_used_again() -> None:
    with Postgres(durable=True) as server:
        settings = Settings(database_url=server.url(), redis_url="")
        async with opened(settings) as database:
            async with database.transaction() as tx:
                await tx.execute("CREATE TABLE kept (id int)")
            server.kill()
            with pytest.raises(Unavailable):
                await database.ping()
            server.start()
            assert await database.read("SELECT * FROM kept") == []
            assert (await database.read("SHOW fsync"))[0][0] == "on"


async def test_a_frozen_server_does_not_hold_a_cancelled_task() -> None:
    with Postgres() as server:
        settings = Settings(database_url=server.url(), redis_url="", database_pool_size=2)
        async with opened(settings) as database:
            async with database.transaction() as tx:
                frozen = await tx.fetch_value("SELECT pg_backend_pid()")
            task = asyncio.create_task(database.read("SELECT pg_sleep(60)"))
            await asyncio.sleep(0.05)
            os.kill(frozen, signal.SIGSTOP)
            task.cancel()
            await asyncio.wait({task}, timeout=8)
            assert task.cancelled()
            await database.ping()
            os.kill(frozen, signal.SIGCONT)
