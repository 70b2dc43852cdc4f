import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_row
from app.domain.money import MoneyText
from app.domain.promotions import Discount, DiscountKind, PromotionDraft
from app.domain.refusals import Refusal
from app.models.promotion import Promotion
from app.services import campaigns, code_groups, promotions
from app.services.editing import Target
from app.services.promotions import NewPromotion
from tests.making import (
    ACTOR,
    CALLER,
    FREE_SHIPPING,
    NOW,
    make_campaign,
    make_group,
    make_promotion,
    make_source,
    read_all,
    read_revisions,
    refusals,
    snapshot,
)
from tests.promoting import LATER, groups_of, stored, update, versions

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
TEN_PER_CENT = Discount(DiscountKind.PERCENT, percent=Decimal(10))
FIVE_EUROS = Discount(DiscountKind.AMOUNT, amount=MoneyText("5", "EUR"))


async def fill(database: Database, group_id: int | None, campaign_id: int | None) -> None:
    """Store a hundred promotions in a group, and in the bundle of a campaign."""
    async with database.transaction() as tx:
        for number in range(100):
            row = await Promotion.create(
                using_db=tx.client,
                name=f"Filling {number}",
                discount_kind=DiscountKind.FREE_SHIPPING,
                campaign_id=campaign_id,
                actor=ACTOR,
                created_at=NOW,
                updated_at=NOW,
            )
            if group_id is not None:
                await tx.execute(
                    "INSERT INTO promotion_group (promotion_id, group_id) VALUES ($1, $2)",
                    row.id,
                    group_id,
                )


async def test_a_promotion_keeps_every_fact(database: Database) -> None:
    campaign_id = await make_campaign(database)
    draft = PromotionDraft(
        name=" Five euros ",
        discount=FIVE_EUROS,
        enabled=False,
        active_from=JUNE,
        active_to=JULY,
        applications=(" web",),
        target_segments=("gold",),
        metadata={"owner": "Ada"},
    )
    promotion_id = await promotions.create(database, CALLER, NewPromotion(draft, campaign_id), NOW)
    assert await stored(database, promotion_id) == {
        "id": promotion_id,
        "campaign_id": campaign_id,
        "name": "Five euros",
        "enabled": False,
        "archived_at": None,
        "active_from": JUNE,
        "active_to": JULY,
        "applications": ["web"],
        "target_segments": ["gold"],
        "discount_kind": "AMOUNT",
        "discount_basis_points": None,
        "discount_amount_minor": 500,
        "discount_currency": "EUR",
        "gift_sku": None,
        "issue_campaign_id": None,
        "version": 1,
        "metadata": {"owner": "Ada"},
        "actor": ACTOR,
        "created_at": NOW,
        "updated_at": NOW,
    }
    assert await read_revisions(database) == []


async def test_every_kind_of_discount_is_kept(database: Database) -> None:
    voucher_id = await make_campaign(database)
    columns = ("discount_basis_points", "discount_amount_minor", "gift_sku", "issue_campaign_id")
    for discount, kept in (
        (TEN_PER_CENT, (1_000, None, None, None)),
        (FIVE_EUROS, (None, 500, None, None)),
        (FREE_SHIPPING, (None, None, None, None)),
        (Discount(DiscountKind.GIFT, gift_sku=" MUG "), (None, None, "MUG", None)),
        (
            Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=voucher_id),
            (None, None, None, voucher_id),
        ),
    ):
        row = await stored(database, await make_promotion(database, discount=discount))
        assert row["discount_kind"] == discount.kind
        assert tuple(row[name] for name in columns) == kept


async def test_groups_of_several_campaigns_drive_a_promotion(database: Database) -> None:
    gold = await make_group(database, await make_campaign(database), name="Gold")
    flyer = await make_group(database, await make_source(database))
    first = await make_promotion(database, group_ids=(gold,))
    second = await make_promotion(database, group_ids=(flyer, gold))
    assert await groups_of(database, second) == [gold, flyer]
    assert await versions(database, gold, flyer) == [3, 2]
    facts = [
        (row["kind"], row["entity_id"], row["ended_at"], row["actor"], row["facts"])
        for row in await read_revisions(database)
    ]
    assert [fact[:2] for fact in facts] == [
        ("CODE_GROUP", gold),
        ("CODE_GROUP", gold),
        ("CODE_GROUP", flyer),
    ]
    assert [fact[4]["promotion_ids"] for fact in facts] == [[], [first], []]
    assert all(fact[2:4] == (NOW, ACTOR) for fact in facts)
    assert facts[1][4] == {
        "name": "Gold",
        "enabled": True,
        "archived_at": None,
        "activation": "OWN_RANGE",
        "active_from": None,
        "active_to": None,
        "total_reuse_per_code": None,
        "reuse_per_customer": None,
        "in_store_redemption": False,
        "applications": [],
        "target_segments": [],
        "promotion_ids": [first],
    }


