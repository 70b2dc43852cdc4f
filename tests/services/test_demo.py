from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from app.database import Database
from app.domain.callers import demo_caller
from app.domain.campaigns import CampaignDraft, CampaignKind
from app.domain.masks import GenerateUsing
from app.services import campaigns, consistency, demo
from app.services.demo import people, shopping
from app.services.demo.company import Company
from app.services.demo.shop import Shop
from app.services.demo.storing import IDS
from app.services.demo.tables import Tables

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
async def filled(database: Database) -> Database:
    assert await demo.fill(database, NOW) == 20_000
    return database


def in_memory(now: datetime) -> Tables:
    tables = Tables(now, {table: count(1) for table, kept in IDS.items() if kept})
    demo.history(tables)
    return tables


async def count_of(database: Database, sql: str) -> int:
    number: int = (await database.read(f"SELECT COUNT(*) FROM {sql}"))[0][0]
    return number


async def test_the_company_has_something_of_everything(filled: Database) -> None:
    sizes = {table: await count_of(filled, f'"{table}"') for table in IDS}

    assert sizes["code"] == 20_000
    assert (sizes["customer"], sizes["order"]) == (500, 800)
    assert all(sizes.values()), sizes
    assert await kinds(filled, "kind", "campaign") == {"VOUCHER", "SOURCE"}
    assert await kinds(filled, "discount_kind", "promotion") == {
        "PERCENT",
        "AMOUNT",
        "FREE_SHIPPING",
        "GIFT",
        "ISSUE_CODE",
    }
    assert await kinds(filled, "kind", "job") == {"GENERATE", "IMPORT", "EXPORT", "WITHDRAW"}
    assert await kinds(filled, "status", "job") == {"SUCCESS", "WARNINGS", "FAILED", "CANCELLED"}
    assert await kinds(filled, "state", "redemption") == {"CONFIRMED", "REVERSED"}
    assert await count_of(filled, "code WHERE used_up_at IS NOT NULL") > 100
    assert await count_of(filled, "code WHERE suspended_at IS NOT NULL") == 25
    assert await count_of(filled, "code WHERE withdrawn_at IS NOT NULL") == 550
    assert await count_of(filled, "reservation WHERE ended_at IS NULL") > 10
    assert await count_of(filled, "cashback WHERE redeemed_at IS NOT NULL") > 5


async def kinds(database: Database, column: str, table: str) -> set[str]:
    return {row[0] for row in await database.read(f'SELECT DISTINCT {column} FROM "{table}"')}


async def test_everything_told_twice_is_told_alike(filled: Database) -> None:
    assert await consistency.disagreements(filled) == []
    made = await filled.read(
        "SELECT job.inserted, COUNT(code.id) FROM job"
        " LEFT JOIN code ON code.created_by_job_id = job.id GROUP BY job.id, job.inserted"
    )
    assert [row[0] for row in made] == [row[1] for row in made]


async def test_nothing_happened_before_its_code_or_after_now(filled: Database) -> None:
    late = await count_of(filled, f"code_event WHERE at > '{NOW.isoformat()}'")
    early = await count_of(
        filled,
        "code_event JOIN code ON code.id = code_event.code_id"
        " WHERE code_event.at < code.created_at",
    )
    assert (late, early) == (0, 0)


async def test_a_second_time_it_does_nothing(filled: Database) -> None:
    before = {table: await count_of(filled, f'"{table}"') for table in IDS}

    assert await demo.fill(filled, NOW + timedelta(days=1)) == 0

    assert {table: await count_of(filled, f'"{table}"') for table in IDS} == before


async def test_life_goes_on_after_it(filled: Database) -> None:
    """The ids that the demo data took are not given out again."""
    draft = CampaignDraft(
        name="The next one", time_zone="UTC", generate_using=GenerateUsing.UNIQUE_ID
    )
    new = campaigns.NewCampaign(CampaignKind.VOUCHER, draft, key="next")

    campaign_id = await campaigns.create(filled, demo_caller(), new, NOW)

    rows = await filled.read("SELECT MAX(id) FROM campaign")
    assert rows[0][0] == campaign_id


def test_without_codes_nobody_uses_any() -> None:
    tables = Tables(NOW, {table: count(1) for table, kept in IDS.items() if kept})
    people.customers(tables)
    people.orders(tables)

    shopping.shop_with_codes(Shop(tables, Company(tables)))

    assert tables.rows["redemption"] == []
    assert tables.rows["reservation"] == []


def test_it_is_the_same_on_every_machine() -> None:
    assert in_memory(NOW).rows == in_memory(NOW).rows


def test_it_is_as_old_on_every_day() -> None:
    today, tomorrow = in_memory(NOW), in_memory(NOW + timedelta(days=1))

    texts = [[code["text"] for code in tables.rows["code"]] for tables in (today, tomorrow)]
    ages = [
        [tables.now - code["created_at"] for code in tables.rows["code"]]
        for tables in (today, tomorrow)
    ]
    assert texts[0] == texts[1]
    assert ages[0] == ages[1]


# For each rule a change that it alone forbids.
BROKEN = dict(
    zip(
        consistency.RULES,
        (
            "UPDATE code SET uses = uses + 1 WHERE text = 'ANNA15'",
            "UPDATE code_customer SET uses = uses - 1 WHERE uses > 0",
            "UPDATE group_customer SET uses = uses + 1, cap = NULL WHERE seq > uses",
            "UPDATE group_customer SET seq = 0 WHERE uses > 0",
            "UPDATE code_event SET redemption_id = 0 WHERE kind = 'REDEEMED'",
            "UPDATE code_event SET customer_id = 0 WHERE kind = 'REVERSED'",
            "UPDATE code_event SET code_id = code_id + 1 WHERE kind = 'RESERVED'",
            "UPDATE reservation SET ended_at = created_at WHERE end_reason = 'RELEASED'",
            "UPDATE redemption SET reservation_id = NULL WHERE reservation_id IS NOT NULL",
            "UPDATE redemption SET campaign_id = (SELECT MAX(id) FROM campaign)",
            "UPDATE code SET issued_at = created_at WHERE issued_by_id IS NOT NULL",
            "UPDATE code SET withdrawn_at = NULL, withdrawal_reason = NULL",
            "UPDATE code SET suspended_at = NULL, suspension_reason = NULL",
            "DELETE FROM outbox WHERE event_id IS NOT NULL",
            "UPDATE cashback SET redeemed_at = NULL",
            "UPDATE job SET inserted = inserted - 1 WHERE inserted > 0",
        ),
        strict=True,
    )
)


async def test_each_rule_notices_its_break(filled: Database) -> None:
    known: list[str] = []
    for rule, statement in BROKEN.items():
        async with filled.transaction() as tx:
            assert await tx.execute(statement) > 0, statement
        found = [told.partition(";")[0] for told in await consistency.disagreements(filled)]
        assert [told for told in found if told not in known] == [rule], statement
        known = found
