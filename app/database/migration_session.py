"""The one connection that a run of migrations holds, and with it the lock that keeps others out."""

import sqlite3
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Self

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base_postgres.client import BasePostgresClient
from tortoise.backends.sqlite.client import SqliteClient

from app.config import Settings
from app.database.engine import Row
from app.database.sqlite_connection import SqliteConnection

# Any number that no other advisory lock of this database uses.
_LOCK = 7_206_031_118
_WAIT_SECONDS = 60


class MigrationSession(BaseDBAsyncClient):
    """What Tortoise's migrations ask of a database, on one connection from first to last."""

    def __init__(self) -> None:
        super().__init__("migrations")

    @classmethod
    @abstractmethod
    async def open(cls, settings: Settings) -> Self: ...

    @abstractmethod
    def alone(self) -> AbstractAsyncContextManager[None]:
        """Wait for every other run to end, and keep others out."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """Keep all of a migration or nothing."""

    @abstractmethod
    async def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[Row]: ...

    @abstractmethod
    async def tables(self) -> set[str]: ...

    async def applied(self) -> set[str]:
        """Return the names of the migrations that this database has had."""
        if "tortoise_migrations" not in await self.tables():
            return set()
        return {row["name"] for row in await self.fetch("SELECT name FROM tortoise_migrations")}

    async def execute_query(
        self, query: str, values: Sequence[Any] | None = None
    ) -> tuple[int, Sequence[dict[str, Any]]]:
        rows = await self.fetch(query, values or ())
        return len(rows), [dict(row) for row in rows]

    async def execute_insert(self, query: str, values: list[Any]) -> None:
        await self.fetch(query, values)


class PostgresSession(MigrationSession):
    capabilities = BasePostgresClient.capabilities

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
        super().__init__()
        self._held = connection

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        return cls(await asyncpg.connect(settings.database_url, timeout=_WAIT_SECONDS))

    async def close(self) -> None:
        await self._held.close()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        # Ends with the session, however that ends.
        await self.fetch("SELECT pg_advisory_lock($1)", [_LOCK])
        yield

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        transaction: AbstractAsyncContextManager[Any] = self._held.transaction()
        return transaction

    async def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        rows: list[Row] = await self._held.fetch(sql, *values)
        return rows

    async def execute_script(self, query: str) -> None:
        await self._held.execute(query)

    async def tables(self) -> set[str]:
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema"
        return {row["tablename"] for row in await self.fetch(sql)}


class SqliteSession(MigrationSession):
    """The whole run is one transaction: what would break a foreign key leaves no trace."""

    capabilities = SqliteClient.capabilities

    def __init__(self, connection: SqliteConnection) -> None:
        super().__init__()
        self._held = connection

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        # A table is changed by making it anew and dropping the old one, to which others refer.
        pragmas = {"busy_timeout": _WAIT_SECONDS * 1000, "foreign_keys": "OFF"}
        return cls(await SqliteConnection.open(str(settings.sqlite_path), pragmas))

    async def close(self) -> None:
        await self._held.close()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        await self.fetch("BEGIN IMMEDIATE")
        yield
        if broken := await self.fetch("PRAGMA foreign_key_check"):
            raise RuntimeError(f"{len(broken)} rows would refer to nothing: nothing was migrated")
        await self.fetch("COMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return list(await self._held.execute_fetchall(sql, values))

    async def execute_script(self, query: str) -> None:
        # `executescript` would commit the transaction first.
        statement = ""
        for line in [*query.splitlines(), ";"]:
            statement += f"{line}\n"
            if sqlite3.complete_statement(statement):
                await self.fetch(statement)
                statement = ""

    async def tables(self) -> set[str]:
        rows = await self.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {row["name"] for row in rows}
