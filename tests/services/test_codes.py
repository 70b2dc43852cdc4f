import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.refusals import Refusal
from app.domain.source_codes import SourceCodeDraft
from app.models.code import CodeCustomer
from app.queue import Queue
from app.services import code_groups, codes, customers, editing, source_codes
from app.services.editing import Stamp, Target
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
    refusals,
    snapshot,
    work_off,
)
from tests.services.using import earn, redeem, reserve, withdraw
from tests.statements import noted

LATER = NOW + timedelta(hours=1)


async def make_code(
    database: Database,
    campaign_id: int,
    code: str,
    **values: Any,  # noqa: ANN401 - any field of a draft
) -> int:
    draft = SourceCodeDraft(code, **values)
    return await source_codes.create(database, CALLER, campaign_id, draft, NOW)


async def make_vouchers(
    database: Database,
    queue: Queue,
    campaign_id: int,
    count: int,
    **values: Any,  # noqa: ANN401 - any field of a request
) -> list[int]:
    await work_off(database, await make_job(database, queue, campaign_id, count, **values))
    rows = await read_all(
        database, "SELECT id FROM code WHERE campaign_id = $1 ORDER BY id", campaign_id
    )
    return [row["id"] for row in rows][-count:]


async def delete(database: Database, code_id: int, version: int | None = None) -> None:
    await codes.delete(database, CALLER, Target(code_id, version), LATER)


async def move(database: Database, ids: Sequence[int], group_id: int | None) -> int:
    return await codes.move(database, CALLER, ids, group_id, LATER)


async def stored(database: Database) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in await read_all(database, "SELECT * FROM code")}


