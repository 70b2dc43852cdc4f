import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.campaigns import AvailableTo
from app.domain.refusals import Refusal
from app.domain.source_codes import SourceCodeDraft
from app.queue import Queue
from app.services import campaigns, code_groups, customers, source_codes
from app.services.customers import CustomerValues
from app.services.editing import Target
from tests.making import (
    ACTOR,
    CALLER,
    NOW,
    make_campaign,
    make_group,
    make_job,
    make_source,
    read_all,
    read_revisions,
    read_table,
    refusals,
    snapshot,
    work_off,
)
from tests.services.using import earn, redeem, reserve, withdraw

LATER = NOW + timedelta(hours=1)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


async def stored(database: Database, code_id: int) -> dict[str, Any]:
    (row,) = await read_all(database, "SELECT * FROM code WHERE id = $1", code_id)
    for name in ("metadata", "actor"):
        row[name] = from_json(row[name])
    return {name: from_row(row[name]) if name in _INSTANTS else row[name] for name in row}


_INSTANTS = {
    "valid_from",
    "valid_to",
    "used_up_at",
    "issued_at",
    "suspended_at",
    "withdrawn_at",
    "created_at",
    "updated_at",
}


async def events(database: Database) -> list[dict[str, Any]]:
    rows = await read_all(database, "SELECT * FROM code_event ORDER BY id")
    assert all(from_json(row["actor"]) == ACTOR for row in rows)
    return [
        {"fields": from_json(row["data"])["fields"], "at": from_row(row["at"])}
        | {name: row[name] for name in ("code_id", "campaign_id", "kind", "customer_id")}
        for row in rows
    ]


async def customer_id(database: Database, number: str) -> int:
    (row,) = await read_all(database, "SELECT id FROM customer WHERE number = $1", number)
    found: int = row["id"]
    return found


async def create(
    database: Database,
    campaign_id: int,
    code: str = "FLYER-1",
    **values: Any,  # noqa: ANN401 - any field of a draft
) -> int:
    draft = SourceCodeDraft(code, **values)
    return await source_codes.create(database, CALLER, campaign_id, draft, NOW)


async def update(
    database: Database,
    code_id: int,
    version: int | None,
    **values: Any,  # noqa: ANN401 - any field of a draft
) -> None:
    await source_codes.update(database, CALLER, Target(code_id, version), values, LATER)


async def test_a_code_keeps_every_fact(database: Database) -> None:
    campaign_id = await make_source(database)
    group_id = await make_group(database, campaign_id)
    code_id = await create(
        database,
        campaign_id,
        " Flyer-1 ",
        valid_from=JUNE,
        valid_to=JULY,
        maximum_uses=5,
        uses_per_customer=1,
        metadata={"batch": 1},
        group_id=group_id,
        issued_to=" C-1009 ",
        available_to=AvailableTo.ANY_EXCEPT_ISSUED_TO,
    )
    row = await stored(database, code_id)
    assert {name: value for name, value in row.items() if value is not None} == {
        "id": code_id,
        "kind": "SOURCE",
        "campaign_id": campaign_id,
        "group_id": group_id,
        "text": "Flyer-1",
        "normal_form": "FLYER1",
        "valid_from": JUNE,
        "valid_to": JULY,
        "max_uses": 5,
        "uses_per_customer": 1,
        "uses": 0,
        "issued_to_id": await customer_id(database, "C-1009"),
        "available_to": "ANY_EXCEPT_ISSUED_TO",
        "version": 1,
        "metadata": {"batch": 1},
        "actor": ACTOR,
        "created_at": NOW,
        "updated_at": NOW,
    }
    assert await read_revisions(database) == []
    assert await events(database) == []


async def test_a_code_is_kept_as_it_can_be_seen(database: Database) -> None:
    campaign_id = await make_source(database)
    code_id = await create(database, campaign_id, " \u202eFly\u200ber\t\n- 7 ")
    row = await stored(database, code_id)
    assert (row["text"], row["normal_form"]) == ("Flyer - 7", "FLYER7")


