import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.errors import ConstraintKind, ConstraintViolated
from app.database.instants import from_json, from_row
from app.domain.campaigns import AvailableTo, CampaignDraft, CampaignKind
from app.domain.masks import GenerateUsing
from app.domain.refusals import Refusal
from app.domain.source_codes import SourceCodeDraft
from app.queue import Queue
from app.services import campaigns, jobs, keys, number_series
from app.services.campaigns import NewCampaign
from app.services.constraints import explained
from app.services.editing import Target
from tests.making import (
    ACTOR,
    CALLER,
    NOW,
    make_campaign,
    make_job,
    make_series,
    make_source,
    read_all,
    read_revisions,
    snapshot,
)

LATER = NOW + timedelta(hours=1)


def codes(refusal: pytest.ExceptionInfo[Refusal]) -> list[tuple[str, str]]:
    return [(problem.code, ".".join(problem.field)) for problem in refusal.value.problems]


async def stored(database: Database, campaign_id: int) -> dict[str, Any]:
    (row,) = await read_all(database, "SELECT * FROM campaign WHERE id = $1", campaign_id)
    for name in ("applications", "target_segments", "issued_code_validity", "metadata", "actor"):
        row[name] = from_json(row[name])
    for name in ("created_at", "updated_at", "archived_at", "active_from", "active_to"):
        row[name] = from_row(row[name])
    return row


async def update(
    database: Database,
    campaign_id: int,
    version: int | None,
    now: datetime = LATER,
    **values: Any,  # noqa: ANN401 - any column
) -> None:
    await campaigns.update(database, CALLER, Target(campaign_id, version), values, now)


async def test_a_voucher_campaign_keeps_every_fact(database: Database) -> None:
    draft = CampaignDraft(
        name="  Black Friday ",
        time_zone="Europe/London",
        reporting_code="BF",
        active_from=datetime(2026, 11, 27, tzinfo=UTC),
        active_to=datetime(2026, 11, 28, tzinfo=UTC),
        applications=("web",),
        target_segments=("gold", "silver"),
        maximum_uses=1,
        uses_per_customer=1,
        available_to=AvailableTo.ONLY_ISSUED_TO,
        mask="BF-????-????!",
        generate_on_demand=True,
        issue_only=True,
        issued_code_validity={"kind": "FIXED_PERIOD", "period": "P7D"},
        metadata={"owner": "Ada"},
    )
    new = NewCampaign(CampaignKind.VOUCHER, draft, key=" bf-26 ")
    campaign_id = await campaigns.create(database, CALLER, new, NOW)
    assert await stored(database, campaign_id) == {
        "id": campaign_id,
        "kind": "VOUCHER",
        "key": "BF-26",
        "name": "Black Friday",
        "reporting_code": "BF",
        "enabled": True,
        "archived_at": None,
        "active_from": datetime(2026, 11, 27, tzinfo=UTC),
        "active_to": datetime(2026, 11, 28, tzinfo=UTC),
        "applications": ["web"],
        "target_segments": ["gold", "silver"],
        "time_zone": "Europe/London",
        "maximum_uses": 1,
        "uses_per_customer": 1,
        "available_to": "ONLY_ISSUED_TO",
        "generate_using": "UNIQUE_ID",
        "number_series_id": None,
        "mask": "BF-????-????!",
        "generate_on_demand": True,
        "issue_only": True,
        "issued_code_validity": {"kind": "FIXED_PERIOD", "period": "P7D"},
        "last_job_sequence": 0,
        "version": 1,
        "metadata": {"owner": "Ada"},
        "actor": ACTOR,
        "created_at": NOW,
        "updated_at": NOW,
    }
    assert await read_revisions(database) == []


async def test_a_key_is_made_of_the_name(database: Database) -> None:
    campaign_id = await make_campaign(database, name="Spring & Easter 2027")
    key = (await stored(database, campaign_id))["key"]
    assert key.startswith("SPRING-EASTER-2027-")
    assert len(key) == len("SPRING-EASTER-2027-") + 6


async def test_a_key_that_exists_is_made_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_SUFFIX_LENGTH", 1)
    monkeypatch.setattr(keys, "_MOST_TRIED", 2_000)
    ids = [await make_campaign(database, name=f"Sale{'!' * n}") for n in range(1, 9)]
    assert len({(await stored(database, campaign_id))["key"] for campaign_id in ids}) == 8


async def test_when_no_key_is_free_the_caller_is_asked_for_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_SUFFIX_LENGTH", 0)
    await make_campaign(database, name="Sale")
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await make_campaign(database, name="Sale!")
    assert codes(refused) == [("KEY_TAKEN", "key")]
    assert await snapshot(database) == before


