"""How imports are asked for: what is refused before a file is read, and what is entered once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.config import Settings
from app.database import Database
from app.database.instants import from_row
from app.domain.callers import Caller
from app.domain.import_files import FileFormat, ImportMode, OnError
from app.domain.refusals import Refusal
from app.queue import Queue
from app.services import campaigns, imports, stored_files
from app.services.editing import Stamp, Target
from app.services.imports import ImportRequest
from app.services.stored_files import FileGone, NewFile
from tests.making import (
    CALLER,
    NOW,
    count_rows,
    make_campaign,
    make_source,
    read_all,
    read_job,
    refusals,
    snapshot,
)
from workers.turns import Workshop, take_turn

ASKED = ImportRequest("TYPED", FileFormat.CSV, max_rows=10_000)
ONCE = replace(ASKED, idempotency_key="k-1")


@pytest.fixture
async def campaign_id(database: Database) -> int:
    return await make_source(database, "TYPED-1", "Typed", "TYPED")


async def keep_file(database: Database, content: bytes = b"code\nAAA\n") -> int:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    new = NewFile(None, "text/csv")
    stored = await stored_files.store(database, new, Stamp(CALLER, NOW), pieces(), lambda: NOW)
    return stored.id


async def ask(
    database: Database,
    queue: Queue,
    asked: ImportRequest = ASKED,
    content: bytes = b"code\nAAA\n",
    caller: Caller = CALLER,
) -> int:
    file_id = await keep_file(database, content)
    return await imports.request(database, queue, Stamp(caller, NOW), asked, file_id)


async def rung(queue: Queue) -> set[str | None]:
    return {job.job_id for job in await queue.redis.queued_jobs()}


async def test_the_job_keeps_what_was_asked_for(
    database: Database, queue: Queue, campaign_id: int
) -> None:
    asked = ImportRequest(
        " typed ",
        FileFormat.JSON,
        max_rows=50,
        reference="po-4711",
        mode=ImportMode.INSERT_ONLY,
        on_error=OnError.ABORT,
        dry_run=True,
        encoding="latin-1",
        not_before=NOW + timedelta(hours=1),
        file_name="codes.json",
    )
    job = await read_job(database, await ask(database, queue, asked, b"{}"))
    assert job["params"] == {
        "campaignKey": "TYPED",
        "timeZone": "UTC",
        "format": "JSON",
        "encoding": "latin-1",
        "mode": "INSERT_ONLY",
        "onError": "ABORT",
        "dryRun": True,
        "maxRows": 50,
    }
    assert (job["kind"], job["status"], job["phase"]) == ("IMPORT", "PENDING", "QUEUED")
    assert (job["campaign_id"], job["sequence"], job["total"]) == (campaign_id, 1, None)
    assert (job["reference"], job["file_name"], job["size"]) == ("po-4711", "codes.json", 2)
    assert from_row(job["not_before"]) == asked.not_before


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("NOWHERE", ("NOT_FOUND", "campaignKey")),
        ("", ("NOT_FOUND", "campaignKey")),
        ("K\0EY", ("NOT_FOUND", "campaignKey")),
        ("VOUCHERS", ("CAMPAIGN_KIND_MISMATCH", "campaignKey")),
        ("OLD", ("CAMPAIGN_DISABLED", "campaignKey")),
    ],
)
async def test_campaigns_into_which_nothing_is_imported(
    database: Database, queue: Queue, key: str, problem: tuple[str, str]
) -> None:
    voucher_id = await make_campaign(database)
    async with database.transaction() as tx:
        await tx.execute("UPDATE campaign SET key = 'VOUCHERS' WHERE id = $1", voucher_id)
    old_id = await make_source(database, "OLD-1", "Old", "OLD")
    await campaigns.archive(database, CALLER, Target(old_id), NOW)
    asked = replace(ASKED, campaign_key=key)
    with pytest.raises(Refusal) as checked:
        await imports.check(database, asked, NOW)
    with pytest.raises(Refusal) as requested:
        await ask(database, queue, asked)
    assert refusals(checked) == refusals(requested) == [problem]
    assert (await count_rows(database, "job"), await rung(queue)) == (0, set())


@pytest.mark.usefixtures("campaign_id")
async def test_everything_that_is_wrong_is_told_at_once(database: Database, queue: Queue) -> None:
    asked = replace(
        ASKED,
        campaign_key="NOWHERE",
        reference="r" * 201,
        not_before=NOW + timedelta(days=20_000),
        file_name="f" * 256,
        idempotency_key="with blanks",
    )
    own = [
        ("INVALID_VALUE", "reference"),
        ("INVALID_VALUE", "notBefore"),
        ("INVALID_VALUE", "fileName"),
        ("INVALID_VALUE", "idempotencyKey"),
    ]
    with pytest.raises(Refusal) as checked:
        await imports.check(database, asked, NOW)
    assert refusals(checked) == [*own, ("NOT_FOUND", "campaignKey")]
    with pytest.raises(Refusal) as requested:
        await ask(database, queue, asked)
    assert refusals(requested) == own
    await imports.check(database, ASKED, NOW)


@pytest.mark.usefixtures("campaign_id")
async def test_a_file_that_is_not_there(database: Database, queue: Queue) -> None:
    stamp = Stamp(CALLER, NOW)
    async with database.transaction() as tx:
        begun = await stored_files.begin(tx, database.dialect, NewFile(None, "text/csv"), stamp)
    for file_id in (4711, begun):
        for asked in (ASKED, ONCE):
            with pytest.raises(FileGone):
                await imports.request(database, queue, stamp, asked, file_id)
    assert await count_rows(database, "idempotency") == 0


@pytest.mark.usefixtures("campaign_id")
async def test_a_key_enters_one_job(database: Database, queue: Queue) -> None:
    first = await ask(database, queue, ONCE)
    assert await rung(queue) == {f"{first}:0"}
    assert await ask(database, queue, ONCE) == first
    # A setting that changed meanwhile makes it no other request.
    assert await ask(database, queue, replace(ONCE, max_rows=5)) == first
    twins = await asyncio.gather(
        *(ask(database, queue, replace(ASKED, idempotency_key="k-2")) for _ in range(4))
    )
    assert len(set(twins)) == 1
    others = [
        await ask(database, queue, replace(ASKED, idempotency_key="k-3")),
        await ask(database, queue, ONCE, caller=replace(CALLER, id="another")),
    ]
    assert await count_rows(database, "job") == len({first, *twins, *others}) == 4
    job = await read_job(database, first)
    assert job["params"]["maxRows"] == 10_000


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": "po-1"},
        {"mode": ImportMode.UPSERT},
        {"on_error": OnError.ABORT},
        {"dry_run": False},
        {"file_format": FileFormat.XML},
        {"encoding": "utf-8"},
        {"not_before": NOW},
        {"campaign_key": "OTHER"},
    ],
)
async def test_a_key_is_not_used_for_something_else(
    database: Database, queue: Queue, campaign_id: int, changed: dict[str, Any]
) -> None:
    await make_source(database, "OTHER-1", "Other", "OTHER")
    await ask(database, queue, ONCE)
    before = await snapshot(database)
    with pytest.raises(Refusal) as reused:
        await ask(database, queue, replace(ONCE, **changed))
    with pytest.raises(Refusal) as other_bytes:
        await ask(database, queue, ONCE, b"code\nBBB\n")
    assert (
        refusals(reused) == refusals(other_bytes) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
    )
    assert await snapshot(database) == before
    assert campaign_id


async def test_a_refused_request_leaves_its_key_free(database: Database, queue: Queue) -> None:
    with pytest.raises(Refusal):
        await ask(database, queue, ONCE)
    await make_source(database, "TYPED-1", "Typed", "TYPED")
    await ask(database, queue, ONCE)
    assert await count_rows(database, "job") == 1


@pytest.mark.usefixtures("campaign_id")
async def test_the_same_file_again_is_recognised(
    database: Database, queue: Queue, settings: Settings
) -> None:
    await make_source(database, "OTHER-1", "Other", "OTHER")
    first = await ask(database, queue)
    await take_turn(Workshop(database, queue, settings), first)
    elsewhere = await ask(database, queue, replace(ASKED, campaign_key="OTHER"))
    another = await ask(database, queue, content=b"code\nBBB\n")
    second = await ask(database, queue, replace(ASKED, mode=ImportMode.INSERT_ONLY))
    third = await ask(database, queue)
    same = await read_all(database, "SELECT id, same_file_as_id FROM job ORDER BY id")
    assert {row["id"]: row["same_file_as_id"] for row in same} == {
        first: None,
        elsewhere: None,
        another: None,
        second: first,
        third: second,
    }


async def test_a_campaign_with_an_unfinished_import_is_not_archived(
    database: Database, queue: Queue, settings: Settings, campaign_id: int
) -> None:
    job_id = await ask(database, queue)
    with pytest.raises(Refusal) as refused:
        await campaigns.archive(database, CALLER, Target(campaign_id), NOW)
    assert refusals(refused) == [("NOT_EDITABLE", "id")]
    await take_turn(Workshop(database, queue, settings), job_id)
    await campaigns.archive(database, CALLER, Target(campaign_id), NOW)
