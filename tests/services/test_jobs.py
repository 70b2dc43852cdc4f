import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.callers import Channel
from app.domain.jobs import JobKind, JobPhase, JobStatus
from app.domain.refusals import Refusal
from app.queue import Queue
from app.services import jobs, leases, reaping
from app.services.code_making import CodeMaker
from app.services.leases import Ending, Gains, LeaseLost
from tests.making import (
    CALLER,
    LEASE,
    NOW,
    claimed,
    make_campaign,
    make_job,
    read_all,
    read_job,
    snapshot,
    work_off,
)

LATER = NOW + timedelta(minutes=5)
DONE = Ending(JobStatus.SUCCESS)


async def make_sequenced(
    database: Database, campaign_id: int, sequence: int, **values: object
) -> int:
    """A job that keeps its place in its campaign, as imports do."""
    async with database.transaction() as tx:
        new = jobs.NewJob(JobKind.IMPORT, campaign_id, {}, 1)
        job_id = await jobs.add(tx, CALLER, new, NOW)
        await tx.execute(
            "UPDATE job SET sequence = $2, not_before = $3 WHERE id = $1",
            job_id,
            sequence,
            values.get("not_before"),
        )
    return job_id


async def commit(database: Database, held: leases.Claim, **gains: int) -> leases.Standing:
    async with database.transaction() as tx:
        return await leases.commit_progress(tx, held, Gains(**gains), NOW)


async def rung(queue: Queue) -> set[str | None]:
    return {job.job_id for job in await queue.redis.queued_jobs()}


async def outbox(database: Database) -> list[dict[str, object]]:
    rows = await read_all(database, "SELECT * FROM outbox ORDER BY id")
    assert {row["kind"] for row in rows} <= {"JOB_FINISHED"}
    return [from_json(row["payload"]) for row in rows]