async def test_a_source_campaign_is_stored_with_its_first_code(database: Database) -> None:
    code = SourceCodeDraft(
        " Summer-10 ", datetime(2026, 6, 1, tzinfo=UTC), None, 5, 1, {"batch": 1}
    )
    new = NewCampaign(CampaignKind.SOURCE, CampaignDraft("Typed", "UTC"), "TYPED", code)
    campaign_id = await campaigns.create(database, CALLER, new, NOW)
    (row,) = await read_all(database, "SELECT * FROM code")
    assert (row["kind"], row["campaign_id"], row["created_by_job_id"]) == (
        "SOURCE",
        campaign_id,
        None,
    )
    assert (row["text"], row["normal_form"], row["available_to"]) == (
        "Summer-10",
        "SUMMER10",
        "ANY_CUSTOMER",
    )
    assert (row["max_uses"], row["uses_per_customer"], row["uses"]) == (5, 1, 0)
    assert from_row(row["valid_from"]) == datetime(2026, 6, 1, tzinfo=UTC)
    assert (row["valid_to"], from_json(row["metadata"])) == (None, {"batch": 1})
    assert (from_json(row["actor"]), from_row(row["created_at"])) == (ACTOR, NOW)


async def test_all_problems_are_told_and_nothing_is_stored(database: Database) -> None:
    await make_source(database, "SUMMER10", "Typed")
    await campaigns.create(
        database,
        CALLER,
        NewCampaign(CampaignKind.VOUCHER, CampaignDraft("Other", "UTC"), "OTHER"),
        NOW,
    )
    before = await snapshot(database)
    new = NewCampaign(
        CampaignKind.SOURCE,
        CampaignDraft("Typed", "Mars/Base", maximum_uses=3),
        "other",
        SourceCodeDraft("summer 10", maximum_uses=0),
    )
    with pytest.raises(Refusal) as refused:
        await campaigns.create(database, CALLER, new, LATER)
    assert codes(refused) == [
        ("INVALID_VALUE", "timeZone"),
        ("INVALID_VALUE", "maximumUses"),
        ("INVALID_VALUE", "firstCode.maximumUses"),
        ("NAME_TAKEN", "name"),
        ("KEY_TAKEN", "key"),
        ("CODE_TAKEN", "firstCode.code"),
    ]
    assert await snapshot(database) == before


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (
            NewCampaign(CampaignKind.SOURCE, CampaignDraft("A", "UTC")),
            [("CODE_MISSING", "firstCode")],
        ),
        (
            NewCampaign(
                CampaignKind.VOUCHER, CampaignDraft("A", "UTC"), None, SourceCodeDraft("ABC")
            ),
            [("CAMPAIGN_KIND_MISMATCH", "firstCode")],
        ),
        (
            NewCampaign(
                CampaignKind.SOURCE, CampaignDraft("A", "UTC"), None, SourceCodeDraft("Ä€")
            ),
            [("CODE_BAD_CHAR", "firstCode.code")],
        ),
        (
            NewCampaign(CampaignKind.VOUCHER, CampaignDraft("A\0", "UTC"), "K\0"),
            [("INVALID_VALUE", "name"), ("INVALID_VALUE", "key")],
        ),
        (
            NewCampaign(
                CampaignKind.VOUCHER, CampaignDraft("A", "UTC", mask="??", number_series_id=99)
            ),
            [("INVALID_VALUE", "mask"), ("NOT_FOUND", "numberSeriesId")],
        ),
        (
            NewCampaign(
                CampaignKind.VOUCHER,
                CampaignDraft("A", "UTC", issued_code_validity={"kind": "FIXED_PERIOD"}),
            ),
            [("INVALID_VALUE", "issuedCodeValidity.period")],
        ),
    ],
)
async def test_what_a_new_campaign_cannot_be(
    database: Database, new: NewCampaign, told: list[tuple[str, str]]
) -> None:
    with pytest.raises(Refusal) as refused:
        await campaigns.create(database, CALLER, new, NOW)
    assert codes(refused) == told
    assert all(rows == [] for rows in (await snapshot(database)).values())


async def test_a_change_leaves_what_is_absent_and_clears_what_is_null(database: Database) -> None:
    campaign_id = await make_campaign(
        database, name="Before", reporting_code="R", maximum_uses=2, applications=("web",)
    )
    before = await stored(database, campaign_id)
    await update(
        database, campaign_id, 1, name="After", maximum_uses=None, applications=None, enabled=False
    )
    assert await stored(database, campaign_id) == {
        **before,
        "name": "After",
        "maximum_uses": None,
        "applications": [],
        "enabled": False,
        "version": 2,
        "updated_at": LATER,
    }


