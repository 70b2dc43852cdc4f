"""What one transaction lends its user: statements, and models where it can hold them."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from app.database.engine import Row, Savepoint, TransactionClient, TransactionContext

T = TypeVar("T")


class Statements(ABC):
    """Raw statements that happen together or not at all.

    Placeholders are `$1`, `$2`, .. on both databases. See `instants` for what rows hold.
    """

    __slots__ = ()

    @abstractmethod
    async def fetch(self, sql: str, *values: object) -> list[Row]: ...

    @abstractmethod
    async def execute(self, sql: str, *values: object) -> int:
        """Return the number of rows inserted, updated or deleted."""

    async def fetch_one(self, sql: str, *values: object) -> Row | None:
        rows = await self.fetch(sql, *values)
        return rows[0] if rows else None

    async def fetch_value(self, sql: str, *values: object) -> Any:  # noqa: ANN401 - the statement knows
        """Return the first column of the first row, None without a row."""
        rows = await self.fetch(sql, *values)
        return rows[0][0] if rows else None


@dataclass(frozen=True, slots=True)
class Transaction(Statements):
    """Statements with models and savepoints beside them.

    Models join it with `using_db=tx.client`.
    """

    client: TransactionClient

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        return await self.client.fetch(sql, values)

    async def execute(self, sql: str, *values: object) -> int:
        return await self.client.execute(sql, values)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Let a part fail alone: an error undoes the block and leaves the rest to go on."""
        async with Savepoint(self.client):
            yield


# What `Database.transact` runs: it awaits the statements that it is given, and nothing else.
Work = Callable[[Statements], Coroutine[Any, Any, T]]


class Client(Protocol):
    """What both engines offer beside Tortoise's own methods."""

    def transaction(self) -> TransactionContext: ...
    async def transact(self, work: Work[T]) -> T: ...
    async def read(self, sql: str, values: Sequence[object]) -> list[Row]: ...
    async def create_connection(self, with_db: bool) -> None: ...  # noqa: FBT001 - Tortoise's
