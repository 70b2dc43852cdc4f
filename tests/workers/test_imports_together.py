"""Imports beside each other, and beside whoever else changes codes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from app.database import Database, Transaction
from app.database.dialects import POSTGRES, SQLITE, Postgres
from app.database.instants import to_json
from app.services.consistency import disagreements
from app.services.leases import Claim
from tests.making import ACTOR, NOW, make_group, make_source, read_all, read_job
from tests.workers.importing import (
    before_each_chunk,
    code_texts,
    csv_of,
    enter,
    finished,
    imported,
    results,
)
from tests.workers.working import ended
from workers.service import serve
from workers.turns import Workshop, take_turn

LOCKS = {dialect.name: dialect.lock for dialect in (POSTGRES, SQLITE)}

pytestmark = pytest.mark.usefixtures("campaign_id")


@asynccontextmanager
async def serving(*shops: Workshop) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(serve(shop)) for shop in shops]
    try:
        yield
    finally:
        for shop in shops:
            shop.stopping.set()
        async with asyncio.timeout(30):
            await asyncio.gather(*tasks)


async def test_two_workers_take_the_imports_of_a_campaign_in_their_order(shop: Workshop) -> None:
    database = shop.database
    other = Workshop(database, shop.queue, shop.settings)
    contents = [f"code,maximumuses\nAAA,{most}\nB{most}BB,\n" for most in (5, 4, 3, 7, 6)]
    job_ids = [await enter(shop, content) for content in contents]
    async with serving(shop, other):
        jobs = [await ended(database, shop.queue, job_id) for job_id in job_ids]
    assert [job["status"] for job in jobs] == ["SUCCESS"] * 5
    assert [job["sequence"] for job in jobs] == [1, 2, 3, 4, 5]
    # Each begins when the one before has ended, and finds what that one left.
    times = [job[name] for job in jobs for name in ("started_at", "finished_at")]
    assert times == sorted(times)
    assert [(job["inserted"], job["updated"]) for job in jobs] == [(2, 0)] + [(1, 1)] * 4
    (row,) = await read_all(database, "SELECT max_uses, version FROM code WHERE text = 'AAA'")
    assert (row["max_uses"], row["version"]) == (6, 5)
    assert await disagreements(database) == []


@pytest.mark.usefixtures("three_rows_a_chunk")
async def test_a_small_import_is_not_stuck_behind_a_large_one(shop: Workshop) -> None:
    database, queue = shop.database, shop.queue
    await make_source(database, "OTHER-1", "Other", "OTHER")
    settings = shop.settings.model_copy(update={"worker_jobs": 1})
    large = await enter(shop, csv_of(f"LARGE{number:04}" for number in range(450)))

    async def slowly(_: Claim) -> None:
        await asyncio.sleep(0.01)

    one_hand = Workshop(database, queue, settings, shop.stopping)
    async with serving(before_each_chunk(one_hand, slowly)):
        for number in range(3):
            small = await enter(shop, csv_of([f"SMALL{number}"]), campaign_key="OTHER")
            assert (await ended(database, queue, small))["status"] == "SUCCESS"
        job = await read_job(database, large)
        assert (job["status"], job["processed"] < 200) == ("IN_PROGRESS", True)
        assert job["parsed"] > 0
        job = await ended(database, queue, large)
    assert (job["status"], job["inserted"], job["attempts"]) == ("SUCCESS", 450, 0)


async def make_code(tx: Transaction, campaign_id: int, text: str) -> None:
    await tx.execute(
        "INSERT INTO code (kind, campaign_id, text, normal_form, actor, created_at, updated_at)"
        " VALUES ('SOURCE', $1, $2, $2, $3, $4, $4)",
        campaign_id,
        text,
        to_json(ACTOR),
        NOW,
    )


async def hold_use(tx: Transaction, database: Database, text: str, holder: str) -> None:
    """Reserve one use of a code, as whoever does that: under the lock of its row."""
    lock = LOCKS[database.dialect.name]
    code_id = await tx.fetch_value(f"SELECT id FROM code WHERE text = $1{lock}", text)
    await tx.execute(
        "INSERT INTO reservation (code_id, holder, expires_at, actor, created_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        code_id,
        holder,
        NOW + timedelta(days=30_000),
        to_json(ACTOR),
        NOW,
    )


async def meeting(shop: Workshop, *job_ids: int) -> list[asyncio.Task[None]]:
    """Start imports that get as far as what is in their way, and wait there."""
    turns = [asyncio.create_task(take_turn(shop, job_id)) for job_id in job_ids]
    _, waiting = await asyncio.wait(turns, timeout=0.7)
    assert len(waiting) == len(turns)
    return turns


async def test_a_code_that_somebody_else_makes_meanwhile_is_decided_anew(shop: Workshop) -> None:
    database = shop.database
    other_id = await make_source(database, "OTHER-1", "Other", "OTHER")
    (typed,) = await read_all(database, "SELECT id FROM campaign WHERE key = 'TYPED'")
    job_id = await enter(shop, csv_of(["AAA", "BBB", "CCC", "DDD"]))
    async with database.transaction() as tx:
        await make_code(tx, other_id, "BBB")
        await make_code(tx, typed["id"], "CCC")
        turns = await meeting(shop, job_id)
    await asyncio.gather(*turns)
    found = await results(shop, job_id)
    assert found.outcomes == ["INSERTED", "FAILED", "NO_ACTION", "INSERTED"]
    assert found.codes[1] == ["CODE_IN_OTHER_CAMPAIGN"]
    assert found.counts == {"inserted": 2, "unchanged": 1, "failed": 1}
    assert await code_texts(database, job_id) == ["AAA", "DDD"]


async def test_a_code_whose_making_is_undone_is_free(shop: Workshop) -> None:
    database = shop.database
    other_id = await make_source(database, "OTHER-1", "Other", "OTHER")
    job_id = await enter(shop, csv_of(["AAA", "BBB"]))
    with suppress(LookupError):
        async with database.transaction() as tx:
            await make_code(tx, other_id, "BBB")
            turns = await meeting(shop, job_id)
            raise LookupError
    await asyncio.gather(*turns)
    assert await code_texts(database, job_id) == ["AAA", "BBB"]


async def changed_while_used(shop: Workshop) -> list[list[str]]:
    """Lower the limit of one code and move another, while uses of both are being held."""
    database = shop.database
    (typed,) = await read_all(database, "SELECT id FROM campaign WHERE key = 'TYPED'")
    await make_group(database, typed["id"], "SPRING")
    await imported(shop, "code,maximumuses\nAAA,5\nBBB,5\n")
    job_id = await enter(shop, "code,maximumuses,group\nAAA,1,\nBBB,,spring\n")
    async with database.transaction() as tx:
        await hold_use(tx, database, "AAA", "s-1")
        await hold_use(tx, database, "AAA", "s-2")
        await hold_use(tx, database, "BBB", "s-3")
        turns = await meeting(shop, job_id)
    await asyncio.gather(*turns)
    return (await results(shop, job_id)).codes


async def test_rows_are_decided_on_what_is_so_when_they_are_written(shop: Workshop) -> None:
    assert await changed_while_used(shop) == [["MAX_USES_BELOW_USED"], ["CODE_HAS_USES"]]


@pytest.mark.parametrize("backend", ["postgres"])
async def test_that_codes_are_not_locked_would_be_seen(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Postgres, "lock", "")
    assert await changed_while_used(shop) == [[], []]


async def test_imports_that_wait_for_each_other_in_a_circle_both_come_to_their_end(
    shop: Workshop,
) -> None:
    database = shop.database
    other_id = await make_source(database, "OTHER-1", "Other", "OTHER")
    texts = ["AAA", "MMM", "ZZZ"]
    chunks: Counter[int] = Counter()

    async def note(held: Claim) -> None:
        chunks[held.job_id] += 1

    noted = before_each_chunk(shop, note)
    one = await enter(shop, csv_of(texts))
    two = await enter(shop, csv_of(reversed(texts)), campaign_key="OTHER")
    # Both have made their first code when they wait for the second; who gets that waits for the
    # first of the other, and the other for it.
    with suppress(LookupError):
        async with database.transaction() as tx:
            await make_code(tx, other_id, "MMM")
            turns = await meeting(noted, one, two)
            raise LookupError
    await asyncio.gather(*turns)
    found = {job_id: await results(shop, job_id) for job_id in (one, two)}
    winners = [job_id for job_id in found if found[job_id].outcomes == ["INSERTED"] * 3]
    assert len(winners) == 1
    (loser,) = found.keys() - winners
    assert found[loser].codes == [["CODE_IN_OTHER_CAMPAIGN"]] * 3
    # File, end of the file, rows: one of them did one of that twice.
    again = 0 if database.dialect.name == "sqlite" else 1
    assert sum(chunks.values()) >= 6 + again
    assert [found[job_id].job["attempts"] for job_id in found] == [0, 0]


async def test_imports_that_take_the_same_codes_get_each_of_them_once(shop: Workshop) -> None:
    database = shop.database
    keys = ["TYPED", "OTHER", "THIRD"]
    for key in keys[1:]:
        await make_source(database, f"{key}-1", key, key)
    texts = [f"SAME{number:04}" for number in range(3_000)]
    files = [csv_of(texts), csv_of(reversed(texts)), csv_of(texts[1_500:] + texts[:1_500])]
    job_ids = [
        await enter(shop, content, campaign_key=key)
        for key, content in zip(keys, files, strict=True)
    ]
    await asyncio.gather(*(take_turn(shop, job_id) for job_id in job_ids))
    found = [await finished(shop, job_id) for job_id in job_ids]
    assert sum(one.job["inserted"] for one in found) == 3_000
    for one in found:
        made = set(await code_texts(database, one.job["id"]))
        assert {row["code_text"] for row in one.results if row["outcome"] == "INSERTED"} == made
        assert len(one.results) == one.job["processed"] == 3_000
        assert {code for codes in one.codes for code in codes} <= {"CODE_IN_OTHER_CAMPAIGN"}
    assert await disagreements(database) == []
