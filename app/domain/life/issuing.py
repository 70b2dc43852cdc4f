"""Giving a voucher out: one that is named, or the next one of a campaign for a basket."""

from collections.abc import Iterator
from datetime import datetime

from app.domain.activation import ActivationStatus, activation_status
from app.domain.availability import is_secret
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.codes import check_not_issued, check_not_withdrawn
from app.domain.events import EventKind
from app.domain.field_checks import invalid
from app.domain.issue_validity import Window, window
from app.domain.life.book import Book, LostRace
from app.domain.life.calls import Issue, IssueNext
from app.domain.life.records import CampaignRecord, CodeRecord, IssuingPromotion
from app.domain.life.verdicts import Made, MadeKind, Verdict
from app.domain.reasons import SENTENCES, Reason
from app.domain.refusals import Problem, Refusal, UserErrorCode
from app.domain.status import CodeStatus, status

_PROMOTION = {
    ActivationStatus.DISABLED: Reason.PROMOTION_DISABLED,
    ActivationStatus.SCHEDULED: Reason.PROMOTION_NOT_STARTED,
    ActivationStatus.ENDED: Reason.PROMOTION_ENDED,
}


def issue(book: Book, call: Issue, now: datetime) -> Verdict:
    """Issue a CREATED voucher, with the dates that its campaign's setting gives at this moment."""
    code = book.code_named(call.code)
    if code is None:
        return unknown_code()
    customer = book.facts.customers[call.customer].id if call.customer else None
    secret = is_secret(code, customer)
    campaign = book.facts.campaigns[code.campaign_id]
    found = [*_check_kind(campaign, "code"), *check_not_withdrawn(code.withdrawn_at, "code")]
    found += check_not_issued(code.kind, code.issued_at, "code")
    if code.suspended_at is not None:
        found.append(_problem(Reason.SUSPENDED, "code"))
    found += _check_customer(code.available_to, call)
    dates, against = _dates(campaign, now, "code")
    if found or against or dates is None:
        return Verdict(problems=(*found, *against), secret=secret)
    return _issued(book, call, code, dates, now)


def unknown_code() -> Verdict:
    """Refuse a call that names a code which does not exist."""
    problem = Problem(UserErrorCode.NOT_FOUND, SENTENCES[Reason.NOT_FOUND], ("code",))
    return Verdict(problems=(problem,), secret=True)


def issue_next(book: Book, call: IssueNext, now: datetime) -> Verdict:
    """Issue the oldest free voucher; the same basket and line get the same one again.

    When none is left, one is made where the campaign says so. Raises LostRace while somebody else
    holds codes that may become free.
    """
    campaign_id, found = _campaign(book, call, now)
    campaign = book.facts.campaigns.get(campaign_id or 0)
    field = "campaignId" if call.promotion_id is None else "promotionId"
    if found or campaign_id is None or campaign is None:
        return _refused(*(found or [_unknown("campaign", field)]))
    served = book.facts.baskets.get((campaign_id, call.basket_key))
    if served is not None:
        theirs = book.facts.given_to.get(served) == call.caller.id
        return Verdict(Made(MadeKind.CODE, served), replayed=True, given=theirs)
    dates, against = _dates(campaign, now, field)
    found = [*_check_kind(campaign, field), *_check_customer(campaign.available_to, call), *against]
    if found or dates is None:
        return _refused(*found)
    code = _next_free(book, campaign_id, now) or _made(book, campaign_id, campaign)
    if code is None:
        message = "The campaign has no code left to issue; generate more, or on demand."
        return _refused(Problem(UserErrorCode.NO_CODE_AVAILABLE, message, (field,)))
    # Codes of a pool keep who may use them from when they were made.
    found = list(_check_customer(code.available_to, call))
    if found:
        return _refused(*found)
    return _issued(book, call, code, dates, now)


def _campaign(book: Book, call: IssueNext, now: datetime) -> tuple[int | None, list[Problem]]:
    """The campaign that the call names, itself or by a promotion that issues codes now."""
    if call.promotion_id is None:
        return call.campaign_id, []
    promotion = book.facts.issuing.get(call.promotion_id)
    if promotion is None:
        return None, [_unknown("promotion", "promotionId")]
    return promotion.issue_campaign_id, list(_check_promotion(promotion, now))


