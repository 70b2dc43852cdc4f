from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain.money import Money, MoneyText
from app.domain.promotions import (
    Discount,
    DiscountKind,
    PromotionDraft,
    check_promotion,
    stored_discount,
    tidied,
)
from app.domain.refusals import UserErrorCode

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
PERCENT = Discount(DiscountKind.PERCENT, percent=Decimal(10))
PROMOTION = PromotionDraft("Ten per cent", PERCENT)
EURO = MoneyText("1.00", "EUR")


@pytest.mark.parametrize(
    "discount",
    [
        Discount(DiscountKind.PERCENT, percent=Decimal("0.01")),
        Discount(DiscountKind.PERCENT, percent=Decimal("100.00")),
        Discount(DiscountKind.AMOUNT, amount=MoneyText("1", "JPY")),
        Discount(DiscountKind.FREE_SHIPPING),
        Discount(DiscountKind.GIFT, gift_sku="x" * 100),
        Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=7),
    ],
)
def test_discounts_that_are_fine(discount: Discount) -> None:
    assert check_promotion(replace(PROMOTION, discount=discount)) == []


@pytest.mark.parametrize(
    ("discount", "told"),
    [
        (None, [("discount", "Say what the promotion gives.")]),
        (Discount(DiscountKind.PERCENT), [("discount.percent", "PERCENT needs this.")]),
        (
            Discount(DiscountKind.PERCENT, percent=Decimal(0)),
            [("discount.percent", "Enter 0.01 to 100 per cent, with at most two decimals.")],
        ),
        (
            Discount(DiscountKind.PERCENT, percent=Decimal("100.01")),
            [("discount.percent", "Enter 0.01 to 100 per cent, with at most two decimals.")],
        ),
        (Discount(DiscountKind.AMOUNT), [("discount.amount", "AMOUNT needs this.")]),
        (
            Discount(DiscountKind.PERCENT, percent=Decimal("12.345")),
            [("discount.percent", "Enter 0.01 to 100 per cent, with at most two decimals.")],
        ),
        (
            Discount(DiscountKind.PERCENT, percent=Decimal("-" + "9" * 30 + "." + "9" * 30)),
            [("discount.percent", "Enter 0.01 to 100 per cent, with at most two decimals.")],
        ),
        (
            Discount(DiscountKind.PERCENT, percent=Decimal("1." + "0" * 29 + "1")),
            [("discount.percent", "Enter 0.01 to 100 per cent, with at most two decimals.")],
        ),
        (
            Discount(DiscountKind.AMOUNT, amount=MoneyText("0", "EUR")),
            [("discount.amount.amount", "Enter an amount above zero.")],
        ),
        (
            Discount(DiscountKind.AMOUNT, amount=MoneyText("1.001", "EUR")),
            [("discount.amount.amount", "EUR has 2 decimals; round the amount to them.")],
        ),
        (
            Discount(DiscountKind.AMOUNT, amount=MoneyText("1", "XXX")),
            [
                (
                    "discount.amount.currencyCode",
                    "Use the code of an active currency of ISO 4217, in capitals: EUR.",
                )
            ],
        ),
        (
            Discount(DiscountKind.GIFT, gift_sku=" "),
            [("discount.giftSku", "Enter 1 to 100 characters.")],
        ),
        (
            Discount(DiscountKind.GIFT, gift_sku="M\0"),
            [("discount.giftSku", "The text holds a character that cannot be stored.")],
        ),
        (
            Discount(DiscountKind.FREE_SHIPPING, Decimal(10), EURO, "MUG", 7),
            [
                (f"discount.{name}", "FREE_SHIPPING has nothing to do with this; leave it out.")
                for name in ("percent", "amount", "giftSku", "issueCampaignId")
            ],
        ),
        (
            Discount(DiscountKind.ISSUE_CODE, gift_sku="MUG"),
            [
                ("discount.giftSku", "ISSUE_CODE has nothing to do with this; leave it out."),
                ("discount.issueCampaignId", "ISSUE_CODE needs this."),
            ],
        ),
    ],
)
def test_what_a_discount_cannot_be(discount: Discount | None, told: list[tuple[str, str]]) -> None:
    problems = check_promotion(replace(PROMOTION, discount=discount))
    assert [(".".join(problem.field), problem.message) for problem in problems] == told
    assert {problem.code for problem in problems} == {UserErrorCode.INVALID_VALUE}


def test_all_problems_are_told_at_once() -> None:
    draft = PromotionDraft(
        "",
        Discount(DiscountKind.GIFT),
        active_from=JULY,
        active_to=JUNE,
        applications=("",),
        group_ids=(1, 2, 1, 2),
    )
    assert [(problem.code, ".".join(problem.field)) for problem in check_promotion(draft)] == [
        (UserErrorCode.INVALID_VALUE, "name"),
        (UserErrorCode.VALID_TO_BEFORE_FROM, "activeTo"),
        (UserErrorCode.INVALID_VALUE, "applications.0"),
        (UserErrorCode.INVALID_VALUE, "discount.giftSku"),
        (UserErrorCode.INVALID_VALUE, "groupIds.2"),
        (UserErrorCode.INVALID_VALUE, "groupIds.3"),
    ]


def test_a_promotion_has_some_groups_at_most() -> None:
    assert check_promotion(replace(PROMOTION, group_ids=tuple(range(100)))) == []
    (problem,) = check_promotion(replace(PROMOTION, group_ids=tuple(range(101))))
    assert (problem.field, problem.message) == (("groupIds",), "At most 100 groups are allowed.")


@pytest.mark.parametrize(
    ("given", "trimmed"),
    [
        ({"name": " A\n", "applications": (" web ",)}, {"name": "A", "applications": ("web",)}),
        ({"target_segments": ("vip ",)}, {"target_segments": ("vip",)}),
        (
            {"discount": Discount(DiscountKind.GIFT, gift_sku=" MUG ")},
            {"discount": Discount(DiscountKind.GIFT, gift_sku="MUG")},
        ),
        (
            {"discount": Discount(DiscountKind.AMOUNT, amount=MoneyText("1", "EUR"))},
            {"discount": Discount(DiscountKind.AMOUNT, amount=EURO)},
        ),
        (
            {"discount": Discount(DiscountKind.AMOUNT, amount=MoneyText("1", "XXX"))},
            {"discount": Discount(DiscountKind.AMOUNT, amount=MoneyText("1", "XXX"))},
        ),
        ({"discount": None}, {"discount": None}),
    ],
)
def test_tidying_trims_texts(given: dict[str, Any], trimmed: dict[str, Any]) -> None:
    assert tidied(replace(PROMOTION, **given)) == replace(PROMOTION, **trimmed)


def test_a_discount_is_the_same_when_it_was_stored() -> None:
    percent = Discount(DiscountKind.PERCENT, percent=Decimal("12.5"))
    assert (percent.basis_points, percent.money()) == (1_250, None)
    assert stored_discount(DiscountKind.PERCENT, 1_250, None, None, None) == percent
    amount = Discount(DiscountKind.AMOUNT, amount=EURO)
    assert (amount.basis_points, amount.money()) == (None, Money(100, "EUR"))
    assert stored_discount(DiscountKind.AMOUNT, None, Money(100, "EUR"), None, None) == amount
