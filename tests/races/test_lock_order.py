"""Whoever takes rows of several nouns takes them in one order, so that nobody waits in a circle.

On PostgreSQL alone: SQLite has one writer, and nobody to wait for in a circle.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Final

import pytest

from app.config import Settings
from app.database import Database
from app.domain.promotions import Discount, DiscountKind
from app.domain.source_codes import SourceCodeDraft
from app.queue import Queue
from app.services import (
    code_groups,
    code_rows,
    codes,
    customers,
    orders,
    promotions,
    source_codes,
)
from app.services.editing import Stamp, Target
from app.services.orders import OrderValues
from tests.making import (
    CALLER,
    NOW,
    make_campaign,
    make_group,
    make_job,
    make_promotion,
    make_series,
    make_source,
)
from tests.statements import noted

ORDER: Final = (
    "campaign",
    "promotion",
    "code_group",
    "code",
    "number_series",
    "customer",
    "order",
)
# What waits for rows that others hold: locks, changes, and inserts that look out for their twins.
_TAKES: Final = re.compile(
    r'FROM "(\w+)".* FOR NO KEY UPDATE|^UPDATE "?(\w+)|^INSERT INTO "?(\w+).* ON CONFLICT'
)


@pytest.fixture
async def database(postgres_settings: Settings) -> AsyncIterator[Database]:
    opened = await Database.open(postgres_settings)
    yield opened
    await opened.close()


@pytest.fixture
async def queue(postgres_settings: Settings) -> AsyncIterator[Queue]:
    opened = await Queue.open(postgres_settings)
    yield opened
    await opened.close()


@pytest.fixture
def statements(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return noted(database, monkeypatch)


def taken(statements: list[str]) -> list[str]:
    """The nouns of which rows were taken since then, in the order of the first one of each."""
    found = [name for sql in statements if (take := _TAKES.search(sql)) for name in take.groups()]
    statements.clear()
    return list(dict.fromkeys(name for name in found if name in ORDER))


def in_order(*nouns: str) -> list[str]:
    return sorted(nouns, key=ORDER.index)


async def test_a_job_for_a_group_that_counts_with_a_series(
    database: Database, queue: Queue, statements: list[str]
) -> None:
    campaign_id = await make_campaign(database, number_series_id=await make_series(database))
    await make_group(database, campaign_id, key="GOLD")
    statements.clear()
    await make_job(database, queue, campaign_id, group_key="GOLD")
    assert taken(statements) == in_order("campaign", "code_group", "number_series")


async def test_a_promotion_that_changes_groups(database: Database, statements: list[str]) -> None:
    campaign_id = await make_campaign(database)
    lost, gained = [await make_group(database, campaign_id) for _ in range(2)]
    statements.clear()
    promotion_id = await make_promotion(database, campaign_id, group_ids=(lost,))
    assert taken(statements) == in_order("campaign", "code_group")
    issuing = Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=campaign_id)
    values = {"discount": issuing, "group_ids": [gained]}
    await promotions.update(database, CALLER, Target(promotion_id), values, NOW)
    assert taken(statements) == in_order("campaign", "promotion", "code_group")


async def test_a_code_of_a_group_and_a_new_customer(
    database: Database, statements: list[str]
) -> None:
    campaign_id = await make_source(database)
    group_id = await make_group(database, campaign_id)
    statements.clear()
    draft = SourceCodeDraft("FLYER", group_id=group_id, issued_to="C-1")
    code_id = await source_codes.create(database, CALLER, campaign_id, draft, NOW)
    assert taken(statements) == in_order("campaign", "code_group", "customer")
    values = {"group_id": group_id, "issued_to": "C-2"}
    await source_codes.update(database, CALLER, Target(code_id), values, NOW)
    assert taken(statements) == in_order("code_group", "code", "customer")
    await codes.move(database, CALLER, [code_id], None, NOW)
    assert taken(statements) == ["code"]
    await codes.move(database, CALLER, [code_id], group_id, NOW)
    assert taken(statements) == in_order("code_group", "code")


async def test_an_edit_waits_for_its_code_before_it_records_a_customer(
    database: Database,
) -> None:
    """Whoever redeems or imports a code holds it when it records the customer."""
    await make_source(database)
    async with database.transaction() as tx:
        await code_rows.lock(tx, [1])
        change = source_codes.update(database, CALLER, Target(1), {"issued_to": "C-1"}, NOW)
        edit = asyncio.create_task(change)
        await asyncio.sleep(0.2)
        await customers.recorded(tx, "C-1", Stamp(CALLER, NOW))
    await edit


async def test_orders_of_new_customers(database: Database, statements: list[str]) -> None:
    rows = [OrderValues("O-1", {"customer_number": "C-1", "status": "paid"})]
    await orders.upsert(database, CALLER, rows, NOW)
    assert taken(statements) == in_order("customer", "order")


async def test_a_group_that_is_taken_after_its_codes_is_noticed(
    database: Database, statements: list[str]
) -> None:
    campaign_id = await make_source(database)
    group_id = await make_group(database, campaign_id)
    statements.clear()
    async with database.transaction() as tx:
        await code_rows.lock(tx, [1])
        await code_groups.lock_one(tx, group_id)
    assert taken(statements) == ["code", "code_group"] != in_order("code", "code_group")
