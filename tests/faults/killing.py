"""Workers as processes that die at moments nobody chose, and the checker of what they leave."""

import asyncio
import os
import random  # noqa: TID251 - moments that the seed of the run, which is printed, repeats
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.config import Settings
from app.database import Database
from app.queue import Queue
from tests.making import make_campaign, make_job, make_series, read_all, read_job

RESUME_SECONDS = 20
_ROOT = Path(__file__).parents[2]
_TERMINAL = {"SUCCESS", "WARNINGS", "FAILED", "CANCELLED"}


def hurried(settings: Settings, redis_url: str) -> Settings:
    """Short patience, so that a test sees takeovers within seconds; one job in hand at a time."""
    return settings.model_copy(
        update={
            "redis_url": "" if settings.embedded else redis_url,
            "lease_seconds": 1.0,
            "reap_seconds": 0.2,
            "worker_jobs": 1 if not settings.embedded else 2,
            "database_statement_seconds": 3,
        }
    )


class Crew:
    """Worker processes on one database: as many as it allows."""

    def __init__(self, settings: Settings, *words: str) -> None:
        self.settings = settings
        self._words = words
        self._size = 1 if settings.embedded else 2
        self.members: list[asyncio.subprocess.Process] = []

    async def fill(self) -> None:
        while len(self.members) < self._size:
            self.members.append(await self.hire())

    async def hire(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.faults.worker_process", self.settings.model_dump_json()),
            *self._words,
            cwd=_ROOT,
            stdout=asyncio.subprocess.DEVNULL,
        )

    async def kill(self, member: asyncio.subprocess.Process) -> None:
        self.members.remove(member)
        member.kill()
        await member.wait()

    async def kill_any(self) -> None:
        await self.kill(random.choice(self.members))  # noqa: S311 - as above


@asynccontextmanager
async def crew(settings: Settings, *words: str) -> AsyncIterator[Crew]:
    hired = Crew(settings, *words)
    try:
        yield hired
    finally:
        for member in list(hired.members):
            await hired.kill(member)


async def enter_jobs(database: Database, queue: Queue, total: int) -> list[int]:
    """One job of random codes and one of a series: both kinds draw differently."""
    series_id = await make_series(database, "KILL-#")
    campaign_ids = [
        await make_campaign(database),
        await make_campaign(database, number_series_id=series_id),
    ]
    return [await make_job(database, queue, campaign_id, total) for campaign_id in campaign_ids]


async def made(database: Database, job_ids: list[int]) -> int:
    """How many rows are through; rows of a file are read, too."""
    jobs = [await read_job(database, job_id) for job_id in job_ids]
    return sum(job["parsed"] + job["processed"] for job in jobs)


async def all_ended(database: Database, job_ids: list[int]) -> bool:
    jobs = [await read_job(database, job_id) for job_id in job_ids]
    return all(job["status"] in _TERMINAL for job in jobs)


async def progressed(database: Database, job_ids: list[int]) -> None:
    """Wait until one more chunk is committed, or all is done; fail when nothing goes on."""
    before, began = await made(database, job_ids), time.monotonic()
    while await made(database, job_ids) == before and not await all_ended(database, job_ids):
        assert time.monotonic() - began < RESUME_SECONDS, "no worker went on"
        await asyncio.sleep(0.02)


async def survive(database: Database, workers: Crew, job_ids: list[int], kills: int) -> int:
    """Kill at random moments, until it was done often enough or all is made; returns the kills.

    Each job commits something in between: one that is lost three times without is given up.
    """
    for done in range(kills):
        await workers.fill()
        await asyncio.gather(*(progressed(database, [job_id]) for job_id in job_ids))
        moment = random.uniform(0, 0.25)  # noqa: S311 - as above
        print(f"kill {done + 1} comes {moment:.3f} s after a chunk")  # noqa: T201 - shown when it fails
        await asyncio.sleep(moment)
        if await all_ended(database, job_ids):
            return done
        await workers.kill_any()
    return kills


async def finish(database: Database, workers: Crew, job_ids: list[int]) -> None:
    await workers.fill()
    while not await all_ended(database, job_ids):
        await progressed(database, job_ids)


async def violations(database: Database, job_ids: list[int], total: int) -> list[str]:
    """What is not as if no worker had ever died; empty when all is well."""
    found = []
    for job_id in job_ids:
        job = await read_job(database, job_id)
        (row,) = await read_all(
            database, "SELECT COUNT(*) AS n FROM code WHERE created_by_job_id = $1", job_id
        )
        counted = (job["status"], row["n"], job["processed"], job["inserted"])
        if counted != ("SUCCESS", total, total, total):
            found.append(f"job {job_id}: {counted}, asked for {total}")
        ends = await read_all(
            database,
            "SELECT id FROM outbox WHERE CAST(payload ->> 'jobId' AS BIGINT) = $1",
            job_id,
        )
        if len(ends) != 1:
            found.append(f"job {job_id}: its end was announced {len(ends)} times")
    return found


def freeze(member: asyncio.subprocess.Process) -> None:
    os.kill(member.pid, signal.SIGSTOP)


def thaw(member: asyncio.subprocess.Process) -> None:
    os.kill(member.pid, signal.SIGCONT)
