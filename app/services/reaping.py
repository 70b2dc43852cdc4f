from datetime import datetime
from typing import Final

import structlog

from app.database import Database
from app.domain.jobs import JobStatus
from app.queue import Queue
from app.services import jobs, leases

# Rings a pass repeats at most: the oldest jobs first, and later passes take the rest.
_MOST_RINGS: Final = 200

log = structlog.get_logger(__name__)


async def reap(database: Database, queue: Queue, now: datetime) -> None:
    """Take jobs from silent workers, then ring every job that could be worked on now.

    Several reapers may run at once: taking is conditional, and a ring that still waits in the
    queue is not repeated. So a queue that lost everything is filled again within one pass.
    """
    await _take_from_silent_workers(database, queue, now)
    waiting = await database.read(
        f"SELECT job.id, job.epoch FROM job WHERE {jobs.claimable('$1')}"
        f" ORDER BY job.id LIMIT {_MOST_RINGS}",
        now,
    )
    for row in waiting:
        await queue.ring(row["id"], row["epoch"])


async def _take_from_silent_workers(database: Database, queue: Queue, now: datetime) -> None:
    silent = await database.read(
        "SELECT id, epoch FROM job WHERE finished_at IS NULL"
        f" AND status = '{JobStatus.IN_PROGRESS}' AND lease_until <= $1 ORDER BY id",
        now,
    )
    for row in silent:
        job_id: int = row["id"]
        try:
            ended = await leases.take_away(database, job_id, row["epoch"], now)
        except leases.LeaseLost:
            # It showed a sign of life, or another reaper was first.
            continue
        log.warning("job.worker_lost", job_id=job_id, epoch=row["epoch"], failed=ended)
        await queue.wake(job_id)
        if ended:
            await jobs.ring_next(database, queue, job_id, now)
