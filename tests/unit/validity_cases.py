"""A code that can be used, and everything that can stand in its way, one thing at a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.customers import CustomerStatus
from app.domain.promotions import GroupActivation
from app.domain.validity_facts import (
    CashbackRules,
    CodeRules,
    CustomerRules,
    Gate,
    GroupRules,
    PromotionRules,
    Taken,
    ValidityFacts,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
OWNER, OTHER = 70, 71
CODE = CodeRules(
    kind=CampaignKind.VOUCHER,
    withdrawn_at=None,
    issued_at=PAST,
    uses=1,
    max_uses=5,
    valid_to=FUTURE,
    id=1,
    valid_from=NOW,
    uses_per_customer=2,
    issued_to_id=OWNER,
    available_to=AvailableTo.ONLY_ISSUED_TO,
    suspended_at=None,
)


def gate(number: int, **values: Any) -> Gate:  # noqa: ANN401 - any fact of a gate
    usual = {
        "enabled": True,
        "active_from": NOW,
        "active_to": FUTURE,
        "applications": ("web", "app"),
        "target_segments": ("gold", "new"),
    }
    return Gate(number, **{**usual, **values})


FACTS = ValidityFacts(
    code=CODE,
    campaign=gate(10),
    group=GroupRules(gate(20), GroupActivation.OWN_RANGE, 5, 3),
    promotions=(PromotionRules(gate(30), gate(11)),),
    taken=Taken(1, 1, 0, 1, 1),
    cashback=CashbackRules(
        disabled_at=None,
        redeemed_at=None,
        expires_at=FUTURE,
        charged_minor=100,
        id=40,
        customer_id=OWNER,
        currency="EUR",
    ),
    customer=CustomerRules(OWNER, CustomerStatus.ACTIVE, ("new",)),
)
Change = Callable[[ValidityFacts], ValidityFacts]
Place = tuple[str, str, int, str, str]


def code(**values: Any) -> Change:  # noqa: ANN401 - any fact of a code
    return lambda facts: replace(facts, code=replace(facts.code, **values))


def taken(**values: int) -> Change:
    return lambda facts: replace(facts, taken=replace(facts.taken, **values))


def campaign(**values: Any) -> Change:  # noqa: ANN401 - any fact of a gate
    return lambda facts: replace(facts, campaign=replace(facts.campaign, **values))


def group(**values: Any) -> Change:  # noqa: ANN401 - any fact of a gate
    def change(facts: ValidityFacts) -> ValidityFacts:
        assert facts.group is not None
        return replace(facts, group=replace(facts.group, gate=replace(facts.group.gate, **values)))

    return change


def promotion(**values: Any) -> Change:  # noqa: ANN401 - any fact of a gate
    def change(facts: ValidityFacts) -> ValidityFacts:
        (only,) = facts.promotions
        return replace(facts, promotions=(replace(only, gate=replace(only.gate, **values)),))

    return change


def bundle(**values: Any) -> Change:  # noqa: ANN401 - any fact of a gate
    def change(facts: ValidityFacts) -> ValidityFacts:
        (only,) = facts.promotions
        assert only.campaign is not None
        bundled = replace(only, campaign=replace(only.campaign, **values))
        return replace(facts, promotions=(bundled,))

    return change


def cashback(**values: Any) -> Change:  # noqa: ANN401 - any fact of a cashback
    def change(facts: ValidityFacts) -> ValidityFacts:
        assert facts.cashback is not None
        return replace(facts, cashback=replace(facts.cashback, **values))

    return change


def blocked(facts: ValidityFacts) -> ValidityFacts:
    assert facts.customer is not None
    return replace(facts, customer=replace(facts.customer, status=CustomerStatus.BLOCKED))


def issue_only(facts: ValidityFacts) -> ValidityFacts:
    return replace(facts, issue_only=True)


def _gates() -> list[tuple[Change, list[Place]]]:
    found: list[tuple[Change, list[Place]]] = []
    for change, level, noun, number, word in (
        (group, "GROUP", "CodeGroup", 20, "GROUP"),
        (promotion, "PROMOTION", "Promotion", 30, "PROMOTION"),
        (bundle, "PROMOTION", "Campaign", 11, "CAMPAIGN"),
        (campaign, "PROMOTION", "Campaign", 10, "CAMPAIGN"),
    ):
        place = (level, noun, number)
        found += [
            (change(enabled=False), [(*place, "enabled", f"{word}_DISABLED")]),
            (
                change(active_from=FUTURE, active_to=None),
                [(*place, "activation", f"{word}_NOT_STARTED")],
            ),
            (
                change(active_from=None, active_to=NOW),
                [(*place, "activation", f"{word}_ENDED")],
            ),
            (
                change(target_segments=("vip",)),
                [(*place, "targetSegments", f"NOT_IN_{word}_TARGET")],
            ),
            (change(applications=("till",)), [(*place, "applications", "WRONG_APPLICATION")]),
        ]
    return found


OF_CODE = ("CODE", "Code", 1)
OF_GROUP = ("GROUP", "CodeGroup", 20)
OF_CASHBACK = ("CASHBACK", "Cashback", 40)
DEFECTS: list[tuple[Change, list[Place]]] = [
    (code(withdrawn_at=PAST), [(*OF_CODE, "status", "WITHDRAWN")]),
    (code(issued_at=None), [(*OF_CODE, "status", "NOT_ISSUED")]),
    (code(suspended_at=PAST), [(*OF_CODE, "suspended", "SUSPENDED")]),
    (code(valid_from=FUTURE), [(*OF_CODE, "validFrom", "NOT_YET_VALID")]),
    (code(valid_to=NOW), [(*OF_CODE, "validTo", "EXPIRED")]),
    (code(max_uses=1), [(*OF_CODE, "usesRemaining", "FULLY_REDEEMED")]),
    (code(max_uses=2), [(*OF_CODE, "usesRemaining", "RESERVED")]),
    (
        taken(customer_uses=2),
        [(*OF_CODE, "customerUsesRemaining", "CUSTOMER_LIMIT_REACHED")],
    ),
    (
        taken(customer_reserved=1),
        [(*OF_CODE, "customerUsesRemaining", "CUSTOMER_LIMIT_REACHED")],
    ),
    (
        code(issued_to_id=OTHER),
        [(*OF_CODE, "availableTo", "NOT_AVAILABLE_TO_CUSTOMER")],
    ),
    (
        code(available_to=AvailableTo.ANY_EXCEPT_ISSUED_TO),
        [(*OF_CODE, "availableTo", "NOT_AVAILABLE_TO_CUSTOMER")],
    ),
    (blocked, [(*OF_CODE, "customer.status", "CUSTOMER_INACTIVE")]),
    (issue_only, [(*OF_CODE, "issueOnly", "ISSUE_ONLY")]),
    (taken(reserved=4), [
        (*OF_CODE, "usesRemaining", "RESERVED"),
        (*OF_GROUP, "totalReusePerCode", "GROUP_LIMIT_REACHED"),
    ]),
    (taken(group_uses=2), [(*OF_GROUP, "reusePerCustomer", "GROUP_LIMIT_REACHED")]),
    (taken(group_reserved=2), [(*OF_GROUP, "reusePerCustomer", "GROUP_LIMIT_REACHED")]),
    *_gates(),
    (cashback(disabled_at=PAST), [(*OF_CASHBACK, "enabled", "CASHBACK_DISABLED")]),
    (cashback(redeemed_at=PAST), [(*OF_CASHBACK, "redeemed", "CASHBACK_REDEEMED")]),
    (cashback(charged_minor=0), [(*OF_CASHBACK, "chargedValue", "CASHBACK_NOT_CHARGED")]),
    (cashback(expires_at=NOW), [(*OF_CASHBACK, "expiresAt", "CASHBACK_EXPIRED")]),
    (cashback(customer_id=OTHER), [(*OF_CASHBACK, "customer", "NOT_AVAILABLE_TO_CUSTOMER")]),
]  # fmt: skip
