"""The one way from a call to its verdict."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from app.domain.life import blocking, cashbacks, issuing, reservations, uses
from app.domain.life.book import Book, Kept
from app.domain.life.calls import (
    Call,
    ChargeCashback,
    CreateCashback,
    DisableCashback,
    EnableCashback,
    Extend,
    Issue,
    IssueNext,
    Redeem,
    Release,
    Reserve,
    Resume,
    Reverse,
    Suspend,
    Withdraw,
)
from app.domain.life.records import AttemptRecord
from app.domain.life.verdicts import Verdict
from app.domain.refusals import Problem, UserErrorCode

_DECIDES: Final[Mapping[type[Call], Callable[[Book, Any, datetime], Verdict]]] = {
    Redeem: uses.redeem,
    Reverse: uses.reverse,
    Reserve: reservations.reserve,
    Release: reservations.release,
    Issue: issuing.issue,
    IssueNext: issuing.issue_next,
    Withdraw: blocking.withdraw,
    Suspend: blocking.suspend,
    Resume: blocking.resume,
    Extend: blocking.extend,
    CreateCashback: cashbacks.create,
    ChargeCashback: cashbacks.charge,
    DisableCashback: cashbacks.disable,
    EnableCashback: cashbacks.enable,
}
_REUSED: Final = Problem(
    UserErrorCode.IDEMPOTENCY_KEY_REUSED,
    "This key was used for another request; a new request needs a new key.",
    ("idempotencyKey",),
)


def decide(book: Book, call: Call, fingerprint: str, now: datetime) -> Verdict:
    """Return the verdict on a call, and let the book show what it changes for the calls after it.

    A key that was used answers as it did before, refusals included.
    """
    if call.key is None:
        return _decided(book, call, now)
    key = (call.caller.id, call.operation, call.key)
    if kept := book.facts.keys.get(key):
        if kept.fingerprint != fingerprint:
            return Verdict(problems=(_REUSED,))
        return replace(kept.verdict, replayed=True)
    verdict = _decided(book, call, now)
    book.facts.keys[key] = Kept(fingerprint, verdict)
    book.kept.append((call, fingerprint, verdict))
    return verdict


def _decided(book: Book, call: Call, now: datetime) -> Verdict:
    verdict = _DECIDES[type(call)](book, call, now)
    if verdict.problems and isinstance(call, Redeem | Reserve):
        book.attempts.append(_attempt(book, call, verdict))
    return verdict


def _attempt(book: Book, call: Redeem | Reserve, verdict: Verdict) -> AttemptRecord:
    """What is remembered of a refusal; nobody is recorded for having been refused."""
    code = book.code_named(call.code)
    known = call.customer is not None and call.customer not in book.facts.new_customers
    return AttemptRecord(
        operation=call.operation,
        text=call.code,
        code_id=code.id if code else None,
        problems=verdict.problems,
        customer_id=book.facts.customers[call.customer].id if known and call.customer else None,
        store=call.store,
        actor=call.caller.actor(),
    )
