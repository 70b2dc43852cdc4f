"""Campaigns, groups and promotions around a code: read whole, and told alike by all who ask."""

from datetime import timedelta
from typing import Any

from app.database import Database
from app.database.instants import from_json
from app.domain.customers import CustomerStatus
from app.domain.levels import Level, LevelStatus, Severity
from app.domain.life.calls import Issue
from app.domain.promotions import GroupActivation
from app.services import campaigns, customers, promotions
from app.services.consistency import disagreements
from app.services.customers import CustomerValues
from app.services.editing import Target
from app.services.life.validating import examine
from tests.making import (
    CALLER,
    NOW,
    make_campaign,
    make_group,
    make_promotion,
    make_source,
    read_all,
)
from tests.services.living import (
    answer,
    answers,
    made,
    make_code,
    noted,
    reasons,
    redeem,
    reserve,
    told,
)


async def test_the_promotions_of_a_group_decide_and_are_remembered(database: Database) -> None:
    campaign_id = await make_source(database, "FIRST")
    bundle_id = await make_campaign(database, enabled=False)
    group_id = await make_group(
        database, campaign_id, activation=GroupActivation.WHILE_PROMOTIONS_RUN
    )
    elsewhere = await make_promotion(database, campaign_id)
    on = await make_promotion(database, group_ids=[group_id])
    gold = await make_promotion(database, group_ids=[group_id], target_segments=("gold",))
    bundled = await make_promotion(database, bundle_id, group_ids=[group_id])
    late = await make_promotion(database, group_ids=[group_id], active_from=NOW + timedelta(days=1))
    await make_code(database, campaign_id, "GROUPED", group_id=group_id)
    await make_code(database, campaign_id, "ALONE")
    given = [CustomerValues("C-1", {"segments": ("gold",)})]
    await customers.upsert(database, CALLER, given, NOW)
    both, one, alone = await answers(
        database,
        redeem("GROUPED", customer="C-1"),
        redeem("GROUPED", customer="C-2"),
        redeem("ALONE"),
    )
    rows = await read_all(database, "SELECT promotion_ids FROM redemption ORDER BY id")
    found = [from_json(row["promotion_ids"]) for row in rows]
    assert found == [[on, gold], [on], [elsewhere]]
    assert [made(verdict) for verdict in (both, one, alone)]
    seen = await examine(database, redeem("GROUPED", customer="C-2"), NOW)
    assert seen.redeemable is True
    level = next(one for one in seen.levels if one.level == Level.PROMOTION)
    assert {entry.promotion_id: entry.status for entry in level.entries} == {
        on: LevelStatus.VALID,
        gold: LevelStatus.INVALID,
        bundled: LevelStatus.INVALID,
        late: LevelStatus.INVALID,
    }
    assert {(one.reason.value, one.entity_id) for one in seen.warnings} == {
        ("NOT_IN_PROMOTION_TARGET", gold),
        ("CAMPAIGN_DISABLED", bundle_id),
        ("PROMOTION_NOT_STARTED", late),
    }
    assert {one.severity for one in seen.warnings} == {Severity.INFO}
    await promotions.update(database, CALLER, Target(on), {"enabled": False}, NOW)
    off = await answer(database, redeem("GROUPED", customer="C-2"))
    assert set(reasons(off)) == {
        "NOT_IN_PROMOTION_TARGET",
        "PROMOTION_DISABLED",
        "CAMPAIGN_DISABLED",
        "PROMOTION_NOT_STARTED",
    }
    assert await disagreements(database) == []


async def test_a_group_without_promotions_has_those_of_its_campaign(database: Database) -> None:
    campaign_id = await make_source(database, "FIRST")
    own = await make_promotion(database, campaign_id)
    group_id = await make_group(database, campaign_id, total_reuse_per_code=1)
    await make_code(database, campaign_id, group_id=group_id)
    first, second = await answers(database, redeem(), redeem())
    assert made(first)
    assert reasons(second) == ["GROUP_LIMIT_REACHED"]
    (row,) = await read_all(database, "SELECT promotion_ids FROM redemption")
    assert from_json(row["promotion_ids"]) == [own]


