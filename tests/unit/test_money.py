from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import DECIMALS, MAX_MINOR, Money, MoneyError, parse_money
from app.domain.refusals import Problem, UserErrorCode

CURRENCIES = st.sampled_from(sorted(DECIMALS))
MONEY = st.builds(Money, st.integers(-MAX_MINOR, MAX_MINOR), CURRENCIES)
FORM = (
    "Write the amount in plain decimals, with at most 30 digits on each side of the point: 12.50."
)
LARGE = "The amount is too large to be kept; 63 bits of minor units fit."
NO_NUMBER = "An amount is a number; it is not infinite and not NaN."
UNKNOWN = "Use the code of an active currency of ISO 4217, in capitals: EUR."


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "written"),
    [
        ("12.50", "EUR", 1250, "12.50"),
        ("12.5", "EUR", 1250, "12.50"),
        ("12", "EUR", 1200, "12.00"),
        ("0.01", "USD", 1, "0.01"),
        ("0", "USD", 0, "0.00"),
        ("007", "USD", 700, "7.00"),
        ("-0.00", "USD", 0, "0.00"),
        ("1200", "JPY", 1200, "1200"),
        ("0", "JPY", 0, "0"),
        ("0.005", "KWD", 5, "0.005"),
        ("1.0001", "UYW", 10_001, "1.0001"),
        ("92233720368547758.07", "EUR", MAX_MINOR, "92233720368547758.07"),
        (Decimal("12.50"), "EUR", 1250, "12.50"),
        (Decimal("1.2E+3"), "JPY", 1200, "1200"),
        (Decimal("1E+3"), "EUR", 100_000, "1000.00"),
    ],
)
def test_amounts_are_kept_in_minor_units(
    amount: str | Decimal, currency: str, minor: int, written: str
) -> None:
    money = parse_money(amount, currency)
    assert money == Money(minor, currency)
    assert money.amount == written


@pytest.mark.parametrize(
    ("amount", "currency", "part", "message"),
    [
        ("1", "XXX", "currencyCode", UNKNOWN),
        ("1", "eur", "currencyCode", UNKNOWN),
        ("1", "", "currencyCode", UNKNOWN),
        ("1", "XAU", "currencyCode", UNKNOWN),
        ("1.005", "EUR", "amount", "EUR has 2 decimals; round the amount to them."),
        ("1.000", "EUR", "amount", "EUR has 2 decimals; round the amount to them."),
        ("1.0", "JPY", "amount", "JPY has no decimals; round the amount to a whole number."),
        (Decimal("1.2E-9"), "EUR", "amount", "EUR has 2 decimals; round the amount to them."),
        (Decimal("1E-999999"), "EUR", "amount", "EUR has 2 decimals; round the amount to them."),
        *(
            (text, "EUR", "amount", FORM)
            for text in (
                "",
                " 1",
                "1\n",
                "+1",
                ".5",
                "5.",
                "1,50",
                "1_000",
                "1e3",
                "NaN",
                "Infinity",
                "0x10",
                "--1",
                "\u0661",
                "\uff11",
                "1" * 31,
                f"0.{'0' * 31}",
            )
        ),
        (Decimal("NaN"), "EUR", "amount", NO_NUMBER),
        (Decimal("sNaN"), "EUR", "amount", NO_NUMBER),
        (Decimal("-Infinity"), "EUR", "amount", NO_NUMBER),
        ("92233720368547758.08", "EUR", "amount", LARGE),
        ("9" * 30, "JPY", "amount", LARGE),
        (Decimal("1E+999999"), "EUR", "amount", LARGE),
        (Decimal("0E+999999"), "EUR", "amount", LARGE),
        ("-0.01", "EUR", "amount", "The amount must not be negative."),
    ],
)
def test_what_is_no_exact_amount_is_refused(
    amount: str | Decimal, currency: str, part: str, message: str
) -> None:
    with pytest.raises(MoneyError) as refused:
        parse_money(amount, currency)
    assert refused.value.problem("orders", "0", "total") == Problem(
        UserErrorCode.INVALID_VALUE, message, ("orders", "0", "total", part)
    )


@pytest.mark.parametrize(("amount", "minor"), [("-12.50", -1250), ("-0", 0), ("1", 100)])
def test_signed_amounts_may_be_negative(amount: str, minor: int) -> None:
    assert parse_money(amount, "EUR", signed=True) == Money(minor, "EUR")


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [(-1, "EUR", "-0.01"), (-1250, "EUR", "-12.50"), (-7, "JPY", "-7"), (-5, "BHD", "-0.005")],
)
def test_negative_amounts_are_written(minor: int, currency: str, written: str) -> None:
    assert Money(minor, currency).amount == written


@pytest.mark.parametrize(
    ("minor", "currency"), [(MAX_MINOR + 1, "EUR"), (-MAX_MINOR - 1, "EUR"), (1, "EURO")]
)
def test_there_is_no_money_that_cannot_be_kept(minor: int, currency: str) -> None:
    with pytest.raises(MoneyError):
        Money(minor, currency)


def test_every_currency_has_its_decimals() -> None:
    counts = sorted(DECIMALS.values())
    assert {decimals: counts.count(decimals) for decimals in counts} == {0: 16, 2: 133, 3: 7, 4: 1}
    assert all(code.isascii() and code.isupper() and len(code) == 3 for code in DECIMALS)


@given(MONEY)
def test_writing_and_understanding_are_inverse(money: Money) -> None:
    assert parse_money(money.amount, money.currency, signed=True) == money
    assert parse_money(Decimal(money.amount), money.currency, signed=True) == money


@given(MONEY)
def test_amounts_are_exact(money: Money) -> None:
    assert Decimal(money.amount) == Decimal(money.minor).scaleb(-DECIMALS[money.currency])


@given(st.text(st.sampled_from("-+0123456789.eE_ \u0661"), max_size=12), CURRENCIES)
def test_any_text_is_money_or_refused(text: str, currency: str) -> None:
    try:
        money = parse_money(text, currency)
    except MoneyError:
        return
    assert Decimal(text) == Decimal(money.amount)
    assert money.minor >= 0


@given(st.decimals(), CURRENCIES)
def test_any_decimal_is_money_or_refused(number: Decimal, currency: str) -> None:
    try:
        money = parse_money(number, currency, signed=True)
    except MoneyError:
        return
    assert Decimal(money.amount) == number
