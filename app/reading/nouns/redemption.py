from dataclasses import dataclass

from app.domain.callers import Scope
from app.domain.redemptions import is_live
from app.models import Redemption, Reservation
from app.reading.declarations import (
    Expression,
    Listing,
    Many,
    One,
    Order,
    column,
    columns,
    computed,
    readable,
)
from app.reading.filters import equality, filled, one_of
from app.reading.kinds import TEXT, id_of
from app.reading.nouns.money import Money, money_if


@dataclass(frozen=True, slots=True)
class AmountFacts:
    amount_minor: int | None
    currency: str | None


def amount(facts: AmountFacts) -> Money | None:
    return money_if(facts.amount_minor, facts.currency)


REDEMPTION = readable(
    Redemption,
    allow=Scope.CODES_READ,
    # Who reversed it before, and why, is another caller's word.
    told={Scope.CODES_REDEEM: "id state amount store application redeemed_at reversed_at"},
    fields={
        **columns(
            Redemption,
            "id store application state redeemed_at reversed_at reversal_reason",
        ),
        "amount": computed(amount),
        # What a shop keeps with a use may say whose it is.
        "metadata": column(Redemption, "metadata", allow=Scope.CUSTOMERS_READ),
        "order_number": column(Redemption, "order_number", allow=Scope.CUSTOMERS_READ),
        "redeemed_by": Expression(sql="{t}.actor ->> 'name'", kind=TEXT, null=False),
        "reversed_by": Expression(sql="{t}.reversal_actor ->> 'name'", kind=TEXT, null=True),
        "code": One(target="Code", via="code_id", null=False),
        "campaign": One(target="Campaign", via="campaign_id", null=False),
        "group": One(target="CodeGroup", via="group_id", null=True),
        "customer": One(target="Customer", via="customer_id", null=True),
        "order": One(target="Order", via="order_id", null=True),
        "reservation": One(target="Reservation", via="reservation_id", null=True),
        "promotions": Many(target="Promotion", listed="promotion_ids"),
    },
    listing=Listing(
        orders={"ID": Order(("id",), leads=("code_id", "order_id", "customer_id"))},
        filters={
            "code": equality("code_id", id_of("Code")),
            "customer": equality("customer_id", id_of("Customer"), shows="customer"),
            "order": equality("order_id", id_of("Order"), shows="order"),
            "state": one_of("state"),
        },
        newest_first=True,
    ),
)

RESERVATION = readable(
    Reservation,
    allow=Scope.CODES_READ,
    told={Scope.CODES_REDEEM: "id live expires_at ended_at end_reason created_at"},
    fields={
        **columns(Reservation, "id expires_at ended_at end_reason created_at"),
        "holder": column(Reservation, "holder", allow=Scope.CUSTOMERS_READ),
        "live": computed(is_live),
        "reserved_by": Expression(sql="{t}.actor ->> 'name'", kind=TEXT, null=False),
        "code": One(target="Code", via="code_id", null=False),
        "group": One(target="CodeGroup", via="group_id", null=True),
        "customer": One(target="Customer", via="customer_id", null=True),
        "redemption": One(target="Redemption", via="redemption_id", null=True),
    },
    listing=Listing(
        orders={"ID": Order(("id",), leads=("code_id", "customer_id"))},
        filters={"ended": filled("ended_at")},
        newest_first=True,
    ),
)
