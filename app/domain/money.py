"""Amounts of money: exact, in whole minor units (cents) of an ISO 4217 currency."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from app.domain.field_checks import invalid
from app.domain.refusals import Problem

MAX_MINOR: Final = 2**63 - 1
"""The most minor units that both databases hold."""
MAX_AMOUNT_DIGITS: Final = 30

_AMOUNT: Final = re.compile(rf"-?[0-9]{{1,{MAX_AMOUNT_DIGITS}}}(\.[0-9]{{1,{MAX_AMOUNT_DIGITS}}})?")
# Every active currency by its number of decimals; funds codes and metals are no money to shop
# with. One that is withdrawn stays in its line, so that stored amounts can still be written.
_CURRENCIES: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF"
    " CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD"
    " HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA"
    " MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN"
    " QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP"
    " TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "UYW",
}
DECIMALS: Final = {code: count for count, codes in _CURRENCIES.items() for code in codes.split()}
"""How many decimals the amounts of each currency have."""


class MoneyError(ValueError):
    """What is no amount of money; `part` is the half of the input that is wrong."""

    def __init__(self, part: Literal["amount", "currencyCode"], message: str) -> None:
        super().__init__(message)
        self.part = part

    def problem(self, *field: str) -> Problem:
        """Say the same as a reason to refuse the input field that held the money."""
        return invalid(str(self), *field, self.part)


@dataclass(frozen=True, slots=True)
class Money:
    """So many minor units of a currency: `Money(1250, "EUR")` is 12.50 euros."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        _check_currency(self.currency)
        _check_size(self.minor)

    @property
    def amount(self) -> str:
        """The exact decimal text, with all decimals of the currency: `12.50`, `1200`, `0.005`."""
        decimals = DECIMALS[self.currency]
        digits = f"{abs(self.minor):0{decimals + 1}}"
        point = len(digits) - decimals
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{digits[:point]}.{digits[point:]}" if decimals else f"{sign}{digits}"


def parse_money(amount: str | Decimal, currency: str, *, signed: bool = False) -> Money:
    """Understand an exact amount in units of the currency, or raise MoneyError.

    Text is plain decimal: ASCII digits and a point. Nothing is rounded: more decimals than the
    currency has are refused even when they are zeros, for in half of the world 1.000 is a thousand.
    Negative amounts are understood only when `signed`.
    """
    _check_currency(currency)
    number = _number(amount)
    decimals = DECIMALS[currency]
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise MoneyError("amount", "An amount is a number; it is not infinite and not NaN.")
    if -exponent > decimals:
        raise MoneyError("amount", _too_many_decimals(currency))
    if len(digits) + exponent > MAX_AMOUNT_DIGITS:
        raise _too_large()
    if number < 0 and not signed:
        raise MoneyError("amount", "The amount must not be negative.")
    minor = int("".join(map(str, digits))) * 10 ** (decimals + exponent)
    return Money(-minor if number.is_signed() else minor, currency)


@dataclass(frozen=True, slots=True)
class MoneyText:
    """An amount and its currency as a caller wrote them, before they are understood."""

    amount: str
    currency: str

    def money(self, *, signed: bool = False) -> Money:
        """The same as `parse_money`."""
        return parse_money(self.amount, self.currency, signed=signed)


def _number(amount: str | Decimal) -> Decimal:
    if isinstance(amount, Decimal):
        return amount
    if _AMOUNT.fullmatch(amount) is None:
        raise MoneyError(
            "amount",
            "Write the amount in plain decimals, with at most"
            f" {MAX_AMOUNT_DIGITS} digits on each side of the point: 12.50.",
        )
    return Decimal(amount)


def _too_many_decimals(currency: str) -> str:
    decimals = DECIMALS[currency]
    return (
        f"{currency} has {decimals} decimals; round the amount to them."
        if decimals
        else f"{currency} has no decimals; round the amount to a whole number."
    )


def _check_currency(currency: str) -> None:
    if currency not in DECIMALS:
        raise MoneyError(
            "currencyCode", "Use the code of an active currency of ISO 4217, in capitals: EUR."
        )


def _check_size(minor: int) -> None:
    if abs(minor) > MAX_MINOR:
        raise _too_large()


def _too_large() -> MoneyError:
    return MoneyError("amount", "The amount is too large to be kept; 63 bits of minor units fit.")
