"""The shop's groups, promotions, customers and orders, and what was done with its codes."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from tortoise.models import Model

from app.domain.customers import CustomerStatus, CustomerType
from app.domain.events import EventKind
from app.domain.promotions import DiscountKind, GroupActivation
from app.domain.redemptions import RedemptionState, ReservationEnd
from app.domain.rows import RowOutcome
from app.models import (
    Attempt,
    Cashback,
    CodeCustomer,
    CodeEvent,
    CodeGroup,
    Customer,
    GroupCustomer,
    Order,
    Promotion,
    PromotionGroup,
    Redemption,
    Reservation,
    RowResult,
)
from tests.graphql.shop_stamps import ACTOR, NOW, every, stamps

GROUPS, CUSTOMERS, ORDERS, REDEMPTIONS = 8, 9, 14, 40
HOLDERS = {2: "C-97", 7: "C-98", 10: "C-97"}
"""Reservations under the number of a customer; the second names another one as its customer."""


def groups() -> list[CodeGroup]:
    return [
        CodeGroup(
            id=number,
            campaign_id=1 + number % 7,
            key=f"GROUP{number}",
            name=f"Group {number % 3}{number}",
            enabled=number not in {3, 6},
            archived_at=every(number, 6, NOW),
            activation=list(GroupActivation)[number % 2],
            active_from=every(number, 4, NOW - timedelta(days=1)),
            active_to=every(number, 2, NOW + timedelta(days=number - 4)),
            total_reuse_per_code=every(number, 3, 5),
            reuse_per_customer=every(number, 2, number),
            in_store_redemption=number % 2 == 0,
            applications=["app"][: number % 2],
            target_segments=["vip", "press"][: number % 3],
            **stamps(number),
        )
        for number in range(1, GROUPS + 1)
    ]


def promotions() -> list[Promotion]:
    kinds = list(DiscountKind)
    return [
        Promotion(
            id=number,
            name=f"Promotion {number % 4}{number}",
            enabled=number not in {5, 9},
            archived_at=every(number, 9, NOW),
            active_from=every(number, 3, NOW + timedelta(hours=number - 5)),
            active_to=every(number, 2, NOW + timedelta(hours=2 * number - 8)),
            applications=["app"][: number % 2],
            target_segments=["vip"][: number % 3 % 2],
            campaign_id=None if number % 4 == 0 else 1 + number % 5,
            discount_kind=kinds[number % 5],
            discount_basis_points=1_250 if kinds[number % 5] == DiscountKind.PERCENT else None,
            discount_amount_minor=500 if kinds[number % 5] == DiscountKind.AMOUNT else None,
            discount_currency="JPY" if kinds[number % 5] == DiscountKind.AMOUNT else None,
            gift_sku="MUG" if kinds[number % 5] == DiscountKind.GIFT else None,
            issue_campaign_id=2 if kinds[number % 5] == DiscountKind.ISSUE_CODE else None,
            **stamps(number),
        )
        for number in range(1, 11)
    ]


def links() -> list[PromotionGroup]:
    """Some groups have no promotion, and some promotions no group."""
    pairs = [(p, g) for g in range(1, GROUPS) for p in range(1, 9) if (p + g) % 3 == 0 and g != 5]
    return [
        PromotionGroup(id=number, promotion_id=promotion, group_id=group)
        for number, (promotion, group) in enumerate(pairs, 1)
    ]


def customers() -> list[Customer]:
    return [
        Customer(
            id=number,
            number=f"C-{100 - number}",
            login=every(number, 2, f"login{number}"),
            # Two of them share an address.
            email=every(number, 3, f"one{number % 2}@example.org"),
            first_name=every(number, 2, "Änne"),
            last_name=every(number, 2, f"O'Neil {number}"),
            type=list(CustomerType)[number % 2],
            status=list(CustomerStatus)[number % 3],
            segments=["vip"][: number % 2],
            erased_at=NOW if number == 7 else None,
            **stamps(number),
        )
        for number in range(1, CUSTOMERS + 1)
    ]


def orders() -> list[Order]:
    return [
        Order(
            id=number,
            number=f"O-{number % 4}{number}",
            customer_id=None if number % 5 == 0 else 1 + number % CUSTOMERS,
            store=every(number, 2, "Bonn"),
            application=every(number, 3, "app"),
            placed_at=every(number, 2, NOW - timedelta(days=number)),
            total_minor=every(number, 2, 1_005 * number),
            currency=every(number, 2, ["EUR", "JPY", "KWD"][number % 3]),
            status=every(number, 3, "shipped"),
            deleted=number % 6 == 0,
            **stamps(number),
        )
        for number in range(1, ORDERS + 1)
    ]


def redemptions() -> list[Redemption]:
    return [_redemption(number) for number in range(1, REDEMPTIONS + 1)]


def _redemption(number: int) -> Redemption:
    code = 1 + number % 12
    order = None if number % 4 == 0 else 1 + number % ORDERS
    turned = number % 3 == 1 or number > ORDERS
    return Redemption(
        id=number,
        code_id=code,
        campaign_id=1 + code % 7,
        group_id=every(number, 3, 1 + number % GROUPS),
        customer_id=None if number % 5 == 0 else 1 + number % 4,
        order_id=order,
        order_number=order and f"O-{order % 4}{order}",
        amount_minor=every(number, 2, 250 * number),
        currency=every(number, 2, "EUR"),
        store=every(number, 2, "Bonn"),
        application=every(number, 3, "app"),
        promotion_ids=[[], [1], [9, 2, 4]][number % 3],
        state=RedemptionState.REVERSED if turned else RedemptionState.CONFIRMED,
        redeemed_at=NOW - timedelta(hours=number),
        reversed_at=NOW if turned else None,
        reversal_reason="Returned." if turned and number % 2 else None,
        reversal_actor={**ACTOR, "name": "Support"} if turned else None,
        reservation_id=every(number, 6, 1 + number % 10),
        metadata={"n": number} if number % 2 else {},
        actor={**ACTOR, "name": f"Shop {number % 2}"},
    )


def reservations() -> list[Reservation]:
    return [
        Reservation(
            id=number,
            code_id=1 + number % 6,
            group_id=every(number, 3, 1 + number % GROUPS),
            customer_id=None if number % 3 == 0 else 1 + number % 4,
            holder=HOLDERS.get(number, f"session-{number}"),
            expires_at=NOW + timedelta(minutes=number % 4 - 1),
            ended_at=every(number, 4, NOW - timedelta(seconds=number)),
            end_reason=every(number, 4, list(ReservationEnd)[number % 3]),
            redemption_id=every(number, 4, number),
            actor=ACTOR,
            created_at=NOW - timedelta(minutes=30),
        )
        for number in range(1, 21)
    ]


def cashbacks() -> list[Cashback]:
    return [
        Cashback(
            id=number,
            code_id=10 * number,
            earning_order_id=1 + number % ORDERS,
            customer_id=1 + number % 3,
            maximum_minor=1_000 * number,
            charged_minor=0 if number % 2 else 999,
            currency="EUR",
            expires_at=every(number, 3, NOW),
            disabled_at=every(number, 4, NOW),
            redeemed_at=every(number, 5, NOW),
            version=1,
            actor=ACTOR,
            created_at=NOW - timedelta(days=1),
            updated_at=NOW,
        )
        for number in range(1, 9)
    ]


def events() -> list[CodeEvent]:
    kinds = list(EventKind)
    return [
        CodeEvent(
            id=number,
            # The last codes were deleted since.
            code_id=115 + number % 9 if number > 20 else 1 + number % 10,
            campaign_id=1 + number % 7,
            kind=kinds[number % 10],
            at=NOW - timedelta(minutes=number),
            customer_id=every(number, 2, 1 + number % CUSTOMERS),
            redemption_id=every(number, 4, number),
            reservation_id=every(number, 7, number),
            job_id=every(number, 5, 1 + number % 12),
            idempotency_key=every(number, 4, "key"),
            data={"reason": "é", "fields": ["b", "a"]} if number % 3 else {},
            actor={**ACTOR, "channel": ["API", "CLI", "JOB"][number % 3]},
        )
        for number in range(1, 31)
    ]


def attempts() -> list[Attempt]:
    return [
        Attempt(
            id=number,
            caller_id="demo",
            subject=str(number),
            code_id=every(number, 2, 1 + number % 12),
            operation=["redeemCode", "reserveCode"][number % 2],
            reasons=["EXPIRED", "EXPIRED,SUSPENDED"][number % 2],
            customer_id=every(number, 3, 1 + number % 4),
            store=every(number, 4, "Bonn"),
            minute=NOW.replace(second=0, microsecond=0),
            at=NOW - timedelta(minutes=number),
            count=number,
            actor=ACTOR,
        )
        for number in range(1, 13)
    ]


def row_results() -> list[RowResult]:
    outcomes = list(RowOutcome)
    return [_row_result(job, row, outcomes[row % 6]) for job in (1, 3) for row in range(1, 8)]


def _row_result(job: int, row: int, outcome: RowOutcome) -> RowResult:
    message: dict[str, Any] = {"severity": "ERROR", "code": "CODE_BAD_CHAR", "value": "ü"}
    return RowResult(
        job_id=job,
        row=row,
        line=2 * row,
        code_text=[None, "not ü code", f"sum-{row:05d}", "LONGER-THAN-TEN-1"][row % 4],
        outcome=outcome,
        messages=[message] if outcome == RowOutcome.FAILED else [],
    )


def code_customers() -> list[CodeCustomer]:
    return [
        CodeCustomer(code_id=code, customer_id=customer, uses=code % 3 + customer, cap=None)
        for code in (1, 2, 3, 9, 18)
        for customer in (1, 2)
    ]


def group_customers() -> list[GroupCustomer]:
    return [
        GroupCustomer(group_id=group, customer_id=customer, uses=group - 1, cap=None, seq=group)
        for group in (1, 2, 4, 6)
        for customer in (2, 3, 6)
    ]


Table = tuple[type[Model], Callable[[], Sequence[Any]]]
TABLES: tuple[Table, ...] = (
    (CodeGroup, groups),
    (Promotion, promotions),
    (PromotionGroup, links),
    (Customer, customers),
    (Order, orders),
)
AFTER_CODES: tuple[Table, ...] = (
    (Reservation, reservations),
    (Redemption, redemptions),
    (Cashback, cashbacks),
    (CodeEvent, events),
    (Attempt, attempts),
    (RowResult, row_results),
    (CodeCustomer, code_customers),
    (GroupCustomer, group_customers),
)
