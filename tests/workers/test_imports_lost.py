"""Imports whose worker falls silent, at every step; and the worker that wakes up too late."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from app.database.errors import Conflict
from app.domain.import_files import OnError
from app.services import jobs, leases, reaping
from app.services.consistency import disagreements
from app.services.importing import Importer
from app.services.leases import Claim, LeaseLost
from tests.making import CALLER, LEASE, claimed, count_rows, snapshot
from tests.workers.importing import (
    CODES,
    OUTCOMES,
    code_texts,
    csv_of,
    enter,
    finished,
    results,
    staged,
)
from workers.turns import Workshop, utc_now

pytestmark = pytest.mark.usefixtures("campaign_id", "three_rows_a_chunk")

# The last step before the end: three chunks are read, the end of the file is noted, and chunks are
# applied, or all rows at once.
LAST = {OnError.CONTINUE: 6, OnError.ABORT: 4}
GOOD = ["AAA1", "AAA2", "AAA3", "AAA4", "AAA5", "AAA6", "AAA7"]


class Worker:
    """A worker that has claimed the job and goes on when it is told to."""

    def __init__(self, shop: Workshop, held: Claim) -> None:
        self._shop = shop
        self._held = held
        self.importer = Importer(shop.database, held)

    async def step(self) -> bool:
        """Commit one chunk, or the end; True at the end."""
        standing = await self.importer.advance(utc_now())
        if standing.ending:
            await leases.finish(self._shop.database, self._held, standing.ending, utc_now())
        return standing.ending is not None


@asynccontextmanager
async def hired(shop: Workshop, job_id: int) -> AsyncIterator[Worker]:
    worker = Worker(shop, await claimed(shop.database, job_id, utc_now()))
    with closing(worker.importer):
        yield worker


async def lose(shop: Workshop) -> None:
    """The worker is silent for longer than its lease, and the reaper takes its job."""
    await reaping.reap(shop.database, shop.queue, utc_now() + LEASE)


async def wake(shop: Workshop, late: Worker) -> None:
    """Let the worker go on that lost its job; it must commit nothing."""
    before = await snapshot(shop.database)
    # To find that another one applied its rows looks to it as if somebody had been faster.
    with pytest.raises((LeaseLost, Conflict)):
        await late.step()
    assert await snapshot(shop.database) == before


@pytest.mark.parametrize("on_error", [OnError.CONTINUE, OnError.ABORT])
@pytest.mark.parametrize("steps", range(7))
async def test_a_lost_worker_s_rows_are_applied_once_and_it_writes_no_more(
    shop: Workshop, steps: int, on_error: OnError
) -> None:
    job_id = await enter(shop, csv_of(GOOD), on_error=on_error)
    async with hired(shop, job_id) as late:
        ends = [await late.step() for _ in range(min(steps, LAST[on_error]))]
        assert not any(ends)
        await lose(shop)
        await wake(shop, late)
        async with hired(shop, job_id) as heir:
            while not await heir.step():
                await wake(shop, late)
        await wake(shop, late)
    found = await results(shop, job_id)
    assert (found.ending, found.counts) == (("SUCCESS", None, None), {"inserted": 7})
    assert (found.job["parsed"], found.job["processed"], found.job["epoch"]) == (7, 7, 3)
    assert found.outcomes == ["INSERTED"] * 7
    assert await code_texts(shop.database, job_id) == GOOD
    assert await staged(shop.database, job_id) == []
    assert await disagreements(shop.database) == []


async def test_a_worker_that_is_lost_before_it_tells_the_end(shop: Workshop) -> None:
    job_id = await enter(shop, csv_of(CODES))
    async with hired(shop, job_id) as late:
        for _ in range(7):
            await late.importer.advance(utc_now())
        before = await snapshot(shop.database)
        await jobs.cancel(shop.database, shop.queue, CALLER, job_id, utc_now())
        await lose(shop)
        found = await finished(shop, job_id)
        await wake(shop, late)
    # All is applied: there is nothing left to cancel.
    assert (found.ending, found.outcomes) == (("WARNINGS", None, None), OUTCOMES)
    after = await snapshot(shop.database)
    assert {name for name in after if after[name] != before[name]} == {
        "audit_entry",
        "job",
        "outbox",
    }


async def test_a_worker_is_lost_three_times_without_a_row(shop: Workshop) -> None:
    job_id = await enter(shop, csv_of(CODES))
    for steps in (1, 0, 0):
        async with hired(shop, job_id) as late:
            for _ in range(steps):
                await late.step()
        await lose(shop)
    found = await results(shop, job_id)
    assert found.ending == ("FAILED", "WORKER_LOST", None)
    assert (found.job["parsed"], found.job["processed"], found.results) == (3, 0, [])
    assert await count_rows(shop.database, "code") == 1


@pytest.mark.parametrize("steps", [1, 3, 4])
async def test_that_an_epoch_is_not_checked_would_be_seen(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """A late worker would stage a chunk, end the reading, or apply a chunk."""
    job_id = await enter(shop, csv_of(GOOD))
    async with hired(shop, job_id) as late:
        for _ in range(steps):
            await late.step()
        await lose(shop)
        monkeypatch.setattr(leases, "_HELD", "id = $1 AND $2 >= 0")
        with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
            await wake(shop, late)
