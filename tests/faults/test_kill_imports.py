from collections.abc import AsyncIterator
from itertools import count

import pytest

from app.config import Settings
from app.database import Database
from app.queue import Queue
from tests.faults.killing import crew, finish, hurried, survive
from tests.making import make_source
from tests.workers.importing import enter, imported
from tests.workers.mixed import Mixed
from workers.turns import Workshop

KEYS = ("TYPED", "OTHER")
CYCLES = 1_500
_numbers = count(1)


@pytest.fixture
def settings(settings: Settings, redis_url: str) -> Settings:
    return hurried(settings, redis_url)


@pytest.fixture
async def queue(settings: Settings) -> AsyncIterator[Queue]:
    opened = await Queue.open(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(database: Database, queue: Queue, settings: Settings) -> Workshop:
    """A worker of this process, which nobody kills, for what must be there before."""
    for key in KEYS:
        await make_source(database, f"{key}-1", key, key)
    return Workshop(database, queue, settings)


async def enter_imports(shop: Workshop, cycles: int) -> dict[int, Mixed]:
    """One import into each campaign; the codes that they change are there."""
    files = {}
    for key in KEYS:
        file = Mixed(f"{key}-{next(_numbers)}", cycles)
        await imported(shop, file.before, campaign_key=key)
        job_id = await enter(shop, file.content, campaign_key=key, max_rows=file.rows)
        files[job_id] = file
    return files


async def violations(database: Database, files: dict[int, Mixed]) -> list[str]:
    return [
        sentence
        for job_id, file in files.items()
        for sentence in await file.violations(database, job_id)
    ]


@pytest.mark.timeout(900)
async def test_killed_workers_apply_or_report_every_row_once(
    shop: Workshop, settings: Settings, *, long: bool
) -> None:
    left = 20 if long else 3
    async with crew(settings) as workers:
        while left > 0:
            files = await enter_imports(shop, CYCLES)
            left -= await survive(shop.database, workers, [*files], left)
            await finish(shop.database, workers, [*files])
            assert await violations(shop.database, files) == []


async def test_the_checker_catches_chunks_that_are_committed_in_parts(
    shop: Workshop, settings: Settings
) -> None:
    found: list[str] = []
    async with crew(settings, "one-by-one") as workers:
        for _ in range(5):
            files = await enter_imports(shop, 500)
            await survive(shop.database, workers, [*files], 3)
            await finish(shop.database, workers, [*files])
            found = await violations(shop.database, files)
            if found:
                break
    assert found
