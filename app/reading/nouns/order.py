from dataclasses import dataclass

from app.domain.callers import Scope
from app.domain.lines import trimmed
from app.models import Order as OrderModel
from app.reading.declarations import (
    Listing,
    Many,
    One,
    Order,
    columns,
    computed,
    readable,
)
from app.reading.filters import equality, texts
from app.reading.kinds import id_of
from app.reading.nouns.customer import WRITTEN
from app.reading.nouns.money import Money, money_if


@dataclass(frozen=True, slots=True)
class TotalFacts:
    total_minor: int | None
    currency: str | None


def total(facts: TotalFacts) -> Money | None:
    return money_if(facts.total_minor, facts.currency)


ORDER = readable(
    OrderModel,
    allow=Scope.CUSTOMERS_READ,
    told={Scope.CUSTOMERS_WRITE: WRITTEN},
    fields={
        **columns(
            OrderModel,
            "id number store application placed_at status deleted version metadata created_at"
            " updated_at",
        ),
        "total": computed(total),
        "customer": One(target="Customer", via="customer_id", null=True),
        "redemptions": Many(target="Redemption", on="order_id"),
        "cashbacks": Many(target="Cashback", on="earning_order_id"),
    },
    listing=Listing(
        orders={"ID": Order(("id",), leads=("customer_id",)), "NUMBER": Order(("number",))},
        filters={
            "number": texts("number", trimmed),
            "customer": equality("customer_id", id_of("Customer")),
        },
    ),
)
