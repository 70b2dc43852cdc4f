"""What happened to the demo company's codes besides being used: issued, extended, blocked."""

from datetime import datetime, timedelta

from app.domain.campaigns import AvailableTo
from app.domain.events import EventKind
from app.domain.jobs import JobKind
from app.services.demo import batches
from app.services.demo.catalogue import CAMPAIGNS
from app.services.demo.company import Company
from app.services.demo.people import STORES, some_customer
from app.services.demo.plans import CampaignPlan
from app.services.demo.tables import Row, Tables

# How much of a campaign's pool was issued so far, in percent.
ISSUED_SHARES = {"WELCOME": 45, "REFER-A-FRIEND": 60}
WITHDRAWN, SUSPENDED, EXTENDED, RECALLED = 150, 25, 20, 400
WITHDRAWAL_REASONS = ("Sent to the wrong address", "Printed twice", "Asked for by the customer")
SUSPENSION_REASONS = ("Under review: many attempts from one address", "Order is being checked")


def issue_pools(tables: Tables, company: Company) -> None:
    """Issue the oldest codes of each pool, one after the other until now."""
    for plan in CAMPAIGNS:
        campaign = company.campaigns[plan.key]
        pool = [
            row
            for row in tables.rows["code"]
            if row["campaign_id"] == campaign["id"] and row["issued_at"] is None
        ]
        chosen = pool[: len(pool) * ISSUED_SHARES.get(plan.key, 0) // 100]
        if not chosen:
            continue
        first = chosen[0]["created_at"]
        step = (tables.now - timedelta(minutes=5) - first) / len(chosen)
        for place, row in enumerate(chosen):
            at = (max(first + step * place, row["created_at"])).replace(microsecond=0)
            _issue_with_basket(tables, company, plan, (row, at))


def _issue_with_basket(
    tables: Tables, company: Company, plan: CampaignPlan, issued: tuple[Row, datetime]
) -> None:
    """Issue a code as the promotion of its campaign does when a basket earns it."""
    dice, (row, at) = tables.dice, issued
    named = row["available_to"] != AvailableTo.ANY_CUSTOMER or dice.chance(70)
    customer = some_customer(tables, at) if named else None
    tables.change(
        row,
        at,
        **batches.issued(company, plan, at),
        issue_reference=f"B-{dice.between(200_000, 999_999)}",
        issued_store=dice.pick(STORES) if dice.chance(15) else None,
        issued_to_id=customer and customer["id"],
        issued_by_id=next(
            promotion["id"]
            for promotion in company.promotions.values()
            if promotion["issue_campaign_id"] == row["campaign_id"]
        ),
    )
    tables.tell(
        EventKind.ISSUED,
        row,
        at,
        customer_id=row["issued_to_id"],
        data={"reference": row["issue_reference"], "store": row["issued_store"]},
    )


def block(tables: Tables, company: Company) -> None:
    """Withdraw, suspend and extend some codes that nobody has used or holds."""
    held = {row["code_id"] for row in tables.rows["redemption"] + tables.rows["reservation"]}
    held |= {row["code_id"] for row in tables.rows["cashback"]}
    free = [row for row in tables.rows["code"] if row["id"] not in held and row["actor"] is None]
    _recall_magazine(tables, company, free)
    for _ in range(WITHDRAWN):
        row = _untouched(tables, free)
        reason = tables.dice.pick(WITHDRAWAL_REASONS)
        withdraw(tables, row, _later(tables, row), reason)
    for _ in range(SUSPENDED):
        row = _untouched(tables, free)
        _suspend(tables, row, _later(tables, row))
    dated = [row for row in free if row["issued_at"] and row["valid_to"]]
    for _ in range(EXTENDED):
        row = _untouched(tables, dated)
        _extend(tables, row, _later(tables, row))


def withdraw(
    tables: Tables, row: Row, at: datetime, reason: str, job_id: int | None = None
) -> None:
    tables.change(row, at, withdrawn_at=at, withdrawal_reason=reason)
    tables.tell(EventKind.WITHDRAWN, row, at, job_id=job_id, data={"reason": reason})


def _recall_magazine(tables: Tables, company: Company, free: list[Row]) -> None:
    """Most codes of a campaign were called back by one job."""
    campaign = company.campaigns["MAGAZINE"]
    codes = [row for row in free if row["campaign_id"] == campaign["id"]][:RECALLED]
    made_by = batches.job(
        tables,
        campaign,
        JobKind.WITHDRAW,
        -95,
        sequence=batches.next_sequence(campaign),
        reference="magazine-recall",
        processed=len(codes),
        withdrawn=len(codes),
    )
    for row in codes:
        withdraw(tables, row, made_by["started_at"], "The issue was recalled", made_by["id"])


def _suspend(tables: Tables, row: Row, at: datetime) -> None:
    reason = tables.dice.pick(SUSPENSION_REASONS)
    tables.change(row, at, suspended_at=at, suspension_reason=reason)
    tables.tell(EventKind.SUSPENDED, row, at, data={"reason": reason})


def _extend(tables: Tables, row: Row, at: datetime) -> None:
    former = row["valid_to"]
    tables.change(row, at, valid_to=max(former, at) + timedelta(days=30))
    tables.tell(
        EventKind.EXTENDED,
        row,
        at,
        data={"reason": "Goodwill", "from": former, "to": row["valid_to"]},
    )


def _untouched(tables: Tables, rows: list[Row]) -> Row:
    """Some code that is neither withdrawn, suspended nor extended."""
    while True:
        row = tables.dice.pick(rows)
        former = row["issued_at"] or row["created_at"]
        if row["updated_at"] == former:
            return row


def _later(tables: Tables, row: Row) -> datetime:
    return tables.dice.instant(row["updated_at"] + timedelta(minutes=1), tables.now)