async def test_all_problems_are_told_and_nothing_is_stored(database: Database) -> None:
    voucher_id, source_id = await make_campaign(database), await make_source(database)
    gone = await make_group(database, voucher_id)
    group_id = await make_group(database, voucher_id)
    await code_groups.archive(database, CALLER, Target(gone), NOW)
    await make_promotion(database, name="Taken")
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_promotion(
            database,
            4711,
            name=" Taken",
            active_from=JULY,
            active_to=JUNE,
            discount=Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=source_id),
            group_ids=(4711, group_id, gone),
        )
    assert refusals(refused) == [
        ("VALID_TO_BEFORE_FROM", "activeTo"),
        ("NOT_FOUND", "campaignId"),
        ("CAMPAIGN_KIND_MISMATCH", "discount.issueCampaignId"),
        ("GROUP_NOT_FOUND", "groupIds.0"),
        ("GROUP_NOT_FOUND", "groupIds.2"),
        ("NAME_TAKEN", "name"),
    ]
    with pytest.raises(Refusal) as refused:
        await make_promotion(database, name="A\0", discount=None, group_ids=tuple(range(1, 102)))
    assert refusals(refused)[:3] == [
        ("INVALID_VALUE", "name"),
        ("INVALID_VALUE", "discount"),
        ("INVALID_VALUE", "groupIds"),
    ]
    assert await snapshot(database) == before


async def test_archived_campaigns_get_and_give_nothing(database: Database) -> None:
    campaign_id = await make_campaign(database)
    await campaigns.archive(database, CALLER, Target(campaign_id), NOW)
    issuing = Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=campaign_id)
    unknown = Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=4711)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_promotion(database, campaign_id, discount=issuing)
    assert refusals(refused) == [
        ("CAMPAIGN_DISABLED", "campaignId"),
        ("CAMPAIGN_DISABLED", "discount.issueCampaignId"),
    ]
    with pytest.raises(Refusal) as refused:
        await make_promotion(database, discount=unknown)
    assert refusals(refused) == [("NOT_FOUND", "discount.issueCampaignId")]
    assert await snapshot(database) == before


async def test_a_group_and_a_campaign_have_a_hundred_promotions_at_most(
    database: Database,
) -> None:
    campaign_id = await make_campaign(database)
    group_id = await make_group(database, campaign_id)
    await fill(database, group_id, campaign_id)
    promotion_id = await make_promotion(database)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_promotion(database, campaign_id, group_ids=(group_id,))
    assert refusals(refused) == [("INVALID_VALUE", "campaignId"), ("INVALID_VALUE", "groupIds.0")]
    assert [problem.message for problem in refused.value.problems] == [
        "This campaign has 100 promotions, and archived ones count; name another.",
        "This group has 100 promotions, and archived ones count; name another.",
    ]
    with pytest.raises(Refusal) as refused:
        await update(database, promotion_id, 1, group_ids=(group_id,))
    assert refusals(refused) == [("INVALID_VALUE", "groupIds.0")]
    assert await snapshot(database) == before
    leaving = (await read_all(database, "SELECT MIN(promotion_id) AS id FROM promotion_group"))[0]
    await update(database, leaving["id"], None, group_ids=None)
    await update(database, promotion_id, 1, group_ids=(group_id,))


