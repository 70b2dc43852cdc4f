from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from app.database import Database
from app.database.instants import from_row
from app.domain.campaigns import AvailableTo
from app.domain.refusals import Refusal
from app.queue import Queue
from app.services import campaigns, code_making, generation, leases, number_series
from app.services.editing import Target
from app.services.generation import GenerateRequest
from tests.making import (
    ACTOR,
    CALLER,
    NOW,
    claimed,
    make_campaign,
    make_dense_job,
    make_group,
    make_job,
    make_series,
    make_source,
    read_all,
    read_job,
    snapshot,
    work_off,
)

LATER = NOW + timedelta(hours=1)


def codes(refusal: pytest.ExceptionInfo[Refusal]) -> list[tuple[str, str]]:
    return [(problem.code, ".".join(problem.field)) for problem in refusal.value.problems]


async def rings(queue: Queue) -> list[tuple[str | None, int | None]]:
    return [(job.job_id, job.score) for job in await queue.redis.queued_jobs()]


async def test_a_request_becomes_a_waiting_job_and_a_ring(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(
        database, maximum_uses=2, uses_per_customer=1, mask="VIP-????-????"
    )
    group_id = await make_group(database, campaign_id, "GOLD")
    job_id = await make_job(
        database, queue, campaign_id, 50, issue_now=True, reference="po-1", group_key="GOLD"
    )
    job = await read_job(database, job_id)
    assert job["params"] == {
        "mask": "VIP-????-????",
        "pattern": "VIP________",
        "numberSeriesId": None,
        "groupId": group_id,
        "issueNow": True,
        "maximumUses": 2,
        "usesPerCustomer": 1,
        "availableTo": "ANY_CUSTOMER",
    }
    assert (job["kind"], job["status"], job["phase"], job["campaign_id"], job["sequence"]) == (
        "GENERATE",
        "PENDING",
        "QUEUED",
        campaign_id,
        None,
    )
    assert (job["total"], job["processed"], job["epoch"], job["attempts"]) == (50, 0, 0, 0)
    assert (job["reference"], job["not_before"], job["actor"]) == ("po-1", None, ACTOR)
    assert from_row(job["queued_at"]) == NOW
    assert [name for name, _ in await rings(queue)] == [f"{job_id}:0"]


async def test_a_job_for_later_rings_later(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(database)
    # The queue counts from the real present, so the moment must lie ahead of that too.
    at = NOW.replace(year=NOW.year + 10)
    later = await make_job(database, queue, campaign_id, not_before=at)
    past = await make_job(database, queue, campaign_id, not_before=NOW - timedelta(days=1))
    scores = dict(await rings(queue))
    assert scores[f"{later}:0"] == int(at.timestamp() * 1000)
    # A moment that has passed gives no place before those who came earlier.
    assert (scores[f"{past}:0"] or 0) > int((NOW - timedelta(days=1)).timestamp() * 1000)
    assert await leases.claim(database, later, timedelta(10), at - timedelta(seconds=1)) is None
    assert await leases.claim(database, later, timedelta(10), at) is not None


@pytest.mark.parametrize(
    ("not_before", "message"),
    [
        (
            NOW.replace(year=2036) + timedelta(microseconds=1),
            "Enter a moment at most 10 years from now.",
        ),
        (NOW.replace(year=9998), "Enter a moment at most 10 years from now."),
        (NOW.replace(year=9999), "Enter a year from 1900 to 9998."),
    ],
)
async def test_a_job_waits_ten_years_at_most(
    database: Database, queue: Queue, not_before: datetime, message: str
) -> None:
    campaign_id = await make_campaign(database)
    await make_job(database, queue, campaign_id, not_before=NOW.replace(year=2036))
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_job(database, queue, campaign_id, not_before=not_before, issue_now=True)
    assert codes(refused) == [("INVALID_VALUE", "notBefore")]
    assert refused.value.problems[0].message == message
    assert await snapshot(database) == before


@pytest.mark.parametrize("count", [-1, 0, 100_001])
async def test_the_count_is_bounded(database: Database, queue: Queue, count: int) -> None:
    campaign_id = await make_campaign(database)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_job(database, queue, campaign_id, count, reference="", idempotency_key="ö")
    assert codes(refused) == [
        ("COUNT_OUT_OF_RANGE", "count"),
        ("INVALID_VALUE", "reference"),
        ("INVALID_VALUE", "idempotencyKey"),
    ]
    assert await snapshot(database) == before
    assert await rings(queue) == []


async def test_only_voucher_campaigns_in_use_generate(database: Database, queue: Queue) -> None:
    source_id = await make_source(database)
    over = await make_campaign(database)
    await campaigns.archive(database, CALLER, Target(over, 1), NOW)
    series_id = await make_series(database)
    counted = await make_campaign(database, number_series_id=series_id)
    await number_series.archive(database, CALLER, Target(series_id, 1), NOW)
    before = await snapshot(database)
    for campaign_id, code in (
        (source_id, "CAMPAIGN_KIND_MISMATCH"),
        (over, "CAMPAIGN_DISABLED"),
        (counted, "NOT_EDITABLE"),
        (4711, "NOT_FOUND"),
    ):
        with pytest.raises(Refusal) as refused:
            await make_job(database, queue, campaign_id)
        assert codes(refused) == [(code, "campaignId")]
    assert await snapshot(database) == before


async def test_all_problems_of_a_request_are_told(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(
        database,
        mask="A??",
        available_to=AvailableTo.ONLY_ISSUED_TO,
        issued_code_validity={"kind": "FIXED_DATES", "validTo": "2026-01-01T00:00:00Z"},
    )
    other = await make_campaign(database)
    await make_group(database, other, "GOLD")
    before = await snapshot(database)
    for group_key in ("GOLD", "G\0"):
        with pytest.raises(Refusal) as refused:
            await make_job(database, queue, campaign_id, 3, issue_now=True, group_key=group_key)
        assert codes(refused) == [
            ("GROUP_NOT_FOUND", "groupKey"),
            ("MASK_CAPACITY_EXCEEDED", "count"),
            ("AVAILABLE_TO_NEEDS_CUSTOMER", "issueNow"),
            ("VALIDITY_WINDOW_PAST", "issueNow"),
        ]
    assert await snapshot(database) == before


async def test_existing_and_coming_codes_count_against_the_capacity(
    database: Database, queue: Queue
) -> None:
    # 32 ** 3 = 32,768 codes: a guess in a thousand hits one of 32.
    campaign_id = await make_campaign(database, mask="X-???")
    await work_off(database, await make_job(database, queue, campaign_id, 16))
    other = await make_campaign(database, mask="X???~")
    await make_job(database, queue, campaign_id, 8)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_job(database, queue, campaign_id, 9)
    assert codes(refused) == [("MASK_CAPACITY_EXCEEDED", "count")]
    assert await snapshot(database) == before
    await make_job(database, queue, campaign_id, 8)
    # The mask of another campaign meets the same codes.
    with pytest.raises(Refusal):
        await make_job(database, queue, other, 17)


@pytest.mark.parametrize(
    "mask", ["ABCDE???", "ABCDE-???", "abcde???", "AB-CDE-???", "ABCDE???~XYZ"]
)
async def test_masks_of_the_same_codes_share_their_capacity(
    database: Database, queue: Queue, mask: str
) -> None:
    await make_job(database, queue, await make_campaign(database, mask="Abc.de-???"), 26)
    campaign_id = await make_campaign(database, mask=mask)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_job(database, queue, campaign_id, 7)
    assert codes(refused) == [("MASK_CAPACITY_EXCEEDED", "count")]
    assert await snapshot(database) == before
    # Jobs that make other codes take nothing away.
    await make_job(database, queue, await make_campaign(database, mask="ABCDF???"), 30)


async def test_a_key_makes_one_job(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(database)
    asked = GenerateRequest(campaign_id, 5, idempotency_key="k-1")
    first = await generation.request(database, queue, CALLER, asked, NOW)
    before = await snapshot(database)
    assert await generation.request(database, queue, CALLER, asked, LATER) == first
    with pytest.raises(Refusal) as refused:
        await make_job(database, queue, campaign_id, 6, idempotency_key="k-1")
    assert codes(refused) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
    assert await snapshot(database) == before
    (row,) = await read_all(database, "SELECT * FROM idempotency")
    assert (row["caller_id"], row["operation"], row["key"]) == ("tests", "generateCodes", "k-1")
    assert (row["made_kind"], row["made_id"]) == ("Job", first)


async def test_a_refused_request_leaves_its_key_free(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(database)
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            await make_job(database, queue, campaign_id, group_key="NO", idempotency_key="k")
        assert codes(refused) == [("GROUP_NOT_FOUND", "groupKey")]
    assert await read_all(database, "SELECT * FROM idempotency") == []


async def test_codes_carry_the_snapshot_of_the_request(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(
        database, maximum_uses=2, available_to=AvailableTo.ONLY_ISSUED_TO, mask="VIP-????-????!"
    )
    group_id = await make_group(database, campaign_id, "GOLD")
    job_id = await make_job(database, queue, campaign_id, 3, reference="po-1", group_key=" gold")
    await campaigns.update(
        database, CALLER, Target(campaign_id, 1), {"maximum_uses": 9, "mask": "NEW-????????"}, NOW
    )
    assert await work_off(database, job_id, LATER) == "SUCCESS"
    rows = await read_all(database, "SELECT * FROM code ORDER BY id")
    assert len(rows) == 3
    for row in rows:
        assert row["text"].startswith("VIP-")
        assert row["normal_form"] == row["text"].replace("-", "")
        assert (row["kind"], row["campaign_id"], row["group_id"], row["max_uses"]) == (
            "VOUCHER",
            campaign_id,
            group_id,
            2,
        )
        assert (row["available_to"], row["created_by_job_id"], row["actor"]) == (
            "ONLY_ISSUED_TO",
            job_id,
            None,
        )
        assert (row["issued_at"], row["issue_reference"], row["valid_to"]) == (None, None, None)
        assert (from_row(row["created_at"]), from_row(row["updated_at"])) == (LATER, LATER)
    job = await read_job(database, job_id)
    assert (job["status"], job["phase"], job["processed"], job["inserted"]) == (
        "SUCCESS",
        "DONE",
        3,
        3,
    )
    assert await read_all(database, "SELECT * FROM code_event") == []
    (outbox,) = await read_all(database, "SELECT * FROM outbox")
    assert outbox["kind"] == "JOB_FINISHED"


async def test_codes_issued_at_once_get_the_dates_in_force_then(
    database: Database, queue: Queue
) -> None:
    campaign_id = await make_campaign(
        database,
        time_zone="Europe/London",
        issued_code_validity={"kind": "FIXED_PERIOD", "period": "P1D"},
    )
    job_id = await make_job(database, queue, campaign_id, 2, issue_now=True, reference="fair")
    await campaigns.update(
        database,
        CALLER,
        Target(campaign_id, 1),
        {"issued_code_validity": {"kind": "FIXED_PERIOD", "period": "P7D"}},
        NOW,
    )
    issued_at = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)
    await work_off(database, job_id, issued_at)
    for row in await read_all(database, "SELECT * FROM code"):
        assert (row["issue_reference"], from_row(row["issued_at"])) == ("fair", issued_at)
        assert from_row(row["valid_from"]) == issued_at
        assert from_row(row["valid_to"]) == datetime(2026, 4, 1, 9, 15, tzinfo=UTC)


async def test_dates_that_are_over_by_then_fail_the_job(database: Database, queue: Queue) -> None:
    campaign_id = await make_campaign(
        database, issued_code_validity={"kind": "FIXED_DATES", "validTo": LATER.isoformat()}
    )
    job_id = await make_job(database, queue, campaign_id, 2, issue_now=True)
    assert await work_off(database, job_id, LATER) == "FAILED"
    job = await read_job(database, job_id)
    assert (job["processed"], job["error_code"]) == (0, "VALIDITY_WINDOW_PAST")
    assert job["error_message"].startswith("Codes of this campaign were valid until 2026-11-22T11")
    assert await read_all(database, "SELECT * FROM code") == []


async def test_dates_too_late_to_be_stored_are_refused_and_fail_the_job(
    database: Database, queue: Queue
) -> None:
    campaign_id = await make_campaign(
        database, issued_code_validity={"kind": "FIXED_PERIOD", "period": "P1D"}
    )
    job_id = await make_job(database, queue, campaign_id, 2, issue_now=True)
    end_of_time = datetime(9998, 12, 31, 12, tzinfo=UTC)
    assert await work_off(database, job_id, end_of_time) == "FAILED"
    job = await read_job(database, job_id)
    assert (job["processed"], job["error_code"]) == (0, "INVALID_VALUE")
    assert job["error_message"].startswith("Codes issued then would be valid beyond the year 9998;")
    asked = GenerateRequest(campaign_id, 2, issue_now=True)
    with pytest.raises(Refusal) as refused:
        await generation.request(database, queue, CALLER, asked, end_of_time)
    assert codes(refused) == [("INVALID_VALUE", "issueNow")]


async def test_a_series_counts_on_over_jobs_and_campaigns(database: Database, queue: Queue) -> None:
    series_id = await make_series(database, "PROMO-#", last_number=97)
    first, second = [await make_campaign(database, number_series_id=series_id) for _ in range(2)]
    await work_off(database, await make_job(database, queue, first, 3))
    await work_off(database, await make_job(database, queue, second, 2))
    rows = await read_all(database, "SELECT text FROM code ORDER BY id")
    assert [row["text"] for row in rows] == [
        "PROMO-98",
        "PROMO-99",
        "PROMO-100",
        "PROMO-101",
        "PROMO-102",
    ]


async def test_numbers_whose_code_exists_are_skipped(database: Database, queue: Queue) -> None:
    series_id = await make_series(database, "PROMO-#")
    campaign_id = await make_campaign(database, number_series_id=series_id)
    for taken in (1, 2, 3, 4, 6, 9):
        await make_source(database, f"promo {taken}", f"Typed {taken}")
    assert await work_off(database, await make_job(database, queue, campaign_id, 4)) == "SUCCESS"
    rows = await read_all(database, "SELECT text FROM code WHERE kind = 'VOUCHER' ORDER BY id")
    # The first draw, 1 to 4, gives nothing; the next ones draw twice as many each time.
    assert [row["text"] for row in rows] == ["PROMO-5", "PROMO-7", "PROMO-8", "PROMO-10"]
    (series,) = await read_all(database, "SELECT last_number FROM number_series")
    assert series["last_number"] == 12


async def test_a_job_takes_as_many_chunks_as_it_needs(
    database: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_making, "CHUNK_ROWS", {"postgres": 4, "sqlite": 4})
    campaign_id = await make_campaign(database)
    job_id = await make_job(database, queue, campaign_id, 10)
    held = await claimed(database, job_id)
    maker = code_making.CodeMaker(database, held)
    seen = [0]
    while not (standing := await maker.advance(NOW)).ending:
        job = await read_job(database, job_id)
        assert standing.processed == job["processed"] == job["inserted"]
        seen.append(standing.processed)
    steps = [after - before for before, after in pairwise([*seen, standing.processed])]
    # Chunks come in any order, so that ids do not tell how far a job was.
    assert sorted(steps) == [2, 4, 4]
    # Killed before the end was written: the next worker finds nothing left to make.
    again = code_making.CodeMaker(database, (await retaken(database, job_id)))
    assert (await again.advance(NOW)).ending == standing.ending
    assert len(await read_all(database, "SELECT id FROM code")) == 10


async def retaken(database: Database, job_id: int) -> leases.Claim:
    job = await read_job(database, job_id)
    until = from_row(job["lease_until"])
    assert until is not None
    await leases.take_away(database, job_id, job["epoch"], until)
    return await claimed(database, job_id, until)


async def test_a_mask_that_is_used_up_fails_with_an_exact_count(database: Database) -> None:
    # No request lets it come so far, but the codes of other masks can be in the way.
    campaign_id = await make_campaign(database)
    job_id = await make_dense_job(database, campaign_id, "AB?", 33)
    assert await work_off(database, job_id) == "FAILED"
    job = await read_job(database, job_id)
    assert (job["processed"], job["inserted"], job["error_code"]) == (
        32,
        32,
        "MASK_CAPACITY_EXCEEDED",
    )
    assert len(await read_all(database, "SELECT id FROM code")) == 32


@pytest.mark.parametrize("count", [1, 999, 1_000, 1_001, 2_500])
async def test_exactly_so_many_are_made(database: Database, queue: Queue, count: int) -> None:
    campaign_id = await make_campaign(database)
    job_id = await make_job(database, queue, campaign_id, count)
    assert await work_off(database, job_id) == "SUCCESS"
    (row,) = await read_all(
        database,
        "SELECT COUNT(*) AS rows, COUNT(DISTINCT normal_form) AS texts FROM code"
        " WHERE created_by_job_id = $1",
        job_id,
    )
    assert (row["rows"], row["texts"]) == (count, count)
    assert (await read_job(database, job_id))["processed"] == count
