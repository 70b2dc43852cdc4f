import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count

import pytest

from app.config import Settings
from app.database import Database
from app.queue import Queue
from app.services import jobs
from app.services.leases import Claim
from tests.making import (
    CALLER,
    make_campaign,
    make_dense_job,
    make_job,
    make_series,
    make_source,
    read_all,
    read_job,
)
from tests.servers import Valkey
from tests.workers.working import doing, ended
from workers import main, service
from workers.embedded import embedded_worker
from workers.service import serve
from workers.turns import Workshop, utc_now


@asynccontextmanager
async def serving(shop: Workshop) -> AsyncIterator[None]:
    task = asyncio.create_task(serve(shop))
    try:
        yield
    finally:
        shop.stopping.set()
        async with asyncio.timeout(30):
            await task


async def test_the_embedded_worker_makes_exactly_what_was_asked_for(
    database: Database, queue: Queue, settings: Settings
) -> None:
    campaign_id = await make_campaign(database)
    async with embedded_worker(database, queue, settings):
        job_ids = [await make_job(database, queue, campaign_id, n) for n in (1, 1_200, 30)]
        for job_id, total in zip(job_ids, (1, 1_200, 30), strict=True):
            job = await ended(database, queue, job_id)
            assert (job["status"], job["processed"], job["inserted"]) == ("SUCCESS", total, total)
            (row,) = await read_all(
                database, "SELECT COUNT(*) AS n FROM code WHERE created_by_job_id = $1", job_id
            )
            assert row["n"] == total


async def test_jobs_that_share_numbers_and_masks_get_all_their_codes(shop: Workshop) -> None:
    database, queue = shop.database, shop.queue
    series = await make_series(database, "AB#")
    counted = [await make_campaign(database, number_series_id=series) for _ in range(3)]
    # 32,768 codes for four jobs of 3,000 at once, and the numbers of the series among them.
    campaign_id = await make_campaign(database)
    for taken in (100, 777, 1_500, 2_050):
        await make_source(database, f"AB{taken}", f"Typed {taken}")
    job_ids = [await make_job(database, queue, other, 700) for other in counted]
    job_ids += [await make_dense_job(database, campaign_id, "AB???", 3_000) for _ in range(4)]
    async with serving(shop):
        for job_id in job_ids:
            assert (await ended(database, queue, job_id))["status"] == "SUCCESS"
    rows = await read_all(
        database,
        "SELECT created_by_job_id AS job, COUNT(*) AS n, COUNT(DISTINCT normal_form) AS texts"
        " FROM code WHERE kind = 'VOUCHER' GROUP BY created_by_job_id ORDER BY 1",
    )
    assert [(row["job"], row["n"], row["texts"]) for row in rows] == [
        *((job_id, 700, 700) for job_id in job_ids[:3]),
        *((job_id, 3_000, 3_000) for job_id in job_ids[3:]),
    ]
    # Numbers whose code existed were skipped.
    (series_row,) = await read_all(database, "SELECT last_number FROM number_series")
    assert series_row["last_number"] > 2_100


async def test_a_small_job_does_not_wait_for_big_ones(shop: Workshop) -> None:
    database, queue = shop.database, shop.queue
    campaign_id = await make_campaign(database)
    settings = shop.settings.model_copy(update={"worker_jobs": 2})

    async def slowly(_: Claim) -> None:
        await asyncio.sleep(0.01)

    busy = doing(Workshop(database, queue, settings, shop.stopping), slowly)
    big = [await make_job(database, queue, campaign_id, 10_000) for _ in range(4)]
    async with serving(busy):
        small = [await make_job(database, queue, campaign_id, 3) for _ in range(5)]
        for job_id in small:
            assert (await ended(database, queue, job_id))["status"] == "SUCCESS"
        # Every big one had its turn, and none is nearly done.
        for job_id in big:
            assert 0 < (await read_job(database, job_id))["processed"] < 5_000


async def test_poison_delays_nobody(shop: Workshop) -> None:
    database, queue = shop.database, shop.queue
    campaign_id = await make_campaign(database)
    poison = await make_job(database, queue, campaign_id, 2)

    async def fail_one(held: Claim) -> None:
        if held.job_id == poison:
            raise RuntimeError("poison")

    good = [await make_job(database, queue, campaign_id, 3) for _ in range(5)]
    async with serving(doing(shop, fail_one)):
        for job_id in good:
            assert (await ended(database, queue, job_id))["status"] == "SUCCESS"
        job = await ended(database, queue, poison)
    assert (job["status"], job["attempts"], job["processed"]) == ("FAILED", 3, 0)


async def test_a_job_for_later_starts_by_itself(shop: Workshop) -> None:
    campaign_id = await make_campaign(shop.database)
    async with serving(shop):
        job_id = await make_job(shop.database, shop.queue, campaign_id, 2, not_before=utc_now())
        assert (await ended(shop.database, shop.queue, job_id))["status"] == "SUCCESS"


async def test_rings_that_were_flushed_are_found_again(shop: Workshop) -> None:
    campaign_id = await make_campaign(shop.database)
    job_ids = [await make_job(shop.database, shop.queue, campaign_id, 2) for _ in range(3)]
    await shop.queue.redis.flushall()
    async with serving(shop):
        for job_id in job_ids:
            assert (await ended(shop.database, shop.queue, job_id))["status"] == "SUCCESS"


