"""SQLite: one writer connection and two read-only ones, so that a read never waits for a writer.

Tortoise chooses its schema editor by "sqlite" in this module's name.
"""
# ruff: noqa: ANN401 - the open signatures are Tortoise's

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from tortoise.backends.base.client import ConnectionWrapper
from tortoise.backends.sqlite.client import SqliteClient as TortoiseClient
from tortoise.backends.sqlite.client import SqliteTransactionWrapper
from tortoise.exceptions import TransactionManagementError

from app.database.engine import Row, TransactionClient, TransactionContext, finish, patience
from app.database.errors import Conflict
from app.database.sqlite_connection import SqliteConnection
from app.database.sqlite_hop import Hop
from app.database.transaction import Work

T = TypeVar("T")

_READERS = 2
_REOPEN_SECONDS = 0.02


class SqliteClient(TortoiseClient):
    """The writer, behind a lock, and the readers, in a queue."""

    _connection: SqliteConnection | None

    def __init__(self, file_path: str, wait_seconds: float, **options: Any) -> None:
        super().__init__(file_path, **options)
        self.wait_seconds = wait_seconds
        self._readers: asyncio.Queue[SqliteConnection] = asyncio.Queue()
        self._reader_count = 0

    async def create_connection(self, with_db: bool) -> None:  # noqa: ARG002, FBT001 - Tortoise's
        await self.writer()
        while self._reader_count < _READERS:
            self._readers.put_nowait(await self._open(query_only="ON"))
            self._reader_count += 1
        await self._post_connect()

    async def close(self) -> None:
        await finish(self._close())

    async def _close(self) -> None:
        while self._reader_count:
            await (await self._readers.get()).close()
            self._reader_count -= 1
        await self.discard_writer()

    async def writer(self) -> SqliteConnection:
        if self._connection is None:
            self._connection = await self._open(
                journal_mode="WAL",
                synchronous="FULL",
                foreign_keys="ON",
                # New codes land all over the index of their texts: room for its pages, and a log
                # that is copied back after many chunks instead of every one, halve the time.
                cache_size="-65536",
                wal_autocheckpoint="16000",
            )
        return self._connection

    async def discard_writer(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            # A connection that cannot even close has nothing left to lose.
            with suppress(sqlite3.Error):
                await connection.close()

    async def _open(self, **pragmas: str) -> SqliteConnection:
        patient = {"busy_timeout": round(self.wait_seconds * 1000), **pragmas}
        clock = asyncio.get_running_loop().time
        ends_at = clock() + self.wait_seconds
        while True:
            try:
                return await SqliteConnection.open(self.filename, patient)
            except Conflict:
                # Who turns on the log of a new file is refused at once while another does so.
                if clock() >= ends_at:
                    raise
                await asyncio.sleep(_REOPEN_SECONDS)

    async def acquire_writer(self) -> SqliteConnection:
        async with patience(self.wait_seconds, "the writer"):
            await self._lock.acquire()
        try:
            return await self.writer()
        except BaseException:
            self._lock.release()
            raise

    def release_writer(self) -> None:
        self._lock.release()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[SqliteConnection]:
        connection = await self.acquire_writer()
        try:
            yield connection
        finally:
            self.release_writer()

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[SqliteConnection]:
        async with patience(self.wait_seconds, "a reader"):
            connection = await self._readers.get()
        try:
            yield connection
        finally:
            self._readers.put_nowait(connection)

    async def read(self, sql: str, values: Sequence[object]) -> list[Row]:
        async with self._reading() as connection:
            return await connection.fetch(sql, values)

    def transaction(self) -> TransactionContext:
        return TransactionContext(SqliteTransaction(self))

    async def transact(self, work: Work[T]) -> T:
        transaction = SqliteTransaction(self)
        await transaction.acquire()
        try:
            return await transaction.hop(work)
        finally:
            await finish(transaction.leave(commit=False))

    # The rest is what Tortoise calls outside a transaction.

    _in_transaction = transaction

    def acquire_connection(self) -> AbstractAsyncContextManager[SqliteConnection]:  # type: ignore[override]
        return self._writing()

    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, Sequence[Any]]:
        if not query.startswith("SELECT"):
            return await super().execute_query(query, values)  # type: ignore[no-any-return]
        async with self._reading() as connection:
            rows = list(await connection.execute_fetchall(query, values))
        return len(rows), rows

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self.transaction() as transaction:
            await transaction.execute_many(query, values)


class SqliteTransaction(TransactionClient, SqliteTransactionWrapper):
    """The writer, held from BEGIN IMMEDIATE to COMMIT.

    A deferred BEGIN would take its snapshot at the first read and then fail at the first write
    when another process has written in between.
    """

    _parent: SqliteClient
    _connection: SqliteConnection | None  # type: ignore[assignment]  # None before and after

    async def acquire(self) -> None:
        self._connection = await self._parent.acquire_writer()

    async def begin(self) -> None:
        await self._held().change("BEGIN IMMEDIATE", ())

    async def hop(self, work: Work[T]) -> T:
        """Begin, work and commit in one call."""
        hop = Hop(lambda: self._inside().raw)
        connection = self._held()
        return await connection.call(partial(hop.run, connection.raw, work), hop.abandon)

    async def commit(self) -> None:
        await self._inside().change("COMMIT", ())
        self._finalized = True

    async def rollback(self) -> None:
        await self._inside().change("ROLLBACK", ())
        self._finalized = True

    async def clear(self) -> None:
        try:
            connection = self._held()
            if connection.in_transaction:
                await connection.change("ROLLBACK", ())
        except (sqlite3.Error, ValueError):
            await self._parent.discard_writer()

    async def release(self) -> None:
        self._connection = None
        self._parent.release_writer()

    async def fetch(self, sql: str, values: Sequence[object]) -> list[Row]:
        async with self._lock:
            return await self._inside().fetch(sql, values)

    async def execute(self, sql: str, values: Sequence[object]) -> int:
        async with self._lock:
            return await self._inside().change(sql, values)

    async def execute_script(self, query: str) -> None:
        """Run statement by statement: `executescript` would commit the transaction first."""
        for statement in _statements(query):
            await self.execute(statement, ())

    def acquire_connection(self) -> ConnectionWrapper[SqliteConnection]:
        self._inside()
        return super().acquire_connection()

    def _inside(self) -> SqliteConnection:
        """Refuse to run outside: after the end, or after SQLite rolled back by itself."""
        connection = self._held()
        if not connection.in_transaction:
            raise TransactionManagementError("SQLite has rolled this transaction back")
        return connection

    def _held(self) -> SqliteConnection:
        if self._connection is None:
            raise TransactionManagementError("this transaction is over")
        return self._connection


def _statements(script: str) -> list[str]:
    statements, text = [], ""
    for part in script.split(";"):
        text += part + ";"
        if sqlite3.complete_statement(text):
            statements.append(text.strip())
            text = ""
    return [statement for statement in statements if statement != ";"]


client_class = SqliteClient