async def test_a_known_customer_is_not_recorded_again(database: Database) -> None:
    campaign_id = await make_source(database)
    first = await create(database, campaign_id, "FLYER-1", issued_to="C-1")
    second = await create(database, campaign_id, "FLYER-2", issued_to="C-1")
    holders = [(await stored(database, number))["issued_to_id"] for number in (first, second)]
    assert holders == [await customer_id(database, "C-1")] * 2


async def test_an_erased_customer_is_named_like_one_of_whom_nothing_is_known(
    database: Database,
) -> None:
    campaign_id = await make_source(database)
    typed_in = await create(database, campaign_id, "FLYER-1")
    (gone,) = await customers.upsert(database, CALLER, [CustomerValues("C-1")], NOW)
    await customers.erase(database, CALLER, Target(gone), NOW)
    erased = await read_table(database, "customer")
    only = {"issued_to": "C-1", "available_to": AvailableTo.ONLY_ISSUED_TO}
    issued = await create(database, campaign_id, "FLYER-2", **only)
    await update(database, typed_in, 1, **only)
    for code_id in (typed_in, issued):
        row = await stored(database, code_id)
        assert (row["issued_to_id"], row["available_to"]) == (gone, "ONLY_ISSUED_TO")
    assert await read_table(database, "customer") == erased


async def test_all_problems_are_told_and_nothing_is_stored(database: Database) -> None:
    campaign_id = await make_source(database, "SUMMER10")
    other_id = await make_group(database, await make_campaign(database))
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await create(
            database,
            4711,
            "summer 10",
            valid_from=JULY,
            valid_to=JUNE,
            maximum_uses=0,
            available_to=AvailableTo.ONLY_ISSUED_TO,
            group_id=4711,
        )
    assert refusals(refused) == [
        ("VALID_TO_BEFORE_FROM", "validTo"),
        ("INVALID_VALUE", "maximumUses"),
        ("AVAILABLE_TO_NEEDS_CUSTOMER", "availableTo"),
        ("NOT_FOUND", "campaignId"),
        ("GROUP_NOT_FOUND", "groupId"),
        ("CODE_TAKEN", "code"),
    ]
    with pytest.raises(Refusal) as refused:
        await create(database, campaign_id, "A\0", group_id=other_id, issued_to="C\0")
    assert refusals(refused) == [
        ("CODE_BAD_CHAR", "code"),
        ("INVALID_VALUE", "issuedTo"),
        ("GROUP_NOT_FOUND", "groupId"),
    ]
    assert await snapshot(database) == before


async def test_only_source_campaigns_in_use_take_codes(database: Database) -> None:
    voucher_id, source_id = await make_campaign(database), await make_source(database)
    group_id = await make_group(database, source_id)
    await code_groups.archive(database, CALLER, Target(group_id), NOW)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await create(database, voucher_id)
    assert refusals(refused) == [("CAMPAIGN_KIND_MISMATCH", "campaignId")]
    with pytest.raises(Refusal) as refused:
        await create(database, source_id, group_id=group_id)
    assert refusals(refused) == [("GROUP_NOT_FOUND", "groupId")]
    assert await snapshot(database) == before
    await campaigns.archive(database, CALLER, Target(source_id), NOW)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await create(database, source_id)
    assert refusals(refused) == [("CAMPAIGN_DISABLED", "campaignId")]
    assert await snapshot(database) == before