async def test_stopping_finishes_the_chunk_and_another_worker_goes_on_at_once(
    shop: Workshop,
) -> None:
    database, queue = shop.database, shop.queue
    job_id = await make_job(database, queue, await make_campaign(database), 50)
    started, chunks = asyncio.Event(), count(1)

    async def stop_in_the_fifth(_: Claim) -> None:
        if next(chunks) == 5:
            started.set()
            await shop.stopping.wait()

    async with serving(doing(shop, stop_in_the_fifth)):
        await started.wait()
    job = await read_job(database, job_id)
    assert (job["status"], job["processed"], job["lease_until"]) == ("IN_PROGRESS", 5, None)
    async with embedded_worker(database, queue, shop.settings):
        job = await ended(database, queue, job_id)
    assert (job["status"], job["processed"], job["attempts"]) == ("SUCCESS", 50, 0)


async def test_a_turn_that_hangs_is_cut_off(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.service._DRAIN_SECONDS", 0.1)
    job_id = await make_job(shop.database, shop.queue, await make_campaign(shop.database), 5)
    started = asyncio.Event()

    async def hang(_: Claim) -> None:
        started.set()
        await asyncio.Event().wait()

    async with serving(doing(shop, hang)):
        await started.wait()
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"]) == ("IN_PROGRESS", 0)
    assert job["lease_until"] is not None


async def test_cancelling_works_while_the_worker_works(shop: Workshop) -> None:
    database, queue = shop.database, shop.queue
    job_id = await make_job(database, queue, await make_campaign(database), 100_000)
    async with serving(shop), queue.watch(job_id) as changes:
        while not (await read_job(database, job_id))["processed"]:
            await anext(changes)
        await jobs.cancel(database, queue, CALLER, job_id, utc_now())
        job = await ended(database, queue, job_id)
    made = await read_all(database, "SELECT id FROM code")
    assert job["status"] == "CANCELLED"
    assert 0 < len(made) == job["processed"] == job["inserted"] < 100_000


async def test_a_reaper_that_fails_comes_again(shop: Workshop) -> None:
    passes = count()

    def failing_clock() -> object:
        if next(passes) == 0:
            raise OSError("no clock")
        return utc_now()

    job_id = await make_job(shop.database, shop.queue, await make_campaign(shop.database), 2)
    await shop.queue.redis.flushall()
    broken = Workshop(shop.database, shop.queue, shop.settings, clock=failing_clock)  # type: ignore[arg-type]
    async with serving(broken):
        assert (await ended(shop.database, shop.queue, job_id))["status"] == "SUCCESS"


async def test_old_files_go_once_a_day_whatever_happens(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_DAY_SECONDS", 0.05)
    days = count()

    def failing_clock() -> datetime:
        if next(days) < 2:  # the reaper's first look, and that of the purge
            raise OSError("no clock")
        return utc_now()

    async with shop.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO file (content_type, expires_at, actor, created_at)"
            " VALUES ('text/csv', $1, '{}', $1)",
            utc_now(),
        )
    patient = shop.settings.model_copy(update={"reap_seconds": 60})
    async with serving(replace(shop, settings=patient, clock=failing_clock)), asyncio.timeout(20):
        while await read_all(shop.database, "SELECT id FROM file"):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A server that the test may stop and start."""
    with Valkey() as server:
        yield server


async def test_the_worker_survives_a_restart_of_redis(
    database: Database, settings: Settings, own_valkey: Valkey
) -> None:
    queue = await Queue.open(settings.model_copy(update={"redis_url": own_valkey.url}))
    quick = settings.model_copy(update={"reap_seconds": 0.2})
    campaign_id = await make_campaign(database)
    async with serving(Workshop(database, queue, quick)):
        first = await make_job(database, queue, campaign_id, 2)
        assert (await ended(database, queue, first))["status"] == "SUCCESS"
        running = await make_job(database, queue, campaign_id, 30_000)
        own_valkey.stop()
        # Entered while Redis is away: the ring is lost, the request is not.
        second = await make_job(database, queue, campaign_id, 2)
        await asyncio.sleep(1)
        own_valkey.start()
        assert (await ended(database, queue, second))["status"] == "SUCCESS"
        assert (await ended(database, queue, running))["processed"] == 30_000
    await queue.close()


async def test_a_worker_process_refuses_what_it_cannot_serve() -> None:
    with pytest.raises(SystemExit, match="`promograph serve` is the worker too"):
        await main.run(Settings(database_url="sqlite://x.sqlite3", redis_url="redis://localhost"))
    with pytest.raises(SystemExit, match="set PROMOGRAPH_REDIS_URL"):
        await main.run(Settings(database_url="postgresql://localhost/x", redis_url=""))


async def test_a_signal_ends_the_worker_process_in_order(
    postgres_settings: Settings, redis_url: str
) -> None:
    settings = postgres_settings.model_copy(update={"redis_url": redis_url})
    database, queue = await Database.open(settings), await Queue.open(settings)
    working = asyncio.create_task(main.run(settings))
    try:
        job_id = await make_job(database, queue, await make_campaign(database), 100_000)
        async with queue.watch(job_id) as changes:
            while not (await read_job(database, job_id))["processed"]:
                await anext(changes)
        signal.raise_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await working
        job = await read_job(database, job_id)
        assert (job["status"], job["lease_until"]) == ("IN_PROGRESS", None)
        assert len(await read_all(database, "SELECT id FROM code")) == job["processed"]
    finally:
        await queue.close()
        await database.close()
