import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.code_groups import CodeGroupDraft
from app.domain.promotions import GroupActivation
from app.domain.refusals import Refusal
from app.queue import Queue
from app.services import campaigns, code_groups, jobs, keys
from app.services.code_groups import NewCodeGroup
from app.services.editing import Target
from tests.making import (
    ACTOR,
    CALLER,
    NOW,
    make_campaign,
    make_group,
    make_job,
    make_promotion,
    make_source,
    read_all,
    read_revisions,
    refusals,
    snapshot,
)

LATER = NOW + timedelta(hours=1)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
FOLLOWING = GroupActivation.WHILE_PROMOTIONS_RUN


async def stored(database: Database, group_id: int) -> dict[str, Any]:
    (row,) = await read_all(database, "SELECT * FROM code_group WHERE id = $1", group_id)
    for name in ("applications", "target_segments", "metadata", "actor"):
        row[name] = from_json(row[name])
    for name in ("created_at", "updated_at", "archived_at", "active_from", "active_to"):
        row[name] = from_row(row[name])
    return row


async def update(
    database: Database,
    group_id: int,
    version: int | None,
    **values: Any,  # noqa: ANN401 - any column
) -> None:
    await code_groups.update(database, CALLER, Target(group_id, version), values, LATER)


async def archive(database: Database, group_id: int) -> None:
    await code_groups.archive(database, CALLER, Target(group_id), LATER)


async def test_a_group_keeps_every_fact(database: Database) -> None:
    campaign_id = await make_campaign(database)
    draft = CodeGroupDraft(
        name="  Gold members ",
        enabled=False,
        active_from=JUNE,
        active_to=JULY,
        total_reuse_per_code=3,
        reuse_per_customer=2,
        in_store_redemption=True,
        applications=(" web",),
        target_segments=("gold",),
        metadata={"owner": "Ada"},
    )
    new = NewCodeGroup(campaign_id, draft, " gold ")
    group_id = await code_groups.create(database, CALLER, new, NOW)
    assert await stored(database, group_id) == {
        "id": group_id,
        "campaign_id": campaign_id,
        "name": "Gold members",
        "key": "GOLD",
        "enabled": False,
        "archived_at": None,
        "activation": "OWN_RANGE",
        "active_from": JUNE,
        "active_to": JULY,
        "total_reuse_per_code": 3,
        "reuse_per_customer": 2,
        "in_store_redemption": True,
        "applications": ["web"],
        "target_segments": ["gold"],
        "version": 1,
        "metadata": {"owner": "Ada"},
        "actor": ACTOR,
        "created_at": NOW,
        "updated_at": NOW,
    }
    assert await read_revisions(database) == []


async def test_a_key_is_made_of_the_name(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = await make_campaign(database)
    group_id = await make_group(database, campaign_id, name="Gold & Silver")
    assert (await stored(database, group_id))["key"].startswith("GOLD-SILVER-")
    monkeypatch.setattr(keys, "_SUFFIX_LENGTH", 0)
    group_id = await make_group(database, campaign_id, name="\u65e5\u672c")
    assert (await stored(database, group_id))["key"] == "GROUP-"
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_group(database, campaign_id, name="\u4e2d\u56fd")
    assert refusals(refused) == [("KEY_TAKEN", "key")]
    assert await snapshot(database) == before


async def test_all_problems_are_told_and_nothing_is_stored(database: Database) -> None:
    campaign_id = await make_campaign(database)
    await make_group(database, campaign_id, "GOLD", name="Gold")
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_group(database, 4711, " gold", name="Gold ", reuse_per_customer=0)
    assert refusals(refused) == [
        ("INVALID_VALUE", "reusePerCustomer"),
        ("NOT_FOUND", "campaignId"),
        ("NAME_TAKEN", "name"),
        ("KEY_TAKEN", "key"),
    ]
    with pytest.raises(Refusal) as refused:
        await make_group(database, campaign_id, "K\0", name="A\0")
    assert refusals(refused) == [("INVALID_VALUE", "name"), ("INVALID_VALUE", "key")]
    assert await snapshot(database) == before


async def test_both_kinds_of_campaigns_have_groups_but_archived_ones_get_none(
    database: Database,
) -> None:
    source_id = await make_source(database)
    await make_group(database, source_id)
    await campaigns.archive(database, CALLER, Target(source_id), NOW)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_group(database, source_id)
    assert refusals(refused) == [("CAMPAIGN_DISABLED", "campaignId")]
    assert await snapshot(database) == before


async def test_a_change_leaves_what_is_absent_and_clears_what_is_null(database: Database) -> None:
    group_id = await make_group(
        database,
        await make_campaign(database),
        name="Before",
        total_reuse_per_code=2,
        reuse_per_customer=1,
        active_from=JUNE,
        in_store_redemption=True,
        applications=("web",),
    )
    before = await stored(database, group_id)
    await update(
        database,
        group_id,
        1,
        name=" After ",
        total_reuse_per_code=None,
        in_store_redemption=None,
        applications=None,
        enabled=False,
    )
    assert await stored(database, group_id) == {
        **before,
        "name": "After",
        "total_reuse_per_code": None,
        "in_store_redemption": False,
        "applications": [],
        "enabled": False,
        "version": 2,
        "updated_at": LATER,
    }


async def test_the_facts_before_a_change_become_a_revision(database: Database) -> None:
    group_id = await make_group(
        database, await make_campaign(database), name="Before", active_from=NOW
    )
    await update(database, group_id, None, metadata={"a": 1})
    assert await read_revisions(database) == []
    promotion_ids = [await make_promotion(database, group_ids=(group_id,)) for _ in range(2)]
    await update(database, group_id, None, target_segments=("gold",))
    row = (await read_revisions(database))[-1]
    assert (row["kind"], row["entity_id"], row["ended_at"], row["actor"]) == (
        "CODE_GROUP",
        group_id,
        LATER,
        ACTOR,
    )
    assert row["facts"] == {
        "name": "Before",
        "enabled": True,
        "archived_at": None,
        "activation": "OWN_RANGE",
        "active_from": "2026-11-22T10:00:00.000000Z",
        "active_to": None,
        "total_reuse_per_code": None,
        "reuse_per_customer": None,
        "in_store_redemption": False,
        "applications": [],
        "target_segments": [],
        "promotion_ids": promotion_ids,
    }


async def test_a_group_that_follows_its_promotions_drops_its_own_range(database: Database) -> None:
    group_id = await make_group(
        database, await make_campaign(database), active_from=JUNE, active_to=JULY
    )
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, group_id, 1, activation=FOLLOWING, active_to=JULY)
    assert refusals(refused) == [("INVALID_VALUE", "activeTo")]
    assert await snapshot(database) == before
    await update(database, group_id, 1, activation=FOLLOWING)
    row = await stored(database, group_id)
    assert (row["activation"], row["active_from"], row["active_to"]) == (FOLLOWING, None, None)
    await update(database, group_id, 2, activation=None, active_to=JULY)
    row = await stored(database, group_id)
    assert (row["activation"], row["active_from"], row["active_to"]) == ("OWN_RANGE", None, JULY)


