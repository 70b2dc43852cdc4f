"""What rows of an import do to codes, written: one statement for all rows of a chunk."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from app.database import Row
from app.database.dialects import Dialect
from app.database.errors import Conflict
from app.database.instants import to_json
from app.domain.campaigns import CampaignKind
from app.domain.events import EventKind
from app.domain.import_rows import Decision
from app.services import code_history, code_rows, customers
from app.services.code_history import Chunk
from app.services.import_codes import COLUMNS

_NAMES: Final = ", ".join(COLUMNS)
_DRAFTED: Final = {"maximum_uses": "max_uses", "issued_to": "issued_to_id"}

Changes = Mapping[int, Decision]
"""Decisions by the id of the locked code, or by the number of the row whose code is new."""


async def record_customers(chunk: Chunk, decisions: Iterable[Decision]) -> dict[str, int]:
    """Return the ids of the customers whom decisions name; those whom we do not know are new."""
    numbers = {one.facts.issued_to for one in decisions if one.facts and one.facts.issued_to}
    if not numbers:
        return {}
    return await customers.recorded_all(chunk.tx, chunk.dialect, numbers, chunk.stamp)


async def insert(chunk: Chunk, rows: Changes, owners: Mapping[str, int]) -> None:
    """Make the codes of staged rows, each as it was decided.

    Raises Conflict when a twin was faster: then the chunk is to be decided anew.
    """
    if not rows:
        return
    made = await chunk.tx.execute(
        _insertion(chunk.dialect),
        chunk.job_id,
        to_json([{"number": row, **_columns(one, owners)} for row, one in rows.items()]),
        chunk.campaign_id,
        chunk.stamp.now,
    )
    if made != len(rows):
        raise Conflict("a code was made by somebody else meanwhile")
    withdrawn = {row: one.reason for row, one in rows.items() if one.reason is not None}
    await _tell_withdrawn(chunk, withdrawn)


async def change(
    chunk: Chunk, locked: Iterable[Row], changes: Changes, owners: Mapping[str, int]
) -> None:
    """Give locked codes their new facts or withdraw them, with a revision and events each."""
    if not changes:
        return
    await code_history.remember(chunk, locked, changes)
    records = [{"id": code, **_columns(one, owners)} for code, one in changes.items()]
    changed = await chunk.tx.execute(
        _change(chunk.dialect),
        to_json(records),
        chunk.stamp.now,
        to_json(chunk.stamp.caller.actor()),
    )
    assert changed == len(changes)  # noqa: S101 - their rows are locked
    withdrawn = [code for code, one in changes.items() if one.reason is not None]
    await code_history.end_reservations(chunk, withdrawn)
    await code_history.tell(
        chunk, [event for code, one in changes.items() for event in _events(code, one, owners)]
    )


async def delete(chunk: Chunk, locked: Iterable[Row], ids: list[int]) -> None:
    """Let locked codes go that nobody used; their history stays."""
    if not ids:
        return
    await code_history.remember(chunk, locked, ids)
    for table, column in (("reservation", "code_id"), ("code_customer", "code_id"), ("code", "id")):
        among = chunk.dialect.among(column, "$1", "bigint")
        await chunk.tx.execute(f"DELETE FROM {table} WHERE {among}", ids)


def _columns(decision: Decision, owners: Mapping[str, int]) -> dict[str, Any]:
    """Return the facts that a decision brings, as columns hold them; what is null is left out."""
    facts = decision.facts
    assert facts is not None  # noqa: S101 - a decision that changes a code has them
    columns = {
        "group_id": facts.group_id,
        "valid_from": facts.valid_from,
        "valid_to": facts.valid_to,
        "max_uses": facts.maximum_uses,
        "uses_per_customer": facts.uses_per_customer,
        "issued_to_id": owners[facts.issued_to] if facts.issued_to else None,
        "available_to": facts.available_to,
        "reason": decision.reason,
    }
    return {name: value for name, value in columns.items() if value is not None}


@cache
def _insertion(dialect: Dialect) -> str:
    given = {"number": "bigint", **COLUMNS, "reason": "text"}
    now = dialect.cast("$4", "timestamptz")
    return (
        f"INSERT INTO code (kind, campaign_id, text, normal_form, {_NAMES}, withdrawn_at,"
        " withdrawal_reason, created_by_job_id, created_at, updated_at)"
        f" SELECT '{CampaignKind.SOURCE}', {dialect.cast('$3', 'bigint')}, code_text, normal_form,"
        f" {_NAMES}, CASE WHEN reason IS NOT NULL THEN {now} END, reason, job_id, {now}, {now}"
        f" FROM {dialect.records('given', given, '$2')} CROSS JOIN import_row"
        ' WHERE job_id = $1 AND "row" = number ORDER BY number'
        " ON CONFLICT (normal_form) DO NOTHING"
    )


@cache
def _change(dialect: Dialect) -> str:
    given = dialect.records("given", {"id": "bigint", **COLUMNS, "reason": "text"}, "$1")
    now = dialect.cast("$2", "timestamptz")
    assigned = ", ".join(f"{name} = given.{name}" for name in COLUMNS)
    return (
        f"UPDATE code SET {assigned}, version = version + 1, updated_at = {now},"
        f" actor = {dialect.cast('$3', 'jsonb')},"
        f" used_up_at = CASE WHEN uses >= given.max_uses THEN COALESCE(used_up_at, {now}) END,"
        " withdrawn_at = COALESCE(withdrawn_at,"
        f" CASE WHEN given.reason IS NOT NULL THEN {now} END),"
        " withdrawal_reason = COALESCE(withdrawal_reason, given.reason)"
        f" FROM {given} WHERE code.id = given.id"
    )


def _events(code: int, one: Decision, owners: Mapping[str, int]) -> list[code_history.Event]:
    events = []
    if one.changed:
        names = {_DRAFTED.get(name, name) for name in one.changed}
        fields = [shown for name, shown in code_rows.SHOWN.items() if name in names]
        owner = owners.get(one.changed.get("issued_to") or "")
        events.append(code_history.event(code, EventKind.UPDATED, {"fields": fields}, owner))
    if one.reason is not None:
        events.append(code_history.withdrawn(code, one.reason))
    return events


async def _tell_withdrawn(chunk: Chunk, rows: Mapping[int, str]) -> None:
    """Tell of codes that came withdrawn; of those that are merely new, their rows tell."""
    if not rows:
        return
    among = chunk.dialect.among('"row"', "$2", "bigint")
    made = await chunk.tx.fetch(
        'SELECT "row", code.id FROM import_row JOIN code USING (normal_form)'
        f" WHERE job_id = $1 AND {among} ORDER BY code.id",
        chunk.job_id,
        list(rows),
    )
    told = [code_history.withdrawn(row["id"], rows[row["row"]]) for row in made]
    await code_history.tell(chunk, told)
