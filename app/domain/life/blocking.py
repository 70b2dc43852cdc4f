"""Taking a code out of use, for a while or for ever, and giving it more time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.campaigns import CampaignKind
from app.domain.codes import check_not_withdrawn
from app.domain.events import EventKind
from app.domain.field_checks import invalid
from app.domain.life.book import Book
from app.domain.life.calls import Extend, Resume, Suspend, Withdraw
from app.domain.life.records import CodeRecord
from app.domain.life.verdicts import Made, MadeKind, Verdict
from app.domain.reasons import SENTENCES, Reason
from app.domain.redemptions import ReservationEnd, is_live
from app.domain.refusals import Problem, UserErrorCode

Blocking = Withdraw | Suspend | Resume | Extend


def withdraw(book: Book, call: Withdraw, now: datetime) -> Verdict:
    """Take the code out of use for ever; its reservations end with it."""
    code = book.facts.codes.get(call.code_id)
    if code is None:
        return _unknown()
    if code.withdrawn_at is not None:
        message = "The code is withdrawn already, and that is final."
        return Verdict(problems=(Problem(UserErrorCode.ALREADY_WITHDRAWN, message, ("id",)),))
    for reservation in [*book.facts.reservations.values()]:
        if reservation.code_id == code.id and is_live(reservation, now):
            book.end_hold(reservation, ReservationEnd.WITHDRAWN, now)
    columns = {"withdrawn_at": now, "withdrawal_reason": call.reason}
    return _changed(book, call, EventKind.WITHDRAWN, columns)


def suspend(book: Book, call: Suspend, now: datetime) -> Verdict:
    """Block the code until it is resumed; one that is blocked already stays as it is."""
    code = book.facts.codes.get(call.code_id)
    if code is None:
        return _unknown()
    if found := tuple(check_not_withdrawn(code.withdrawn_at, "id")):
        return Verdict(problems=found)
    if code.suspended_at is not None:
        return _unchanged(code)
    columns = {"suspended_at": now, "suspension_reason": call.reason}
    return _changed(book, call, EventKind.SUSPENDED, columns)


def resume(book: Book, call: Resume, _now: datetime) -> Verdict:
    """Let a suspended code be used again; one that is not blocked stays as it is."""
    code = book.facts.codes.get(call.code_id)
    if code is None:
        return _unknown()
    if found := tuple(check_not_withdrawn(code.withdrawn_at, "id")):
        return Verdict(problems=found)
    if code.suspended_at is None:
        return _unchanged(code)
    columns = {"suspended_at": None, "suspension_reason": None}
    return _changed(book, call, EventKind.RESUMED, columns)


def extend(book: Book, call: Extend, _now: datetime) -> Verdict:
    """Move the end of the code later, an expired one's too."""
    code = book.facts.codes.get(call.code_id)
    if code is None:
        return _unknown()
    found = [*check_not_withdrawn(code.withdrawn_at, "id"), *_check_extension(code, call)]
    if found:
        return Verdict(problems=tuple(found))
    if code.valid_to == call.valid_to:
        return _unchanged(code)
    moved = {"from": code.valid_to, "to": call.valid_to}
    return _changed(book, call, EventKind.EXTENDED, {"valid_to": call.valid_to}, **moved)


def _check_extension(code: CodeRecord, call: Extend) -> list[Problem]:
    if code.kind == CampaignKind.VOUCHER and code.issued_at is None:
        reason = Reason.NOT_ISSUED
        return [Problem(reason.error, SENTENCES[reason], ("id",))]
    if code.valid_to is None:
        return [invalid("The code has no end that could be moved.", "validTo")]
    if code.valid_from is not None and call.valid_to <= code.valid_from:
        message = "The end must lie after the start."
        return [Problem(UserErrorCode.VALID_TO_BEFORE_FROM, message, ("validTo",))]
    if call.valid_to < code.valid_to:
        return [invalid("The code would end earlier; withdraw or edit it instead.", "validTo")]
    return []


def _changed(
    book: Book, call: Blocking, kind: EventKind, columns: Mapping[str, Any], **data: datetime | None
) -> Verdict:
    book.change_code(book.facts.codes[call.code_id], call, **columns)
    book.tell(kind, call.code_id, call, data={"reason": call.reason, **data})
    return Verdict(Made(MadeKind.CODE, call.code_id))


def _unchanged(code: CodeRecord) -> Verdict:
    return Verdict(Made(MadeKind.CODE, code.id), replayed=True)


def _unknown() -> Verdict:
    message = "There is no code with this id."
    return Verdict(problems=(Problem(UserErrorCode.NOT_FOUND, message, ("id",)),))
