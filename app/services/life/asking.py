"""From what a caller wrote to a call: every text is cleaned here, and every problem told at once.

What is refused here was never asked: it is not kept under the key.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from app.domain.batches import MAX_NUMBER_LENGTH
from app.domain.callers import Caller
from app.domain.code_text import CodeTextError, normal_form
from app.domain.codes import MAX_REASON_LENGTH, check_reason
from app.domain.credentials import NotYours
from app.domain.field_checks import (
    MAX_LABEL_LENGTH,
    check_instant,
    check_metadata,
    check_text,
    invalid,
)
from app.domain.jobs import MAX_REFERENCE_LENGTH
from app.domain.life import calls
from app.domain.lines import trimmed, trimmed_or_none
from app.domain.money import Money, MoneyError, MoneyText
from app.domain.orders import MAX_STORE_LENGTH
from app.domain.refusals import Problem, refuse_any
from app.services.idempotency import check_key

MAX_HOLDER_LENGTH: Final = 200
DEFAULT_SECONDS: Final = 15 * 60
MAX_SECONDS: Final = 7 * 24 * 3600
_NO_MONEY: Final = Money(0, "EUR")

Given = Mapping[str, Any]
Asks = Callable[[Caller, Given], calls.Call]


class _Reader:
    """Reads the fields of one input, and gathers what is wrong with them."""

    def __init__(self, caller: Caller, given: Given, *own: str) -> None:
        """`own` are the fields that name who asks; without any it is not for customers to ask."""
        self._given = given if caller.acting_for is None else _as_themselves(caller, given, own)
        self.problems: list[Problem] = []

    def code(self) -> str:
        try:
            return normal_form(self._given["code"])
        except CodeTextError as error:
            self.problems.append(error.problem("code"))
            return ""

    def key(self) -> str:
        key: str = self._given["idempotency_key"]
        self.problems += check_key(key)
        return key

    def text(self, name: str, field: str, most: int) -> str | None:
        """A line of text, trimmed; a blank one is none."""
        text = trimmed_or_none(self._given.get(name))
        if text is not None:
            self.problems += check_text(text, most, field)
        return text

    def number(self, name: str, field: str) -> str | None:
        return self.text(name, field, MAX_NUMBER_LENGTH)

    def needed(self, name: str, field: str, most: int = MAX_NUMBER_LENGTH) -> str:
        text = self.text(name, field, most)
        if text is None:
            self.problems.append(invalid(f"Enter 1 to {most} characters.", field))
        return text or ""

    def reason(self) -> str:
        reason: str = self._given.get("reason") or ""
        self.problems += check_reason(reason, "reason")
        return trimmed(reason)

    def money(self, name: str, *, signed: bool = False) -> Money | None:
        text: MoneyText | None = self._given.get(name)
        try:
            return text.money(signed=signed) if text else None
        except MoneyError as error:
            self.problems.append(error.problem(name))
            return None

    def instant(self, name: str, field: str) -> datetime | None:
        instant: datetime | None = self._given.get(name)
        self.problems += check_instant(instant, field)
        return instant

    def metadata(self) -> Mapping[str, Any]:
        """In one order of names: sent again in another order, it is the same request."""
        metadata: Mapping[str, Any] = self._given.get("metadata") or {}
        problems = list(check_metadata(metadata, "metadata"))
        self.problems += problems
        return {} if problems else json.loads(json.dumps(metadata, sort_keys=True))

    def row(self, name: str) -> int:
        number: int = self._given[name]
        return number


def _as_themselves(caller: Caller, given: Given, own: tuple[str, ...]) -> Given:
    """A customer's own token asks in its customer's name, whatever is left out, and in no other."""
    if not own:
        raise NotYours("This is for the shop's server, and not for a customer's own token.")
    for name in own:
        if trimmed_or_none(given.get(name)) not in {None, caller.customer_number}:
            raise NotYours("A customer's own token asks for that customer, and for nobody else.")
    return {**given, **dict.fromkeys(own, caller.customer_number)}


def redeem(caller: Caller, given: Given) -> calls.Redeem:
    read = _Reader(caller, given, "customer_number", "holder")
    call = calls.Redeem(
        caller=caller,
        key=read.key(),
        code=read.code(),
        customer=read.number("customer_number", "customerNumber"),
        order=read.number("order_number", "orderNumber"),
        amount=read.money("amount"),
        store=read.text("store", "store", MAX_STORE_LENGTH),
        application=read.text("application", "application", MAX_LABEL_LENGTH),
        holder=read.text("holder", "holder", MAX_HOLDER_LENGTH),
        reservation_id=given.get("reservation_id"),
        metadata=read.metadata(),
    )
    refuse_any(read.problems)
    return call


def validate(caller: Caller, given: Given) -> calls.Redeem | None:
    """What redeeming would be asked; None when the code is none at all."""
    read = _Reader(caller, given, "customer_number", "holder")
    customer = read.number("customer_number", "customerNumber")
    application = read.text("application", "application", MAX_LABEL_LENGTH)
    holder = read.text("holder", "holder", MAX_HOLDER_LENGTH)
    refuse_any(read.problems)
    code = read.code()
    if read.problems:
        return None
    return calls.Redeem(
        caller=caller, code=code, customer=customer, application=application, holder=holder
    )


def reserve(caller: Caller, given: Given) -> calls.Reserve:
    """The holder is the customer unless a session is named; one of them must be."""
    read = _Reader(caller, given, "customer_number", "holder")
    customer = read.number("customer_number", "customerNumber")
    holder = read.text("holder", "holder", MAX_HOLDER_LENGTH) or customer
    if holder is None:
        read.problems.append(invalid("Name the customer, or a session of yours.", "holder"))
    seconds = given.get("seconds")
    seconds = DEFAULT_SECONDS if seconds is None else seconds
    if not 1 <= seconds <= MAX_SECONDS:
        message = f"Hold it for 1 to {MAX_SECONDS:,} seconds, which are seven days."
        read.problems.append(invalid(message, "seconds"))
    call = calls.Reserve(
        caller=caller,
        key=read.key(),
        code=read.code(),
        customer=customer,
        holder=holder or "",
        seconds=seconds,
        store=read.text("store", "store", MAX_STORE_LENGTH),
        application=read.text("application", "application", MAX_LABEL_LENGTH),
    )
    refuse_any(read.problems)
    return call


def release(caller: Caller, given: Given) -> calls.Release:
    read = _Reader(caller, given, "holder")
    holder = read.text("holder", "holder", MAX_HOLDER_LENGTH)
    refuse_any(read.problems)
    return calls.Release(caller=caller, reservation_id=read.row("id"), holder=holder)


def reverse(caller: Caller, given: Given) -> calls.Reverse:
    read = _Reader(caller, given)
    reason = read.text("reason", "reason", MAX_REASON_LENGTH)
    call = calls.Reverse(caller=caller, key=read.key(), redemption_id=read.row("id"), reason=reason)
    refuse_any(read.problems)
    return call


def issue(caller: Caller, given: Given) -> calls.Issue:
    read = _Reader(caller, given)
    call = calls.Issue(
        caller=caller,
        key=read.key(),
        code=read.code(),
        reference=read.text("reference", "reference", MAX_REFERENCE_LENGTH),
        store=read.text("store", "store", MAX_STORE_LENGTH),
        customer=read.number("customer_number", "customerNumber"),
    )
    refuse_any(read.problems)
    return call


def issue_next(caller: Caller, given: Given) -> calls.IssueNext:
    """Exactly one of campaign and promotion is named."""
    read = _Reader(caller, given)
    campaign_id, promotion_id = given.get("campaign_id"), given.get("promotion_id")
    if (campaign_id is None) == (promotion_id is None):
        message = "Name the campaign, or a promotion that issues its codes; not both."
        read.problems.append(invalid(message, "campaignId"))
    call = calls.IssueNext(
        caller=caller,
        key=read.key(),
        campaign_id=campaign_id,
        promotion_id=promotion_id,
        reference=read.needed("reference", "reference", MAX_REFERENCE_LENGTH),
        line=read.text("line", "line", MAX_LABEL_LENGTH),
        store=read.text("store", "store", MAX_STORE_LENGTH),
        customer=read.number("customer_number", "customerNumber"),
    )
    refuse_any(read.problems)
    return call


Blocking = type[calls.Withdraw] | type[calls.Suspend] | type[calls.Resume]


def block(kind: Blocking) -> Asks:
    """Withdraw, suspend and resume name a code by its id, and a reason."""

    def asks(caller: Caller, given: Given) -> calls.Call:
        read = _Reader(caller, given)
        call = kind(caller=caller, code_id=read.row("id"), reason=read.reason())
        refuse_any(read.problems)
        return call

    return asks


def extend(caller: Caller, given: Given) -> calls.Extend:
    read = _Reader(caller, given)
    read.instant("valid_to", "validTo")
    call = calls.Extend(
        caller=caller, code_id=read.row("id"), valid_to=given["valid_to"], reason=read.reason()
    )
    refuse_any(read.problems)
    return call


def create_cashback(caller: Caller, given: Given) -> calls.CreateCashback:
    read = _Reader(caller, given)
    maximum = read.money("maximum_value")
    if maximum is not None and maximum.minor < 1:
        read.problems.append(invalid("The maximum must be above zero.", "maximumValue", "amount"))
    call = calls.CreateCashback(
        caller=caller,
        key=read.key(),
        code=read.code(),
        order=read.needed("order_number", "orderNumber"),
        customer=read.needed("customer_number", "customerNumber"),
        maximum=maximum or _NO_MONEY,
        expires_at=read.instant("expires_at", "expiresAt"),
    )
    refuse_any(read.problems)
    return call


def charge_cashback(caller: Caller, given: Given) -> calls.ChargeCashback:
    read = _Reader(caller, given)
    amount = read.money("amount", signed=True)
    if amount is not None and amount.minor == 0:
        read.problems.append(invalid("Charge more than nothing.", "amount", "amount"))
    call = calls.ChargeCashback(
        caller=caller,
        key=read.key(),
        cashback_id=read.row("id"),
        amount=amount or _NO_MONEY,
    )
    refuse_any(read.problems)
    return call


def switch_cashback(kind: type[calls.DisableCashback] | type[calls.EnableCashback]) -> Asks:
    def asks(caller: Caller, given: Given) -> calls.Call:
        return kind(caller=caller, cashback_id=_Reader(caller, given).row("id"))

    return asks