async def test_a_claim_starts_the_job(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(database)
    job_id = await make_job(database, queue, campaign_id, 5, reference="po-1")
    held = await claimed(database, job_id)
    assert held == leases.Claim(
        job_id=job_id,
        epoch=1,
        lease=LEASE,
        kind=JobKind.GENERATE,
        campaign_id=campaign_id,
        reference="po-1",
        params=(await read_job(database, job_id))["params"],
        phase=JobPhase.APPLYING,
        file_id=None,
        total=5,
        parsed=0,
        processed=0,
        cancel_requested=False,
        caller=replace(CALLER, scopes=frozenset(), channel=Channel.JOB),
    )
    job = await read_job(database, job_id)
    assert (job["status"], job["phase"], job["epoch"], job["progress_sequence"]) == (
        "IN_PROGRESS",
        "APPLYING",
        1,
        1,
    )
    assert (from_row(job["started_at"]), from_row(job["lease_until"])) == (NOW, NOW + LEASE)


async def test_a_job_is_in_one_hand_at_a_time(database: Database, queue: Queue) -> None:
    job_id = await make_job(database, queue, await make_campaign(database))
    assert await leases.claim(database, 4711, LEASE, NOW) is None
    held = await claimed(database, job_id)
    # Not even when the lease has run out: the reaper takes it away first, and counts that.
    assert await leases.claim(database, job_id, LEASE, LATER) is None
    await leases.release(database, held)
    again = await claimed(database, job_id, LATER)
    assert (again.epoch, (await read_job(database, job_id))["attempts"]) == (2, 0)
    assert from_row((await read_job(database, job_id))["started_at"]) == NOW
    await leases.finish(database, again, DONE, LATER)
    assert await leases.claim(database, job_id, LEASE, LATER) is None


async def test_progress_renews_the_lease_and_forgets_lost_attempts(
    database: Database, queue: Queue
) -> None:
    job_id = await make_job(database, queue, await make_campaign(database), 100)
    held = await claimed(database, job_id)
    assert not await leases.give_up(database, held, NOW)
    assert (await read_job(database, job_id))["attempts"] == 1
    held = await claimed(database, job_id)
    standing = await commit(
        database,
        held,
        processed=21,
        inserted=1,
        updated=2,
        deleted=3,
        withdrawn=4,
        unchanged=5,
        failed=6,
    )
    assert standing == leases.Standing(processed=21, cancel_requested=False)
    await commit(database, held, processed=1, inserted=1)
    job = await read_job(database, job_id)
    counts = ("processed", "inserted", "updated", "deleted", "withdrawn", "unchanged", "failed")
    assert [job[count] for count in counts] == [22, 2, 2, 3, 4, 5, 6]
    assert (job["attempts"], job["progress_sequence"]) == (0, 5)
    assert from_row(job["lease_until"]) == NOW + LEASE
    await leases.renew(database, held, LATER)
    job = await read_job(database, job_id)
    assert (from_row(job["lease_until"]), job["progress_sequence"]) == (LATER + LEASE, 5)


async def test_who_lost_a_job_writes_nothing_more(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(database)
    job_id = await make_job(database, queue, campaign_id, 5)
    zombie = await claimed(database, job_id)
    maker = CodeMaker(database, zombie)
    await reaping.reap(database, queue, LATER)
    held = await claimed(database, job_id, LATER)
    before = await snapshot(database)
    with pytest.raises(LeaseLost):
        await maker.advance(LATER)
    with pytest.raises(LeaseLost):
        await leases.renew(database, zombie, LATER)
    with pytest.raises(LeaseLost):
        await leases.release(database, zombie)
    with pytest.raises(LeaseLost):
        await leases.finish(database, zombie, DONE, LATER)
    with pytest.raises(LeaseLost):
        await leases.give_up(database, zombie, LATER)
    assert await snapshot(database) == before
    assert (await CodeMaker(database, held).advance(LATER)).ending == DONE
    assert len(await read_all(database, "SELECT id FROM code")) == 5


async def test_the_end_is_announced(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(database)
    job_id = await make_job(database, queue, campaign_id, 2)
    assert await work_off(database, job_id, LATER) == "SUCCESS"
    job = await read_job(database, job_id)
    assert (job["phase"], job["lease_until"]) == ("DONE", None)
    assert from_row(job["finished_at"]) == LATER
    assert await outbox(database) == [
        {
            "jobId": job_id,
            "kind": "GENERATE",
            "status": "SUCCESS",
            "campaignId": campaign_id,
            "errorCode": None,
            "total": 2,
            "processed": 2,
            "inserted": 2,
            "updated": 0,
            "deleted": 0,
            "withdrawn": 0,
            "unchanged": 0,
            "failed": 0,
        }
    ]


async def test_a_waiting_job_is_cancelled_at_once(database: Database, queue: Queue) -> None:
    job_id = await make_job(database, queue, await make_campaign(database), 5)
    await jobs.cancel(database, queue, CALLER, job_id, LATER)
    job = await read_job(database, job_id)
    assert (job["status"], job["phase"], job["processed"]) == ("CANCELLED", "DONE", 0)
    assert (from_row(job["finished_at"]), from_row(job["cancel_requested_at"])) == (LATER, LATER)
    assert [end["status"] for end in await outbox(database)] == ["CANCELLED"]
    assert await leases.claim(database, job_id, LEASE, LATER) is None


async def test_a_running_job_is_told_with_its_next_chunk(database: Database, queue: Queue) -> None:
    job_id = await make_job(database, queue, await make_campaign(database), 50)
    held = await claimed(database, job_id)
    await jobs.cancel(database, queue, CALLER, job_id, LATER)
    before = await snapshot(database)
    await jobs.cancel(database, queue, CALLER, job_id, LATER + LEASE)
    assert await snapshot(database) == before
    standing = await commit(database, held, processed=1, inserted=1)
    assert standing == leases.Standing(processed=1, cancel_requested=True)
    assert (await read_job(database, job_id))["progress_sequence"] == 3
    await leases.release(database, held)
    assert (await claimed(database, job_id)).cancel_requested


async def test_an_ended_job_cannot_be_cancelled(database: Database, queue: Queue) -> None:
    job_id = await make_job(database, queue, await make_campaign(database))
    await work_off(database, job_id)
    before = await snapshot(database)
    for target, code in ((job_id, "JOB_FINISHED"), (4711, "NOT_FOUND")):
        with pytest.raises(Refusal) as refused:
            await jobs.cancel(database, queue, CALLER, target, LATER)
        assert [problem.code for problem in refused.value.problems] == [code]
    assert await snapshot(database) == before


async def test_three_lost_workers_end_a_job(database: Database, queue: Queue) -> None:
    job_id = await make_job(database, queue, await make_campaign(database), 5)
    now = NOW
    for lost in (1, 2):
        await claimed(database, job_id, now)
        now += LEASE
        await reaping.reap(database, queue, now)
        job = await read_job(database, job_id)
        assert (job["status"], job["attempts"]) == ("IN_PROGRESS", lost)
        assert f"{job_id}:{job['epoch']}" in await rung(queue)
    await claimed(database, job_id, now)
    await reaping.reap(database, queue, now + LEASE)
    job = await read_job(database, job_id)
    assert (job["status"], job["attempts"], job["error_code"]) == ("FAILED", 3, "WORKER_LOST")
    assert job["error_message"] == (
        "The job stopped 3 times in a row without making progress. What it had done before stays"
        " done."
    )
    assert [end["errorCode"] for end in await outbox(database)] == ["WORKER_LOST"]


async def test_a_living_worker_keeps_its_job(database: Database, queue: Queue) -> None:
    job_id = await make_job(database, queue, await make_campaign(database), 5)
    held = await claimed(database, job_id)
    before = await read_job(database, job_id)
    await reaping.reap(database, queue, NOW + LEASE - timedelta(microseconds=1))
    assert await read_job(database, job_id) == before
    # It showed a sign of life between the reaper's look and its grip.
    with pytest.raises(LeaseLost):
        await leases.take_away(database, job_id, held.epoch, NOW)
    assert await read_job(database, job_id) == before


@pytest.mark.parametrize("backend", ["postgres"])
async def test_a_job_that_is_being_written_is_not_taken_away(
    database: Database, queue: Queue
) -> None:
    job_id = await make_job(database, queue, await make_campaign(database), 5)
    held = await claimed(database, job_id)
    async with database.transaction() as tx:
        # A worker stopped in the middle of its commit must not hold up the reaper.
        await leases.commit_progress(tx, held, Gains(processed=1, inserted=1), NOW)
        async with asyncio.timeout(5):
            await asyncio.create_task(reaping.reap(database, queue, LATER))
    job = await read_job(database, job_id)
    assert (job["processed"], job["epoch"], job["attempts"]) == (1, 1, 0)


async def test_reapers_share_the_work(database: Database, queue: Queue) -> None:
    job_id = await make_job(database, queue, await make_campaign(database), 5)
    await claimed(database, job_id)
    await asyncio.gather(*(reaping.reap(database, queue, LATER) for _ in range(8)))
    job = await read_job(database, job_id)
    assert (job["attempts"], job["epoch"]) == (1, 2)


async def test_lost_rings_are_repeated(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(database)
    waiting = await make_job(database, queue, campaign_id)
    released = await make_job(database, queue, campaign_id)
    await leases.release(database, await claimed(database, released))
    running = await make_job(database, queue, campaign_id)
    await claimed(database, running, LATER)
    later = await make_job(database, queue, campaign_id, not_before=LATER + LEASE)
    done = await make_job(database, queue, campaign_id)
    await work_off(database, done)
    await queue.redis.flushdb()
    await reaping.reap(database, queue, LATER)
    assert await rung(queue) == {f"{waiting}:0", f"{released}:1"}
    await queue.redis.flushdb()
    await reaping.reap(database, queue, LATER + LEASE - timedelta(seconds=1))
    assert f"{later}:0" not in await rung(queue)
    await reaping.reap(database, queue, LATER + LEASE)
    assert f"{later}:0" in await rung(queue)


async def test_jobs_of_a_campaign_keep_their_order(database: Database, queue: Queue) -> None:
    campaign_id, other_id = await make_campaign(database), await make_campaign(database)
    later = await make_sequenced(database, campaign_id, 1, not_before=LATER)
    first = await make_sequenced(database, campaign_id, 2)
    second = await make_sequenced(database, campaign_id, 3)
    other = await make_sequenced(database, other_id, 9)
    assert await leases.claim(database, second, LEASE, NOW) is None
    held = await claimed(database, first)
    assert await leases.claim(database, second, LEASE, NOW) is None
    assert (await claimed(database, other)).job_id == other
    await leases.finish(database, held, DONE, NOW)
    await jobs.ring_next(database, queue, first, NOW)
    assert await rung(queue) == {f"{second}:0"}
    # One that stands before them holds them up only once its time has come.
    assert await leases.claim(database, second, LEASE, LATER) is None
    await jobs.cancel(database, queue, CALLER, later, LATER)
    assert (await claimed(database, second, LATER)).job_id == second


async def test_others_wait_only_when_they_could_start(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(database)
    held = await claimed(database, await make_job(database, queue, campaign_id))
    first = await make_sequenced(database, campaign_id, 1)
    await claimed(database, first)
    await make_sequenced(database, campaign_id, 2)
    await make_job(database, queue, campaign_id, not_before=LATER)
    assert not await leases.others_wait(database, held, NOW)
    assert await leases.others_wait(database, held, LATER)


async def test_an_end_of_the_last_attempt_lets_the_next_job_go(
    database: Database, queue: Queue
) -> None:
    campaign_id = await make_campaign(database)
    first = await make_sequenced(database, campaign_id, 1)
    second = await make_sequenced(database, campaign_id, 2)
    now = NOW
    for _ in range(3):
        await claimed(database, first, now)
        now += LEASE
        await queue.redis.flushdb()
        await reaping.reap(database, queue, now)
    assert (await read_job(database, first))["status"] == "FAILED"
    assert await rung(queue) == {f"{second}:0"}
