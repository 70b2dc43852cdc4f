from dataclasses import dataclass

from app.domain.callers import Scope
from app.domain.cashback import cashback_state
from app.models import Cashback
from app.reading.declarations import OWN, Listing, One, Order, columns, computed, readable
from app.reading.filters import filled
from app.reading.nouns.money import Money, money_of


@dataclass(frozen=True, slots=True)
class MaximumFacts:
    maximum_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ChargedFacts:
    charged_minor: int
    currency: str


def maximum_value(facts: MaximumFacts) -> Money:
    return money_of(facts.maximum_minor, facts.currency)


def charged_value(facts: ChargedFacts) -> Money:
    return money_of(facts.charged_minor, facts.currency)


CASHBACK = readable(
    Cashback,
    allow=Scope.CODES_READ,
    told={Scope.CODES_REDEEM: OWN},
    fields={
        **columns(Cashback, "id expires_at disabled_at redeemed_at version created_at updated_at"),
        "state": computed(cashback_state),
        "maximum_value": computed(maximum_value),
        "charged_value": computed(charged_value),
        "code": One(target="Code", via="code_id", null=False),
        "customer": One(target="Customer", via="customer_id", null=False),
        "earning_order": One(target="Order", via="earning_order_id", null=False),
    },
    listing=Listing(
        orders={"ID": Order(("id",), leads=("customer_id", "earning_order_id"))},
        filters={"disabled": filled("disabled_at")},
        newest_first=True,
    ),
)
