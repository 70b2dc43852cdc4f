"""The rows of codes that somebody changes: locked, looked into, and written with their history."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from app.database import Statements, Transaction
from app.database.dialects import Dialect
from app.database.instants import to_json
from app.domain.codes import CodeUsage
from app.domain.events import EntityKind, EventKind
from app.models.code import Code
from app.services import editing, revisions
from app.services.editing import Stamp

# What a code's revision keeps: all that rules ask for and that can change.
FACTS: Final = (
    "group_id",
    "valid_from",
    "valid_to",
    "max_uses",
    "uses_per_customer",
    "issued_at",
    "issued_to_id",
    "available_to",
    "suspended_at",
    "withdrawn_at",
)
# How events name what an edit changes; the other columns follow from these.
SHOWN: Final = {
    "group_id": "group",
    "valid_from": "validFrom",
    "valid_to": "validTo",
    "max_uses": "maximumUses",
    "uses_per_customer": "usesPerCustomer",
    "issued_to_id": "issuedTo",
    "available_to": "availableTo",
    "metadata": "metadata",
}


async def lock(tx: Transaction, ids: Iterable[int]) -> dict[int, Code]:
    """Return the codes of these ids that exist, locked in the order of their ids.

    Lock groups before; what was done with the codes is for a later statement, see `usage`.
    """
    rows = Code.filter(id__in=sorted(set(ids))).using_db(tx.client).order_by("id")
    return {row.id: row async for row in rows.select_for_update(no_key=True)}


async def usage(
    tx: Statements, dialect: Dialect, ids: Sequence[int], now: datetime
) -> dict[int, CodeUsage]:
    """Return what was done with each of these codes; their rows must be locked."""
    rows = await tx.fetch(
        "SELECT code.id,"
        " EXISTS (SELECT 1 FROM redemption WHERE redemption.code_id = code.id) AS redeemed,"
        " (SELECT COUNT(*) FROM reservation WHERE reservation.code_id = code.id"
        " AND ended_at IS NULL AND expires_at > $2) AS reserved,"
        " EXISTS (SELECT 1 FROM cashback WHERE cashback.code_id = code.id) AS cashback"
        f" FROM code WHERE {dialect.among('code.id', '$1', 'bigint')}",
        ids,
        now,
    )
    return {
        row["id"]: CodeUsage(bool(row["redeemed"]), row["reserved"], bool(row["cashback"]))
        for row in rows
    }


async def write(
    tx: Transaction,
    dialect: Dialect,
    stamp: Stamp,
    codes: Sequence[Code],
    columns: Mapping[str, Any],
) -> None:
    """Give locked codes these values, with a revision and an event each.

    The number of statements is the same for one code and for many.
    """
    if any(name in FACTS for name in columns):
        await remember(tx, dialect, stamp, codes)
    await editing.write_all(tx, dialect, codes, columns, stamp)
    await tx.execute(
        "INSERT INTO code_event (code_id, campaign_id, kind, at, customer_id, data, actor)"
        f" SELECT id, campaign_id, '{EventKind.UPDATED}', {dialect.cast('$2', 'timestamptz')},"
        f" {dialect.cast('$3', 'bigint')}, {dialect.cast('$4', 'jsonb')},"
        f" {dialect.cast('$5', 'jsonb')}"
        f" FROM code WHERE {dialect.among('id', '$1', 'bigint')} ORDER BY id",
        [code.id for code in codes],
        stamp.now,
        columns.get("issued_to_id"),
        to_json({"fields": [shown for name, shown in SHOWN.items() if name in columns]}),
        to_json(stamp.caller.actor()),
    )


async def remember(tx: Transaction, dialect: Dialect, stamp: Stamp, codes: Iterable[Code]) -> None:
    """Keep the facts of locked codes as they were until now."""
    facts = {code.id: {name: getattr(code, name) for name in FACTS} for code in codes}
    await revisions.remember_all(tx, dialect, stamp, EntityKind.CODE, facts)
