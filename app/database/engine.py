"""What both engines share: transactions and waits that a cancelled task cannot leave half done.

A client that disconnects, a closed subscription and a job's time-out all cancel tasks, at any
`await`. Tortoise's own contexts then keep the pooled connection, or the writer's lock, for ever.
"""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from types import TracebackType
from typing import Any, Protocol, TypeVar

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.backends.base.client import TransactionContext as TortoiseContext
from tortoise.context import get_current_context

from app.database.errors import Unavailable

T = TypeVar("T")


class Row(Protocol):
    """One answer of a statement: columns by position and by name; `dict(row)` works."""

    def __getitem__(self, column: int | str, /) -> Any: ...  # noqa: ANN401 - the statement knows
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Iterable[str]: ...


class TransactionClient(TransactionalDBClient):
    """Tortoise's client for the length of one transaction, with raw statements beside it.

    Raw statements number their placeholders (`$1`) on both databases.
    """

    @abstractmethod
    async def fetch(self, sql: str, values: Sequence[object]) -> list[Row]: ...

    @abstractmethod
    async def execute(self, sql: str, values: Sequence[object]) -> int: ...

    @abstractmethod
    async def acquire(self) -> None:
        """Take the connection; when this raises, nothing is taken."""

    @abstractmethod
    async def clear(self) -> None:
        """Roll back what is still open, or discard the connection. Raises nothing."""

    @abstractmethod
    async def release(self) -> None:
        """Give the connection back, and refuse every later statement."""

    async def leave(self, *, commit: bool) -> None:
        """End the transaction and give the connection back."""
        try:
            if commit and not self._finalized:
                await self.commit()
        finally:
            await self.clear()
            await self.release()

    def _in_transaction(self) -> TortoiseContext:
        return Savepoint(self)


class TransactionContext(TortoiseContext):
    """One transaction. Whatever ends the block, at whatever moment, nothing stays behind."""

    def __init__(self, client: TransactionClient) -> None:
        self.client: TransactionClient = client
        self._part: Callable[[], None] | None = None

    async def __aenter__(self) -> TransactionClient:
        await self.client.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await finish(self.client.leave(commit=False))
            raise
        # Models used without a client join the transaction instead of waiting for its lock.
        if context := get_current_context():
            handler = context.connections
            token = handler.set(self.client.connection_name, self.client)
            self._part = partial(handler.reset, token)
        return self.client

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if self._part:
            self._part()
        await finish(self.client.leave(commit=kind is None))


class Savepoint(TortoiseContext):
    """A part of a transaction that can fail alone."""

    _numbers = count(1)

    def __init__(self, client: TransactionClient) -> None:
        self.client: TransactionClient = client
        self._name = f"part_{next(self._numbers)}"

    async def __aenter__(self) -> TransactionClient:
        await self.client.execute(f"SAVEPOINT {self._name}", ())
        return self.client

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        await finish(self._end(failed=kind is not None))

    async def _end(self, *, failed: bool) -> None:
        if failed:
            await self.client.execute(f"ROLLBACK TO SAVEPOINT {self._name}", ())
        await self.client.execute(f"RELEASE SAVEPOINT {self._name}", ())


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end however often the caller is cancelled; only then is it cancelled."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as exc:
            cancelled = exc
    if cancelled is None:
        return task.result()
    # The caller is gone: what the work raised has nobody left to hear it.
    task.exception()
    raise cancelled


@asynccontextmanager
async def patience(seconds: float, what: str) -> AsyncIterator[None]:
    """Wait for something scarce, but not for ever: a full queue is answered, never grown."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as exc:
        raise Unavailable(f"waited {seconds:g} s for {what}") from exc
