"""Whether a code can be used: the one definition for validating, reserving and redeeming."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from app.domain import levels
from app.domain.activation import (
    ActivationStatus,
    activation_status,
    group_activation_status,
)
from app.domain.code_validity import check_code, instant, missing_customer, shortage
from app.domain.levels import (
    CheckedLevel,
    CheckedPromotion,
    Finding,
    Level,
    LevelStatus,
    Noun,
    Outcome,
    Severity,
    Validity,
    ValidityStatus,
    ValidityWarning,
)
from app.domain.reasons import Reason
from app.domain.validity_facts import (
    CashbackRules,
    CustomerRules,
    Gate,
    GroupRules,
    PromotionRules,
    Question,
    SwitchFacts,
    ValidityFacts,
)

Reasons = tuple[Reason, Reason, Reason, Reason]
"""Of a kind of gate: switched off, not started, ended, customer not aimed at."""

_CAMPAIGN: Final = (
    Reason.CAMPAIGN_DISABLED,
    Reason.CAMPAIGN_NOT_STARTED,
    Reason.CAMPAIGN_ENDED,
    Reason.NOT_IN_CAMPAIGN_TARGET,
)
_PROMOTION: Final = (
    Reason.PROMOTION_DISABLED,
    Reason.PROMOTION_NOT_STARTED,
    Reason.PROMOTION_ENDED,
    Reason.NOT_IN_PROMOTION_TARGET,
)
_GROUP: Final = (
    Reason.GROUP_DISABLED,
    Reason.GROUP_NOT_STARTED,
    Reason.GROUP_ENDED,
    Reason.NOT_IN_GROUP_TARGET,
)
_Found = tuple[CheckedLevel, tuple[ValidityWarning, ...]]


def validity(facts: ValidityFacts, question: Question, now: datetime) -> Validity:
    """Return what every rule says at `now`, all failures at once."""
    found = [_simple(Level.CODE, Noun.CODE, facts.code.id, check_code(facts, question, now))]
    if facts.group is not None:
        group = _check_group(facts, facts.group, question, now)
        found.append(_simple(Level.GROUP, Noun.CODE_GROUP, facts.group.gate.id, group))
    found.append(_promotion_level(facts, question, now))
    if facts.cashback is not None:
        cashback = list(_check_cashback(facts.cashback, facts.customer, question, now))
        found.append(_simple(Level.CASHBACK, Noun.CASHBACK, facts.cashback.id, cashback))
    checked = [level for level, _ in found]
    return Validity(
        redeemable=levels.redeemable(checked),
        validity_status=validity_status(facts, now),
        levels=tuple(level for level in checked if _is_listed(level, facts)),
        warnings=levels.sorted_warnings(warning for _, told in found for warning in told),
    )


def validity_status(facts: SwitchFacts, now: datetime) -> ValidityStatus:
    """Green when a promotion of the code, with its campaigns, is switched on and in its range.

    Source: "Promotion Code Search", Validity Status.
    """
    for gates in _entries(facts):
        statuses = {activation_status(gate.activation, now) for _, gate in gates}
        if statuses == {ActivationStatus.ACTIVE}:
            return ValidityStatus.VALID
    return ValidityStatus.INVALID


def _simple(level: Level, noun: Noun, entity_id: int, findings: Sequence[Finding]) -> _Found:
    if not findings:
        return _PASSED[level], ()
    fields = levels.checked(level, findings)
    told = levels.warnings((level, noun, entity_id), findings, Severity.BLOCKING)
    return CheckedLevel(level, levels.status_of(fields), fields), tuple(told)


_PASSED: Final = {
    level: CheckedLevel(level, LevelStatus.VALID, levels.checked(level, ())) for level in Level
}


def _is_listed(level: CheckedLevel, facts: ValidityFacts) -> bool:
    """A group says nothing new about a code with one promotion, as long as it is valid."""
    if level.level != Level.GROUP or level.status != LevelStatus.VALID:
        return True
    campaigns = {gate.id for gates in _entries(facts) for noun, gate in gates if noun == "Campaign"}
    return len(facts.promotions) > 1 or len(campaigns) > 1


def _check_group(
    facts: ValidityFacts, group: GroupRules, question: Question, now: datetime
) -> list[Finding]:
    status = group_activation_status(group.range(facts.promotions), now)
    customer, taken = facts.customer, facts.taken
    found = list(_check_gate(group.gate, _GROUP, facts, question, status))
    total = shortage(group.total_reuse_per_code, facts.code.uses, taken.reserved)
    if total:
        found.append(Finding("totalReusePerCode", Outcome.FAIL, Reason.GROUP_LIMIT_REACHED, *total))
    if group.reuse_per_customer is None:
        return found
    if customer is None:
        return [*found, missing_customer("reusePerCustomer", question)]
    own = shortage(group.reuse_per_customer, taken.group_uses, taken.group_reserved)
    if own:
        found.append(Finding("reusePerCustomer", Outcome.FAIL, Reason.GROUP_LIMIT_REACHED, *own))
    return found


_Gates = tuple[tuple[Noun, Gate], ...]


def _entries(facts: SwitchFacts) -> Iterator[_Gates]:
    """The gates of each promotion; without one, the owning campaign alone."""
    owner = (Noun.CAMPAIGN, facts.campaign)
    if not facts.promotions:
        yield (owner,)
    for promotion in facts.promotions:
        bundle = promotion.campaign
        own: _Gates = ((Noun.PROMOTION, promotion.gate),)
        if bundle is not None and bundle.id != facts.campaign.id:
            own += ((Noun.CAMPAIGN, bundle),)
        yield (*own, owner)


def _promotion_level(facts: ValidityFacts, question: Question, now: datetime) -> _Found:
    entries: list[CheckedPromotion] = []
    found: list[tuple[Noun, int, list[Finding]]] = []
    promotions: Sequence[PromotionRules | None] = facts.promotions or (None,)
    for promotion, gates in zip(promotions, _entries(facts), strict=True):
        per_gate = [
            (noun, gate.id, _gate(noun, gate, facts, question, now)) for noun, gate in gates
        ]
        findings = [finding for _, _, some in per_gate for finding in some]
        fields = levels.checked(Level.PROMOTION, findings)
        promotion_id = promotion.gate.id if promotion else None
        status = levels.status_of(fields) if findings else LevelStatus.VALID
        entries.append(CheckedPromotion(promotion_id, status, fields))
        found += per_gate
    status = levels.status_of_any(entries)
    severity = Severity.BLOCKING if status == LevelStatus.INVALID else Severity.INFO
    told = [
        warning
        for noun, gate_id, some in found
        for warning in levels.warnings((Level.PROMOTION, noun, gate_id), some, severity)
    ]
    return CheckedLevel(Level.PROMOTION, status, entries=tuple(entries)), tuple(told)


def _gate(
    noun: Noun, gate: Gate, facts: ValidityFacts, question: Question, now: datetime
) -> list[Finding]:
    reasons = _PROMOTION if noun == Noun.PROMOTION else _CAMPAIGN
    status = activation_status(gate.range, now)
    return list(_check_gate(gate, reasons, facts, question, status))


def _check_gate(
    gate: Gate,
    reasons: Reasons,
    facts: ValidityFacts,
    question: Question,
    status: ActivationStatus,
) -> Iterator[Finding]:
    disabled, not_started, ended, not_in_target = reasons
    if not gate.enabled:
        yield Finding("enabled", Outcome.FAIL, disabled, "false", "true")
    if not question.held and status == ActivationStatus.SCHEDULED:
        yield Finding("activation", Outcome.FAIL, not_started, status, _bounds(gate))
    if not question.held and status == ActivationStatus.ENDED:
        yield Finding("activation", Outcome.FAIL, ended, status, _bounds(gate))
    yield from _check_segments(gate, not_in_target, facts, question)
    yield from _check_application(gate, question)


def _bounds(gate: Gate) -> str | None:
    """The range as it is read: open where nothing stands."""
    if gate.active_from is None and gate.active_to is None:
        return None
    return f"{instant(gate.active_from) or ''}/{instant(gate.active_to) or ''}"


def _check_segments(
    gate: Gate, not_in_target: Reason, facts: ValidityFacts, question: Question
) -> Iterator[Finding]:
    if not gate.target_segments:
        return
    if facts.customer is None:
        yield missing_customer("targetSegments", question)
    elif not set(gate.target_segments) & set(facts.customer.segments):
        wanted = ", ".join(gate.target_segments)
        held = ", ".join(facts.customer.segments)
        yield Finding("targetSegments", Outcome.FAIL, not_in_target, held, wanted)


def _check_application(gate: Gate, question: Question) -> Iterator[Finding]:
    named = question.application
    if not gate.applications or named in gate.applications:
        return
    if named is None and not question.final:
        yield Finding("applications", Outcome.NOT_EVALUATED)
        return
    wanted = ", ".join(gate.applications)
    yield Finding("applications", Outcome.FAIL, Reason.WRONG_APPLICATION, named, wanted)


def _check_cashback(
    cashback: CashbackRules, customer: CustomerRules | None, question: Question, now: datetime
) -> Iterator[Finding]:
    if cashback.disabled_at is not None:
        yield Finding("enabled", Outcome.FAIL, Reason.CASHBACK_DISABLED, "false", "true")
    if cashback.redeemed_at is not None:
        yield Finding("redeemed", Outcome.FAIL, Reason.CASHBACK_REDEEMED, "true", "false")
    if cashback.charged_minor <= 0:
        yield Finding("chargedValue", Outcome.FAIL, Reason.CASHBACK_NOT_CHARGED)
    ends = cashback.expires_at
    if not question.held and ends is not None and now >= ends:
        yield Finding("expiresAt", Outcome.FAIL, Reason.CASHBACK_EXPIRED, instant(ends))
    if customer is None:
        yield missing_customer("customer", question)
    elif customer.id != cashback.customer_id:
        yield Finding("customer", Outcome.FAIL, Reason.NOT_AVAILABLE_TO_CUSTOMER)
