"""Value on a code: given for an order, charged as its items ship, switched off and on."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.domain.availability import is_secret
from app.domain.campaigns import AvailableTo
from app.domain.events import EventKind
from app.domain.field_checks import invalid
from app.domain.life.book import Book
from app.domain.life.calls import (
    CallOnCashback,
    ChargeCashback,
    CreateCashback,
    DisableCashback,
    EnableCashback,
)
from app.domain.life.issuing import unknown_code
from app.domain.life.records import CashbackRecord, CodeRecord
from app.domain.life.uses import check_owner, fill_order
from app.domain.life.verdicts import Made, MadeKind, Verdict
from app.domain.reasons import SENTENCES, Reason
from app.domain.refusals import Problem, UserErrorCode
from app.domain.status import CodeStatus, status
from app.domain.validity_facts import CustomerRules

_IN_THE_WAY = {
    CodeStatus.WITHDRAWN: Reason.WITHDRAWN,
    CodeStatus.REDEEMED: Reason.FULLY_REDEEMED,
    CodeStatus.CREATED: Reason.NOT_ISSUED,
    CodeStatus.EXPIRED: Reason.EXPIRED,
}


def create(book: Book, call: CreateCashback, now: datetime) -> Verdict:
    """Give a code with one use to the customer of an order; it becomes that customer's alone."""
    code = book.code_named(call.code)
    if code is None:
        return unknown_code()
    customer = book.facts.customers[call.customer]
    found = [*_check_code(book, code, now), *_check_holder(code, customer)]
    found += check_owner(book.facts.orders[call.order], customer)
    if call.expires_at is not None and call.expires_at <= now:
        found.append(invalid("The cashback would have expired already.", "expiresAt"))
    if found:
        return Verdict(problems=tuple(found), secret=is_secret(code, customer.id))
    cashback = CashbackRecord(
        id=next(book.ids.cashbacks),
        code_id=code.id,
        customer_id=book.name(call.customer, call),
        earning_order_id=fill_order(book, call, call.order, customer.id),
        maximum_minor=call.maximum.minor,
        currency=call.maximum.currency,
        charged_minor=0,
        expires_at=call.expires_at,
        disabled_at=None,
        redeemed_at=None,
        actor=call.caller.actor(),
    )
    book.give(cashback)
    owner = {"issued_to_id": customer.id, "available_to": AvailableTo.ONLY_ISSUED_TO}
    book.change_code(code, call, **owner)
    fields = ["issuedTo", "availableTo", "cashback"]
    return _told(book, call, cashback, {"fields": fields})


def charge(book: Book, call: ChargeCashback, _now: datetime) -> Verdict:
    """Add to what can be used, or take back for returns, until the cashback is used."""
    cashback = book.facts.cashbacks.get(call.cashback_id)
    if cashback is None:
        return _unknown()
    charged = cashback.charged_minor + call.amount.minor
    found = list(_check_unused(cashback))
    if call.amount.currency != cashback.currency:
        message = f"The cashback is in {cashback.currency}."
        code = UserErrorCode.CURRENCY_MISMATCH
        found.append(Problem(code, message, ("amount", "currencyCode")))
    elif not 0 <= charged <= cashback.maximum_minor:
        message = "What is charged lies between nothing and the maximum of the cashback."
        code = UserErrorCode.CASHBACK_AMOUNT_EXCEEDED
        found.append(Problem(code, message, ("amount", "amount")))
    if found:
        return _refused(*found)
    book.change_cashback(cashback, call, charged_minor=charged)
    return _told(book, call, cashback, {"fields": ["cashback"], "chargedMinor": charged})


def disable(book: Book, call: DisableCashback, now: datetime) -> Verdict:
    """Switch the cashback off; one that is off stays as it is."""
    return _switch(book, call, now)


def enable(book: Book, call: EnableCashback, _now: datetime) -> Verdict:
    """Switch the cashback on again; one that is on stays as it is."""
    return _switch(book, call, None)


def _switch(book: Book, call: CallOnCashback, disabled_at: datetime | None) -> Verdict:
    cashback = book.facts.cashbacks.get(call.cashback_id)
    if cashback is None:
        return _unknown()
    if (cashback.disabled_at is None) == (disabled_at is None):
        return Verdict(Made(MadeKind.CASHBACK, cashback.id), replayed=True)
    if found := tuple(_check_unused(cashback)):
        return _refused(*found)
    book.change_cashback(cashback, call, disabled_at=disabled_at)
    return _told(book, call, cashback, {"fields": ["cashback"]})


def _check_code(book: Book, code: CodeRecord, now: datetime) -> Iterator[Problem]:
    standing = status(code, now)
    if standing in _IN_THE_WAY:
        yield _problem(_IN_THE_WAY[standing], "code")
    if code.suspended_at is not None:
        yield _problem(Reason.SUSPENDED, "code")
    if code.max_uses != 1:
        yield invalid("A cashback needs a code with one use.", "code")
    if book.cashback_of(code.id) or book.facts.reserved[code.id]:
        message = "The code has cashback already, or is reserved."
        yield Problem(UserErrorCode.CODE_HAS_USES, message, ("code",))


def _check_holder(code: CodeRecord, customer: CustomerRules) -> Iterator[Problem]:
    """A code that somebody else holds cannot become this customer's."""
    if code.issued_to_id not in {None, customer.id}:
        yield _problem(Reason.NOT_AVAILABLE_TO_CUSTOMER, "customerNumber")


def _check_unused(cashback: CashbackRecord) -> Iterator[Problem]:
    if cashback.redeemed_at is not None:
        yield _problem(Reason.CASHBACK_REDEEMED, "id")


def _told(
    book: Book,
    call: CreateCashback | CallOnCashback,
    cashback: CashbackRecord,
    data: dict[str, Any],
) -> Verdict:
    whose = cashback.customer_id
    book.tell(EventKind.UPDATED, cashback.code_id, call, customer_id=whose, data=data)
    return Verdict(Made(MadeKind.CASHBACK, cashback.id))


def _problem(reason: Reason, field: str) -> Problem:
    return Problem(reason.error, SENTENCES[reason], (field,))


def _unknown() -> Verdict:
    return _refused(Problem(UserErrorCode.NOT_FOUND, "There is no cashback with this id.", ("id",)))


def _refused(*problems: Problem) -> Verdict:
    return Verdict(problems=problems)