async def test_two_at_once_cannot_take_one_code(database: Database) -> None:
    ids = [await make_source(database, f"FIRST-{n}", f"Typed {n}") for n in range(8)]
    texts = ("flyer 1", "FLYER-1")
    outcomes = await asyncio.gather(
        *(create(database, number, texts[n % 2]) for n, number in enumerate(ids)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [
        (problem.code, problem.field) for refusal in refused for problem in refusal.problems
    ] == [("CODE_TAKEN", ("code",))] * 7
    assert len(await read_all(database, "SELECT id FROM code")) == 9


async def test_a_change_leaves_what_is_absent_and_clears_what_is_null(database: Database) -> None:
    campaign_id = await make_source(database)
    code_id = await create(
        database,
        campaign_id,
        valid_from=JUNE,
        maximum_uses=5,
        uses_per_customer=1,
        issued_to="C-1",
        available_to=AvailableTo.ONLY_ISSUED_TO,
    )
    before = await stored(database, code_id)
    await update(
        database,
        code_id,
        1,
        valid_from=None,
        valid_to=JULY,
        maximum_uses=None,
        issued_to="C-2",
        metadata={"a": 1},
    )
    holder = await customer_id(database, "C-2")
    assert await stored(database, code_id) == {
        **before,
        "valid_from": None,
        "valid_to": JULY,
        "max_uses": None,
        "issued_to_id": holder,
        "metadata": {"a": 1},
        "version": 2,
        "updated_at": LATER,
    }
    assert await events(database) == [
        {
            "code_id": code_id,
            "campaign_id": campaign_id,
            "kind": "UPDATED",
            "at": LATER,
            "customer_id": holder,
            "fields": ["validFrom", "validTo", "maximumUses", "issuedTo", "metadata"],
        }
    ]
    await update(database, code_id, 2, issued_to=None, available_to=None)
    row = await stored(database, code_id)
    assert (row["issued_to_id"], row["available_to"]) == (None, "ANY_CUSTOMER")
    last = (await events(database))[-1]
    assert (last["fields"], last["customer_id"]) == (["issuedTo", "availableTo"], None)
    assert await read_all(database, "SELECT * FROM outbox") == []


async def test_the_facts_before_a_change_become_a_revision(database: Database) -> None:
    campaign_id = await make_source(database)
    group_id = await make_group(database, campaign_id)
    code_id = await create(
        database, campaign_id, valid_from=JUNE, maximum_uses=5, group_id=group_id, issued_to="C-1"
    )
    await update(database, code_id, 1, maximum_uses=7)
    (row,) = await read_revisions(database)
    assert (row["kind"], row["entity_id"], row["ended_at"], row["actor"]) == (
        "CODE",
        code_id,
        LATER,
        ACTOR,
    )
    assert row["facts"] == {
        "group_id": group_id,
        "valid_from": "2026-06-01T00:00:00.000000Z",
        "valid_to": None,
        "max_uses": 5,
        "uses_per_customer": None,
        "issued_at": None,
        "issued_to_id": await customer_id(database, "C-1"),
        "available_to": "ANY_CUSTOMER",
        "suspended_at": None,
        "withdrawn_at": None,
    }


async def test_metadata_alone_is_an_event_but_no_change_of_facts(database: Database) -> None:
    code_id = await create(database, await make_source(database))
    await update(database, code_id, 1, metadata={"a": 1})
    assert await read_revisions(database) == []
    assert [event["fields"] for event in await events(database)] == [["metadata"]]


async def test_equal_values_write_nothing(database: Database) -> None:
    campaign_id = await make_source(database)
    group_id = await make_group(database, campaign_id)
    code_id = await create(
        database, campaign_id, maximum_uses=5, issued_to="C-1", group_id=group_id
    )
    await code_groups.archive(database, CALLER, Target(group_id), NOW)
    before = await snapshot(database)
    await update(
        database, code_id, 1, maximum_uses=5, issued_to=" C-1 ", group_id=group_id, metadata=None
    )
    assert await snapshot(database) == before


async def test_a_limit_never_lies_below_what_is_taken(database: Database) -> None:
    code_id = await create(database, await make_source(database), maximum_uses=5)
    await redeem(database, code_id)
    await redeem(database, code_id)
    await reserve(database, code_id, "live")
    await reserve(database, code_id, "lapsed", expires_at=LATER)
    await reserve(database, code_id, "ended", ended_at=NOW)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, code_id, 1, maximum_uses=2)
    assert refusals(refused) == [("MAX_USES_BELOW_USED", "maximumUses")]
    assert await snapshot(database) == before
    await update(database, code_id, 1, maximum_uses=3)
    row = await stored(database, code_id)
    assert (row["max_uses"], row["uses"], row["used_up_at"]) == (3, 2, None)


async def test_a_code_is_used_up_exactly_while_its_limit_is_reached(database: Database) -> None:
    code_id = await create(database, await make_source(database), maximum_uses=2)
    await redeem(database, code_id)
    await redeem(database, code_id)
    assert (await stored(database, code_id))["used_up_at"] == NOW
    for version, maximum, used_up_at in (
        (1, 3, None),
        (2, 2, LATER),
        (3, None, None),
        (4, 2, LATER),
    ):
        await update(database, code_id, version, maximum_uses=maximum)
        row = await stored(database, code_id)
        assert (row["max_uses"], row["used_up_at"]) == (maximum, used_up_at)


async def test_the_group_changes_only_while_the_code_is_unused(database: Database) -> None:
    campaign_id = await make_source(database)
    group_id = await make_group(database, campaign_id)
    other_id = await make_group(database, await make_campaign(database))
    code_id = await create(database, campaign_id)
    await reserve(database, code_id, "lapsed", expires_at=LATER)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, code_id, 1, group_id=other_id)
    assert refusals(refused) == [("GROUP_NOT_FOUND", "groupId")]
    assert await snapshot(database) == before
    await update(database, code_id, 1, group_id=group_id)
    assert (await stored(database, code_id))["group_id"] == group_id
    assert (await events(database))[-1]["fields"] == ["group"]
    await redeem(database, code_id, reversed_since=True)
    before = await snapshot(database)
    for group in (None, other_id):
        with pytest.raises(Refusal) as refused:
            await update(database, code_id, 2, group_id=group)
        assert refusals(refused)[0] == ("CODE_HAS_USES", "groupId")
    assert await snapshot(database) == before