async def test_the_facts_before_a_change_become_a_revision(database: Database) -> None:
    campaign_id = await make_campaign(
        database,
        name="Before",
        active_from=NOW,
        target_segments=("gold",),
        issued_code_validity={"kind": "RELATIVE_END", "unit": "DAY"},
    )
    await update(database, campaign_id, 1, target_segments=())
    (row,) = await read_revisions(database)
    assert (row["kind"], row["entity_id"], row["ended_at"], row["actor"]) == (
        "CAMPAIGN",
        campaign_id,
        LATER,
        ACTOR,
    )
    assert row["facts"] == {
        "name": "Before",
        "time_zone": "UTC",
        "reporting_code": None,
        "enabled": True,
        "archived_at": None,
        "active_from": "2026-11-22T10:00:00.000000Z",
        "active_to": None,
        "applications": [],
        "target_segments": ["gold"],
        "maximum_uses": None,
        "uses_per_customer": None,
        "available_to": "ANY_CUSTOMER",
        "generate_using": "UNIQUE_ID",
        "number_series_id": None,
        "mask": "????-????-????!",
        "generate_on_demand": False,
        "issue_only": False,
        "issued_code_validity": {"kind": "RELATIVE_END", "unit": "DAY", "offset": 0},
    }


async def test_revisions_never_end_before_an_earlier_one(database: Database) -> None:
    campaign_id = await make_campaign(database)
    await update(database, campaign_id, 1, LATER, enabled=False)
    await update(database, campaign_id, 2, NOW, enabled=True)
    assert [row["ended_at"] for row in await read_revisions(database)] == [LATER, LATER]


async def test_equal_values_write_nothing(database: Database) -> None:
    campaign_id = await make_campaign(
        database,
        name="Same",
        applications=("web",),
        issued_code_validity={"kind": "FIXED_PERIOD", "period": "P7D"},
    )
    before = await snapshot(database)
    await update(
        database,
        campaign_id,
        1,
        name=" Same ",
        applications=["web"],
        issued_code_validity={"kind": "FIXED_PERIOD", "period": "P7D", "delay": None},
    )
    assert await snapshot(database) == before


async def test_metadata_alone_is_no_change_of_facts(database: Database) -> None:
    campaign_id = await make_campaign(database)
    await update(database, campaign_id, 1, metadata={"a": 1})
    row = await stored(database, campaign_id)
    assert (row["metadata"], row["version"]) == ({"a": 1}, 2)
    assert await read_revisions(database) == []


async def test_another_way_to_generate_drops_what_the_former_needs(database: Database) -> None:
    series_id = await make_series(database)
    campaign_id = await make_campaign(database, mask="????-????-????!")
    await update(
        database,
        campaign_id,
        1,
        generate_using=GenerateUsing.NUMBER_SERIES,
        number_series_id=series_id,
    )
    row = await stored(database, campaign_id)
    assert (row["generate_using"], row["number_series_id"], row["mask"]) == (
        "NUMBER_SERIES",
        series_id,
        None,
    )
    await update(database, campaign_id, 2, generate_using=GenerateUsing.UNIQUE_ID)
    row = await stored(database, campaign_id)
    assert (row["generate_using"], row["number_series_id"], row["mask"]) == (
        "UNIQUE_ID",
        None,
        "????-????-????!",
    )


async def test_changes_that_are_refused_change_nothing(database: Database) -> None:
    await make_campaign(database, name="Taken")
    campaign_id = await make_campaign(database, name="Mine")
    archived = await make_series(database)
    await number_series.archive(database, CALLER, Target(archived, 1), NOW)
    before = await snapshot(database)
    refusals: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({"name": "Taken", "mask": "#"}, [("CODE_TOO_SHORT", "mask"), ("NAME_TAKEN", "name")]),
        (
            {"name": None, "time_zone": None},
            [("INVALID_VALUE", "name"), ("INVALID_VALUE", "timeZone")],
        ),
        (
            {"generate_using": GenerateUsing.NUMBER_SERIES, "number_series_id": archived},
            [("INVALID_VALUE", "numberSeriesId")],
        ),
    ]
    for values, told in refusals:
        with pytest.raises(Refusal) as refused:
            await update(database, campaign_id, 1, **values)
        assert codes(refused) == told
    assert await snapshot(database) == before


