"""The history of many codes at once: revisions, events and messages, each one statement."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.database import Row, Statements
from app.database.dialects import Dialect
from app.database.instants import to_json
from app.domain.events import EntityKind, EventKind
from app.domain.redemptions import ReservationEnd
from app.services import code_rows, revisions
from app.services.editing import Stamp

_EVENT: Final = {"code_id": "bigint", "kind": "text", "customer_id": "bigint", "data": "jsonb"}
_MESSAGE: Final = {"kind": "text", "payload": "jsonb", "event_id": "bigint"}

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the statements of one transaction of a job on codes share."""

    tx: Statements
    dialect: Dialect
    job_id: int
    campaign_id: int
    stamp: Stamp


async def remember(chunk: Chunk, locked: Iterable[Row], ids: Collection[int]) -> None:
    """Keep the facts of locked codes as they were until now."""
    wanted = set(ids)
    facts = {
        row["id"]: {name: row[name] for name in code_rows.FACTS}
        for row in locked
        if row["id"] in wanted
    }
    await revisions.remember_all(chunk.tx, chunk.dialect, chunk.stamp, EntityKind.CODE, facts)


async def end_reservations(chunk: Chunk, ids: Sequence[int]) -> None:
    """Let go of what is held of codes that are withdrawn; what has lapsed ended when it did."""
    if not ids:
        return
    await chunk.tx.execute(
        "UPDATE reservation SET ended_at = CASE WHEN expires_at < $2 THEN expires_at ELSE $2 END,"
        f" end_reason = '{ReservationEnd.WITHDRAWN}'"
        f" WHERE ended_at IS NULL AND {chunk.dialect.among('code_id', '$1', 'bigint')}",
        ids,
        chunk.stamp.now,
    )


def withdrawn(code_id: int, reason: str) -> Event:
    """The event of a withdrawal."""
    return event(code_id, EventKind.WITHDRAWN, {"reason": reason})


def event(
    code_id: int, kind: EventKind, data: Mapping[str, Any], customer_id: int | None = None
) -> Event:
    return {"code_id": code_id, "kind": kind, "customer_id": customer_id, "data": data}


async def tell(chunk: Chunk, events: Sequence[Event]) -> None:
    """Write the events, and a message for each of which the outside hears."""
    if not events:
        return
    dialect = chunk.dialect
    told = await chunk.tx.fetch(
        "INSERT INTO code_event (code_id, campaign_id, kind, at, customer_id, job_id, data, actor)"
        f" SELECT code_id, {dialect.cast('$2', 'bigint')}, kind,"
        f" {dialect.cast('$3', 'timestamptz')}, customer_id, {dialect.cast('$4', 'bigint')}, data,"
        f" {dialect.cast('$5', 'jsonb')} FROM {dialect.records('given', _EVENT, '$1')}"
        " RETURNING id, code_id, kind",
        to_json(events),
        chunk.campaign_id,
        chunk.stamp.now,
        chunk.job_id,
        to_json(chunk.stamp.caller.actor()),
    )
    messages = [
        {"kind": f"CODE_{row['kind']}", "payload": _payload(chunk, row), "event_id": row["id"]}
        for row in told
        if row["kind"] == EventKind.WITHDRAWN
    ]
    await chunk.tx.execute(
        "INSERT INTO outbox (kind, payload, event_id, created_at)"
        f" SELECT kind, payload, event_id, {dialect.cast('$2', 'timestamptz')}"
        f" FROM {dialect.records('given', _MESSAGE, '$1')} ORDER BY event_id",
        to_json(messages),
        chunk.stamp.now,
    )


def _payload(chunk: Chunk, row: Row) -> dict[str, Any]:
    return {
        "codeId": row["code_id"],
        "campaignId": chunk.campaign_id,
        "customerId": None,
        "redemptionId": None,
        "jobId": chunk.job_id,
    }