@pytest.mark.parametrize("use", [redeem, reserve, earn])
async def test_every_use_keeps_the_group(database: Database, use: Any) -> None:  # noqa: ANN401 - one of the three
    campaign_id = await make_source(database)
    code_id = await create(database, campaign_id, group_id=await make_group(database, campaign_id))
    await use(database, code_id)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, code_id, 1, group_id=None)
    assert refusals(refused) == [("CODE_HAS_USES", "groupId")]
    assert await snapshot(database) == before


async def test_changes_that_are_refused_change_nothing(database: Database) -> None:
    code_id = await create(database, await make_source(database), issued_to="C-1")
    await redeem(database, code_id)
    before = await snapshot(database)
    cases: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        (
            {
                "valid_from": JULY,
                "valid_to": JUNE,
                "maximum_uses": 0,
                "available_to": AvailableTo.ONLY_ISSUED_TO,
                "issued_to": None,
                "metadata": {"a": "\0"},
                "group_id": 4711,
            },
            [
                ("VALID_TO_BEFORE_FROM", "validTo"),
                ("INVALID_VALUE", "maximumUses"),
                ("AVAILABLE_TO_NEEDS_CUSTOMER", "availableTo"),
                ("INVALID_VALUE", "metadata"),
                ("CODE_HAS_USES", "groupId"),
                ("GROUP_NOT_FOUND", "groupId"),
            ],
        ),
        ({"issued_to": "C\ud800"}, [("INVALID_VALUE", "issuedTo")]),
    ]
    for values, told in cases:
        with pytest.raises(Refusal) as refused:
            await update(database, code_id, 1, **values)
        assert refusals(refused) == told
    with pytest.raises(Refusal) as refused:
        await update(database, code_id, 2, maximum_uses=9)
    assert refusals(refused) == [("STALE_VERSION", "expectedVersion")]
    with pytest.raises(Refusal) as refused:
        await update(database, 4711, None, maximum_uses=9)
    assert refusals(refused) == [("NOT_FOUND", "id")]
    assert await snapshot(database) == before


async def test_vouchers_and_withdrawn_codes_are_not_edited(
    database: Database, queue: Queue
) -> None:
    code_id = await create(database, await make_source(database))
    await withdraw(database, code_id)
    await work_off(database, await make_job(database, queue, await make_campaign(database)))
    (voucher,) = await read_all(database, "SELECT id FROM code WHERE kind = 'VOUCHER'")
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, code_id, None, maximum_uses=9)
    assert refusals(refused) == [("WITHDRAWN", "id")]
    with pytest.raises(Refusal) as refused:
        await update(database, voucher["id"], None, maximum_uses=9)
    assert refusals(refused) == [("CAMPAIGN_KIND_MISMATCH", "id")]
    assert await snapshot(database) == before