async def test_equal_values_write_nothing(database: Database) -> None:
    group_id = await make_group(
        database, await make_campaign(database), name="Same", applications=("web",)
    )
    before = await snapshot(database)
    await update(database, group_id, 1, name=" Same ", applications=["web"], activation=None)
    assert await snapshot(database) == before


async def test_changes_that_are_refused_change_nothing(database: Database) -> None:
    campaign_id = await make_campaign(database)
    await make_group(database, campaign_id, name="Taken")
    group_id = await make_group(database, campaign_id)
    before = await snapshot(database)
    for values, told in (
        (
            {"name": "Taken", "total_reuse_per_code": 0},
            [("INVALID_VALUE", "totalReusePerCode"), ("NAME_TAKEN", "name")],
        ),
        ({"name": None}, [("INVALID_VALUE", "name")]),
    ):
        with pytest.raises(Refusal) as refused:
            await update(database, group_id, 1, **values)
        assert refusals(refused) == told
    with pytest.raises(Refusal) as refused:
        await update(database, group_id, 2, enabled=False)
    assert refusals(refused) == [("STALE_VERSION", "expectedVersion")]
    with pytest.raises(Refusal) as refused:
        await update(database, 4711, None, enabled=False)
    assert refusals(refused) == [("NOT_FOUND", "id")]
    assert await snapshot(database) == before


async def test_an_archived_group_is_disabled_for_ever(database: Database) -> None:
    campaign_id = await make_campaign(database)
    group_id = await make_group(database, campaign_id, name="Over")
    await archive(database, group_id)
    row = await stored(database, group_id)
    assert (row["enabled"], row["archived_at"], row["version"]) == (False, LATER, 2)
    (revision,) = await read_revisions(database)
    assert (revision["facts"]["enabled"], revision["facts"]["archived_at"]) == (True, None)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, group_id, 2, enabled=True)
    assert refusals(refused) == [("NOT_EDITABLE", "id")]
    with pytest.raises(Refusal) as refused:
        await archive(database, group_id)
    assert refusals(refused) == [("NOT_EDITABLE", "id")]
    with pytest.raises(Refusal) as refused:
        await make_group(database, campaign_id, name="Over")
    assert refusals(refused) == [("NAME_TAKEN", "name")]
    assert await snapshot(database) == before


async def test_a_group_with_an_unfinished_job_is_not_archived(
    database: Database, queue: Queue
) -> None:
    campaign_id = await make_campaign(database)
    group_id = await make_group(database, campaign_id, "GOLD")
    other_id = await make_group(database, campaign_id, "SILVER")
    await make_job(database, queue, campaign_id)
    job_id = await make_job(database, queue, campaign_id, group_key="GOLD")
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await archive(database, group_id)
    assert refusals(refused) == [("NOT_EDITABLE", "id")]
    assert await snapshot(database) == before
    await archive(database, other_id)
    await jobs.cancel(database, queue, CALLER, job_id, LATER)
    await archive(database, group_id)


async def test_two_at_once_cannot_take_one_name(database: Database) -> None:
    campaign_id = await make_campaign(database)
    outcomes = await asyncio.gather(
        *(make_group(database, campaign_id, f"TWIN-{n}", name="Twins") for n in range(8)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [refusal.problems[0].code for refusal in refused] == ["NAME_TAKEN"] * 7
    assert len(await read_all(database, "SELECT id FROM code_group")) == 1


async def test_no_job_is_entered_for_a_group_that_is_archived_at_once(
    database: Database, queue: Queue
) -> None:
    # In whatever order they run, exactly one of the two gets its way.
    campaign_id = await make_campaign(database)
    for key in (f"GROUP-{n}" for n in range(12)):
        group_id = await make_group(database, campaign_id, key)
        outcomes = await asyncio.gather(
            archive(database, group_id),
            make_job(database, queue, campaign_id, group_key=key),
            return_exceptions=True,
        )
        (refused,) = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        archived = (await stored(database, group_id))["archived_at"] is not None
        assert refused.problems[0].code == ("GROUP_NOT_FOUND" if archived else "NOT_EDITABLE")
