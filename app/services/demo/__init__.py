"""Demo data: a small company with two thirds of a year behind it, alike on every machine.

Redemptions stand here with their counters, events and messages, as if customers had come.
"""

from datetime import datetime

from app.database import Database
from app.services.demo import (
    batches,
    cashbacks,
    counters,
    failures,
    lives,
    people,
    shopping,
    storing,
)
from app.services.demo.company import Company
from app.services.demo.shop import Shop
from app.services.demo.tables import Tables

__all__ = ["fill", "history"]


async def fill(database: Database, now: datetime) -> int:
    """Make the demo data in one transaction; the number of codes made.

    A database that has any campaign is left as it is, and the answer is 0.
    """
    async with database.transaction() as tx:
        if await tx.fetch_value("SELECT id FROM campaign LIMIT 1") is not None:
            return 0
        tables = Tables(now, await storing.reserve_ids(tx, database.dialect))
        history(tables)
        await storing.store(tx, database.dialect, tables.rows)
    return len(tables.rows["code"])


def history(tables: Tables) -> None:
    """Let the company live up to now, in memory."""
    people.customers(tables)
    people.orders(tables)
    company = Company(tables)
    batches.make(tables, company)
    lives.issue_pools(tables, company)
    shop = Shop(tables, company)
    cashbacks.earn(shop)
    shopping.shop_with_codes(shop)
    counters.count(tables)
    lives.block(tables, company)
    failures.attempts(tables)
    failures.jobs(tables, company)
    failures.announce_ends(tables)
    tables.settle()
