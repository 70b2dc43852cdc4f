"""What is told of a batch: answers under their keys, former facts, events, messages, attempts."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.domain.events import EntityKind, EventKind
from app.domain.life.book import Book
from app.domain.life.records import (
    AttemptRecord,
    CashbackRecord,
    CodeRecord,
    Event,
)
from app.services import code_rows, revisions
from app.services.life.subjects import Subjects
from app.services.life.writing import Writer, row_of

_CASHBACK_FACTS: Final = (
    "customer_id",
    "maximum_minor",
    "charged_minor",
    "currency",
    "expires_at",
    "disabled_at",
    "redeemed_at",
)
_ANNOUNCED: Final = {
    EventKind.ISSUED,
    EventKind.REDEEMED,
    EventKind.REVERSED,
    EventKind.WITHDRAWN,
}


async def write_keys(writer: Writer, book: Book) -> None:
    """What was answered, under the keys of the calls, refusals included."""
    await writer.insert(
        "idempotency",
        _KEY,
        [
            {
                "caller_id": call.caller.id,
                "operation": call.operation,
                "key": call.key,
                "fingerprint": fingerprint,
                "verdict": verdict.to_json(),
                "made_kind": verdict.made and verdict.made.kind,
                "made_id": verdict.made and verdict.made.id,
                "created_at": writer.stamp,
            }
            for call, fingerprint, verdict in sorted(
                book.kept, key=lambda kept: (kept[0].caller.id, kept[0].operation, kept[0].key)
            )
        ],
    )


async def write_revisions(writer: Writer, book: Book) -> None:
    """The facts that rules ask for, as they were before each change."""
    codes, cashbacks = [], []
    for former, actor in book.revised:
        row = {"id": former.id, "actor": actor}
        if isinstance(former, CodeRecord):
            if former.id in book.read_codes:
                codes.append({**row, "facts": _facts(former, code_rows.FACTS)})
        else:
            cashbacks.append({**row, "facts": _facts(former, _CASHBACK_FACTS)})
    for kind, found in ((EntityKind.CODE, codes), (EntityKind.CASHBACK, cashbacks)):
        await revisions.remember_rows(writer.tx, writer.dialect, kind, found, writer.now)


async def write_events(writer: Writer, book: Book, ids: Iterator[int]) -> None:
    """What happened, in the order in which it was decided, and the messages that tell of it."""
    events = list(zip(book.events, ids, strict=False))
    await writer.insert(
        "code_event",
        _EVENT,
        [_event(event, number, writer) for event, number in events],
    )
    await writer.insert(
        "outbox",
        {"kind": "text", "payload": "jsonb", "event_id": "bigint", "created_at": "timestamptz"},
        [
            {
                "kind": f"CODE_{event.kind}",
                "payload": _told(event),
                "event_id": number,
                "created_at": writer.stamp,
            }
            for event, number in events
            if event.kind in _ANNOUNCED
        ],
    )


async def write_attempts(writer: Writer, book: Book, subjects: Subjects) -> None:
    """Count refusals alike within a minute of the clock as one row."""
    counted: dict[tuple[str, str, str], dict[str, Any]] = {}
    for attempt in book.attempts:
        row = _attempt(attempt, writer, subjects)
        key = (row["caller_id"], row["subject"], row["reasons"])
        if key in counted:
            counted[key]["count"] += 1
        else:
            counted[key] = row
    names = ", ".join(f'"{name}"' for name in _ATTEMPT)
    values = ", ".join(f'given."{name}"' for name in _ATTEMPT)
    await writer.send(
        "attempt",
        f"INSERT INTO attempt ({names}) SELECT {values} FROM {{given}} WHERE TRUE"
        " ON CONFLICT (caller_id, subject, reasons, minute)"
        ' DO UPDATE SET "count" = attempt."count" + excluded."count"',
        _ATTEMPT,
        [row for _, row in sorted(counted.items())],
    )


def _facts(former: CodeRecord | CashbackRecord, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(former, name) for name in names}


def _event(event: Event, number: int, writer: Writer) -> Mapping[str, Any]:
    return {**_happened(event), "id": number, "at": writer.stamp, "idempotency_key": event.key}


def _told(event: Event) -> Mapping[str, Any]:
    return {
        "codeId": event.code_id,
        "campaignId": event.campaign_id,
        "customerId": event.customer_id,
        "redemptionId": event.redemption_id,
        "jobId": None,
    }


def _attempt(attempt: AttemptRecord, writer: Writer, subjects: Subjects) -> dict[str, Any]:
    code_id = attempt.code_id
    return {
        "caller_id": attempt.actor["caller"],
        "subject": subjects.of_unknown(attempt.text) if code_id is None else str(code_id),
        "code_id": code_id,
        "operation": attempt.operation,
        "reasons": ",".join(dict.fromkeys(problem.code for problem in attempt.problems)),
        "customer_id": attempt.customer_id,
        "store": attempt.store,
        "minute": writer.now.replace(second=0, microsecond=0),
        "at": writer.now,
        "count": 1,
        "actor": attempt.actor,
    }


_KEY: Final = {
    "caller_id": "text",
    "operation": "text",
    "key": "text",
    "fingerprint": "text",
    "verdict": "jsonb",
    "made_kind": "text",
    "made_id": "bigint",
    "created_at": "timestamptz",
}
_EVENT: Final = {
    "id": "bigint",
    "code_id": "bigint",
    "campaign_id": "bigint",
    "kind": "text",
    "at": "timestamptz",
    "customer_id": "bigint",
    "redemption_id": "bigint",
    "reservation_id": "bigint",
    "idempotency_key": "text",
    "data": "jsonb",
    "actor": "jsonb",
}
_happened: Final = row_of(name for name in _EVENT if name not in {"id", "at", "idempotency_key"})
_ATTEMPT: Final = {
    "caller_id": "text",
    "subject": "text",
    "code_id": "bigint",
    "operation": "text",
    "reasons": "text",
    "customer_id": "bigint",
    "store": "text",
    "minute": "timestamptz",
    "at": "timestamptz",
    "count": "int",
    "actor": "jsonb",
}
