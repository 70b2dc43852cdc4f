"""Works that do what a test says, in place of making codes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.database import Database
from app.domain.jobs import JobKind, JobStatus
from app.queue import Queue
from app.services import leases
from app.services.leases import Claim, Ending, Gains, Standing
from tests.making import read_job
from workers.turns import Workshop

TERMINAL = {"SUCCESS", "WARNINGS", "FAILED", "CANCELLED"}


@dataclass
class Rows:
    """Counts one row a chunk, and before each chunk does what the test wants."""

    database: Database
    held: Claim
    before_chunk: Callable[[Claim], Awaitable[None]]

    async def abandon(self) -> None:
        """Nothing is kept to go on with."""

    def close(self) -> None:
        """Nothing is held outside the database."""

    async def advance(self, now: datetime) -> Standing:
        await self.before_chunk(self.held)
        async with self.database.transaction() as tx:
            gains = Gains(processed=1, inserted=1)
            standing = await leases.commit_progress(tx, self.held, gains, now)
        done = standing.processed == self.held.total
        return replace(standing, ending=Ending(JobStatus.SUCCESS) if done else None)


def doing(shop: Workshop, before_chunk: Callable[[Claim], Awaitable[None]]) -> Workshop:
    def start(database: Database, held: Claim) -> Rows:
        return Rows(database, held, before_chunk)

    return replace(shop, work={JobKind.GENERATE: start})


async def ended(database: Database, queue: Queue, job_id: int) -> dict[str, Any]:
    """Wait for the job's end, as a watcher does."""
    async with asyncio.timeout(60), queue.watch(job_id) as changes:
        while (job := await read_job(database, job_id))["status"] not in TERMINAL:
            await anext(changes)
    return job
