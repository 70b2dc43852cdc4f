"""Taking a use of a code, and giving it back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from app.domain.events import EventKind
from app.domain.field_checks import invalid
from app.domain.levels import Validity, not_found
from app.domain.life.book import Book
from app.domain.life.calls import CreateCashback, Redeem, Reverse
from app.domain.life.records import (
    CashbackRecord,
    CodeRecord,
    OrderRecord,
    RedemptionRecord,
    ReservationRecord,
)
from app.domain.life.verdicts import Made, MadeKind, Verdict, problems
from app.domain.redemptions import RedemptionState, ReservationEnd, is_live
from app.domain.refusals import Problem, UserErrorCode
from app.domain.validity import validity
from app.domain.validity_facts import CustomerRules, Question


def redeem(book: Book, call: Redeem, now: datetime) -> Verdict:
    """Take one use, or say everything that stands against it.

    The same order with the same customer and amount has what it asks for already.
    """
    code = book.code_named(call.code)
    if code is None:
        return refused(not_found())
    customer = book.facts.customers[call.customer] if call.customer else None
    order = book.facts.orders[call.order] if call.order else None
    served = book.redemption_for(code.id, call.order)
    if served and (served.customer_id, served.amount) == (customer and customer.id, call.amount):
        return Verdict(Made(MadeKind.REDEMPTION, served.id), replayed=True)
    held, strange = _held(book, call, code, now)
    found = _examined(book, call, code, held, now)
    against = [*strange, *_check_order(served, order, customer)]
    against += _check_amount(book.cashback_of(code.id), call)
    if against or not found.redeemable:
        return refused(found, *against)
    redemption = _taken(book, call, code, found, now)
    if held is not None:
        book.end_hold(held, ReservationEnd.REDEEMED, now, redemption.id)
        redemption = replace(redemption, reservation_id=held.id)
    book.take(redemption)
    if cashback := book.cashback_of(code.id):
        book.change_cashback(cashback, call, redeemed_at=now)
    whose = {"customer_id": redemption.customer_id, "redemption_id": redemption.id}
    book.tell(EventKind.REDEEMED, code.id, call, **whose)
    return Verdict(Made(MadeKind.REDEMPTION, redemption.id))


def examine(book: Book, call: Redeem, now: datetime) -> Validity:
    """Tell what redeeming would find, and change nothing."""
    code = book.code_named(call.code)
    if code is None:
        return not_found()
    held, _ = _held(book, call, code, now)
    return _examined(book, call, code, held, now)


def reverse(book: Book, call: Reverse, now: datetime) -> Verdict:
    """Give the use back, once; the code stays withdrawn if it is."""
    redemption = book.facts.redemptions.get(call.redemption_id)
    if redemption is None:
        message = "There is no redemption with this id."
        return Verdict(problems=(Problem(UserErrorCode.NOT_FOUND, message, ("id",)),))
    made = Made(MadeKind.REDEMPTION, redemption.id)
    if redemption.state == RedemptionState.REVERSED:
        return Verdict(made, replayed=True)
    book.facts.redemptions[redemption.id] = replace(
        redemption,
        state=RedemptionState.REVERSED,
        reversed_at=now,
        reversal_reason=call.reason,
        reversal_actor=call.caller.actor(),
    )
    book.count_use(redemption, -1)
    cashback = book.cashback_of(redemption.code_id)
    if cashback and cashback.redeemed_at is not None:
        book.change_cashback(cashback, call, redeemed_at=None)
    whose = {"customer_id": redemption.customer_id, "redemption_id": redemption.id}
    data = {"reason": call.reason}
    book.tell(EventKind.REVERSED, redemption.code_id, call, **whose, data=data)
    return Verdict(made)


def refused(found: Validity, *against: Problem) -> Verdict:
    """Refuse with what was found, and what else stands against it."""
    return Verdict(problems=(*problems(found), *against), validity=found)


def _held(
    book: Book, call: Redeem, code: CodeRecord, now: datetime
) -> tuple[ReservationRecord | None, list[Problem]]:
    """The live reservation whose use is taken; a lapsed one counts as none."""
    holder = call.holder or call.customer
    if call.reservation_id is None:
        found = book.reservation_of(code.id, holder)
    else:
        found = book.facts.reservations.get(call.reservation_id)
        if found is None or (found.code_id, found.holder) != (code.id, holder):
            message = "This holder has no such reservation of the code."
            field = ("reservationId",)
            return None, [Problem(UserErrorCode.RESERVATION_NOT_YOURS, message, field)]
    return (found if found and is_live(found, now) else None), []


def _examined(
    book: Book, call: Redeem, code: CodeRecord, held: ReservationRecord | None, now: datetime
) -> Validity:
    customer = book.facts.customers[call.customer] if call.customer else None
    question = Question(call.application, final=True, held=held is not None)
    return validity(book.validity_facts(code, customer, held), question, now)


def _check_order(
    served: RedemptionRecord | None, order: OrderRecord | None, customer: CustomerRules | None
) -> Iterator[Problem]:
    if served is not None:
        message = "The order used this code already, for another customer or another amount."
        yield Problem(UserErrorCode.ORDER_ALREADY_REDEEMED, message, ("orderNumber",))
    yield from check_owner(order, customer)


def check_owner(order: OrderRecord | None, customer: CustomerRules | None) -> Iterator[Problem]:
    """Tell that the order is of somebody else than the customer who is named."""
    if order and customer and order.customer_id not in {None, customer.id}:
        message = "The order has another customer, and that never changes."
        yield Problem(UserErrorCode.ORDER_CUSTOMER_MISMATCH, message, ("orderNumber",))


def _check_amount(cashback: CashbackRecord | None, call: Redeem) -> Iterator[Problem]:
    """A cashback gives at most what was charged, in its own currency."""
    if cashback is None:
        return
    if call.amount is None:
        yield invalid("Say how much of the cashback is used.", "amount")
    elif call.amount.currency != cashback.currency:
        message = f"The cashback is in {cashback.currency}."
        yield Problem(UserErrorCode.CURRENCY_MISMATCH, message, ("amount", "currencyCode"))
    elif call.amount.minor > cashback.charged_minor:
        message = "The amount is more than was charged to the cashback."
        yield Problem(UserErrorCode.CASHBACK_AMOUNT_EXCEEDED, message, ("amount", "amount"))


def _taken(
    book: Book, call: Redeem, code: CodeRecord, found: Validity, now: datetime
) -> RedemptionRecord:
    """The new redemption; the order learns from it what it does not know yet."""
    customer_id = book.name(call.customer, call) if call.customer else None
    order_id = None
    if call.order is not None:
        order_id = fill_order(book, call, call.order, customer_id)
    return RedemptionRecord(
        id=next(book.ids.redemptions),
        code_id=code.id,
        campaign_id=code.campaign_id,
        group_id=code.group_id,
        customer_id=customer_id,
        order_id=order_id,
        order_number=call.order,
        amount=call.amount,
        state=RedemptionState.CONFIRMED,
        redeemed_at=now,
        store=call.store,
        application=call.application,
        promotion_ids=tuple(found.promotion_ids),
        metadata=call.metadata,
        actor=call.caller.actor(),
    )


def fill_order(
    book: Book, call: Redeem | CreateCashback, number: str, customer_id: int | None
) -> int:
    """Return the order's id, and fill what is empty of it; an unknown one is recorded."""
    order = book.facts.orders[number]
    store, application = (
        (call.store, call.application) if isinstance(call, Redeem) else (None, None)
    )
    learned = (
        order.customer_id or customer_id,
        order.store or store,
        order.application or application,
    )
    if learned != (order.customer_id, order.store, order.application):
        new = number in book.facts.new_orders
        version = order.version if new else book.read_orders[number].version + 1
        customer_id, store, application = learned
        book.facts.orders[number] = OrderRecord(
            id=order.id,
            customer_id=customer_id,
            store=store,
            application=application,
            version=version,
        )
    book.ordered.setdefault(number, call.caller.actor())
    return order.id