async def test_the_last_place_in_a_group_is_given_once(database: Database) -> None:
    group_id = await make_group(database, await make_campaign(database))
    await fill(database, group_id, None)
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM promotion_group WHERE promotion_id = 1")
    outcomes = await asyncio.gather(
        *(make_promotion(database, group_ids=(group_id,)) for _ in range(4)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [refusal.problems[0].code for refusal in refused] == ["INVALID_VALUE"] * 3
    assert len(await read_all(database, "SELECT id FROM promotion_group")) == 100


async def test_a_change_leaves_what_is_absent_and_clears_what_is_null(database: Database) -> None:
    group_id = await make_group(database, await make_campaign(database))
    promotion_id = await make_promotion(
        database, name="Before", active_from=JUNE, applications=("web",), group_ids=(group_id,)
    )
    before = await stored(database, promotion_id)
    await update(
        database, promotion_id, 1, name="After", active_from=None, enabled=False, applications=None
    )
    assert await stored(database, promotion_id) == {
        **before,
        "name": "After",
        "active_from": None,
        "enabled": False,
        "applications": [],
        "version": 2,
        "updated_at": LATER,
    }
    assert await groups_of(database, promotion_id) == [group_id]
    assert await versions(database, group_id) == [2]


async def test_a_discount_is_replaced_as_a_whole(database: Database) -> None:
    promotion_id = await make_promotion(database, discount=FIVE_EUROS)
    await update(database, promotion_id, 1, discount=TEN_PER_CENT)
    row = await stored(database, promotion_id)
    assert (row["discount_kind"], row["discount_basis_points"]) == ("PERCENT", 1_000)
    assert (row["discount_amount_minor"], row["discount_currency"]) == (None, None)
    (revision,) = await read_revisions(database)
    assert (revision["kind"], revision["entity_id"]) == ("PROMOTION", promotion_id)
    assert revision["facts"] == {
        "name": row["name"],
        "enabled": True,
        "archived_at": None,
        "active_from": None,
        "active_to": None,
        "applications": [],
        "target_segments": [],
        "discount_kind": "AMOUNT",
        "discount_basis_points": None,
        "discount_amount_minor": 500,
        "discount_currency": "EUR",
        "gift_sku": None,
        "issue_campaign_id": None,
        "group_ids": [],
    }


async def test_groups_are_replaced_as_a_whole(database: Database) -> None:
    campaign_id = await make_campaign(database)
    lost, kept, gained = [await make_group(database, campaign_id) for _ in range(3)]
    promotion_id = await make_promotion(database, group_ids=(lost, kept))
    await code_groups.archive(database, CALLER, Target(lost), NOW)
    past = len(await read_revisions(database))
    await update(database, promotion_id, 1, group_ids=[gained, kept])
    assert await groups_of(database, promotion_id) == [kept, gained]
    assert (await stored(database, promotion_id))["version"] == 2
    assert await versions(database, lost, kept, gained) == [4, 2, 2]
    told = [
        (row["kind"], row["entity_id"], row["facts"].get("promotion_ids"))
        for row in (await read_revisions(database))[past:]
    ]
    assert told == [
        ("CODE_GROUP", lost, [promotion_id]),
        ("CODE_GROUP", gained, []),
        ("PROMOTION", promotion_id, None),
    ]
    facts = [row["facts"] for row in (await read_revisions(database))[past:]]
    assert [from_row(one["archived_at"]) for one in facts] == [NOW, None, None]
    revision = (await read_revisions(database))[-1]
    assert (revision["facts"]["group_ids"], revision["ended_at"]) == ([lost, kept], LATER)


async def test_groups_that_change_with_metadata_are_a_change_of_facts(database: Database) -> None:
    group_id = await make_group(database, await make_campaign(database))
    promotion_id = await make_promotion(database, group_ids=(group_id,))
    await update(database, promotion_id, 1, group_ids=[], metadata={"a": 1})
    row = await stored(database, promotion_id)
    assert (row["metadata"], row["version"]) == ({"a": 1}, 2)
    revision = (await read_revisions(database))[-1]
    assert (revision["kind"], revision["entity_id"]) == ("PROMOTION", promotion_id)
    assert revision["facts"]["group_ids"] == [group_id]


async def test_revisions_of_groups_never_end_before_an_earlier_one(database: Database) -> None:
    group_id = await make_group(database, await make_campaign(database))
    promotion_id = await make_promotion(database)
    await update(database, promotion_id, 1, group_ids=(group_id,))
    await make_promotion(database, group_ids=(group_id,))
    ends = [row["ended_at"] for row in await read_revisions(database) if row["kind"] != "PROMOTION"]
    assert ends == [LATER, LATER]


async def test_an_archived_group_stays_while_it_is_not_lost(database: Database) -> None:
    group_id = await make_group(database, await make_campaign(database))
    promotion_id = await make_promotion(database, group_ids=(group_id,))
    await code_groups.archive(database, CALLER, Target(group_id), NOW)
    await update(database, promotion_id, 1, group_ids=(group_id,), enabled=False)
    assert await groups_of(database, promotion_id) == [group_id]
    assert await versions(database, group_id) == [3]


async def test_equal_values_write_nothing(database: Database) -> None:
    campaign_id = await make_campaign(database)
    first, second = [await make_group(database, campaign_id) for _ in range(2)]
    promotion_id = await make_promotion(
        database, name="Same", discount=FIVE_EUROS, group_ids=(first, second)
    )
    before = await snapshot(database)
    await update(
        database, promotion_id, 1, name=" Same ", discount=FIVE_EUROS, group_ids=[second, first]
    )
    assert await snapshot(database) == before


async def test_metadata_alone_is_no_change_of_facts(database: Database) -> None:
    promotion_id = await make_promotion(database)
    await update(database, promotion_id, 1, metadata={"a": 1})
    row = await stored(database, promotion_id)
    assert (row["metadata"], row["version"]) == ({"a": 1}, 2)
    assert await read_revisions(database) == []


async def test_changes_that_are_refused_change_nothing(database: Database) -> None:
    source_id = await make_source(database)
    await make_promotion(database, name="Taken")
    promotion_id = await make_promotion(database)
    group_id = await make_group(database, source_id)
    before = await snapshot(database)
    issuing = Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=source_id)
    cases: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        (
            {"name": "Taken", "discount": issuing, "group_ids": [group_id, 4711]},
            [
                ("CAMPAIGN_KIND_MISMATCH", "discount.issueCampaignId"),
                ("GROUP_NOT_FOUND", "groupIds.1"),
                ("NAME_TAKEN", "name"),
            ],
        ),
        (
            {"name": None, "discount": None},
            [("INVALID_VALUE", "name"), ("INVALID_VALUE", "discount")],
        ),
        ({"group_ids": [group_id, group_id]}, [("INVALID_VALUE", "groupIds.1")]),
    ]
    for values, told in cases:
        with pytest.raises(Refusal) as refused:
            await update(database, promotion_id, 1, **values)
        assert refusals(refused) == told
    with pytest.raises(Refusal) as refused:
        await update(database, promotion_id, 2, group_ids=[group_id])
    assert refusals(refused) == [("STALE_VERSION", "expectedVersion")]
    with pytest.raises(Refusal) as refused:
        await update(database, 4711, None, group_ids=[group_id])
    assert refusals(refused) == [("NOT_FOUND", "id")]
    assert await snapshot(database) == before


