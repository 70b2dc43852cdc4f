"""The rules that a code carries itself: its status, dates, limits, and who may use it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.domain.availability import unavailable
from app.domain.customers import CustomerStatus
from app.domain.levels import Finding, Outcome
from app.domain.reasons import Reason
from app.domain.redemption_status import use_count
from app.domain.status import CodeStatus, status
from app.domain.validity_facts import CodeRules, Question, ValidityFacts

# A code that is used up or expired says so at its limit and its end.
_BY_STATUS: Final = {
    CodeStatus.WITHDRAWN: Reason.WITHDRAWN,
    CodeStatus.CREATED: Reason.NOT_ISSUED,
}
_USABLE: Final = {CodeStatus.ISSUED, CodeStatus.ACTIVE}


def check_code(facts: ValidityFacts, question: Question, now: datetime) -> list[Finding]:
    """Return every failure at the level of the code."""
    code = facts.code
    found = list(_check_status(code, question, now))
    if code.suspended_at is not None:
        found.append(Finding("suspended", Outcome.FAIL, Reason.SUSPENDED, "true", "false"))
    if not question.held:
        found += _check_dates(code, now)
    found += _check_uses(facts)
    found += _check_customer(facts, question)
    if facts.issue_only:
        found.append(Finding("issueOnly", Outcome.FAIL, Reason.ISSUE_ONLY, "true", "false"))
    return found


def _check_status(code: CodeRules, question: Question, now: datetime) -> Iterator[Finding]:
    found = status(replace(code, valid_to=None) if question.held else code, now)
    if found not in _USABLE:
        yield Finding("status", Outcome.FAIL, _BY_STATUS.get(found), found)


def _check_dates(code: CodeRules, now: datetime) -> Iterator[Finding]:
    if code.valid_from is not None and now < code.valid_from:
        yield Finding("validFrom", Outcome.FAIL, Reason.NOT_YET_VALID, instant(code.valid_from))
    if code.valid_to is not None and now >= code.valid_to:
        yield Finding("validTo", Outcome.FAIL, Reason.EXPIRED, instant(code.valid_to))


def _check_uses(facts: ValidityFacts) -> Iterator[Finding]:
    code, reserved = facts.code, facts.taken.reserved
    short = shortage(code.max_uses, code.uses, reserved)
    if short:
        used_up = shortage(code.max_uses, code.uses, 0)
        reason = Reason.FULLY_REDEEMED if used_up else Reason.RESERVED
        yield Finding("usesRemaining", Outcome.FAIL, reason, *short)


def _check_customer(facts: ValidityFacts, question: Question) -> Iterator[Finding]:
    code, customer, taken = facts.code, facts.customer, facts.taken
    if customer is None:
        if code.uses_per_customer is not None:
            yield missing_customer("customerUsesRemaining", question)
        if unavailable(code.available_to, code.issued_to_id, None):
            yield missing_customer("availableTo", question)
        return
    short = shortage(code.uses_per_customer, taken.customer_uses, taken.customer_reserved)
    if short:
        reason = Reason.CUSTOMER_LIMIT_REACHED
        yield Finding("customerUsesRemaining", Outcome.FAIL, reason, *short)
    reason_not = unavailable(code.available_to, code.issued_to_id, customer.id)
    if reason_not:
        yield Finding("availableTo", Outcome.FAIL, reason_not, required=code.available_to)
    if customer.status != CustomerStatus.ACTIVE:
        reason = Reason.CUSTOMER_INACTIVE
        yield Finding("customer.status", Outcome.FAIL, reason, customer.status, "ACTIVE")


def missing_customer(field: str, question: Question) -> Finding:
    """Tell of a field that depends on a customer when none was named: nobody is guessed."""
    if question.final:
        return Finding(field, Outcome.FAIL, Reason.CUSTOMER_REQUIRED)
    return Finding(field, Outcome.NOT_EVALUATED)


def shortage(limit: int | None, used: int, reserved: int) -> tuple[str, str] | None:
    """Tell what is taken and the limit, when there is no use left for another one."""
    if use_count(used, limit, reserved).available != 0:
        return None
    return str(used + reserved), str(limit)


def instant(at: datetime | None) -> str | None:
    """Return an instant as the API writes it."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}Z"
