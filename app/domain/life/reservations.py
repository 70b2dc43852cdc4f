"""Holding a use of a code for somebody, and letting go of it."""

from datetime import datetime, timedelta

from app.domain.events import EventKind
from app.domain.levels import not_found
from app.domain.life.book import Book
from app.domain.life.calls import Release, Reserve
from app.domain.life.records import CodeRecord, ReservationRecord
from app.domain.life.uses import refused
from app.domain.life.verdicts import Made, MadeKind, Verdict
from app.domain.redemptions import ReservationEnd, is_live
from app.domain.refusals import Problem, UserErrorCode
from app.domain.validity import validity
from app.domain.validity_facts import Question


def reserve(book: Book, call: Reserve, now: datetime) -> Verdict:
    """Hold one use, or say everything that stands against it.

    A holder has one live reservation of a code: reserving again answers with that one.
    """
    code = book.code_named(call.code)
    if code is None:
        return refused(not_found())
    former = book.reservation_of(code.id, call.holder)
    if former and is_live(former, now):
        return Verdict(Made(MadeKind.RESERVATION, former.id), replayed=True)
    customer = book.facts.customers[call.customer] if call.customer else None
    question = Question(call.application, final=True)
    found = validity(book.validity_facts(code, customer), question, now)
    if not found.redeemable:
        return refused(found)
    if former:
        book.end_hold(former, ReservationEnd.LAPSED, now)
    reservation = _held(book, call, code, now)
    book.hold(reservation)
    whose = {"customer_id": reservation.customer_id, "reservation_id": reservation.id}
    book.tell(EventKind.RESERVED, reservation.code_id, call, **whose)
    return Verdict(Made(MadeKind.RESERVATION, reservation.id))


def release(book: Book, call: Release, now: datetime) -> Verdict:
    """Let go of a reservation; one that is over already stays as it is."""
    reservation = book.facts.reservations.get(call.reservation_id)
    if reservation is None:
        message = "There is no reservation with this id."
        return Verdict(problems=(Problem(UserErrorCode.NOT_FOUND, message, ("id",)),))
    if call.holder is not None and call.holder != reservation.holder:
        message = "Somebody else holds this reservation."
        not_yours = UserErrorCode.RESERVATION_NOT_YOURS
        return Verdict(problems=(Problem(not_yours, message, ("holder",)),))
    made = Made(MadeKind.RESERVATION, reservation.id)
    if not is_live(reservation, now):
        return Verdict(made, replayed=True)
    book.end_hold(reservation, ReservationEnd.RELEASED, now)
    whose = {"customer_id": reservation.customer_id, "reservation_id": reservation.id}
    book.tell(EventKind.RELEASED, reservation.code_id, call, **whose)
    return Verdict(made)


def _held(book: Book, call: Reserve, code: CodeRecord, now: datetime) -> ReservationRecord:
    return ReservationRecord(
        id=next(book.ids.reservations),
        code_id=code.id,
        group_id=code.group_id,
        customer_id=book.name(call.customer, call) if call.customer else None,
        holder=call.holder,
        created_at=now,
        expires_at=now + timedelta(seconds=call.seconds),
        ended_at=None,
        actor=call.caller.actor(),
    )
