"""A worker, wherever it runs: arq answers the rings, the reaper finds jobs whose ring got lost."""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC
from typing import Any, Final

import orjson
import structlog
from arq.utils import poll
from arq.worker import Worker, func

from app.queue import RING_QUEUE, RUN_JOB, to_bytes
from app.services.purging import purge
from app.services.reaping import reap
from workers.turns import Workshop, run_job

_POLL_SECONDS: Final = 0.05
_PAUSE_SECONDS: Final = 0.5
# Only a hung turn lasts so long; what it loses is found by the reaper.
_LONGEST_TURN_SECONDS: Final = 3600
# How long the chunks in hand may take when the worker is told to stop.
_DRAIN_SECONDS: Final = 20
_DAY_SECONDS: Final = 86_400

log = structlog.get_logger(__name__)


class RingWorker(Worker):
    """arq's worker that stops by itself: the Redis client may swallow a cancellation.

    It also goes without arq's greeting, which asks Redis for what an in-process one cannot say.
    """

    async def main(self) -> None:
        stopping: asyncio.Event = self.ctx["workshop"].stopping
        async for _ in poll(self.poll_delay_s):  # pragma: no branch - it never runs dry
            if stopping.is_set():
                return
            await self._poll_iteration()


async def serve(shop: Workshop) -> None:
    """Work until the workshop is told to stop; then finish the chunks in hand and let go."""
    await asyncio.gather(_answer_rings(shop), _reap(shop), _purge(shop))


async def _answer_rings(shop: Workshop) -> None:
    """Run arq's worker. When Redis fails it, go on with a fresh one; turns in hand go on too."""
    turns: set[asyncio.Task[Any]] = set()
    while not shop.stopping.is_set():
        worker = _ring_worker(shop)
        try:
            await worker.main()
        except Exception as error:  # noqa: BLE001 - whatever failed, rings must be answered again
            log.warning("worker.rings_interrupted", error=repr(error))
            await _pause(shop, _PAUSE_SECONDS)
        turns |= set(worker.tasks.values())
    await _drain(turns)


def _ring_worker(shop: Workshop) -> RingWorker:
    worker = RingWorker(
        [func(run_job, name=RUN_JOB)],
        queue_name=RING_QUEUE,
        redis_pool=shop.queue.redis,
        handle_signals=False,
        max_jobs=shop.settings.worker_jobs,
        job_timeout=_LONGEST_TURN_SECONDS,
        keep_result=0,
        poll_delay=_POLL_SECONDS,
        ctx={"workshop": shop},
        job_serializer=to_bytes,
        job_deserializer=orjson.loads,
        log_results=False,
        timezone=UTC,
    )
    # arq keeps a ring from others for the longest turn, though its worker was killed. The lease
    # guards the job; the ring needs no more than outlast a turn.
    worker.in_progress_timeout_s = shop.settings.lease_seconds * 1.5
    return worker


async def _drain(turns: set[asyncio.Task[Any]]) -> None:
    """Let turns end after their chunk; one that hangs is cut off, and the reaper takes its job."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            await asyncio.gather(*turns, return_exceptions=True)


async def _reap(shop: Workshop) -> None:
    while not shop.stopping.is_set():
        try:
            await reap(shop.database, shop.queue, shop.clock())
        except Exception as error:  # noqa: BLE001 - whatever failed, the next pass must come
            log.warning("reaper.pass_failed", error=repr(error))
        await _pause(shop, shop.settings.reap_seconds)


async def _purge(shop: Workshop) -> None:
    """Remove once a day what is kept for a time only; nobody minds when several workers do."""
    while not shop.stopping.is_set():
        try:
            purged = await purge(shop.database, shop.clock())
        except Exception as error:  # noqa: BLE001 - tomorrow is another day
            log.warning("purge.failed", error=repr(error))
        else:
            log.info("purged", **asdict(purged))
        await _pause(shop, _DAY_SECONDS)


async def _pause(shop: Workshop, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await shop.stopping.wait()
