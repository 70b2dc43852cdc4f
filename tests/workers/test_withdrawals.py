"""Many codes withdrawn by a job, on both databases."""

from typing import Any

import pytest

from app.database.instants import from_json
from app.domain.refusals import Refusal
from app.domain.status import CodeStatus
from app.reading.errors import BadArgument
from app.services import consistency, jobs, leases, withdrawals
from app.services.editing import Stamp
from app.services.withdrawals import WithdrawalRequest, Withdrawing
from tests.making import (
    CALLER,
    NOW,
    claimed,
    make_campaign,
    make_job,
    make_source,
    read_all,
    read_job,
    refusals,
    work_off,
)
from tests.services.using import redeem, reserve
from tests.workers.importing import imported
from workers.turns import Workshop, take_turn, utc_now

CODES = "SELECT id, text, withdrawn_at, withdrawal_reason, version FROM code ORDER BY id"


@pytest.fixture
async def campaign_id(shop: Workshop) -> int:
    made = await make_source(shop.database, "CODE-0", "Typed", "TYPED")
    rows = "".join(f"CODE-{number},{1 + number % 2}\n" for number in range(1, 10))
    await imported(shop, f"code,maximumuses\n{rows}")
    return made


async def withdraw(shop: Workshop, campaign_id: int, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a request
    """Ask for it, and return the job at its end."""
    request = WithdrawalRequest(campaign_id, **{"reason": " Misprint ", **asked})
    job_id = await withdrawals.request(shop.database, shop.queue, Stamp(CALLER, NOW), request)
    await take_turn(shop, job_id)
    return await read_job(shop.database, job_id)


async def withdrawn(shop: Workshop) -> list[str]:
    rows = await read_all(shop.database, CODES)
    return [row["text"] for row in rows if row["withdrawn_at"] is not None]


@pytest.mark.parametrize("size", [1, 4, 5_000])
async def test_all_codes_of_a_campaign_and_no_others(
    shop: Workshop, campaign_id: int, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(withdrawals, "CHUNK_ROWS", {"postgres": size, "sqlite": size})
    await make_source(shop.database, "OTHER-1", "Other")
    (code,) = await read_all(shop.database, "SELECT id FROM code WHERE text = 'CODE-3'")
    await reserve(shop.database, code["id"])
    await redeem(shop.database, code["id"])
    job = await withdraw(shop, campaign_id)
    assert (job["status"], job["total"], job["processed"], job["withdrawn"]) == (
        "SUCCESS", 10, 10, 10,
    )  # fmt: skip
    rows = await read_all(shop.database, CODES)
    assert {row["withdrawal_reason"] for row in rows} == {"Misprint", None}
    assert await withdrawn(shop) == [f"CODE-{number}" for number in range(10)]
    assert {row["version"] for row in rows if row["withdrawn_at"]} == {2}
    events = await read_all(shop.database, "SELECT * FROM code_event WHERE kind = 'WITHDRAWN'")
    assert [from_json(event["data"]) for event in events] == [{"reason": "Misprint"}] * 10
    assert {event["job_id"] for event in events} == {job["id"]}
    held = await read_all(shop.database, "SELECT end_reason FROM reservation")
    assert [one["end_reason"] for one in held] == ["WITHDRAWN"]
    messages = "SELECT id FROM outbox WHERE kind = 'CODE_WITHDRAWN'"
    assert len(await read_all(shop.database, messages)) == 10
    assert await read_all(shop.database, "SELECT id FROM revision WHERE kind = 'CODE'") != []
    assert "A withdrawn code has one event that tells of it" not in await consistency.disagreements(
        shop.database
    )
    again = await withdraw(shop, campaign_id)
    assert (again["status"], again["total"], again["withdrawn"]) == ("SUCCESS", 0, 0)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"status": {"in": [CodeStatus.REDEEMED, CodeStatus.EXPIRED]}}, ["CODE-2"]),
        ({"status": {"eq": CodeStatus.ACTIVE}, "code_prefix": "code4"}, ["CODE-4"]),
        ({"code": "code 5"}, ["CODE-5"]),
        ({"campaign_key": "typed", "code": "CODE-0"}, ["CODE-0"]),
        ({"campaign_key": "OTHER"}, []),
    ],
)
async def test_filters_choose(
    shop: Workshop, campaign_id: int, where: dict[str, Any], expected: list[str]
) -> None:
    (code,) = await read_all(shop.database, "SELECT id FROM code WHERE text = 'CODE-2'")
    await redeem(shop.database, code["id"])
    job = await withdraw(shop, campaign_id, where=where)
    assert (job["status"], job["withdrawn"]) == ("SUCCESS", len(expected))
    assert await withdrawn(shop) == expected


