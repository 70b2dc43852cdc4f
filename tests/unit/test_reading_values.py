"""Small objects of answers: what is stored, and how it is shown."""

import pytest

from app.domain.promotions import DiscountKind
from app.reading.nouns.cashback import ChargedFacts, MaximumFacts, charged_value, maximum_value
from app.reading.nouns.history import ReasonsFacts, reasons
from app.reading.nouns.money import Money, money_if, money_of
from app.reading.nouns.order import TotalFacts, total
from app.reading.nouns.promotion import Discount, DiscountFacts, discount
from app.reading.nouns.redemption import AmountFacts, amount


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (1_250, "EUR", "12.50"),
        (5, "EUR", "0.05"),
        (0, "EUR", "0.00"),
        (1_200, "JPY", "1200"),
        (5, "KWD", "0.005"),
        (2**63 - 1, "EUR", "92233720368547758.07"),
    ],
)
def test_money_is_shown_in_the_decimals_of_its_currency(
    minor: int, currency: str, shown: str
) -> None:
    expected = Money(shown, currency)
    assert money_of(minor, currency) == expected
    assert money_if(minor, currency) == expected
    assert total(TotalFacts(minor, currency)) == expected
    assert amount(AmountFacts(minor, currency)) == expected
    assert maximum_value(MaximumFacts(minor, currency)) == expected
    assert charged_value(ChargedFacts(minor, currency)) == expected


@pytest.mark.parametrize(("minor", "currency"), [(None, None), (None, "EUR"), (5, None)])
def test_no_money_is_shown_of_what_is_not_stored(minor: int | None, currency: str | None) -> None:
    assert money_if(minor, currency) is None


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        (1, "0.01"),
        (10, "0.1"),
        (99, "0.99"),
        (100, "1"),
        (1_000, "10"),
        (1_250, "12.5"),
        (1_234, "12.34"),
        # No exponent: 1E+2 would be no plain decimal.
        (10_000, "100"),
    ],
)
def test_a_percentage_is_shown_without_needless_zeros(points: int, shown: str) -> None:
    facts = DiscountFacts(DiscountKind.PERCENT, points, None, None, None)
    assert discount(facts) == Discount(DiscountKind.PERCENT, shown, None, None)


def test_a_discount_has_what_its_kind_has() -> None:
    facts = DiscountFacts(DiscountKind.AMOUNT, None, 500, "JPY", None)
    assert discount(facts) == Discount(DiscountKind.AMOUNT, None, Money("500", "JPY"), None)
    gift = DiscountFacts(DiscountKind.GIFT, None, None, None, "MUG")
    assert discount(gift) == Discount(DiscountKind.GIFT, None, None, "MUG")
    free = DiscountFacts(DiscountKind.FREE_SHIPPING, None, None, None, None)
    assert discount(free) == Discount(DiscountKind.FREE_SHIPPING, None, None, None)


def test_reasons_are_listed_in_the_order_of_their_text() -> None:
    assert reasons(ReasonsFacts("EXPIRED")) == ["EXPIRED"]
    assert reasons(ReasonsFacts("SUSPENDED,EXPIRED")) == ["SUSPENDED", "EXPIRED"]
