"""Imports that are cancelled, lose their worker, or stand in somebody's way."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import TypeVar

import pytest

from app.database import Database, Statements
from app.database.errors import Conflict
from app.database.transaction import Work
from app.services import jobs, leases
from app.services.importing import Importer
from app.services.leases import Claim
from tests.making import CALLER, claimed, count_rows, make_source, read_job, snapshot
from tests.workers.importing import (
    CODES,
    OUTCOMES,
    before_each_chunk,
    code_texts,
    csv_of,
    enter,
    finished,
    results,
    staged,
)
from workers.turns import Workshop, take_turn, utc_now

T = TypeVar("T")


pytestmark = pytest.mark.usefixtures("campaign_id", "three_rows_a_chunk")


@pytest.fixture
def collide(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on every other transaction is undone in favour of somebody else's."""
    transact = Database.transact
    numbers = count(1)

    async def undone_first(self: Database, work: Work[T]) -> T:
        async def in_the_way(tx: Statements) -> T:
            done = await work(tx)
            if next(numbers) % 2:
                raise Conflict("deadlock detected")
            return done

        return await transact(self, in_the_way)

    return lambda: monkeypatch.setattr(Database, "transact", undone_first)


async def test_no_row_is_lost_or_doubled_by_conflicts(
    shop: Workshop, collide: Callable[[], None]
) -> None:
    job_id = await enter(shop, csv_of(CODES))
    collide()
    found = await finished(shop, job_id)
    assert (found.outcomes, found.job["parsed"]) == (OUTCOMES, 7)
    assert found.codes[3:5] == [["DUPLICATE_IN_FILE"], ["CODE_MISSING"]]
    assert await code_texts(shop.database, job_id) == ["AAA1", "AAA2", "AAA3", "AAA6", "AAA7"]
    assert await staged(shop.database, job_id) == [4, 5]
    assert found.job["attempts"] == 0


async def test_a_file_that_cannot_be_read_stays_so_after_a_conflict(
    shop: Workshop, collide: Callable[[], None]
) -> None:
    job_id = await enter(shop, csv_of([*CODES, '"AAA8']))
    collide()
    found = await finished(shop, job_id)
    assert found.ending == ("FAILED", "SYNTAX", 9)
    assert (found.results, await staged(shop.database, job_id)) == ([], [])
    assert await code_texts(shop.database, job_id) == []


async def cancel(shop: Workshop, job_id: int) -> None:
    await jobs.cancel(shop.database, shop.queue, CALLER, job_id, utc_now())


async def test_a_cancelled_import_that_still_reads_has_applied_nothing(shop: Workshop) -> None:
    job_id = await enter(shop, csv_of(CODES))

    async def cancel_after_one(_: Claim) -> None:
        if (await read_job(shop.database, job_id))["parsed"] == 3:
            await cancel(shop, job_id)

    await take_turn(before_each_chunk(shop, cancel_after_one), job_id)
    found = await results(shop, job_id)
    job = found.job
    assert (job["status"], job["parsed"], job["total"], job["processed"]) == (
        "CANCELLED",
        6,
        None,
        0,
    )
    assert (found.results, found.counts, await staged(shop.database, job_id)) == ([], {}, [])
    assert await count_rows(shop.database, "code") == 1


async def test_a_cancelled_import_has_applied_what_it_counts(shop: Workshop) -> None:
    job_id = await enter(shop, csv_of(CODES))

    async def cancel_after_one(_: Claim) -> None:
        if (await read_job(shop.database, job_id))["processed"] == 3:
            await cancel(shop, job_id)

    await take_turn(before_each_chunk(shop, cancel_after_one), job_id)
    found = await results(shop, job_id)
    job = found.job
    assert (job["status"], job["parsed"], job["total"], job["processed"]) == ("CANCELLED", 7, 7, 6)
    assert (found.counts, found.outcomes) == ({"inserted": 4, "failed": 2}, OUTCOMES[:6])
    assert await code_texts(shop.database, job_id) == ["AAA1", "AAA2", "AAA3", "AAA6"]
    assert await staged(shop.database, job_id) == [4, 5]
    before = await snapshot(shop.database)
    await take_turn(shop, job_id)
    assert await snapshot(shop.database) == before


async def test_an_import_is_cancelled_between_its_turns(shop: Workshop) -> None:
    job_id = await enter(shop, csv_of(CODES))
    held = await claimed(shop.database, job_id, utc_now())
    importer = Importer(shop.database, held)
    await importer.advance(utc_now())
    importer.close()
    await leases.release(shop.database, held)
    await cancel(shop, job_id)
    await take_turn(shop, job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["parsed"], job["processed"]) == ("CANCELLED", 3, 0)
    assert await staged(shop.database, job_id) == []


async def test_an_import_that_waits_is_cancelled_at_once(shop: Workshop) -> None:
    first_id, second_id = [await enter(shop, csv_of(CODES)) for _ in range(2)]
    await cancel(shop, first_id)
    job = await read_job(shop.database, first_id)
    assert (job["status"], job["phase"], job["started_at"]) == ("CANCELLED", "DONE", None)
    assert (await finished(shop, second_id)).outcomes == OUTCOMES


async def test_to_read_a_file_again_takes_nothing_from_a_turn(shop: Workshop) -> None:
    await make_source(shop.database, "OTHER-1", "Other", "OTHER")
    job_id = await enter(shop, csv_of(f"LARGE{number:04}" for number in range(450)))
    await enter(shop, csv_of(CODES), campaign_key="OTHER")
    chunks = count()

    async def begin_slowly(_: Claim) -> None:
        await asyncio.sleep(0 if next(chunks) else 3 * shop.settings.slice_seconds)

    await take_turn(before_each_chunk(shop, begin_slowly), job_id)
    job = await read_job(shop.database, job_id)
    # It steps back, for another job waits; but not after the first chunk of three rows.
    assert (job["status"], job["lease_until"]) == ("IN_PROGRESS", None)
    assert job["parsed"] >= 6
