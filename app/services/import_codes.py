"""The codes that rows of an import name, locked and read: one statement for all rows of a chunk."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from app.database import Row
from app.database.instants import from_row
from app.domain.campaigns import AvailableTo
from app.domain.codes import CodeUsage
from app.domain.import_rows import StoredCode
from app.domain.source_codes import SourceCodeDraft
from app.services import code_rows
from app.services.code_history import Chunk

COLUMNS: Final = {
    "group_id": "bigint",
    "valid_from": "timestamptz",
    "valid_to": "timestamptz",
    "max_uses": "int",
    "uses_per_customer": "int",
    "issued_to_id": "bigint",
    "available_to": "text",
}
"""What an import can say of a code, and the PostgreSQL type of each column."""
_UNTOUCHED: Final = CodeUsage(redeemed=False, reserved=0, cashback=False)


async def lock_groups(chunk: Chunk, keys: Collection[str]) -> dict[str, int]:
    """Return the campaign's groups in use by key; lock them before any code."""
    if not keys:
        return {}
    rows = await chunk.tx.fetch(
        "SELECT id, key FROM code_group WHERE campaign_id = $1 AND archived_at IS NULL"
        f" AND {chunk.dialect.among('key', '$2', 'text')} ORDER BY id{chunk.dialect.lock}",
        chunk.campaign_id,
        sorted(keys),
    )
    return {row["key"]: row["id"] for row in rows}


async def lock_codes(chunk: Chunk, forms: Sequence[str]) -> list[Row]:
    """Return the codes with these normal forms, locked in the order of their ids.

    They hold what a revision keeps, too.
    """
    among = chunk.dialect.among("normal_form", "$1", "text")
    return await chunk.tx.fetch(
        "SELECT id, campaign_id, normal_form, uses, issued_at, suspended_at, withdrawn_at,"
        f" {', '.join(COLUMNS)} FROM code WHERE {among} ORDER BY id{chunk.dialect.lock}",
        forms,
    )


async def read_stored(
    chunk: Chunk, rows: Sequence[Row], looked_into: Collection[str]
) -> dict[str, StoredCode]:
    """Return locked codes by normal form; only of those `looked_into` it is asked who used them."""
    wanted = [row["id"] for row in rows if row["normal_form"] in looked_into]
    usages = {}
    if wanted:
        usages = await code_rows.usage(chunk.tx, chunk.dialect, wanted, chunk.stamp.now)
    numbers = await _numbers(chunk, {row["issued_to_id"] for row in rows} - {None})
    return {
        row["normal_form"]: StoredCode(
            id=row["id"],
            campaign_id=row["campaign_id"],
            facts=_draft(row, numbers),
            uses=row["uses"],
            withdrawn_at=from_row(row["withdrawn_at"]),
            usage=usages.get(row["id"], _UNTOUCHED),
        )
        for row in rows
    }


async def _numbers(chunk: Chunk, ids: Collection[int]) -> dict[int, str]:
    """Return the numbers of these customers."""
    if not ids:
        return {}
    among = chunk.dialect.among("id", "$1", "bigint")
    rows = await chunk.tx.fetch(f"SELECT id, number FROM customer WHERE {among}", sorted(ids))
    return {row["id"]: row["number"] for row in rows}


def _draft(row: Row, numbers: Mapping[int, str]) -> SourceCodeDraft:
    return SourceCodeDraft(
        code="",
        valid_from=from_row(row["valid_from"]),
        valid_to=from_row(row["valid_to"]),
        maximum_uses=row["max_uses"],
        uses_per_customer=row["uses_per_customer"],
        group_id=row["group_id"],
        issued_to=numbers.get(row["issued_to_id"]),
        available_to=AvailableTo(row["available_to"]),
    )
