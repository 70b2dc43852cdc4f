"""Live progress of jobs: the database is read once for a change, however many are watching."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Self, TypeVar

import structlog

from app.database import Database, Row
from app.database.instants import from_row
from app.domain.jobs import JobFacts, JobKind, JobPhase, JobProgress, JobStatus, progress, terminal
from app.queue import Changes, Queue
from app.services.watching import SPACING_SECONDS, Horizon, Watcher

# A wake can be lost; whatever is watched is read again this often.
HEALING_SECONDS: Final = 1.5
# Jobs whose last told state is remembered, so that none is told twice.
_MOST_REMEMBERED: Final = 10_000
_MOST_AT_ONCE: Final = 500
_NEVER: Final = (-1, -SPACING_SECONDS)
_FACT_NAMES: Final = tuple(field.name for field in fields(JobFacts))

K = TypeVar("K")

log = structlog.get_logger(__name__)


class Unknown(LookupError):  # noqa: N818 - a fact, not a fault
    """There is no such job or campaign to watch."""


@dataclass(frozen=True, slots=True)
class Found:
    """One reading of a job, with the campaign whose watchers want to hear of it."""

    campaign_id: int | None
    progress: JobProgress


class ProgressHub:
    """One per process: hears of changes, reads each once, and tells every watcher.

    Each watcher is told the present state first, then only newer ones, the latest when several
    came meanwhile, at most four a second for one job.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._by_job: dict[int, set[Watcher]] = {}
        self._by_campaign: dict[int | None, set[Watcher]] = {}
        # Job -> the last sequence told, and when the job was last read.
        self._known: OrderedDict[int, tuple[int, float]] = OrderedDict()
        self._due: dict[int, float] = {}
        self._asked: dict[int, asyncio.Future[Found | None]] = {}
        self._asked_all: asyncio.Future[list[Found]] | None = None
        self._heal_at = 0.0
        self._horizon = Horizon()
        self._bell = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Database, queue: Queue, clock: Callable[[], datetime]
    ) -> AsyncIterator[Self]:
        hub = cls(database, clock)
        async with queue.watch() as changes:
            work = asyncio.gather(hub._listen(changes), hub._work())
            try:
                yield hub
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def watch(self, job_id: int) -> AsyncGenerator[JobProgress, None]:
        """The job's state now, then each newer one; ends after the terminal one."""
        with self._joined(self._by_job, job_id) as watcher:
            found = await self._ask(job_id)
            if found is None:
                raise Unknown(job_id)
            watcher.put(found.progress)
            while True:
                state = await watcher.next()
                yield state
                if terminal(state.status):
                    return

    async def watch_campaign(self, campaign_id: int | None) -> AsyncGenerator[JobProgress, None]:
        """The states of its unfinished jobs now, then of every job that changes; never ends.

        None watches the jobs of all campaigns.
        """
        with self._joined(self._by_campaign, campaign_id) as watcher:
            if campaign_id is not None and not await self._campaign_exists(campaign_id):
                raise Unknown(campaign_id)
            for found in await self._ask_all():
                if campaign_id in (None, found.campaign_id):
                    watcher.put(found.progress)
            while True:
                yield await watcher.next()

    @contextmanager
    def _joined(self, watchers: dict[K, set[Watcher]], key: K) -> Iterator[Watcher]:
        watcher = Watcher()
        watchers.setdefault(key, set()).add(watcher)
        try:
            yield watcher
        finally:
            watchers[key].discard(watcher)
            if not watchers[key]:
                del watchers[key]
            if not self._by_campaign:
                self._horizon = Horizon()

    async def _campaign_exists(self, campaign_id: int) -> bool:
        return bool(await self._database.read("SELECT 1 FROM campaign WHERE id = $1", campaign_id))

    # Who joins asks for a reading that starts after it joined; all who ask meanwhile share it.

    async def _ask(self, job_id: int) -> Found | None:
        asked = self._asked.get(job_id)
        if asked is None:
            asked = self._asked[job_id] = asyncio.get_running_loop().create_future()
            self._bell.set()
        return await asyncio.shield(asked)

    async def _ask_all(self) -> list[Found]:
        if self._asked_all is None:
            self._asked_all = asyncio.get_running_loop().create_future()
            self._bell.set()
        return await asyncio.shield(self._asked_all)

    # What changed is read when its time has come: one reading at a time, of many jobs at once.

    async def _listen(self, changes: Changes) -> None:
        async for job_id in changes:
            if job_id is None:
                self._heal_at = 0.0
                self._bell.set()
            elif job_id in self._by_job or self._by_campaign:
                self._plan(job_id)

    def _plan(self, job_id: int) -> None:
        _, read_at = self._known.get(job_id, _NEVER)
        self._due.setdefault(job_id, read_at + SPACING_SECONDS)
        self._bell.set()

    async def _work(self) -> None:
        while True:
            await self._wait()
            reading = self._next_reading()
            try:
                await self._tell(reading)
            except Exception as error:  # noqa: BLE001 - the next reading may succeed
                # The watchers stay; those who just came learn why they get no state.
                log.warning("progress.reading_failed", error=type(error).__name__)
                self._heal_at = reading.at + HEALING_SECONDS
                reading.fail(error)

    async def _wait(self) -> None:
        """Until somebody asks, a planned reading is due, or what is watched is to be healed."""
        while not self._asked and not self._asked_all:
            self._bell.clear()
            times = [*self._due.values()]
            if self._by_job or self._by_campaign:
                times.append(self._heal_at)
            seconds = min(times) - asyncio.get_running_loop().time() if times else None
            if seconds is not None and seconds <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._bell.wait()

    def _next_reading(self) -> "_Reading":
        now = asyncio.get_running_loop().time()
        healing = self._heal_at <= now
        if healing:
            self._heal_at = now + HEALING_SECONDS
        due = {job_id for job_id, at in self._due.items() if at <= now}
        for job_id in due:
            del self._due[job_id]
        reading = _Reading(
            at=now,
            jobs=due | self._asked.keys() | (self._by_job.keys() if healing else set()),
            all_unfinished=bool(self._asked_all or (healing and self._by_campaign)),
            asked=self._asked,
            asked_all=self._asked_all,
        )
        self._asked, self._asked_all = {}, None
        return reading

    async def _tell(self, reading: "_Reading") -> None:
        horizon = self._horizon
        for job_id in reading.jobs:
            self._remember(job_id, -1, reading.at)
        found = {state.progress.job_id: state for state in await self._read(reading.jobs)}
        unfinished = await self._read_unfinished(horizon) if reading.all_unfinished else []
        if horizon is not self._horizon:
            unfinished = []  # those it was read for have left; it is the past of who came since
        for state in (*found.values(), *unfinished):
            self._publish(state, reading.at)
        reading.answer(found, unfinished)

    def _remember(self, job_id: int, sequence: int, read_at: float) -> bool:
        """Note the reading; True when it shows a newer state than was told before."""
        told, _ = self._known.pop(job_id, _NEVER)
        self._known[job_id] = (max(told, sequence), read_at)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return sequence > told

    def _publish(self, found: Found, read_at: float) -> None:
        state = found.progress
        if not self._remember(state.job_id, state.sequence, read_at):
            return
        for watcher in self._by_job.get(state.job_id, ()):
            watcher.put(state)
        for campaign_id in {None, found.campaign_id}:
            for watcher in self._by_campaign.get(campaign_id, ()):
                watcher.put(state)

    async def _read(self, jobs: AbstractSet[int]) -> list[Found]:
        found: list[Found] = []
        ids = sorted(jobs)
        for start in range(0, len(ids), _MOST_AT_ONCE):
            part = ids[start : start + _MOST_AT_ONCE]
            places = ", ".join(f"${number}" for number in range(1, len(part) + 1))
            found += await self._select(f"id IN ({places})", *part)
        return found

    async def _read_unfinished(self, horizon: Horizon) -> list[Found]:
        """Every unfinished job, and those that ended since the last such reading.

        The first one notes which jobs there are, so that what ended before it stays the past.
        """
        if horizon.newest is None:
            (row,) = await self._database.read("SELECT COALESCE(MAX(id), 0) FROM job")
            horizon.newest = row[0]
        seen = sorted(horizon.live)[:_MOST_AT_ONCE]
        places = ", ".join(f"${number}" for number in range(2, len(seen) + 2))
        ended = f" OR id IN ({places})" if seen else ""
        where = f"finished_at IS NULL OR id > $1{ended}"
        found = await self._select(where, horizon.newest, *seen)
        states = [state.progress for state in found]
        horizon.live = {state.job_id for state in states if not terminal(state.status)}
        horizon.newest = max([horizon.newest, *(state.job_id for state in states)])
        return found

    async def _select(self, where: str, *values: int) -> list[Found]:
        rows = await self._database.read(
            f"SELECT {', '.join(_FACT_NAMES)}, campaign_id FROM job WHERE {where} ORDER BY id",
            *values,
        )
        now = self._clock()
        return [Found(row["campaign_id"], progress(_facts(row), now)) for row in rows]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading: what it covers, and who waits for its answer."""

    at: float
    jobs: AbstractSet[int]
    all_unfinished: bool
    asked: dict[int, asyncio.Future[Found | None]]
    asked_all: asyncio.Future[list[Found]] | None

    def answer(self, found: Mapping[int, Found], unfinished: list[Found]) -> None:
        for job_id, waiting in self.asked.items():
            waiting.set_result(found.get(job_id))
        if self.asked_all:
            self.asked_all.set_result(unfinished)

    def fail(self, error: Exception) -> None:
        waiting: list[asyncio.Future[Any]] = [*self.asked.values()]
        if self.asked_all:
            waiting.append(self.asked_all)
        for answer in waiting:
            answer.set_exception(error)
            answer.exception()  # whoever asked may be gone; then nobody else would look at it


def _facts(row: Row) -> JobFacts:
    values = {name: row[name] for name in _FACT_NAMES}
    values["kind"] = JobKind(values["kind"])
    values["status"] = JobStatus(values["status"])
    values["phase"] = JobPhase(values["phase"])
    values["started_at"] = from_row(values["started_at"])
    values["finished_at"] = from_row(values["finished_at"])
    return JobFacts(**values)
