import asyncio
from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.database import Database
from app.queue import Queue
from tests.faults.killing import (
    crew,
    enter_jobs,
    finish,
    freeze,
    hurried,
    made,
    progressed,
    survive,
    thaw,
    violations,
)
from tests.making import make_campaign, make_job, read_job

TOTAL = 40_000


@pytest.fixture
def settings(settings: Settings, redis_url: str) -> Settings:
    return hurried(settings, redis_url)


@pytest.fixture
async def queue(settings: Settings) -> AsyncIterator[Queue]:
    opened = await Queue.open(settings)
    yield opened
    await opened.close()


@pytest.mark.timeout(900)
async def test_killed_workers_double_and_lose_nothing(
    database: Database, queue: Queue, settings: Settings, *, long: bool
) -> None:
    left = 20 if long else 3
    async with crew(settings) as workers:
        while left > 0:
            job_ids = await enter_jobs(database, queue, TOTAL)
            left -= await survive(database, workers, job_ids, left)
            await finish(database, workers, job_ids)
            assert await violations(database, job_ids, TOTAL) == []


async def test_the_checker_catches_a_cursor_that_is_committed_apart(
    database: Database, queue: Queue, settings: Settings
) -> None:
    found: list[str] = []
    async with crew(settings, "apart") as workers:
        for _ in range(5):
            job_ids = await enter_jobs(database, queue, 8_000)
            await survive(database, workers, job_ids, 3)
            await finish(database, workers, job_ids)
            found = await violations(database, job_ids, 8_000)
            if found:
                break
    assert any("asked for" in sentence for sentence in found)


@pytest.mark.parametrize("backend", ["postgres"])
async def test_a_worker_that_was_stopped_for_long_writes_nothing_more(
    database: Database, queue: Queue, settings: Settings
) -> None:
    job_id = await make_job(database, queue, await make_campaign(database), 100_000)
    async with crew(settings) as workers:
        zombie = await workers.hire()
        workers.members.append(zombie)
        await progressed(database, [job_id])
        freeze(zombie)
        before = await made(database, [job_id])
        other = await workers.hire()
        workers.members.append(other)
        await finish(database, workers, [job_id])
        assert before < 100_000
        await workers.kill(other)
        thaw(zombie)
        # When it has made another job, it has long tried to go on with the first.
        next_id = await make_job(database, queue, await make_campaign(database), 10)
        while (await read_job(database, next_id))["status"] != "SUCCESS":
            await progressed(database, [next_id])
    assert await violations(database, [job_id], 100_000) == []
    assert (await read_job(database, job_id))["attempts"] == 0


@pytest.mark.parametrize("backend", ["postgres"])
async def test_a_terminated_worker_hands_its_jobs_over_at_once(
    database: Database, queue: Queue, settings: Settings
) -> None:
    patient = settings.model_copy(update={"lease_seconds": 60.0})
    job_ids = await enter_jobs(database, queue, TOTAL)
    async with crew(patient) as workers:
        await workers.fill()
        # Each has one in hand: whoever leaves has begun.
        await asyncio.gather(*(progressed(database, [job_id]) for job_id in job_ids))
        leaving = workers.members.pop(0)
        leaving.terminate()
        assert await asyncio.wait_for(leaving.wait(), 20) == 0
        # Nobody waits for a lease of a minute.
        await finish(database, workers, job_ids)
    assert await violations(database, job_ids, TOTAL) == []


@pytest.mark.parametrize("backend", ["postgres"])
async def test_a_flushed_redis_loses_nothing(
    database: Database, queue: Queue, settings: Settings
) -> None:
    job_ids = [*await enter_jobs(database, queue, TOTAL), *await enter_jobs(database, queue, TOTAL)]
    async with crew(settings) as workers:
        await workers.fill()
        for _ in range(3):
            await progressed(database, job_ids)
            await queue.redis.flushall()
        await finish(database, workers, job_ids)
    assert await violations(database, job_ids, TOTAL) == []
