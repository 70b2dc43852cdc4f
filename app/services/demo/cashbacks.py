"""Cashback of the demo company: value on a code, earned with an order, used later."""

from datetime import timedelta

from app.domain.campaigns import AvailableTo
from app.domain.events import EventKind
from app.services.demo.shop import Shop
from app.services.demo.shopping import redeem
from app.services.demo.tables import Row

EARNED, REDEEMED_EVERY, DISABLED_EVERY, UNCHARGED_EVERY = 60, 5, 17, 7


def earn(shop: Shop) -> None:
    """Give the first codes of the campaign to customers who ordered since it began."""
    tables = shop.tables
    campaign = shop.company.campaigns["CASHBACK"]
    codes = shop.usable[campaign["id"]][:EARNED]
    orders = [
        row
        for row in tables.rows["order"]
        if row["customer_id"] and row["placed_at"] > codes[0]["issued_at"] + timedelta(days=1)
    ]
    step = len(orders) // EARNED
    for number, (code, order) in enumerate(zip(codes, orders[::step], strict=False), start=1):
        cashback = _earned(shop, code, order)
        if number % UNCHARGED_EVERY == 0:
            continue
        cashback["charged_minor"] = (
            cashback["maximum_minor"] * shop.tables.dice.between(60, 100) // 100
        )
        cashback["version"] = 2
        if number % DISABLED_EVERY == 0:
            cashback["disabled_at"] = cashback["updated_at"]
        elif number % REDEEMED_EVERY == 0:
            _use(shop, code, cashback)


def _earned(shop: Shop, code: Row, order: Row) -> Row:
    at = order["placed_at"]
    shop.tables.change(
        code, at, issued_to_id=order["customer_id"], available_to=AvailableTo.ONLY_ISSUED_TO
    )
    shop.tables.tell(
        EventKind.UPDATED,
        code,
        at,
        customer_id=order["customer_id"],
        data={"fields": ["issuedTo", "availableTo"]},
    )
    cashback = shop.tables.add_editable(
        "cashback",
        at,
        code_id=code["id"],
        earning_order_id=order["id"],
        customer_id=order["customer_id"],
        maximum_minor=max(100, order["total_minor"] // 10),
        charged_minor=0,
        currency=order["currency"],
        expires_at=at + timedelta(days=90),
        disabled_at=None,
        redeemed_at=None,
    )
    del cashback["metadata"]
    return cashback


def _use(shop: Shop, code: Row, cashback: Row) -> None:
    customers = {row["id"]: row for row in shop.tables.rows["customer"]}
    at = shop.tables.dice.instant(cashback["created_at"] + timedelta(hours=1), shop.tables.now)
    redeem(
        shop,
        code,
        customers[cashback["customer_id"]],
        at,
        amount_minor=cashback["charged_minor"],
        currency=cashback["currency"],
        application="webshop",
    )
    cashback["redeemed_at"] = cashback["updated_at"] = at
