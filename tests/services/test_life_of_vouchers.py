"""Issuing, withdrawing, suspending and extending codes; and what is written of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.life.calls import (
    Extend,
    Issue,
    IssueNext,
    Release,
    Resume,
    Suspend,
    Withdraw,
)
from app.domain.masks import GenerateUsing
from app.domain.promotions import Discount, DiscountKind
from app.services import campaigns, number_series, promotions
from app.services.consistency import disagreements
from app.services.editing import Target
from tests.making import (
    ACTOR,
    CALLER,
    NOW,
    count_rows,
    make_campaign,
    make_promotion,
    make_series,
    make_source,
    read_all,
    read_revisions,
    snapshot,
)
from tests.services.living import (
    answer,
    answers,
    made,
    make_code,
    read_code,
    reasons,
    redeem,
    reserve,
    told,
)

LATER = NOW + timedelta(days=7)
VOUCHER = CampaignKind.VOUCHER


def issue(code: str = "SUMMER10", **values: object) -> Issue:
    return Issue(**{"caller": CALLER, "code": code, "key": "i-1", **values})  # type: ignore[arg-type]


def issue_next(reference: str = "B-1", **values: object) -> IssueNext:
    key = f"n-{reference}-{values}"
    return IssueNext(**{"caller": CALLER, "reference": reference, "key": key, **values})  # type: ignore[arg-type]


async def test_a_voucher_is_issued_once_with_the_dates_of_its_campaign(database: Database) -> None:
    campaign_id = await make_campaign(
        database, issued_code_validity={"kind": "FIXED_PERIOD", "period": "P7D"}
    )
    code_id = await make_code(database, campaign_id, kind=VOUCHER)
    assert reasons(await answer(database, redeem())) == ["NOT_ISSUED"]
    call = issue(reference="welcome", store="Leipzig", customer="C-1")
    first, again, other_key = await answers(database, call, call, issue(key="i-2"))
    assert (first.problems, again.replayed) == ((), True)
    assert told(other_key) == [("ALREADY_ISSUED", "code")]
    code = await read_code(database, code_id)
    (customer,) = await read_all(database, "SELECT id, number FROM customer")
    assert customer["number"] == "C-1"
    assert {
        name: code[name]
        for name in ("issue_reference", "issued_store", "issued_to_id", "version", "basket_key")
    } == {
        "issue_reference": "welcome",
        "issued_store": "Leipzig",
        "issued_to_id": customer["id"],
        "version": 2,
        "basket_key": None,
    }
    dates = [from_row(code[name]) for name in ("issued_at", "valid_from", "valid_to")]
    assert dates == [NOW, NOW, LATER]
    (event,) = await read_all(database, "SELECT * FROM code_event")
    assert (event["kind"], event["code_id"], event["idempotency_key"]) == ("ISSUED", code_id, "i-1")
    assert from_json(event["data"]) == {"reference": "welcome", "store": "Leipzig"}
    assert from_json(event["actor"]) == ACTOR
    (message,) = await read_all(database, "SELECT * FROM outbox")
    assert (message["kind"], message["event_id"]) == ("CODE_ISSUED", event["id"])
    (revision,) = await read_revisions(database)
    assert (revision["kind"], revision["entity_id"], revision["ended_at"]) == ("CODE", code_id, NOW)
    assert revision["facts"]["issued_at"] is None
    assert (await answer(database, redeem(customer="C-1"))).problems == ()
    assert await disagreements(database) == []


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"withdrawn_at": NOW, "withdrawal_reason": "x"}, [("WITHDRAWN", "code")]),
        ({"suspended_at": NOW, "suspension_reason": "x"}, [("SUSPENDED", "code")]),
        ({"issued_at": NOW}, [("ALREADY_ISSUED", "code")]),
        (
            {"available_to": AvailableTo.ONLY_ISSUED_TO},
            [("AVAILABLE_TO_NEEDS_CUSTOMER", "customerNumber")],
        ),
    ],
)
async def test_what_cannot_be_issued(
    database: Database, columns: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    await make_code(database, await make_campaign(database), kind=VOUCHER, **columns)
    before = await snapshot(database)
    assert told(await answer(database, issue(key=None))) == expected
    assert told(await answer(database, issue("NOSUCH", key=None))) == [("NOT_FOUND", "code")]
    assert await snapshot(database) == before


async def test_what_campaigns_cannot_issue(database: Database) -> None:
    source = await make_source(database, "SOURCE1")
    over = await make_campaign(
        database,
        issued_code_validity={"kind": "FIXED_DATES", "validTo": "2026-01-01T00:00:00Z"},
    )
    await make_code(database, over, "OVER", kind=VOUCHER)
    gone = await make_campaign(database)
    await make_code(database, gone, "GONE", kind=VOUCHER)
    await campaigns.archive(database, CALLER, Target(gone), NOW)
    verdicts = await answers(
        database,
        issue("SOURCE1", key=None),
        issue("OVER", key=None),
        issue("GONE", key=None),
        issue_next(campaign_id=source),
        issue_next(campaign_id=over),
        issue_next(campaign_id=gone),
        issue_next(campaign_id=10**6),
        issue_next(promotion_id=10**6),
    )
    assert [told(verdict) for verdict in verdicts] == [
        [("CAMPAIGN_KIND_MISMATCH", "code")],
        [("VALIDITY_WINDOW_PAST", "code")],
        [("CAMPAIGN_DISABLED", "code")],
        [("CAMPAIGN_KIND_MISMATCH", "campaignId")],
        [("VALIDITY_WINDOW_PAST", "campaignId")],
        [("CAMPAIGN_DISABLED", "campaignId")],
        [("NOT_FOUND", "campaignId")],
        [("NOT_FOUND", "promotionId")],
    ]


async def test_the_oldest_free_code_goes_to_the_basket_and_stays_its(database: Database) -> None:
    campaign_id = await make_campaign(database)
    ids = [
        await make_code(database, campaign_id, text, kind=VOUCHER, **columns)
        for text, columns in (
            ("SUSPENDED", {}),
            ("FIRST", {}),
            ("ISSUED", {"issued_at": NOW}),
            ("SECOND", {}),
        )
    ]
    _, named, one, same, line, none = await answers(
        database,
        Suspend(caller=CALLER, code_id=ids[0], reason="x"),
        issue("FIRST"),
        issue_next("B-1", campaign_id=campaign_id),
        issue_next("B-1", campaign_id=campaign_id, store="Leipzig"),
        issue_next("B-1", campaign_id=campaign_id, line="2"),
        issue_next("B-2", campaign_id=campaign_id),
    )
    assert [one.made and one.made.id for one in (named, one, same)] == [ids[1], ids[3], ids[3]]
    assert same.replayed
    assert told(line) == told(none) == [("NO_CODE_AVAILABLE", "campaignId")]
    later = await answer(database, issue_next("B-1", campaign_id=campaign_id, store="Halle"))
    assert (later.made, later.replayed) == (one.made, True)
    assert await count_rows(database, "code_event") == 3
    assert await disagreements(database) == []


async def test_a_promotion_issues_from_its_campaign_while_it_runs(database: Database) -> None:
    campaign_id = await make_campaign(database)
    discount = Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=campaign_id)
    promotion_id = await make_promotion(database, discount=discount)
    other_id = await make_promotion(database)
    code_id = await make_code(database, campaign_id, kind=VOUCHER)
    given, nothing = await answers(
        database, issue_next(promotion_id=promotion_id), issue_next(promotion_id=other_id)
    )
    assert made(given) == code_id
    assert told(nothing) == [("INVALID_VALUE", "promotionId")]
    assert (await read_code(database, code_id))["issued_by_id"] == promotion_id
    await promotions.update(database, CALLER, Target(promotion_id), {"enabled": False}, NOW)
    refused = await answer(database, issue_next("B-2", promotion_id=promotion_id))
    assert told(refused) == [("PROMOTION_DISABLED", "promotionId")]


async def test_codes_are_made_on_demand_by_mask(database: Database) -> None:
    campaign_id = await make_campaign(
        database, generate_on_demand=True, maximum_uses=3, uses_per_customer=2, mask="VIP-????!"
    )
    pooled = await make_code(database, campaign_id, "POOLED", kind=VOUCHER)
    calls = [issue_next(f"B-{number}", campaign_id=campaign_id) for number in range(3)]
    verdicts = await answers(database, *calls, *calls)
    ids = [verdict.made.id for verdict in verdicts if verdict.made]
    assert ids == [pooled, ids[1], ids[2]] * 2
    assert [verdict.replayed for verdict in verdicts] == [False] * 3 + [True] * 3
    code = await read_code(database, ids[1])
    assert code["text"].startswith("VIP-")
    assert code["normal_form"] == code["text"].replace("-", "")
    assert (code["max_uses"], code["uses_per_customer"], code["version"]) == (3, 2, 1)
    assert from_row(code["issued_at"]) == NOW
    assert from_json(code["actor"]) == ACTOR
    # A new row has no former facts.
    assert [one["entity_id"] for one in await read_revisions(database)] == [pooled]
    assert await disagreements(database) == []


async def test_numbers_that_exist_already_are_passed_by(database: Database) -> None:
    series_id = await make_series(database, "FLY-00#", last_number=7)
    campaign_id = await make_campaign(
        database,
        generate_on_demand=True,
        generate_using=GenerateUsing.NUMBER_SERIES,
        number_series_id=series_id,
    )
    await make_source(database, "FLY009")
    calls = [issue_next(f"B-{number}", campaign_id=campaign_id) for number in range(3)]
    verdicts = await answers(database, *calls)
    texts = [(await read_code(database, one.made.id))["text"] for one in verdicts if one.made]
    assert texts == ["FLY-008", "FLY-010", "FLY-011"]
    await number_series.archive(database, CALLER, Target(series_id), NOW)
    refused = await answer(database, issue_next("B-9", campaign_id=campaign_id))
    assert told(refused) == [("NO_CODE_AVAILABLE", "campaignId")]


async def test_a_pool_keeps_who_may_use_its_codes(database: Database) -> None:
    campaign_id = await make_campaign(database)
    await make_code(
        database, campaign_id, kind=VOUCHER, available_to=AvailableTo.ANY_EXCEPT_ISSUED_TO
    )
    nobody, friend = await answers(
        database,
        issue_next("B-1", campaign_id=campaign_id),
        issue_next("B-2", campaign_id=campaign_id, customer="C-1"),
    )
    assert told(nobody) == [("AVAILABLE_TO_NEEDS_CUSTOMER", "customerNumber")]
    assert friend.problems == ()
    mine, theirs = await answers(database, redeem(customer="C-1"), redeem(customer="C-2"))
    assert (reasons(mine), reasons(theirs)) == (["NOT_AVAILABLE_TO_CUSTOMER"], [])


async def test_withdrawn_is_for_ever_and_ends_reservations(database: Database) -> None:
    code_id = await make_code(database, await make_source(database, "FIRST"), max_uses=5)
    await answers(database, reserve(holder="s-1"), reserve(holder="s-2", seconds=1))
    at = NOW + timedelta(seconds=2)
    withdraw = Withdraw(caller=CALLER, code_id=code_id, reason="misprint")
    done, again, used, held, back, more, extended = await answers(
        database,
        withdraw,
        withdraw,
        redeem(holder="s-1"),
        reserve(holder="s-3"),
        Resume(caller=CALLER, code_id=code_id, reason="x"),
        Suspend(caller=CALLER, code_id=code_id, reason="x"),
        Extend(caller=CALLER, code_id=code_id, reason="x", valid_to=LATER),
        now=at,
    )
    assert done.problems == ()
    assert told(again) == [("ALREADY_WITHDRAWN", "id")]
    assert reasons(used) == reasons(held) == ["WITHDRAWN"]
    assert told(back) == told(more) == [("WITHDRAWN", "id")]
    assert told(extended) == [("WITHDRAWN", "id"), ("INVALID_VALUE", "validTo")]
    ends = await read_all(database, "SELECT holder, end_reason FROM reservation ORDER BY id")
    assert ends == [
        {"holder": "s-1", "end_reason": "WITHDRAWN"},
        # It had lapsed before.
        {"holder": "s-2", "end_reason": None},
    ]
    code = await read_code(database, code_id)
    assert (from_row(code["withdrawn_at"]), code["withdrawal_reason"]) == (at, "misprint")
    (message,) = await read_all(database, "SELECT kind FROM outbox")
    assert message == {"kind": "CODE_WITHDRAWN"}
    assert await disagreements(database) == []


async def test_suspended_until_resumed(database: Database) -> None:
    code_id = await make_code(database, await make_source(database, "FIRST"))
    suspend = Suspend(caller=CALLER, code_id=code_id, reason="Looks odd")
    resume = Resume(caller=CALLER, code_id=code_id, reason="Looked at")
    verdicts = await answers(
        database, suspend, suspend, redeem(), resume, resume, redeem(), suspend
    )
    assert [one.replayed for one in verdicts] == [False, True, False, False, True, False, False]
    assert reasons(verdicts[2]) == ["SUSPENDED"]
    assert [one for verdict in verdicts for one in reasons(verdict)] == ["SUSPENDED"]
    code = await read_code(database, code_id)
    assert (code["suspension_reason"], code["version"]) == ("Looks odd", 4)
    kinds = [
        row["kind"] for row in await read_all(database, "SELECT kind FROM code_event ORDER BY id")
    ]
    assert kinds == ["SUSPENDED", "RESUMED", "REDEEMED", "SUSPENDED"]
    suspended = [one["facts"]["suspended_at"] is not None for one in await read_revisions(database)]
    assert suspended == [False, True, False]
    assert await disagreements(database) == []


async def test_an_end_is_moved_later(database: Database) -> None:
    campaign_id = await make_campaign(database)
    dates: dict[str, Any] = {"valid_from": NOW - timedelta(days=2), "valid_to": NOW}
    code_id = await make_code(database, campaign_id, kind=VOUCHER, issued_at=NOW, **dates)
    created = await make_code(database, campaign_id, "CREATED", kind=VOUCHER)
    endless = await make_code(database, campaign_id, "ENDLESS", kind=VOUCHER, issued_at=NOW)

    def extend(number: int, valid_to: datetime) -> Extend:
        return Extend(caller=CALLER, code_id=number, valid_to=valid_to, reason="Goodwill")

    verdicts = await answers(
        database,
        redeem(),
        extend(code_id, LATER),
        extend(code_id, LATER),
        redeem(),
        extend(code_id, NOW),
        extend(code_id, datetime(2026, 1, 1, tzinfo=UTC)),
        extend(created, LATER),
        extend(endless, LATER),
        extend(10**6, LATER),
    )
    assert [told(verdict) for verdict in verdicts] == [
        [("EXPIRED", "code")],
        [],
        [],
        [],
        [("INVALID_VALUE", "validTo")],
        [("VALID_TO_BEFORE_FROM", "validTo")],
        [("NOT_ISSUED", "id")],
        [("INVALID_VALUE", "validTo")],
        [("NOT_FOUND", "id")],
    ]
    (event, _) = await read_all(database, "SELECT kind, data FROM code_event ORDER BY id")
    assert event["kind"] == "EXTENDED"
    assert from_json(event["data"]) == {
        "reason": "Goodwill",
        "from": "2026-11-22T10:00:00.000000Z",
        "to": "2026-11-29T10:00:00.000000Z",
    }
    assert await count_rows(database, "revision") == 1


async def test_what_is_not_there(database: Database) -> None:
    await make_source(database, "FIRST")
    kinds = (Withdraw, Suspend, Resume)
    calls = [kind(caller=CALLER, code_id=10**6, reason="x") for kind in kinds]
    verdicts = await answers(database, *calls, Release(caller=CALLER, reservation_id=10**6))
    assert [told(one) for one in verdicts] == [[("NOT_FOUND", "id")]] * 4


async def test_reservations_are_released_lapse_and_are_made_anew(database: Database) -> None:
    await make_code(database, await make_source(database, "FIRST"), max_uses=1)
    held = await answer(database, reserve(holder="s-1", seconds=60))
    release = Release(caller=CALLER, reservation_id=made(held), holder="s-1")
    stranger = Release(caller=CALLER, reservation_id=made(held), holder="s-2")
    not_yours, done, again, free = await answers(
        database, stranger, release, release, reserve(holder="s-2", seconds=60)
    )
    assert told(not_yours) == [("RESERVATION_NOT_YOURS", "holder")]
    assert (done.replayed, again.replayed, free.problems) == (False, True, ())
    late = NOW + timedelta(seconds=60)
    early = NOW + timedelta(seconds=59, milliseconds=999)
    assert reasons(await answer(database, redeem(), early)) == ["RESERVED"]
    anew = await answer(database, reserve(holder="s-2", seconds=60), late)
    assert made(anew) != made(free)
    ends = await read_all(database, "SELECT end_reason, ended_at FROM reservation ORDER BY id")
    assert [row["end_reason"] for row in ends] == ["RELEASED", "LAPSED", None]
    assert from_row(ends[1]["ended_at"]) == late
    lapsed = redeem(holder="s-2", reservation_id=made(free))
    assert reasons(await answer(database, lapsed, late)) == ["RESERVED"]
    assert await disagreements(database) == []


async def test_with_a_reservation_dates_are_not_asked_again(database: Database) -> None:
    await make_code(
        database,
        await make_source(database, "FIRST"),
        max_uses=1,
        valid_to=NOW + timedelta(minutes=1),
    )
    await answer(database, reserve(holder="s-1"))
    late = NOW + timedelta(minutes=5)
    assert reasons(await answer(database, redeem(), late)) == ["EXPIRED", "RESERVED"]
    assert (await answer(database, redeem(holder="s-1"), late)).problems == ()
