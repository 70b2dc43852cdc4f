import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from app.database.errors import Conflict, Unavailable
from app.domain.jobs import JobKind
from app.services import jobs, leases, reaping
from app.services.leases import Claim
from tests.making import CALLER, NOW, claimed, make_campaign, make_job, read_all, read_job
from tests.workers.working import doing
from workers.turns import Workshop, run_job, take_turn, utc_now


async def nothing(_: Claim) -> None:
    """A chunk like any other."""


async def rung(shop: Workshop) -> set[str | None]:
    return {job.job_id for job in await shop.queue.redis.queued_jobs()}


async def make_rows(shop: Workshop, total: int) -> int:
    job_id = await make_job(shop.database, shop.queue, await make_campaign(shop.database), total)
    await shop.queue.redis.flushdb()
    return job_id


async def test_a_ring_brings_a_job_to_its_end(shop: Workshop) -> None:
    job_id = await make_rows(shop, 7)
    await run_job({"workshop": shop}, job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"], job["epoch"]) == ("SUCCESS", 7, 1)
    assert len(await read_all(shop.database, "SELECT id FROM code")) == 7
    # A ring for a job that cannot be had is of no account.
    await run_job({"workshop": shop}, job_id)
    await run_job({"workshop": shop}, 4711)
    assert await read_job(shop.database, job_id) == job


async def test_a_running_job_is_cancelled_between_chunks(shop: Workshop) -> None:
    job_id = await make_rows(shop, 10)

    async def cancel_in_the_third(held: Claim) -> None:
        if (await read_job(shop.database, job_id))["processed"] == 2:
            await jobs.cancel(shop.database, shop.queue, CALLER, held.job_id, utc_now())

    await take_turn(doing(shop, cancel_in_the_third), job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"], job["inserted"]) == ("CANCELLED", 3, 3)


async def test_a_job_that_was_cancelled_meanwhile_makes_nothing(shop: Workshop) -> None:
    job_id = await make_rows(shop, 10)
    held = await leases.claim(shop.database, job_id, shop.lease, utc_now())
    assert held
    await jobs.cancel(shop.database, shop.queue, CALLER, job_id, utc_now())
    await leases.release(shop.database, held)
    await take_turn(shop, job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"]) == ("CANCELLED", 0)


async def test_a_job_that_is_all_made_is_not_cancelled_any_more(shop: Workshop) -> None:
    job_id = await make_rows(shop, 1)

    async def cancel(held: Claim) -> None:
        await jobs.cancel(shop.database, shop.queue, CALLER, held.job_id, utc_now())

    await take_turn(doing(shop, cancel), job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"]) == ("SUCCESS", 1)


async def test_a_lost_worker_does_not_cancel_what_is_all_made(shop: Workshop) -> None:
    job_id = await make_rows(shop, 1)
    held = await claimed(shop.database, job_id, utc_now())
    with closing(shop.work[held.kind](shop.database, held)) as maker:
        await maker.advance(utc_now())
    await jobs.cancel(shop.database, shop.queue, CALLER, job_id, utc_now())
    await reaping.reap(shop.database, shop.queue, utc_now() + shop.lease)
    await take_turn(shop, job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"], job["inserted"]) == ("SUCCESS", 1, 1)


async def test_a_job_steps_back_when_another_waits(shop: Workshop) -> None:
    job_id, _ = await make_rows(shop, 1_000), await make_rows(shop, 1)

    async def slowly(_: Claim) -> None:
        await asyncio.sleep(0.02)

    await take_turn(doing(shop, slowly), job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["lease_until"], job["attempts"]) == ("IN_PROGRESS", None, 0)
    assert 1 <= job["processed"] <= 5
    # The ring is a new one, at the tail: the one that was answered is not finished yet.
    assert await rung(shop) == {f"{job_id}:1"}


@asynccontextmanager
async def wakes_of(shop: Workshop) -> AsyncIterator[Callable[[], Awaitable[list[int]]]]:
    """Yield what tells the jobs of all wakes since it was last asked."""
    async with shop.queue.redis.pubsub() as subscription:
        await subscription.subscribe("promograph:jobs")

        async def heard() -> list[int]:
            found = []
            while message := await subscription.get_message(timeout=0.01):
                found += [int(message["data"])] if message["type"] == "message" else []
            return found

        assert await heard() == []
        yield heard


async def test_watchers_are_woken_ten_times_a_second_at_most(shop: Workshop) -> None:
    job_id = await make_rows(shop, 200)
    settings = shop.settings.model_copy(update={"lease_seconds": 0.35})

    async def quickly(_: Claim) -> None:
        await asyncio.sleep(0.01)

    async with wakes_of(shop) as heard:
        before = time.monotonic()
        await take_turn(doing(replace(shop, settings=settings), quickly), job_id)
        seconds = time.monotonic() - before
        woken = await heard()
    assert (await read_job(shop.database, job_id))["status"] == "IN_PROGRESS"
    # Taken, the first chunk, at most one each tenth of a second of the turn, let go.
    assert 3 <= len(woken) <= 3 + seconds * 10
    assert set(woken) == {job_id}


async def test_the_first_chunk_and_the_last_of_a_turn_are_told(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.turns._WAKE_SPACING_SECONDS", 60)
    job_id = await make_rows(shop, 100)
    told: list[list[int]] = []

    async def stop_in_the_third(_: Claim) -> None:
        told.append(await heard())
        if len(told) == 3:
            shop.stopping.set()

    async with wakes_of(shop) as heard:
        await take_turn(doing(shop, stop_in_the_third), job_id)
        told.append(await heard())
    assert (await read_job(shop.database, job_id))["processed"] == 3
    # Taken; the first chunk; nothing of the second; the third, at the end of the turn.
    assert told == [[job_id], [job_id], [], [job_id]]


async def test_a_job_that_is_alone_goes_on_but_not_for_ever(shop: Workshop) -> None:
    settings = shop.settings.model_copy(update={"slice_seconds": 0.05, "lease_seconds": 0.4})
    job_id = await make_rows(shop, 1_000)

    async def slowly(_: Claim) -> None:
        await asyncio.sleep(0.02)

    await take_turn(doing(replace(shop, settings=settings), slowly), job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["lease_until"]) == ("IN_PROGRESS", None)
    assert job["processed"] > 5
    assert await rung(shop) == {f"{job_id}:1"}


async def test_a_worker_that_stops_lets_go_after_its_chunk(shop: Workshop) -> None:
    job_id = await make_rows(shop, 100)

    async def stop(_: Claim) -> None:
        shop.stopping.set()

    await take_turn(doing(shop, stop), job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"], job["lease_until"]) == ("IN_PROGRESS", 1, None)
    assert await rung(shop) == {f"{job_id}:1"}


async def test_a_job_that_always_fails_ends_after_three_attempts(shop: Workshop) -> None:
    job_id = await make_rows(shop, 10)
    failing = count()

    async def fail(_: Claim) -> None:
        # One chunk in between makes all attempts before it forgotten.
        if next(failing) != 2:
            raise RuntimeError("poison")

    poisoned = doing(shop, fail)
    seen = []
    for _ in range(5):
        await take_turn(poisoned, job_id)
        job = await read_job(shop.database, job_id)
        seen.append((job["status"], job["processed"], job["attempts"]))
        if job["status"] == "IN_PROGRESS":
            assert f"{job_id}:{job['epoch']}" in await rung(shop)
    assert seen == [
        ("IN_PROGRESS", 0, 1),
        ("IN_PROGRESS", 0, 2),
        ("IN_PROGRESS", 1, 1),
        ("IN_PROGRESS", 1, 2),
        ("FAILED", 1, 3),
    ]
    job = await read_job(shop.database, job_id)
    assert job["error_code"] == "WORKER_LOST"
    assert "poison" not in job["error_message"]


async def test_a_chunk_in_another_s_way_is_tried_again(shop: Workshop) -> None:
    job_id = await make_rows(shop, 2)
    conflicts = count()

    async def collide(_: Claim) -> None:
        if next(conflicts) < 5:
            raise Conflict("deadlock detected")

    await take_turn(doing(shop, collide), job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"], job["attempts"]) == ("SUCCESS", 2, 0)


@pytest.mark.parametrize("error", [Conflict("in the way"), Unavailable("gone")])
async def test_a_database_that_fails_leaves_the_job_to_the_reaper(
    shop: Workshop, error: Exception
) -> None:
    job_id = await make_rows(shop, 2)

    async def fail(_: Claim) -> None:
        raise error

    await take_turn(doing(shop, fail), job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["epoch"], job["attempts"]) == ("IN_PROGRESS", 1, 0)
    await reaping.reap(shop.database, shop.queue, utc_now() + shop.lease)
    await take_turn(shop, job_id)
    assert (await read_job(shop.database, job_id))["status"] == "SUCCESS"


async def test_a_worker_that_lost_its_job_stops_without_a_word(shop: Workshop) -> None:
    job_id = await make_rows(shop, 5)

    async def lose(held: Claim) -> None:
        if (await read_job(shop.database, job_id))["processed"] == 2:
            later = utc_now() + shop.lease
            await leases.take_away(shop.database, job_id, held.epoch, later)

    await take_turn(doing(shop, lose), job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"], job["epoch"]) == ("IN_PROGRESS", 2, 2)


async def test_a_long_chunk_keeps_its_lease(shop: Workshop) -> None:
    settings = shop.settings.model_copy(update={"lease_seconds": 0.6})
    job_id = await make_rows(shop, 1)
    renewals: list[bool] = []

    async def take_long(_: Claim) -> None:
        while len(renewals) < 2:
            before = (await read_job(shop.database, job_id))["lease_until"]
            while (after := (await read_job(shop.database, job_id))["lease_until"]) == before:  # noqa: ASYNC110 - a renewal wakes nobody
                await asyncio.sleep(0.01)
            renewals.append(after > before)

    await take_turn(doing(replace(shop, settings=settings), take_long), job_id)
    assert renewals == [True, True]
    assert (await read_job(shop.database, job_id))["status"] == "SUCCESS"


async def test_a_renewal_that_fails_is_tried_again(shop: Workshop) -> None:
    settings = shop.settings.model_copy(update={"lease_seconds": 0.3})
    job_id = await make_rows(shop, 1)
    instants = count()

    def clock_without_database() -> object:
        # The renewal asks for the time first: its second question finds the database away.
        if next(instants) == 2:
            raise Unavailable("gone")
        return utc_now()

    async def take_long(_: Claim) -> None:
        before = (await read_job(shop.database, job_id))["lease_until"]
        while (await read_job(shop.database, job_id))["lease_until"] == before:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)

    quick = replace(shop, settings=settings, clock=clock_without_database)  # type: ignore[arg-type]
    await take_turn(doing(quick, take_long), job_id)
    assert (await read_job(shop.database, job_id))["status"] == "SUCCESS"


async def test_every_kind_of_work_is_registered_under_its_name(shop: Workshop) -> None:
    assert set(shop.work) == {JobKind.GENERATE, JobKind.IMPORT, JobKind.WITHDRAW}
    assert shop.lease == timedelta(seconds=10)
    assert utc_now() > NOW - timedelta(days=3650)
