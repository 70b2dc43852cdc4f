"""PostgreSQL through asyncpg: a pool whose connections always come back, clean or not at all.

Tortoise chooses its schema editor by "asyncpg" in this module's name.
"""
# ruff: noqa: ANN401 - the open signatures are Tortoise's

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.exceptions import TransactionManagementError

from app.database import instants
from app.database.engine import Row, TransactionClient, TransactionContext, finish, patience
from app.database.errors import Conflict, ConstraintKind, ConstraintViolated, Unavailable
from app.database.transaction import Transaction, Work

T = TypeVar("T")

# How long a connection may take to become clean before it is thrown away.
_CLEAN_SECONDS = 3

_UNCLEAN = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_IN_THE_WAY = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)
_DOWN = (
    OSError,  # TimeoutError too
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby
    asyncpg.PostgresSystemError,  # its disk
    # A server that dies tells idle sessions why, which leaves them out of step until they end.
    asyncpg.InternalClientError,
)


class AsyncpgClient(AsyncpgDBClient):
    """The pool. `dsn` may be any PostgreSQL URL: sockets, options and passwords included."""

    _pool: Any

    def __init__(
        self,
        dsn: str,
        pool_size: int,
        wait_seconds: float,
        statement_seconds: int,
        server_settings: Mapping[str, str] = MappingProxyType({}),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.dsn = dsn
        self.pool_maxsize = pool_size
        self.wait_seconds = wait_seconds
        self.statement_seconds = statement_seconds
        self.server_settings = server_settings

    async def create_connection(self, with_db: bool) -> None:  # noqa: ARG002, FBT001 - Tortoise's
        with _translated():
            self._pool = await asyncpg.create_pool(
                self.dsn,
                min_size=1,
                max_size=self.pool_maxsize,
                timeout=self.wait_seconds,
                # The server gives up first; this bound is for one that no longer answers.
                command_timeout=self.statement_seconds + _CLEAN_SECONDS,
                server_settings={
                    "jit": "off",
                    # A page's order comes from an index. Where only the start of it would, the
                    # rest is costed as many small sorts, and is one of all rows.
                    "enable_incremental_sort": "off",
                    # What is read often is in memory, where an index costs no more than a scan.
                    "random_page_cost": "1.1",
                    "timezone": "UTC",
                    "statement_timeout": f"{self.statement_seconds}s",
                    "idle_in_transaction_session_timeout": f"{self.statement_seconds}s",
                    "lock_timeout": f"{round(self.wait_seconds * 1000)}ms",
                    **self.server_settings,
                },
                # Planned statements are long, few in kind, and worth keeping prepared.
                statement_cache_size=500,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
                init=_bind_json,
                reset=_keep_session,
            )
        await self._post_connect()

    async def close(self) -> None:
        await finish(super().close())

    async def acquire(self) -> Any:
        with _translated():
            async with patience(self.wait_seconds, "a free connection"):
                return await self._pool.acquire()

    async def release(self, connection: Any) -> None:
        # A connection that cannot become clean is closed by the pool, which opens another.
        with suppress(*_UNCLEAN):
            await self._pool.release(connection, timeout=_CLEAN_SECONDS)

    @asynccontextmanager
    async def _acquired(self) -> AsyncIterator[Any]:
        connection = await self.acquire()
        try:
            yield connection
        except asyncpg.InternalClientError:
            # Out of step with the server: nobody can use it again.
            connection.terminate()
            raise
        finally:
            await finish(self.release(connection))

    async def read(self, sql: str, values: Sequence[object]) -> list[Row]:
        with _translated():
            async with self._acquired() as connection:
                rows: list[Row] = await connection.fetch(sql, *bound(values))
                return rows

    def transaction(self) -> TransactionContext:
        return TransactionContext(AsyncpgTransaction(self))

    async def transact(self, work: Work[T]) -> T:
        async with self.transaction() as client:
            return await work(Transaction(client))

    # The rest is what Tortoise calls.

    _in_transaction = transaction

    def acquire_connection(self) -> AbstractAsyncContextManager[Any]:  # type: ignore[override]
        return self._acquired()

    async def execute_many(self, query: str, values: list[Any]) -> None:
        async with self.transaction() as transaction:
            await transaction.execute_many(query, values)

    async def _translate_exceptions(
        self, func: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Any:
        return await super()._translate_exceptions(_understood(func), *args, **kwargs)


class AsyncpgTransaction(TransactionClient, TransactionWrapper):
    """One pooled connection from BEGIN to COMMIT, READ COMMITTED."""

    _parent: AsyncpgClient

    def __init__(self, parent: AsyncpgClient) -> None:
        super().__init__(parent)
        self.fetch_inserted = parent.fetch_inserted

    async def acquire(self) -> None:
        self._connection = await self._parent.acquire()

    async def begin(self) -> None:
        with _translated():
            await self._connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")

    async def commit(self) -> None:
        with _translated():
            answer = await self._connection.execute("COMMIT")
        self._finalized = True
        if answer != "COMMIT":
            # PostgreSQL rolls back without an error when a failed statement was swallowed.
            raise TransactionManagementError("a statement had failed: nothing was stored")

    async def rollback(self) -> None:
        with _translated():
            await self._connection.execute("ROLLBACK", timeout=_CLEAN_SECONDS)
        self._finalized = True

    async def clear(self) -> None:
        if self._finalized:
            return
        try:
            await self._connection.execute("ROLLBACK", timeout=_CLEAN_SECONDS)
        except _UNCLEAN:
            with suppress(asyncpg.InterfaceError):
                self._connection.terminate()

    async def release(self) -> None:
        await self._parent.release(self._connection)

    async def fetch(self, sql: str, values: Sequence[object]) -> list[Row]:
        async with self._lock:
            with _translated():
                rows: list[Row] = await self._connection.fetch(sql, *bound(values))
                return rows

    async def execute(self, sql: str, values: Sequence[object]) -> int:
        async with self._lock:
            with _translated():
                status: str = await self._connection.execute(sql, *bound(values))
        # "INSERT 0 3", "UPDATE 3", "SAVEPOINT"
        changed = status.rpartition(" ")[2]
        return int(changed) if changed.isdecimal() else 0

    async def _translate_exceptions(
        self, func: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Any:
        return await super()._translate_exceptions(_understood(func), *args, **kwargs)


def bound(values: Sequence[object]) -> Sequence[object]:
    """Refuse naive instants, which asyncpg would read in the machine's own time zone."""
    for value in values:
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, datetime):
                instants.aware(item)
    return values


async def _bind_json(connection: Any) -> None:
    """Bind lists and dicts to JSON parameters; a string is JSON text already. Rows give text."""
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, schema="pg_catalog", encoder=_json_text, decoder=str, format="text"
        )


def _json_text(value: object) -> str:
    return value if isinstance(value, str) else instants.to_json(value)


async def _keep_session(_: Any) -> None:
    """Spare each release a round trip: settings and locks here are always a transaction's own."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as exc:
        raise _violated(exc) from exc
    except _IN_THE_WAY as exc:
        raise Conflict(type(exc).__name__) from exc
    except _DOWN as exc:
        raise Unavailable(type(exc).__name__) from exc
    except asyncpg.InterfaceError as exc:
        # Only its words tell a closed connection from a mistake in the call.
        if "clos" in str(exc) or "released" in str(exc):
            raise Unavailable(type(exc).__name__) from exc
        raise


def _understood(func: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def translated(*args: Any, **kwargs: Any) -> Any:
        with _translated():
            return await func(*args, **kwargs)

    return translated


def _violated(exc: Any) -> ConstraintViolated:
    match exc:
        case asyncpg.ForeignKeyViolationError():
            return ConstraintViolated("foreign_key", ConstraintKind.FOREIGN_KEY)
        case asyncpg.NotNullViolationError():
            name = f"{exc.table_name}_{exc.column_name}_not_null"
            return ConstraintViolated(name, ConstraintKind.NOT_NULL)
        case asyncpg.UniqueViolationError():
            return ConstraintViolated(exc.constraint_name, ConstraintKind.UNIQUE)
        case _:
            return ConstraintViolated(exc.constraint_name, ConstraintKind.CHECK)


client_class = AsyncpgClient