async def test_an_archived_promotion_is_disabled_for_ever(database: Database) -> None:
    group_id = await make_group(database, await make_campaign(database))
    promotion_id = await make_promotion(database, name="Over", group_ids=(group_id,))
    await promotions.archive(database, CALLER, Target(promotion_id, 1), LATER)
    row = await stored(database, promotion_id)
    assert (row["enabled"], row["archived_at"], row["version"]) == (False, LATER, 2)
    revision = (await read_revisions(database))[-1]
    assert (revision["facts"]["enabled"], revision["facts"]["group_ids"]) == (True, [group_id])
    assert await versions(database, group_id) == [2]
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, promotion_id, 2, enabled=True)
    assert refusals(refused) == [("NOT_EDITABLE", "id")]
    with pytest.raises(Refusal) as refused:
        await promotions.archive(database, CALLER, Target(promotion_id), LATER)
    assert refusals(refused) == [("NOT_EDITABLE", "id")]
    with pytest.raises(Refusal) as refused:
        await make_promotion(database, name="Over")
    assert refusals(refused) == [("NAME_TAKEN", "name")]
    assert await snapshot(database) == before


async def test_two_at_once_cannot_take_one_name(database: Database) -> None:
    outcomes = await asyncio.gather(
        *(make_promotion(database, name="Twins") for _ in range(8)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [refusal.problems[0].code for refusal in refused] == ["NAME_TAKEN"] * 7
    assert len(await read_all(database, "SELECT id FROM promotion")) == 1
