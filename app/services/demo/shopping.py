"""Uses of the demo company's codes: redemptions, reversals and reservations."""

from datetime import datetime, timedelta
from typing import Any

from app.domain.events import EventKind
from app.domain.redemptions import RedemptionState, ReservationEnd
from app.services.demo import people
from app.services.demo.shop import Shop
from app.services.demo.tables import ACTOR, Row, Tables

WITH_CODE = 78  # percent of the orders
AT_THE_TILL = 40  # uses in a store, without an order
REVERSED, RESERVED_FIRST = 6, 5  # percent of the redemptions
LIVE, RELEASED, LAPSED = 12, 10, 10
HOLD = timedelta(minutes=15)


def shop_with_codes(shop: Shop) -> None:
    """Let orders come with codes, in the order of time; reverse some, reserve before some."""
    tables = shop.tables
    customers = {row["id"]: row for row in tables.rows["customer"]}
    for order in tables.rows["order"]:
        customer = customers.get(order["customer_id"])
        if tables.dice.chance(WITH_CODE):
            code = shop.find(customer, order["application"], order["placed_at"])
            if code is not None:
                _with_order(shop, code, customer, order)
    for _ in range(AT_THE_TILL):
        _at_the_till(shop)
    _hold(shop)


def _with_order(shop: Shop, code: Row, customer: Row | None, order: Row) -> None:
    tables, dice = shop.tables, shop.tables.dice
    redemption = redeem(
        shop,
        code,
        customer,
        order["placed_at"],
        order_id=order["id"],
        order_number=order["number"],
        amount_minor=order["total_minor"] * dice.between(5, 25) // 100,
        currency=order["currency"],
        store=order["store"],
        application=order["application"],
    )
    if dice.chance(RESERVED_FIRST):
        held_at = order["placed_at"] - timedelta(minutes=dice.between(1, 10))
        held_at = max(held_at, code["issued_at"] or code["created_at"])
        reservation = _reserve(tables, code, customer, held_at)
        reservation["ended_at"] = order["placed_at"]
        reservation["end_reason"] = ReservationEnd.REDEEMED
        reservation["redemption_id"] = redemption["id"]
        redemption["reservation_id"] = reservation["id"]
    returned = order["placed_at"] + timedelta(days=dice.between(2, 14))
    if dice.chance(REVERSED) and returned < tables.now:
        order["status"] = "RETURNED"
        order["updated_at"], order["version"] = returned, 2
        _reverse(tables, code, redemption, returned)


def _at_the_till(shop: Shop) -> None:
    tables = shop.tables
    at = tables.dice.instant(tables.now - timedelta(days=40), tables.now - timedelta(hours=1))
    if code := shop.find(None, "store", at):
        redeem(shop, code, None, at, store="Leipzig", application="store")


def redeem(shop: Shop, code: Row, customer: Row | None, at: datetime, **facts: Any) -> Row:  # noqa: ANN401 - the columns of a redemption
    """Add a confirmed redemption and its event; `counters` sums up later."""
    shop.take(code, customer)
    empty = dict.fromkeys(
        ("order_id", "order_number", "amount_minor", "currency", "store", "application",
         "reversed_at", "reversal_reason", "reversal_actor", "reservation_id")
    )  # fmt: skip
    redemption = shop.tables.add(
        "redemption",
        code_id=code["id"],
        campaign_id=code["campaign_id"],
        group_id=code["group_id"],
        customer_id=customer and customer["id"],
        promotion_ids=shop.company.promotions_of(code),
        state=RedemptionState.CONFIRMED,
        redeemed_at=at,
        actor=ACTOR,
        **(empty | facts),
    )
    shop.tables.tell(
        EventKind.REDEEMED,
        code,
        at,
        customer_id=redemption["customer_id"],
        redemption_id=redemption["id"],
    )
    return redemption


def _reverse(tables: Tables, code: Row, redemption: Row, at: datetime) -> None:
    redemption["state"] = RedemptionState.REVERSED
    redemption["reversed_at"] = at
    redemption["reversal_reason"] = "Order returned"
    redemption["reversal_actor"] = ACTOR
    tables.tell(
        EventKind.REVERSED,
        code,
        at,
        customer_id=redemption["customer_id"],
        redemption_id=redemption["id"],
        data={"reason": "Order returned"},
    )


def _hold(shop: Shop) -> None:
    """Reservations that did not become redemptions: still live, given back, or lapsed."""
    tables = shop.tables
    for number in range(LIVE + RELEASED + LAPSED):
        live = number < LIVE
        ago = timedelta(minutes=30) if live else timedelta(days=tables.dice.between(1, 30))
        at = (tables.now - ago).replace(microsecond=0)
        customer = people.some_customer(tables, at)
        if not (code := shop.find(customer, "webshop", at)):
            continue
        reservation = _reserve(tables, code, customer, at)
        if live:
            shop.take(code, customer)
            reservation["expires_at"] = tables.now + timedelta(days=2)
        elif number < LIVE + RELEASED:
            _release(tables, code, reservation, at + timedelta(minutes=3))


def _reserve(tables: Tables, code: Row, customer: Row | None, at: datetime) -> Row:
    session = f"session-{tables.dice.below(2**40):010x}"
    reservation = tables.add(
        "reservation",
        code_id=code["id"],
        group_id=code["group_id"],
        customer_id=customer and customer["id"],
        holder=customer["number"] if customer else session,
        expires_at=at + HOLD,
        ended_at=None,
        end_reason=None,
        redemption_id=None,
        actor=ACTOR,
        created_at=at,
    )
    _tell_of(tables, EventKind.RESERVED, code, reservation, at)
    return reservation


def _release(tables: Tables, code: Row, reservation: Row, at: datetime) -> None:
    reservation["ended_at"], reservation["end_reason"] = at, ReservationEnd.RELEASED
    _tell_of(tables, EventKind.RELEASED, code, reservation, at)


def _tell_of(tables: Tables, kind: EventKind, code: Row, reservation: Row, at: datetime) -> None:
    customer_id, reservation_id = reservation["customer_id"], reservation["id"]
    tables.tell(kind, code, at, customer_id=customer_id, reservation_id=reservation_id)