async def test_vouchers_in_any_state(shop: Workshop) -> None:
    campaign_id = await make_campaign(shop.database)
    made = await make_job(shop.database, shop.queue, campaign_id, 3)
    await work_off(shop.database, made)
    job = await withdraw(shop, campaign_id, where={"status": {"eq": CodeStatus.CREATED}})
    assert (job["status"], job["withdrawn"]) == ("SUCCESS", 3)


async def test_codes_that_come_later_stay(shop: Workshop, campaign_id: int) -> None:
    request = WithdrawalRequest(campaign_id, "Misprint")
    job_id = await withdrawals.request(shop.database, shop.queue, Stamp(CALLER, NOW), request)
    held = await claimed(shop.database, job_id, utc_now())
    await Withdrawing(shop.database, held).advance(utc_now())
    await leases.release(shop.database, held)
    async with shop.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO code (kind, campaign_id, text, normal_form, actor, created_at, updated_at)"
            " VALUES ('SOURCE', $1, 'LATE', 'LATE', '{}', $2, $2)",
            campaign_id,
            NOW,
        )
    await take_turn(shop, job_id)
    assert (await read_job(shop.database, job_id))["withdrawn"] == 10
    assert "LATE" not in await withdrawn(shop)


async def test_a_cancelled_withdrawal_stops_between_chunks(
    shop: Workshop, campaign_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawals, "CHUNK_ROWS", {"postgres": 3, "sqlite": 3})
    request = WithdrawalRequest(campaign_id, "Misprint")
    job_id = await withdrawals.request(shop.database, shop.queue, Stamp(CALLER, NOW), request)
    held = await claimed(shop.database, job_id, utc_now())
    work = Withdrawing(shop.database, held)
    await work.advance(utc_now())
    await work.advance(utc_now())
    await jobs.cancel(shop.database, shop.queue, CALLER, job_id, utc_now())
    await leases.release(shop.database, held)
    await take_turn(shop, job_id)
    job = await read_job(shop.database, job_id)
    assert (job["status"], job["processed"], job["withdrawn"]) == ("CANCELLED", 3, 3)
    assert await withdrawn(shop) == ["CODE-0", "CODE-1", "CODE-2"]


async def test_a_key_asks_once(shop: Workshop, campaign_id: int) -> None:
    first = await withdraw(shop, campaign_id, idempotency_key="k-1", where={"code": "CODE-1"})
    again = await withdraw(shop, campaign_id, idempotency_key="k-1", where={"code": "CODE-1"})
    assert again == first
    with pytest.raises(Refusal) as refused:
        await withdraw(shop, campaign_id, idempotency_key="k-1", where={"code": "CODE-2"})
    assert refusals(refused) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]


async def test_what_cannot_be_asked_for(shop: Workshop, campaign_id: int) -> None:
    for asked, expected in (
        ({"reason": " \u200b"}, ("REASON_REQUIRED", "reason")),
        ({"reason": "x" * 501}, ("INVALID_VALUE", "reason")),
        ({"reference": ""}, ("INVALID_VALUE", "reference")),
        ({"idempotency_key": "no blanks"}, ("INVALID_VALUE", "idempotencyKey")),
    ):
        with pytest.raises(Refusal) as refused:
            await withdraw(shop, campaign_id, **asked)
        assert refusals(refused) == [expected]
    with pytest.raises(Refusal) as unknown:
        await withdraw(shop, 4711)
    assert refusals(unknown) == [("NOT_FOUND", "campaignId")]
    with pytest.raises(BadArgument, match="takes at most 100 values"):
        await withdraw(shop, campaign_id, where={"status": {"in": [CodeStatus.ACTIVE] * 101}})
    assert await read_all(shop.database, "SELECT id FROM job WHERE kind = 'WITHDRAW'") == []
