"""A PostgreSQL that dies under load: callers hear one of two typed errors, and then go on."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from app.config import Settings
from app.database import Database
from app.database.errors import Conflict, Unavailable
from tests.servers import Postgres

CLIENTS = 20
UP_SECONDS = 0.2
DOWN_SECONDS = 0.2


class Clients:
    """Readers and writers that never pause, and what each of their calls ended with."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ends: Counter[type[Exception] | None] = Counter()
        self.stored = 0
        self.unknown = 0

    async def prepare(self) -> None:
        async with self.database.transaction() as tx:
            await tx.execute("CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)")
            await tx.execute("INSERT INTO counter SELECT id, 0 FROM generate_series(1, 4) AS id")

    async def write(self) -> None:
        try:
            async with self.database.transaction() as tx:
                await tx.execute("UPDATE counter SET n = n + 1 WHERE id = $1", 1 + self.stored % 4)
                await tx.fetch("SELECT id, n FROM counter, generate_series(1, 20)")
        except Exception:
            self.unknown += 1
            raise
        self.stored += 1

    async def read(self) -> None:
        await self.database.read("SELECT id, n FROM counter, generate_series(1, $1)", 20)

    async def work_through(self, crash: Callable[[], Awaitable[None]]) -> None:
        """Keep calling before, during and after a crash."""
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS // 2):
                group.create_task(self._repeat(self.write, done))
                group.create_task(self._repeat(self.read, done))
            await asyncio.sleep(UP_SECONDS)
            try:
                await crash()
                await asyncio.sleep(UP_SECONDS)
            finally:
                done.set()

    async def _repeat(self, call: Callable[[], Awaitable[None]], done: asyncio.Event) -> None:
        while not done.is_set():
            try:
                await call()
            except Exception as error:  # noqa: BLE001 - whatever comes out is what is looked at
                self.ends[type(error)] += 1
                await asyncio.sleep(0.001)
            else:
                self.ends[None] += 1


async def kill_server(server: Postgres, _: Database) -> None:
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(DOWN_SECONDS)
    await asyncio.to_thread(server.start)


async def kill_session(_: Postgres, database: Database) -> None:
    """PostgreSQL ends all other sessions too, and recovers by itself."""
    os.kill((await database.read("SELECT pg_backend_pid()"))[0][0], signal.SIGKILL)
    await asyncio.sleep(DOWN_SECONDS)


@pytest.mark.parametrize("crash", [kill_server, kill_session])
async def test_a_crash_under_load_is_unavailable(
    crash: Callable[[Postgres, Database], Awaitable[None]],
) -> None:
    with Postgres(durable=True) as server:
        database = await Database.open(Settings(database_url=server.url(), redis_url=""))
        try:
            clients = Clients(database)
            await clients.prepare()
            for _ in range(3):
                await clients.work_through(partial(crash, server, database))
                await assert_recovered(database)
            (row,) = await database.read("SELECT SUM(n) AS n FROM counter")
        finally:
            await database.close()

    assert clients.ends.keys() - {None} <= {Unavailable, Conflict}
    assert clients.ends[Unavailable] > 0
    # What was told to be stored is; of a call that failed it is not known.
    assert clients.stored <= row["n"] <= clients.stored + clients.unknown


async def assert_recovered(database: Database) -> None:
    """Every connection of the pool serves again."""
    for _ in range(200):
        if not await failures(database):
            break
        await asyncio.sleep(0.05)
    assert await failures(database) == []
    pool: Any = database._client._pool  # type: ignore[attr-defined]  # noqa: SLF001 - the engine is under test
    assert pool.get_idle_size() == pool.get_size()


async def failures(database: Database) -> list[BaseException]:
    pings = (database.ping() for _ in range(CLIENTS))
    ends = await asyncio.gather(*pings, return_exceptions=True)
    return [end for end in ends if end]