async def test_a_stale_version_is_refused(database: Database) -> None:
    campaign_id = await make_campaign(database)
    await update(database, campaign_id, 1, enabled=False)
    before = await snapshot(database)
    for version in (1, 3):
        with pytest.raises(Refusal) as refused:
            await update(database, campaign_id, version, enabled=True)
        assert codes(refused) == [("STALE_VERSION", "expectedVersion")]
    with pytest.raises(Refusal) as refused:
        await update(database, 4711, 1, enabled=True)
    assert codes(refused) == [("NOT_FOUND", "id")]
    assert await snapshot(database) == before
    await update(database, campaign_id, None, enabled=True)
    assert (await stored(database, campaign_id))["version"] == 3


async def test_an_archived_campaign_is_disabled_for_ever(database: Database) -> None:
    campaign_id = await make_campaign(database, name="Over")
    await campaigns.archive(database, CALLER, Target(campaign_id, 1), LATER)
    row = await stored(database, campaign_id)
    assert (row["enabled"], row["archived_at"], row["version"]) == (False, LATER, 2)
    (revision,) = await read_revisions(database)
    assert (revision["facts"]["enabled"], revision["facts"]["archived_at"]) == (True, None)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, campaign_id, 2, enabled=True)
    assert codes(refused) == [("NOT_EDITABLE", "id")]
    with pytest.raises(Refusal) as refused:
        await campaigns.archive(database, CALLER, Target(campaign_id, 2), LATER)
    assert codes(refused) == [("NOT_EDITABLE", "id")]
    with pytest.raises(Refusal) as refused:
        await make_campaign(database, name="Over")
    assert codes(refused) == [("NAME_TAKEN", "name")]
    assert await snapshot(database) == before


async def test_a_campaign_with_an_unfinished_job_is_not_archived(
    database: Database, queue: Queue
) -> None:
    campaign_id = await make_campaign(database)
    job_id = await make_job(database, queue, campaign_id)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await campaigns.archive(database, CALLER, Target(campaign_id, 1), LATER)
    assert codes(refused) == [("NOT_EDITABLE", "id")]
    assert await snapshot(database) == before
    await jobs.cancel(database, queue, CALLER, job_id, LATER)
    await campaigns.archive(database, CALLER, Target(campaign_id, 1), LATER)


async def test_what_a_race_lets_through_the_constraint_refuses() -> None:
    meanings = {
        "campaign_name_key": ("NAME_TAKEN", "name"),
        "campaign_key_key": ("KEY_TAKEN", "key"),
        "number_series_name_key": ("NAME_TAKEN", "name"),
        "code_group_name_key": ("NAME_TAKEN", "name"),
        "code_group_key_key": ("KEY_TAKEN", "key"),
        "promotion_name_key": ("NAME_TAKEN", "name"),
        "code_normal_form_key": ("CODE_TAKEN", "code"),
        "customer_login_key": ("KEY_TAKEN", "customers"),
    }
    for name, told in meanings.items():
        with pytest.raises(Refusal) as refused, explained():
            raise ConstraintViolated(name, ConstraintKind.UNIQUE)
        assert codes(refused) == [told]
        with pytest.raises(Refusal) as refused, explained("firstCode"):
            raise ConstraintViolated(name, ConstraintKind.UNIQUE)
        assert codes(refused) == [(told[0], f"firstCode.{told[1]}")]
    with pytest.raises(ConstraintViolated), explained():
        raise ConstraintViolated("campaign_kind_known", ConstraintKind.CHECK)


async def test_two_at_once_cannot_take_one_name(database: Database) -> None:
    # Both pass the look-up inside one transaction's snapshot only when they overlap; in whatever
    # order they run, one is stored and the other hears why it is not.
    new = NewCampaign(CampaignKind.VOUCHER, CampaignDraft("Twins", "UTC"))
    outcomes = await asyncio.gather(
        *(campaigns.create(database, CALLER, replace(new, key=f"TWIN-{n}"), NOW) for n in range(8)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [refusal.problems[0].code for refusal in refused] == ["NAME_TAKEN"] * 7
    assert len(await read_all(database, "SELECT id FROM campaign")) == 1


async def test_a_name_is_taken_however_it_was_pasted(database: Database) -> None:
    """Case counts, and what is seen; not what surrounds it, and not how accents are encoded."""
    await make_campaign(database, name="\ufeffCafe\u0301 ")
    for pasted in ("Caf\u00e9", "\u200bCaf\u00e9\u00a0"):
        with pytest.raises(Refusal) as refused:
            await make_campaign(database, name=pasted)
        assert codes(refused) == [("NAME_TAKEN", "name")]
    for other in ("caf\u00e9", "Cafe"):
        await make_campaign(database, name=other)
    rows = await read_all(database, "SELECT name FROM campaign ORDER BY id")
    names = [row["name"] for row in rows]
    assert names == ["Caf\u00e9", "caf\u00e9", "Cafe"]
