"""Tasks are cancelled at any moment; afterwards nothing is held and nothing is half done."""
# ruff: noqa: ANN401, SLF001, S311 - who looks for leaks looks inside; chance chooses the moments

import asyncio
import random  # noqa: TID251 - pytest-randomly seeds it and prints the seed
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import pytest
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from app.config import Settings
from app.database import Database, Statements, tortoise_config

TASKS = 300
AT_ONCE = 5
LONGEST_SECONDS = 0.006
INSERT = "INSERT INTO pair (name) VALUES ('left'), ('right')"
COUNT = "SELECT count(*) AS n FROM pair"


class Target(Protocol):
    """What the cancelled tasks do to a database."""

    client: Any

    async def write(self) -> None:
        """Insert a pair in one transaction, in two statements."""

    async def write_at_once(self) -> None:
        """Insert a pair in one transaction that is handed over as a whole."""

    async def write_part(self) -> None:
        """Insert a pair after a part of the same transaction has failed."""

    async def count(self) -> int: ...


class Ours:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.client: Any = database._client

    async def write(self) -> None:
        async with self.database.transaction() as tx:
            await insert_pair(tx)

    async def write_at_once(self) -> None:
        await self.database.transact(insert_pair)

    async def write_part(self) -> None:
        async with self.database.transaction() as tx:
            with suppress(LookupError):
                async with tx.savepoint():
                    await tx.execute("INSERT INTO pair (name) VALUES ('undone')")
                    raise LookupError
            await tx.execute(INSERT)

    async def count(self) -> int:
        return int((await self.database.read(COUNT))[0]["n"])


async def insert_pair(tx: Statements) -> None:
    await tx.execute("INSERT INTO pair (name) VALUES ($1)", "left")
    await tx.fetch(COUNT)
    await tx.execute("INSERT INTO pair (name) VALUES ($1)", "right")


class Stock:
    """The same through Tortoise's own engines and contexts: the variant that must be caught."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def write(self) -> None:
        async with in_transaction() as transaction:
            await transaction.execute_query("INSERT INTO pair (name) VALUES ('left')")
            await transaction.execute_query(COUNT)
            await transaction.execute_query("INSERT INTO pair (name) VALUES ('right')")

    write_at_once = write

    async def write_part(self) -> None:
        async with in_transaction() as transaction:
            with suppress(LookupError):
                async with in_transaction() as part:
                    await part.execute_query("INSERT INTO pair (name) VALUES ('undone')")
                    raise LookupError
            await transaction.execute_query(INSERT)

    async def count(self) -> int:
        return int((await self.client.execute_query_dict(COUNT))[0]["n"])


@pytest.fixture
async def pairs(database: Database) -> Database:
    identity = {
        "postgres": "bigint GENERATED ALWAYS AS IDENTITY",
        "sqlite": "INTEGER",
    }[database.dialect.name]
    async with database.transaction() as tx:
        await tx.execute(f"CREATE TABLE pair (id {identity} PRIMARY KEY, name text NOT NULL)")
    return database


@asynccontextmanager
async def stock(settings: Settings) -> AsyncIterator[Stock]:
    """Open Tortoise's own engine on the database; leave whatever it leaked behind."""
    config = tortoise_config(settings)
    (name,) = config["connections"]
    if settings.embedded:
        url = f"sqlite://{settings.sqlite_path}"
    else:
        url = settings.database_url.replace("postgresql:", "asyncpg:")
    config["connections"][name] = url
    context = TortoiseContext()
    with context:
        await context.init(config)
        client = context.db()
        await client.create_connection(with_db=True)
        try:
            yield Stock(client)
        finally:
            if settings.embedded:
                await client._connection.close()
            else:
                client._pool.terminate()


async def cancel_at_random(target: Target, tasks: int = TASKS) -> None:
    """Cancel few at a time, so that most are in a transaction and not in a queue for one."""
    kinds: list[Callable[[], Awaitable[object]]] = [
        target.write,
        target.write_at_once,
        target.write_part,
        target.count,
    ]
    for _ in range(tasks // AT_ONCE):
        await asyncio.gather(*(cancelled(random.choice(kinds)) for _ in range(AT_ONCE)))


async def cancelled(work: Callable[[], Awaitable[object]]) -> None:
    async def run() -> None:
        await work()

    task = asyncio.create_task(run())
    await asyncio.sleep(random.uniform(0, LONGEST_SECONDS))
    task.cancel()
    if random.random() < 0.3:
        # Once more, into the middle of its cleaning up.
        await asyncio.sleep(random.uniform(0, LONGEST_SECONDS / 4))
        task.cancel()
    await asyncio.wait({task}, timeout=1)


async def assert_works(target: Target) -> None:
    """Whole pairs only, many callers at once are served, and then every connection is home."""
    async with asyncio.timeout(5):
        before = await target.count()
        assert before % 2 == 0
        calls = [[target.write(), target.write_at_once(), target.count()] for _ in range(10)]
        await asyncio.gather(*(call for three in calls for call in three))
        assert await target.count() == before + 40
    assert_nothing_held(target.client)


def assert_nothing_held(client: Any) -> None:
    if client.capabilities.dialect == "sqlite":
        assert not client._lock.locked()
    else:
        assert client._pool.get_idle_size() == client._pool.get_size()


async def test_nothing_is_held_after_random_cancels(pairs: Database, *, long: bool) -> None:
    target = Ours(pairs)
    await cancel_at_random(target, TASKS * 20 if long else TASKS)
    assert_nothing_held(target.client)
    await assert_works(target)


@pytest.mark.usefixtures("pairs")
async def test_stock_contexts_are_caught(settings: Settings) -> None:
    async with stock(settings) as target:
        with pytest.raises((TimeoutError, AssertionError)):
            await cancel_until_broken(target)


async def cancel_until_broken(target: Target) -> None:
    """Repeat: a BEGIN is short, and how soon a cancel meets one is luck."""
    for _ in range(20):
        await cancel_at_random(target)
        await assert_works(target)
