"""The one queue of a process for calls on codes: who waits at the same moment shares a transaction.

Callers own nothing but a future: one that goes away cancels nothing.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self

from app.config import Settings
from app.database import Database, Statements
from app.database.errors import Conflict, ConstraintKind, ConstraintViolated, Unavailable
from app.database.lanes import BATCHES
from app.domain.life.book import LostRace
from app.domain.life.calls import Call
from app.domain.life.verdicts import Verdict
from app.services.life.batch import Clock, Surroundings, apply
from app.services.life.subjects import Subjects

MOST_IN_BATCH: Final = 128
MOST_RUNNING: Final = 2
# Fewer than so many wait for the batch that runs: they will share the next one.
WORTH_A_SECOND: Final = 16
MOST_WAITING: Final = 1_000
MOST_TRIES: Final = 8
# Nobody is kept waiting for longer than this by a database that cannot be asked.
PATIENCE_SECONDS: Final = 10
_PAUSE_SECONDS: Final = 0.01
_MOST_PAUSE_SECONDS: Final = 0.5
# The field that says what a call is about, the first that it has.
_SUBJECTS: Final = (
    "code",
    "code_id",
    "redemption_id",
    "reservation_id",
    "cashback_id",
    "campaign_id",
    "promotion_id",
)

Answer = Callable[[Sequence[Call]], Awaitable[list[Verdict]]]


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    call: Call
    subject: Hashable
    answer: asyncio.Future[Verdict]

    def tell(self, verdict: Verdict) -> None:
        if not self.answer.done():
            self.answer.set_result(verdict)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class CallQueue:
    """Takes calls, and answers them in batches.

    A batch starts at once when none runs. A second one runs beside it only for a crowd, and never
    with a call on a code that the first is busy with: it would only wait for the row.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._waiting: list[_Waiting] = []
        self._running: dict[asyncio.Task[None], frozenset[Hashable]] = {}
        self._due = False
        self._closed = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Database, settings: Settings, secret: bytes, clock: Clock
    ) -> AsyncIterator[Self]:
        """Answer calls until the block ends; then refuse new ones and finish those that wait.

        On PostgreSQL the queue has connections of its own, on SQLite there is one writer.
        """
        own = database if settings.embedded else await Database.open(settings, BATCHES)
        try:
            queue = cls(answering(own, Surroundings(own.dialect, clock, Subjects(secret))))
            try:
                yield queue
            finally:
                await queue.drain()
        finally:
            if own is not database:
                await own.close()

    async def submit(self, call: Call) -> Verdict:
        """Return the verdict. Raises Unavailable when too many wait, or the service stops."""
        if self._closed:
            raise Unavailable("the service stops")
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable(f"{MOST_WAITING} calls wait already")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(call, _subject(call), loop.create_future())
        self._waiting.append(waiting)
        self._look(loop)
        return await waiting.answer

    async def drain(self) -> None:
        """Take no more calls, and answer those that were taken."""
        self._closed = True
        while self._waiting or self._running:
            self._start()
            await asyncio.wait([*self._running])

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look soon, not now: whoever submits in the same turn of the loop comes along."""
        if not self._due:
            self._due = True
            loop.call_soon(self._start)

    def _start(self) -> None:
        self._due = False
        while len(self._running) < MOST_RUNNING:
            busy = frozenset[Hashable]().union(*self._running.values())
            free = [one for one in self._waiting if one.subject not in busy][:MOST_IN_BATCH]
            if len(free) < (WORTH_A_SECOND if self._running else 1):
                return
            taken = set(free)
            self._waiting = [one for one in self._waiting if one not in taken]
            task = asyncio.create_task(self._settle(free), name="batch-of-calls")
            self._running[task] = frozenset(one.subject for one in free)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._start()

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Answer everybody. An error that is nobody's fault alone is looked for in halves."""
        try:
            verdicts = await self._answer([one.call for one in batch])
        except (Conflict, Unavailable) as error:
            for one in batch:
                one.fail(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to the one who caused it
            if len(batch) == 1:
                batch[0].fail(error)
                return
            middle = len(batch) // 2
            await self._settle(batch[:middle])
            await self._settle(batch[middle:])
        else:
            for one, verdict in zip(batch, verdicts, strict=True):
                one.tell(verdict)


def answering(database: Database, around: Surroundings) -> Answer:
    """Return what answers a batch in one transaction, tried again while others are in the way."""

    async def answer(calls: Sequence[Call]) -> list[Verdict]:
        async def work(tx: Statements) -> list[Verdict]:
            return await apply(tx, calls, around)

        clock = asyncio.get_running_loop().time
        ends_at = clock() + PATIENCE_SECONDS
        tries = 1
        while True:
            try:
                return await database.transact(work)
            except (LostRace, Conflict, Unavailable, ConstraintViolated) as error:
                if not _passes(error):
                    raise
                if tries == MOST_TRIES or clock() >= ends_at:
                    raise _told(error) from error
            await asyncio.sleep(_pause(tries))
            tries += 1

    return answer


def _told(error: Exception) -> Exception:
    """What a caller hears when it did not go well in the end."""
    return error if isinstance(error, Unavailable) else Conflict(str(error))


def _passes(error: Exception) -> bool:
    """Whether the same may go well the next time: whoever was in the way is done by then.

    A row that was inserted, or deleted, meanwhile is seen by the next try; a broken CHECK is not
    explained by that.
    """
    passing = {ConstraintKind.UNIQUE, ConstraintKind.FOREIGN_KEY}
    return not isinstance(error, ConstraintViolated) or error.kind in passing


def _pause(tries: int) -> float:
    """Longer and longer, and never the same for two who met."""
    longest = min(_PAUSE_SECONDS * (1 << tries), _MOST_PAUSE_SECONDS)
    return longest * (secrets.randbelow(1_000) + 1) / 1_000


def _subject(call: Call) -> Hashable:
    """What the call is about, as far as that can be told without looking."""
    named = ((name, getattr(call, name, None)) for name in _SUBJECTS)
    return next((name, value) for name, value in named if value is not None)