async def test_where_and_for_whom_a_campaign_holds(database: Database) -> None:
    campaign_id = await make_campaign(database, applications=("web",), target_segments=("new",))
    await make_code(database, campaign_id, kind="VOUCHER", issued_at=NOW)
    given = [
        CustomerValues("C-1", {"segments": ("new",)}),
        CustomerValues("C-2", {"segments": ("new",), "status": CustomerStatus.BLOCKED}),
    ]
    await customers.upsert(database, CALLER, given, NOW)
    cases: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({"customer": "C-1", "application": "web"}, []),
        ({"customer": "C-1"}, [("WRONG_APPLICATION", "application")]),
        (
            {"application": "till"},
            [("CUSTOMER_REQUIRED", "customerNumber"), ("WRONG_APPLICATION", "application")],
        ),
        ({"customer": "C-2", "application": "web"}, [("CUSTOMER_INACTIVE", "customerNumber")]),
        ({"customer": "C-9", "application": "web"}, [("NOT_IN_CAMPAIGN_TARGET", "customerNumber")]),
    ]
    for values, expected in cases:
        # Whoever asks, and whatever for, hears the same.
        assert told(await answer(database, redeem(**values))) == expected
        assert told(await answer(database, reserve(holder=f"s-{values}", **values))) == expected
        seen = await examine(database, redeem(**values), NOW)
        assert seen.redeemable is (not expected)
        assert {one.reason.value for one in seen.warnings} == {reason for reason, _ in expected}


async def test_the_same_is_asked_of_codes_that_are_unknown_withdrawn_or_not_yours(
    database: Database,
) -> None:
    """So no time, and no statement, tells them apart."""
    campaign_id = await make_source(database, "FIRST")
    group_id = await make_group(database, campaign_id)
    given = [CustomerValues("C-1"), CustomerValues("C-2")]
    owner, _ = await customers.upsert(database, CALLER, given, NOW)
    gone: dict[str, Any] = {"withdrawn_at": NOW, "withdrawal_reason": "x", "group_id": group_id}
    await make_code(database, campaign_id, "GONE", **gone)
    await make_code(
        database, campaign_id, "THEIRS", issued_to_id=owner, available_to="ONLY_ISSUED_TO"
    )
    asked = {}
    for text in ("GONE", "THEIRS", "NOSUCH"):
        call = redeem(text, f"k-{text}", customer="C-2", order="O-1")
        (verdict,), asked[text] = await noted(database, call)
        assert verdict.problems
    assert asked["GONE"] == asked["THEIRS"] == asked["NOSUCH"]
    assert len(asked["GONE"]) > 10


async def test_codes_that_are_only_issued_here(database: Database) -> None:
    campaign_id = await make_campaign(database, issue_only=True)
    await make_code(database, campaign_id, kind="VOUCHER")
    assert (await answer(database, Issue(caller=CALLER, code="SUMMER10"))).problems == ()
    used, held = await answers(database, redeem(), reserve())
    assert reasons(used) == reasons(held) == ["ISSUE_ONLY"]


async def test_an_archived_campaign_is_off(database: Database) -> None:
    campaign_id = await make_source(database, "FIRST")
    await campaigns.archive(database, CALLER, Target(campaign_id), NOW)
    assert reasons(await answer(database, redeem("FIRST"))) == ["CAMPAIGN_DISABLED"]


async def test_a_code_that_nobody_made_cannot_be_held(database: Database) -> None:
    await make_source(database, "FIRST")
    first, again = await answers(database, reserve("NOSUCH", key="k"), reserve("NOSUCH", key="k"))
    assert told(first) == [("NOT_FOUND", "code")]
    assert again.replayed
