import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.number_series import NumberSeriesDraft
from app.domain.refusals import Refusal
from app.queue import Queue
from app.services import jobs, number_series
from app.services.editing import Target
from tests.making import (
    ACTOR,
    CALLER,
    NOW,
    make_campaign,
    make_job,
    make_series,
    read_all,
    snapshot,
)

LATER = NOW + timedelta(hours=1)


def codes(refusal: pytest.ExceptionInfo[Refusal]) -> list[tuple[str, str]]:
    return [(problem.code, ".".join(problem.field)) for problem in refusal.value.problems]


async def stored(database: Database, series_id: int) -> dict[str, Any]:
    (row,) = await read_all(database, "SELECT * FROM number_series WHERE id = $1", series_id)
    row["metadata"], row["actor"] = from_json(row["metadata"]), from_json(row["actor"])
    for name in ("created_at", "updated_at", "archived_at", "first_used_at"):
        row[name] = from_row(row[name])
    return row


async def update(database: Database, series_id: int, version: int | None, **values: object) -> None:
    await number_series.update(database, CALLER, Target(series_id, version), values, LATER)


async def test_a_series_keeps_every_fact(database: Database) -> None:
    draft = NumberSeriesDraft(" Invoices ", " INV-000# ", 41, {"a": 1})
    series_id = await number_series.create(database, CALLER, draft, NOW)
    assert await stored(database, series_id) == {
        "id": series_id,
        "name": "Invoices",
        "mask": "INV-000#",
        "last_number": 41,
        "first_used_at": None,
        "archived_at": None,
        "version": 1,
        "metadata": {"a": 1},
        "actor": ACTOR,
        "created_at": NOW,
        "updated_at": NOW,
    }


async def test_numbers_are_drawn_once(database: Database) -> None:
    series_id = await make_series(database, last_number=41)
    drawn = await asyncio.gather(
        *(number_series.draw(database, series_id, 5, NOW) for _ in range(8))
    )
    assert sorted(number for part in drawn for number in part) == list(range(42, 82))
    row = await stored(database, series_id)
    assert (row["last_number"], row["first_used_at"], row["version"]) == (81, NOW, 1)
    await number_series.draw(database, series_id, 1, LATER)
    assert (await stored(database, series_id))["first_used_at"] == NOW


async def test_mask_and_last_number_change_only_while_unused(database: Database) -> None:
    series_id = await make_series(database)
    await update(database, series_id, 1, mask="NEW-#", last_number=9)
    row = await stored(database, series_id)
    assert (row["mask"], row["last_number"], row["version"]) == ("NEW-#", 9, 2)
    await number_series.draw(database, series_id, 1, NOW)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, series_id, 2, mask="OLD-#", last_number=3, name="")
    assert codes(refused) == [
        ("INVALID_VALUE", "name"),
        ("NOT_EDITABLE", "mask"),
        ("NOT_EDITABLE", "lastNumber"),
    ]
    assert await snapshot(database) == before
    await update(database, series_id, 2, name="Other", mask="NEW-#", metadata={"b": 2})
    row = await stored(database, series_id)
    assert (row["name"], row["metadata"], row["version"], row["updated_at"]) == (
        "Other",
        {"b": 2},
        3,
        LATER,
    )


async def test_equal_values_write_nothing(database: Database) -> None:
    series_id = await make_series(database, "SAME-#")
    before = await snapshot(database)
    await update(database, series_id, 1, mask="SAME-#", metadata=None)
    assert await snapshot(database) == before


async def test_all_problems_are_told_and_nothing_is_stored(database: Database) -> None:
    series_id = await make_series(database)
    name = (await stored(database, series_id))["name"]
    other = await make_series(database)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await number_series.create(database, CALLER, NumberSeriesDraft(name, "ABC", -1), NOW)
    assert codes(refused) == [
        ("MASK_NO_VARIABLE_PART", "mask"),
        ("INVALID_VALUE", "lastNumber"),
        ("NAME_TAKEN", "name"),
    ]
    with pytest.raises(Refusal) as refused:
        await number_series.create(database, CALLER, NumberSeriesDraft("\0", "ABC-#"), NOW)
    assert codes(refused) == [("INVALID_VALUE", "name")]
    with pytest.raises(Refusal) as refused:
        await update(database, other, 1, name=name)
    assert codes(refused) == [("NAME_TAKEN", "name")]
    with pytest.raises(Refusal) as refused:
        await update(database, other, 2, name="New")
    assert codes(refused) == [("STALE_VERSION", "expectedVersion")]
    assert await snapshot(database) == before


async def test_an_archived_series_stays_so(database: Database) -> None:
    series_id = await make_series(database)
    await number_series.archive(database, CALLER, Target(series_id, 1), LATER)
    row = await stored(database, series_id)
    assert (row["archived_at"], row["version"], row["updated_at"]) == (LATER, 2, LATER)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await update(database, series_id, 2, name="New")
    assert codes(refused) == [("NOT_EDITABLE", "id")]
    assert await snapshot(database) == before


async def test_a_series_with_an_unfinished_job_is_not_archived(
    database: Database, queue: Queue
) -> None:
    series_id, idle = await make_series(database), await make_series(database)
    campaign_id = await make_campaign(database, number_series_id=series_id)
    job_id = await make_job(database, queue, campaign_id)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await number_series.archive(database, CALLER, Target(series_id, 1), LATER)
    assert codes(refused) == [("NOT_EDITABLE", "id")]
    assert await snapshot(database) == before
    await number_series.archive(database, CALLER, Target(idle, 1), LATER)
    await jobs.cancel(database, queue, CALLER, job_id, LATER)
    await number_series.archive(database, CALLER, Target(series_id, 1), LATER)