def _check_promotion(promotion: IssuingPromotion, now: datetime) -> Iterator[Problem]:
    if promotion.issue_campaign_id is None:
        yield invalid("This promotion issues no codes; name another.", "promotionId")
    found = activation_status(promotion.gate.activation, now)
    if found in _PROMOTION:
        yield _problem(_PROMOTION[found], "promotionId")


def _next_free(book: Book, campaign_id: int, now: datetime) -> CodeRecord | None:
    for code_id in book.facts.pools.get(campaign_id, ()):
        code = book.facts.codes[code_id]
        if status(code, now) == CodeStatus.CREATED and code.suspended_at is None:
            return code
    if campaign_id in book.facts.contended:
        raise LostRace("codes of the campaign's pool")
    return None


def _made(book: Book, campaign_id: int, campaign: CampaignRecord) -> CodeRecord | None:
    supply = book.facts.supplies.get(campaign_id)
    if not supply:
        return None
    made = supply.pop(0)
    code = CodeRecord(
        id=next(book.ids.codes),
        kind=CampaignKind.VOUCHER,
        campaign_id=campaign_id,
        group_id=None,
        withdrawn_at=None,
        issued_at=None,
        uses=0,
        max_uses=campaign.maximum_uses,
        uses_per_customer=campaign.uses_per_customer,
        valid_from=None,
        valid_to=None,
        issued_to_id=None,
        available_to=campaign.available_to,
        suspended_at=None,
        version=0,
    )
    book.made_codes[code.id] = made
    book.facts.texts[made.normal_form] = code.id
    book.facts.codes[code.id] = code
    return code


def _issued(
    book: Book, call: Issue | IssueNext, code: CodeRecord, dates: Window, now: datetime
) -> Verdict:
    customer_id = book.name(call.customer, call) if call.customer else code.issued_to_id
    columns = {
        "issued_at": now,
        "issue_reference": call.reference,
        "issued_store": call.store,
        "issued_to_id": customer_id,
        "valid_from": dates[0],
        "valid_to": dates[1],
    }
    if isinstance(call, IssueNext):
        columns |= {"issued_by_id": call.promotion_id, "basket_key": call.basket_key}
        book.facts.baskets[code.campaign_id, call.basket_key] = code.id
        book.facts.given_to[code.id] = call.caller.id
    book.change_code(code, call, **columns)
    data = {"reference": call.reference, "store": call.store}
    book.tell(EventKind.ISSUED, code.id, call, customer_id=customer_id, data=data)
    return Verdict(Made(MadeKind.CODE, code.id))


def _check_kind(campaign: CampaignRecord, field: str) -> Iterator[Problem]:
    if campaign.kind != CampaignKind.VOUCHER:
        message = "Codes made elsewhere are in use at once; only vouchers are issued."
        yield Problem(UserErrorCode.CAMPAIGN_KIND_MISMATCH, message, (field,))
    if campaign.archived:
        message = "The campaign is archived, and that is final."
        yield Problem(UserErrorCode.CAMPAIGN_DISABLED, message, (field,))


def _check_customer(available_to: AvailableTo, call: Issue | IssueNext) -> Iterator[Problem]:
    if available_to != AvailableTo.ANY_CUSTOMER and call.customer is None:
        message = f"Who may use the code depends on who gets it ({available_to}); say who."
        yield Problem(UserErrorCode.AVAILABLE_TO_NEEDS_CUSTOMER, message, ("customerNumber",))


def _dates(
    campaign: CampaignRecord, now: datetime, field: str
) -> tuple[Window | None, tuple[Problem, ...]]:
    try:
        return window(campaign.issued_code_validity, now, campaign.zone), ()
    except Refusal as refusal:
        return None, tuple(problem.below(field) for problem in refusal.problems)


def _problem(reason: Reason, field: str) -> Problem:
    return Problem(reason.error, SENTENCES[reason], (field,))


def _unknown(what: str, field: str) -> Problem:
    return Problem(UserErrorCode.NOT_FOUND, f"There is no {what} with this id.", (field,))


def _refused(*problems: Problem) -> Verdict:
    return Verdict(problems=problems)
