"""Money as answers show it, made of the minor units and the currency that are stored."""

from dataclasses import dataclass

from app.domain import money
from app.reading.declarations import value
from app.reading.kinds import DECIMAL


@dataclass(frozen=True, slots=True)
class Money:
    amount: str
    currency_code: str


def money_of(minor: int, currency: str) -> Money:
    """The amount in the currency's own decimals."""
    return Money(money.Money(minor, currency).amount, currency)


def money_if(minor: int | None, currency: str | None) -> Money | None:
    """The same of what may not be stored."""
    return None if minor is None or currency is None else money_of(minor, currency)


MONEY = value(Money, amount=DECIMAL)
