"""Watching jobs: the present state first, newer ones then, the end always, few reads."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal

import pytest
from structlog.testing import capture_logs

from app.config import Settings
from app.database import Database, Row
from app.database.errors import Unavailable
from app.domain.callers import demo_caller
from app.domain.campaigns import CampaignDraft, CampaignKind
from app.domain.jobs import JobKind, JobProgress
from app.queue import Queue
from app.services import campaigns, jobs, progress
from app.services.progress import ProgressHub, Unknown

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALLER = demo_caller()


@dataclass
class Desk:
    """Jobs that change by our hand, a hub that watches them, and what it asked the database."""

    database: Database
    queue: Queue
    hub: ProgressHub
    reads: list[str] = field(default_factory=list)
    broken: bool = False
    held: "Held | None" = None

    def hold(self, when: Literal["before", "after"]) -> "Held":
        """The next reading of unfinished jobs stays under way, before or after its answer."""
        self.held = Held(when)
        return self.held

    async def campaign(self, name: str) -> int:
        new = campaigns.NewCampaign(CampaignKind.VOUCHER, CampaignDraft(name, "UTC"))
        return await campaigns.create(self.database, CALLER, new, NOW)

    async def job(self, campaign_id: int) -> int:
        job = jobs.NewJob(JobKind.GENERATE, campaign_id, params={}, total=100)
        async with self.database.transaction() as tx:
            return await jobs.add(tx, CALLER, job, NOW)

    async def change(self, job_id: int, processed: int, *, wake: bool = True) -> None:
        await self._write(job_id, f"processed = {processed}, status = 'IN_PROGRESS'", wake=wake)

    async def end(self, job_id: int, *, wake: bool = True) -> None:
        ended = "processed = 100, status = 'SUCCESS', phase = 'DONE', finished_at = queued_at"
        await self._write(job_id, ended, wake=wake)

    async def _write(self, job_id: int, values: str, *, wake: bool) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(
                f"UPDATE job SET {values}, progress_sequence = progress_sequence + 1 WHERE id = $1",
                job_id,
            )
        if wake:
            await self.queue.wake(job_id)


@dataclass
class Held:
    """A reading that waits until it is released."""

    when: Literal["before", "after"]
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> None:
        self.reached.set()
        await self.released.wait()


@pytest.fixture
async def desk(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    queue = await Queue.open(settings)
    async with ProgressHub.open(database, queue, lambda: NOW) as hub:
        desk = Desk(database, queue, hub)
        read = database.read

        async def noted(sql: str, *values: object) -> list[Row]:
            if desk.broken:
                raise Unavailable("cut")
            if "progress_sequence" in sql:
                desk.reads.append(sql)
            held = desk.held if "finished_at IS NULL" in sql else None
            if held and held.when == "before":
                await held.wait()
            found = await read(sql, *values)
            if held and held.when == "after":
                await held.wait()
            return found

        monkeypatch.setattr(database, "read", noted)
        yield desk
    await queue.close()


@pytest.fixture
def no_healing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told then was told because of a wake."""
    monkeypatch.setattr(progress, "HEALING_SECONDS", 3_600)


async def told(states: AsyncGenerator[JobProgress, None]) -> tuple[int, int, str]:
    """Job, rows done and status of the next state."""
    async with asyncio.timeout(5):
        state = await anext(states)
    return state.job_id, state.processed, state.status.value


async def is_silent(states: AsyncGenerator[JobProgress, None]) -> bool:
    """Nothing is told for longer than two events lie apart. The stream is over afterwards."""
    try:
        async with asyncio.timeout(0.6):
            await anext(states)
    except TimeoutError:
        return True
    return False


async def ends(states: AsyncGenerator[JobProgress, None]) -> bool:
    async with asyncio.timeout(5):
        return await anext(states, None) is None


