"""The one way to the database: transactions, reads, and what they refuse."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self, TypeVar, cast

from tortoise.context import TortoiseContext, get_current_context

from app.config import Settings
from app.database.dialects import POSTGRES, SQLITE, Dialect
from app.database.engine import Row
from app.database.lanes import GENERAL, Lane
from app.database.transaction import Client, Transaction, Work

MODELS = "app.models"
MIGRATIONS = "app.migrations"

T = TypeVar("T")


class Database:
    """One database, opened once in a process.

    The first one open also serves models that are used without a client.
    """

    def __init__(self, settings: Settings, lane: Lane = GENERAL) -> None:
        self.dialect = dialect(settings)
        self._settings = settings
        self._lane = lane
        self._context = TortoiseContext()
        self._inside: set[asyncio.Task[Any] | None] = set()

    @classmethod
    async def open(cls, settings: Settings, lane: Lane = GENERAL) -> Self:
        """Connect. The tables are `migrations.migrate`'s business."""
        database = cls(settings, lane)
        if settings.embedded:
            settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        await database._connect()
        return database

    async def _connect(self) -> None:
        first = get_current_context() is None
        with self._context:
            await self._context.init(
                tortoise_config(self._settings, self._lane), _enable_global_fallback=first
            )
        self._client = cast("Client", self._context.db())
        try:
            await self._client.create_connection(with_db=True)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._context.close_connections()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit at the end of the block; roll back on any exception, cancellation included.

        READ COMMITTED on PostgreSQL; on SQLite the writer is held from the start (BEGIN IMMEDIATE).
        """
        with self._alone():
            async with self._client.transaction() as client:
                yield Transaction(client)

    async def transact(self, work: Work[T]) -> T:
        """Run `work` in one transaction: for short ones that run often, of raw statements alone.

        On SQLite it is one call into the writer's thread instead of one for each statement, and
        while it runs there is no event loop: `work` awaits its statements and nothing else, or
        is refused with a RuntimeError and rolled back.
        """
        with self._alone():
            return await self._client.transact(work)

    async def read(self, sql: str, *values: object) -> list[Row]:
        """Run one reading statement outside any transaction; on SQLite it waits for no writer."""
        if asyncio.current_task() in self._inside:
            raise RuntimeError("a transaction reads through tx.fetch: this read would not see it")
        return await self._client.read(sql, values)

    async def ping(self) -> None:
        """Raise Unavailable when the database cannot answer."""
        await self.read("SELECT 1")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Refuse a second connection for one task: with all of them waiting so, none goes on."""
        task = asyncio.current_task()
        if task in self._inside:
            raise RuntimeError("this task is in a transaction already: use tx.savepoint()")
        self._inside.add(task)
        try:
            yield
        finally:
            self._inside.discard(task)


def dialect(settings: Settings) -> Dialect:
    return SQLITE if settings.embedded else POSTGRES


def tortoise_config(settings: Settings, lane: Lane = GENERAL) -> dict[str, Any]:
    """Tell Tortoise about our engines.

    The connection is named after the dialect: Tortoise caches statements by that name, and those
    of one database are wrong on the other.
    """
    name = dialect(settings).name
    return {
        "connections": {name: _connection(settings, lane)},
        "apps": {
            "models": {
                "models": [MODELS],
                "migrations": MIGRATIONS,
                "default_connection": name,
            }
        },
    }


def _connection(settings: Settings, lane: Lane) -> dict[str, Any]:
    wait = settings.database_wait_seconds
    if settings.embedded:
        return {
            "engine": "app.database.sqlite_engine",
            "credentials": {"file_path": str(settings.sqlite_path), "wait_seconds": wait},
        }
    return {
        "engine": "app.database.asyncpg_engine",
        "credentials": {
            "dsn": settings.database_url,
            "pool_size": lane.pool_size or settings.database_pool_size,
            "wait_seconds": wait,
            "statement_seconds": settings.database_statement_seconds,
            "server_settings": lane.server_settings,
        },
    }
