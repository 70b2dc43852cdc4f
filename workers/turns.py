"""A turn: one worker takes one job, works on it for a while, and ends it or lets it go.

Jobs share workers by turns, so that a small job never waits for the end of a big one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from structlog.contextvars import bound_contextvars

from app.config import Settings
from app.database import Database
from app.database.errors import Conflict, Unavailable
from app.domain.jobs import JobKind, JobStatus
from app.queue import Queue
from app.services import jobs, leases
from app.services.leases import Claim, Ending, LeaseLost, Standing
from workers.kinds import WORK, Start, Work

# Chunks that stood in each other's way are tried again this often before the job steps back.
_MOST_CONFLICTS: Final = 5
# Watchers are told fewer states than this; chunks may come several times as fast.
_WAKE_SPACING_SECONDS: Final = 0.1
_CANCELLED: Final = Ending(JobStatus.CANCELLED)

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the turns of one worker share."""

    database: Database
    queue: Queue
    settings: Settings
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    clock: Callable[[], datetime] = utc_now
    work: Mapping[JobKind, Start] = field(default_factory=lambda: WORK)

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.settings.lease_seconds)


async def run_job(ctx: Mapping[str, Any], job_id: int) -> None:
    """What arq calls for a ring. It never fails: arq keeps no record that anybody would read."""
    with bound_contextvars(job_id=job_id):
        await take_turn(ctx["workshop"], job_id)


async def take_turn(shop: Workshop, job_id: int) -> None:
    """Work on the job if it can be had; a ring for one that cannot is of no account."""
    try:
        held = await leases.claim(shop.database, job_id, shop.lease, shop.clock())
        if held is not None:
            await shop.queue.wake(job_id)
            await _work_on(shop, held)
    except LeaseLost:
        log.warning("job.lease_lost")
    except (Unavailable, Conflict) as error:
        # Nothing was let go in order: the reaper takes the job from here, once it can.
        log.warning("job.database_unavailable", error=repr(error))


async def _work_on(shop: Workshop, held: Claim) -> None:
    try:
        async with _renewed(shop, held):
            ending = await _advance_for_a_turn(shop, held)
    except (LeaseLost, Unavailable, Conflict):
        raise
    except Exception:
        log.exception("job.attempt_failed", epoch=held.epoch)
        await _give_up(shop, held)
    else:
        await _end_or_let_go(shop, held, ending)


async def _advance_for_a_turn(shop: Workshop, held: Claim) -> Ending | None:
    """Commit chunks until the job is at its end; None when it is another job's turn."""
    with closing(shop.work[held.kind](shop.database, held)) as work:
        return await _advance_till_turn_ends(shop, held, work)


async def _advance_till_turn_ends(shop: Workshop, held: Claim, work: Work) -> Ending | None:
    turn = _Turn(shop, held)
    cancelled = held.cancel_requested
    while not cancelled:
        standing = await _advance(shop, work)
        if standing.ending:
            return standing.ending
        await turn.wake_watchers()
        cancelled = standing.cancel_requested
        if not cancelled and await turn.is_over():
            return None
    await work.abandon()
    return _CANCELLED


async def _advance(shop: Workshop, work: Work) -> Standing:
    for _ in range(_MOST_CONFLICTS):
        with suppress(Conflict):
            return await work.advance(shop.clock())
    return await work.advance(shop.clock())


class _Turn:
    """How long a job may keep its worker."""

    def __init__(self, shop: Workshop, held: Claim) -> None:
        self._shop = shop
        self._held = held
        self._clock = asyncio.get_running_loop().time
        # Even a job that is alone steps back now and then: arq forgets who answers a ring.
        self._ends_at = self._clock() + shop.settings.lease_seconds
        # From the first chunk on: to take its work up, an import reads its file again.
        self._looks_at: float | None = None
        self._wakes_at = 0.0

    async def wake_watchers(self) -> None:
        """Tell of a chunk, the first one at once; who ends the turn tells of its last."""
        now = self._clock()
        if now >= self._wakes_at:
            self._wakes_at = now + _WAKE_SPACING_SECONDS
            await self._shop.queue.wake(self._held.job_id)

    async def is_over(self) -> bool:
        now = self._clock()
        if self._shop.stopping.is_set() or now >= self._ends_at:
            return True
        looks_at, patience = self._looks_at, self._shop.settings.slice_seconds
        if looks_at is None or now >= looks_at:
            self._looks_at = now + patience
        if looks_at is None or now < looks_at:
            return False
        return await leases.others_wait(self._shop.database, self._held, self._shop.clock())


async def _end_or_let_go(shop: Workshop, held: Claim, ending: Ending | None) -> None:
    if ending is None:
        await leases.release(shop.database, held)
        await shop.queue.wake(held.job_id)
        await shop.queue.ring(held.job_id, held.epoch)
        return
    await leases.finish(shop.database, held, ending, shop.clock())
    log.info("job.ended", status=ending.status, error_code=ending.error_code)
    await _tell_end(shop, held)


async def _give_up(shop: Workshop, held: Claim) -> None:
    if await leases.give_up(shop.database, held, shop.clock()):
        log.error("job.poisoned")
        await _tell_end(shop, held)
    else:
        await shop.queue.wake(held.job_id)
        await shop.queue.ring(held.job_id, held.epoch + 1)


async def _tell_end(shop: Workshop, held: Claim) -> None:
    await shop.queue.wake(held.job_id)
    await jobs.ring_next(shop.database, shop.queue, held.job_id, shop.clock())


@asynccontextmanager
async def _renewed(shop: Workshop, held: Claim) -> AsyncIterator[None]:
    """Keep the lease while one chunk takes longer than it."""
    renewing = asyncio.create_task(_renew(shop, held), name=f"renew-{held.job_id}")
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def _renew(shop: Workshop, held: Claim) -> None:
    while True:
        await asyncio.sleep(shop.settings.lease_seconds / 3)
        try:
            await leases.renew(shop.database, held, shop.clock())
        except (Unavailable, Conflict) as error:
            log.warning("job.lease_not_renewed", error=repr(error))