class TestOneJob:
    async def test_from_the_present_state_to_the_end(self, desk: Desk, no_healing: None) -> None:
        assert no_healing is None
        job_id = await desk.job(await desk.campaign("Summer"))
        async with aclosing(desk.hub.watch(job_id)) as states:
            assert await told(states) == (job_id, 0, "PENDING")
            for processed in (10, 20):
                await desk.change(job_id, processed)
                assert await told(states) == (job_id, processed, "IN_PROGRESS")
            await desk.end(job_id)
            assert await told(states) == (job_id, 100, "SUCCESS")
            assert await ends(states)

    async def test_joining_late(self, desk: Desk) -> None:
        """Exactly the terminal state, though an early watcher is still waiting for it."""
        job_id = await desk.job(await desk.campaign("Summer"))
        async with aclosing(desk.hub.watch(job_id)) as early:
            await told(early)
            await desk.end(job_id, wake=False)
            async with aclosing(desk.hub.watch(job_id)) as late:
                assert await told(late) == (job_id, 100, "SUCCESS")
                assert await ends(late)
            assert await told(early) == (job_id, 100, "SUCCESS")
            assert await ends(early)

    async def test_unknown(self, desk: Desk) -> None:
        with pytest.raises(Unknown):
            await anext(desk.hub.watch(10**12))

    async def test_changes_that_come_too_fast_are_told_together(self, desk: Desk) -> None:
        job_id = await desk.job(await desk.campaign("Summer"))
        loop = asyncio.get_running_loop()
        times = []
        async with aclosing(desk.hub.watch(job_id)) as states:
            await told(states)
            writing = asyncio.create_task(hurry(desk, job_id))
            async for state in states:
                times.append(loop.time())
                if state.status == "SUCCESS":
                    break
            await writing
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert all(gap >= 0.25 for gap in gaps)
        assert len(times) <= 4

    async def test_a_lost_wake_heals(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(progress, "HEALING_SECONDS", 0.1)
        job_id = await desk.job(await desk.campaign("Summer"))
        async with aclosing(desk.hub.watch(job_id)) as states:
            await told(states)
            await desk.end(job_id, wake=False)
            assert await told(states) == (job_id, 100, "SUCCESS")

    async def test_without_healing_it_would_not(self, desk: Desk, no_healing: None) -> None:
        """So the test before this one can fail."""
        assert no_healing is None
        job_id = await desk.job(await desk.campaign("Summer"))
        async with aclosing(desk.hub.watch(job_id)) as states:
            await told(states)
            await asyncio.sleep(0)
            await desk.end(job_id, wake=False)
            assert await is_silent(states)


async def hurry(desk: Desk, job_id: int) -> None:
    for processed in range(1, 30):
        await desk.change(job_id, processed)
    await desk.end(job_id)


async def test_one_read_for_a_change_however_many_watch(desk: Desk, no_healing: None) -> None:
    assert no_healing is None
    job_id = await desk.job(await desk.campaign("Summer"))
    watchers = [desk.hub.watch(job_id) for _ in range(200)]
    first = await asyncio.gather(*(told(states) for states in watchers))
    assert set(first) == {(job_id, 0, "PENDING")}
    joining = len(desk.reads)
    assert joining <= 3
    for processed in (1, 2, 3):
        await desk.change(job_id, processed)
        heard = await asyncio.gather(*(told(states) for states in watchers))
        assert set(heard) == {(job_id, processed, "IN_PROGRESS")}
    assert len(desk.reads) - joining == 3
    await desk.end(job_id)
    states = await asyncio.gather(*(anext(states) for states in watchers))
    assert len({id(state) for state in states}) == 1
    assert all(await asyncio.gather(*(ends(states) for states in watchers)))
    assert await desk.hub.watch(job_id).__anext__() == states[0]


async def test_nobody_watches_nothing_is_read(desk: Desk) -> None:
    job_id = await desk.job(await desk.campaign("Summer"))
    async with aclosing(desk.hub.watch(job_id)) as states:
        await told(states)
    desk.reads.clear()
    await desk.change(job_id, 1)
    await asyncio.sleep(0.3)
    assert desk.reads == []


class TestCampaigns:
    async def test_unfinished_jobs_first_then_every_change(self, desk: Desk) -> None:
        ours, other = await desk.campaign("Summer"), await desk.campaign("Autumn")
        finished, running, elsewhere = [await desk.job(one) for one in (ours, ours, other)]
        await desk.end(finished)
        await desk.change(running, 5)
        async with aclosing(desk.hub.watch_campaign(ours)) as states:
            assert await told(states) == (running, 5, "IN_PROGRESS")
            await desk.change(elsewhere, 1)
            new = await desk.job(ours)
            await desk.end(new)
            assert await told(states) == (new, 100, "SUCCESS")
            await desk.end(running)
            assert await told(states) == (running, 100, "SUCCESS")
            await desk.end(elsewhere)
            assert await is_silent(states)

    async def test_all_campaigns(self, desk: Desk) -> None:
        made = [await desk.job(await desk.campaign(name)) for name in ("Summer", "Autumn")]
        watchers = [desk.hub.watch_campaign(None) for _ in range(3)]
        first = await asyncio.gather(*(told(states) for states in watchers))
        assert set(first) == {(made[0], 0, "PENDING")}
        await desk.end(made[0])
        late = desk.hub.watch(made[0])
        assert await told(late) == (made[0], 100, "SUCCESS")
        assert await ends(late)
        for states in watchers:
            heard = {await told(states), await told(states)}
            assert heard == {(made[1], 0, "PENDING"), (made[0], 100, "SUCCESS")}
            await states.aclose()

    async def test_unknown(self, desk: Desk) -> None:
        with pytest.raises(Unknown):
            await anext(desk.hub.watch_campaign(10**12))

    async def test_lost_wakes_heal(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """A job that began and ended unnoticed, and one that only ended so."""
        monkeypatch.setattr(progress, "HEALING_SECONDS", 0.1)
        campaign_id = await desk.campaign("Summer")
        known = await desk.job(campaign_id)
        async with aclosing(desk.hub.watch_campaign(campaign_id)) as states:
            assert await told(states) == (known, 0, "PENDING")
            await desk.end(known, wake=False)
            assert await told(states) == (known, 100, "SUCCESS")
            new = await desk.job(campaign_id)
            await desk.end(new, wake=False)
            assert await told(states) == (new, 100, "SUCCESS")

    async def test_what_ended_before_anybody_watched_is_not_told(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(progress, "HEALING_SECONDS", 0.1)
        campaign_id = await desk.campaign("Summer")
        waiting, *ended = [await desk.job(campaign_id) for _ in range(3)]
        for job_id in ended:
            await desk.end(job_id, wake=False)
        async with aclosing(desk.hub.watch_campaign(None)) as states:
            assert await told(states) == (waiting, 0, "PENDING")
            assert await is_silent(states)
        await desk.end(waiting, wake=False)
        async with aclosing(desk.hub.watch_campaign(None)) as states:
            assert await is_silent(states)

    @pytest.mark.parametrize("when", ["before", "after"])
    async def test_a_reading_that_the_last_watcher_did_not_wait_for(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, when: Literal["before", "after"]
    ) -> None:
        """It is still under way when the next one comes, and tells that one nothing of the past."""
        monkeypatch.setattr(progress, "HEALING_SECONDS", 0.1)
        waiting = await desk.job(await desk.campaign("Summer"))
        async with aclosing(desk.hub.watch_campaign(None)) as states:
            assert await told(states) == (waiting, 0, "PENDING")
            held = desk.hold(when)
            await held.reached.wait()
        await desk.end(waiting, wake=False)
        asyncio.get_running_loop().call_later(0.05, held.released.set)
        with capture_logs() as logs:
            async with aclosing(desk.hub.watch_campaign(None)) as states:
                assert await is_silent(states)
        assert logs == []

    async def test_the_past_is_not_told_to_who_comes_later(self, desk: Desk) -> None:
        campaign_id = await desk.campaign("Summer")
        async with aclosing(desk.hub.watch_campaign(campaign_id)) as states:
            job_id = await desk.job(campaign_id)
            await told(states)
            await desk.end(job_id)
            assert await told(states) == (job_id, 100, "SUCCESS")
        async with aclosing(desk.hub.watch_campaign(campaign_id)) as states:
            assert await is_silent(states)


class TestFailures:
    async def test_who_joins_is_told_who_watches_waits(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(progress, "HEALING_SECONDS", 0.1)
        job_id = await desk.job(await desk.campaign("Summer"))
        async with aclosing(desk.hub.watch(job_id)) as states:
            await told(states)
            desk.broken = True
            await desk.change(job_id, 1)
            with pytest.raises(Unavailable):
                await anext(desk.hub.watch(job_id))
            with pytest.raises(Unavailable):
                await anext(desk.hub.watch_campaign(None))
            desk.broken = False
            assert await told(states) == (job_id, 1, "IN_PROGRESS")

    async def test_a_gap_of_the_queue_makes_everything_read_again(
        self, desk: Desk, no_healing: None
    ) -> None:
        assert no_healing is None
        job_id = await desk.job(await desk.campaign("Summer"))
        async with aclosing(desk.hub.watch(job_id)) as states:
            await told(states)
            await asyncio.sleep(0)
            await desk.end(job_id, wake=False)
            async with desk.queue.watch() as others:
                assert others is not None
                forget_everything(desk.queue)
            assert await told(states) == (job_id, 100, "SUCCESS")


def forget_everything(queue: Queue) -> None:
    """What the queue does when its connection was away for a while."""
    for changes in queue._watchers:  # noqa: SLF001 - the gap itself is tried where Redis restarts
        changes.put_everything()


async def test_what_was_told_is_not_remembered_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_MOST_REMEMBERED", 3)
    monkeypatch.setattr(progress, "_MOST_AT_ONCE", 2)
    campaign_id = await desk.campaign("Summer")
    made = [await desk.job(campaign_id) for _ in range(5)]
    streams = [desk.hub.watch(job_id) for job_id in made]
    assert await asyncio.gather(*(told(states) for states in streams)) == [
        (job_id, 0, "PENDING") for job_id in made
    ]
    known: dict[int, Any] = vars(desk.hub)["_known"]
    assert len(known) == 3
    for states in streams:
        await states.aclose()