class TestDelete:
    async def test_an_unused_code_goes_and_its_text_is_free(self, database: Database) -> None:
        campaign_id = await make_source(database)
        group_id = await make_group(database, campaign_id)
        code_id = await make_code(
            database, campaign_id, "FLYER-1", maximum_uses=5, group_id=group_id
        )
        await reserve(database, code_id, "lapsed", expires_at=LATER)
        await reserve(database, code_id, "ended", ended_at=NOW)
        async with database.transaction() as tx:
            holder = await customers.recorded(tx, "C-1", Stamp(CALLER, NOW))
            await CodeCustomer.create(using_db=tx.client, code_id=code_id, customer_id=holder)
        await move(database, [code_id], None)
        await delete(database, code_id, 2)
        for table in ("reservation", "code_customer"):
            assert await read_all(database, f"SELECT * FROM {table}") == []
        assert code_id not in await stored(database)
        # What happened to it stays, by its id; and the id never comes again.
        rows = await read_all(database, "SELECT code_id FROM code_event")
        assert [row["code_id"] for row in rows] == [code_id]
        revision = (await read_revisions(database))[-1]
        assert (revision["kind"], revision["entity_id"], revision["ended_at"]) == (
            "CODE",
            code_id,
            LATER,
        )
        assert (revision["facts"]["max_uses"], revision["facts"]["group_id"]) == (5, None)
        assert revision["actor"] == ACTOR
        assert await make_code(database, campaign_id, "FLYER-1") > code_id

    @pytest.mark.parametrize("use", [redeem, reserve, earn])
    async def test_a_used_code_stays(self, database: Database, use: Any) -> None:  # noqa: ANN401 - one of the three
        code_id = await make_code(database, await make_source(database), "FLYER-1")
        await use(database, code_id)
        before = await snapshot(database)
        with pytest.raises(Refusal) as refused:
            await codes.delete(database, CALLER, Target(code_id), NOW)
        assert refusals(refused) == [("CODE_HAS_USES", "id")]
        assert await snapshot(database) == before

    async def test_a_reversed_use_counts(self, database: Database) -> None:
        code_id = await make_code(database, await make_source(database), "FLYER-1")
        await redeem(database, code_id, reversed_since=True)
        before = await snapshot(database)
        with pytest.raises(Refusal) as refused:
            await delete(database, code_id)
        assert refusals(refused) == [("CODE_HAS_USES", "id")]
        assert await snapshot(database) == before

    async def test_a_voucher_goes_only_while_it_is_created(
        self, database: Database, queue: Queue
    ) -> None:
        campaign_id = await make_campaign(database)
        created, withdrawn = await make_vouchers(database, queue, campaign_id, 2)
        (issued,) = await make_vouchers(database, queue, campaign_id, 1, issue_now=True)
        await withdraw(database, withdrawn)
        before = await snapshot(database)
        for code_id, told in ((issued, "ALREADY_ISSUED"), (withdrawn, "WITHDRAWN")):
            with pytest.raises(Refusal) as refused:
                await delete(database, code_id)
            assert refusals(refused) == [(told, "id")]
        assert await snapshot(database) == before
        await delete(database, created)
        assert sorted(await stored(database)) == [withdrawn, issued]

    async def test_a_withdrawn_source_code_goes_while_it_is_unused(
        self, database: Database
    ) -> None:
        code_id = await make_code(database, await make_source(database), "FLYER-1")
        await withdraw(database, code_id)
        await delete(database, code_id)
        assert code_id not in await stored(database)

    async def test_what_is_not_there_or_newer(self, database: Database) -> None:
        code_id = await make_code(database, await make_source(database), "FLYER-1")
        before = await snapshot(database)
        with pytest.raises(Refusal) as refused:
            await delete(database, code_id, 2)
        assert refusals(refused) == [("STALE_VERSION", "expectedVersion")]
        with pytest.raises(Refusal) as refused:
            await delete(database, 4711)
        assert refusals(refused) == [("NOT_FOUND", "id")]
        assert await snapshot(database) == before

    async def test_the_statement_reasserts_the_version(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code_id = await make_code(database, await make_source(database), "FLYER-1")
        find = editing.find_and_lock

        async def find_older(*arguments: Any) -> Any:  # noqa: ANN401 - as it is called
            row = await find(*arguments)
            row.version = 0
            return row

        monkeypatch.setattr(editing, "find_and_lock", find_older)
        before = await snapshot(database)
        with pytest.raises(Refusal) as refused:
            await delete(database, code_id)
        assert refusals(refused) == [("STALE_VERSION", "expectedVersion")]
        assert await snapshot(database) == before


class TestMove:
    async def test_unused_codes_of_either_kind_move(self, database: Database, queue: Queue) -> None:
        voucher_id, source_id = await make_campaign(database), await make_source(database)
        created = await make_vouchers(database, queue, voucher_id, 2)
        issued = await make_vouchers(database, queue, voucher_id, 1, issue_now=True)
        typed = await make_code(database, source_id, "FLYER-1")
        for campaign_id, ids in ((voucher_id, created + issued), (source_id, [typed])):
            group_id = await make_group(database, campaign_id)
            before = await stored(database)
            assert await move(database, ids, group_id) == len(ids)
            after = await stored(database)
            for number in ids:
                assert from_json(after[number]["actor"]) == ACTOR
                assert from_row(after[number]["updated_at"]) == LATER
                assert after[number] == {
                    **before[number],
                    "group_id": group_id,
                    "version": 2,
                    "actor": after[number]["actor"],
                    "updated_at": after[number]["updated_at"],
                }

    async def test_a_move_is_kept_in_the_history(self, database: Database) -> None:
        campaign_id = await make_source(database)
        first, second = [await make_group(database, campaign_id) for _ in range(2)]
        staying = await make_code(database, campaign_id, "FLYER-1", group_id=second)
        ids = [await make_code(database, campaign_id, f"FLYER-{n}") for n in (2, 3)]
        assert await move(database, [staying, *ids], first) == 3
        assert await move(database, [*ids, staying], second) == 3
        assert await move(database, ids[:1], None) == 1
        told = [
            (row["entity_id"], row["facts"]["group_id"]) for row in await read_revisions(database)
        ]
        assert told == [
            (staying, second),
            (ids[0], None),
            (ids[1], None),
            (staying, first),
            (ids[0], first),
            (ids[1], first),
            (ids[0], second),
        ]
        rows = await read_all(database, "SELECT * FROM code_event ORDER BY id")
        assert [row["code_id"] for row in rows] == [entity_id for entity_id, _ in told]
        for row in rows:
            assert (row["kind"], row["campaign_id"], row["customer_id"]) == (
                "UPDATED",
                campaign_id,
                None,
            )
            assert from_json(row["data"]) == {"fields": ["group"]}
            assert (from_json(row["actor"]), from_row(row["at"])) == (ACTOR, LATER)
        assert await read_all(database, "SELECT * FROM outbox") == []

    async def test_codes_that_stand_there_already_are_left_alone(self, database: Database) -> None:
        campaign_id = await make_source(database)
        group_id = await make_group(database, campaign_id)
        used = await make_code(database, campaign_id, "FLYER-1", group_id=group_id)
        other = await make_code(database, campaign_id, "FLYER-2")
        await redeem(database, used)
        before = await snapshot(database)
        assert await move(database, [used], group_id) == 0
        assert await snapshot(database) == before
        assert await move(database, [used, other], group_id) == 1
        assert (await stored(database))[used]["version"] == 1

    async def test_all_or_nothing_and_every_problem_at_its_place(self, database: Database) -> None:
        campaign_id = await make_source(database)
        group_id = await make_group(database, campaign_id)
        fine, used, reserved, earning, withdrawn = [
            await make_code(database, campaign_id, f"FLYER-{n}") for n in range(1, 6)
        ]
        await redeem(database, used, reversed_since=True)
        await reserve(database, reserved, expires_at=LATER + timedelta(seconds=1))
        await earn(database, earning)
        await withdraw(database, withdrawn)
        other = await make_code(database, await make_source(database, "OTHER", "Other"), "OTHER-1")
        ids = [fine, used, 4711, reserved, earning, withdrawn, fine, other, 4711]
        before = await snapshot(database)
        with pytest.raises(Refusal) as refused:
            await move(database, ids, group_id)
        assert refusals(refused) == [
            ("CODE_HAS_USES", "ids.1"),
            ("NOT_FOUND", "ids.2"),
            ("CODE_HAS_USES", "ids.3"),
            ("CODE_HAS_USES", "ids.4"),
            ("WITHDRAWN", "ids.5"),
            ("INVALID_VALUE", "ids.6"),
            ("INVALID_VALUE", "ids.7"),
            ("NOT_FOUND", "ids.8"),
        ]
        assert [problem.message for problem in refused.value.problems][5:7] == [
            "Each code may be named only once.",
            "The code is not of the campaign of the group.",
        ]
        assert await snapshot(database) == before

    async def test_out_of_groups_go_codes_of_one_campaign_too(self, database: Database) -> None:
        grouped = []
        for name in ("ONE", "TWO"):
            campaign_id = await make_source(database, name, name)
            group_id = await make_group(database, campaign_id)
            grouped.append(await make_code(database, campaign_id, f"{name}-1", group_id=group_id))
        before = await snapshot(database)
        with pytest.raises(Refusal) as refused:
            await move(database, [4711, *grouped], None)
        assert refusals(refused) == [("NOT_FOUND", "ids.0"), ("INVALID_VALUE", "ids.2")]
        assert refused.value.problems[1].message == (
            "The code is not of the campaign of the first code."
        )
        assert await snapshot(database) == before

    async def test_groups_that_take_no_codes(self, database: Database) -> None:
        campaign_id = await make_source(database)
        code_id = await make_code(database, campaign_id, "FLYER-1")
        archived = await make_group(database, campaign_id)
        await code_groups.archive(database, CALLER, Target(archived), NOW)
        before = await snapshot(database)
        for group_id in (archived, 4711):
            with pytest.raises(Refusal) as refused:
                await move(database, [code_id], group_id)
            assert refusals(refused) == [("GROUP_NOT_FOUND", "groupId")]
        for ids in ([], [code_id] * 1_001):
            with pytest.raises(Refusal) as refused:
                await move(database, ids, None)
            assert refusals(refused) == [("COUNT_OUT_OF_RANGE", "ids")]
        assert await snapshot(database) == before

    async def test_a_thousand_codes_take_as_many_statements_as_one(
        self, database: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        campaign_id = await make_campaign(database)
        ids = await make_vouchers(database, queue, campaign_id, 1_000)
        first, second = [await make_group(database, campaign_id) for _ in range(2)]
        statements = noted(database, monkeypatch)
        assert await move(database, ids[:1], first) == 1
        once = len(statements)
        assert await move(database, ids[::-1], second) == 1_000
        assert (once, len(statements)) == (6, 12)
        assert {row["group_id"] for row in (await stored(database)).values()} == {second}

    async def test_moves_at_once_take_their_codes_in_one_order(self, database: Database) -> None:
        campaign_id = await make_source(database)
        groups = [await make_group(database, campaign_id) for _ in range(2)]
        ids = [await make_code(database, campaign_id, f"FLYER-{n}") for n in range(20)]
        for _ in range(5):
            await asyncio.gather(
                *(move(database, ids[::step], groups[step > 0]) for step in (1, -1))
            )
            assert len({row["group_id"] for row in (await stored(database)).values()} - {None}) == 1
