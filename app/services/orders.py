"""Orders, as far as the shop tells us of them: batches by order number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from app.database import Database, Transaction
from app.domain.batches import check_numbers, check_size
from app.domain.callers import Caller
from app.domain.field_checks import storable
from app.domain.lines import trimmed
from app.domain.orders import OrderDraft, check_order, tidied
from app.domain.refusals import Problem, UserErrorCode, refuse_any
from app.models.order import Order
from app.services import audit, batches, customers, editing
from app.services.editing import Stamp

TABLE: Final = batches.Table(
    "order",
    {
        "customer_id": "bigint",
        "store": "text",
        "application": "text",
        "placed_at": "timestamptz",
        "total_minor": "bigint",
        "currency": "text",
        "status": "text",
        "deleted": "boolean",
        "metadata": "jsonb",
    },
)
_FIELD: Final = "orders"
# The columns that a draft holds under the same names.
_PLAIN: Final = ("store", "application", "placed_at", "status", "deleted", "metadata")


@dataclass(frozen=True, slots=True)
class OrderValues:
    """What the shop tells of the order with this number.

    `values` is named like OrderDraft: what is left out stays, None clears or brings the default.
    """

    number: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def draft(self) -> OrderDraft:
        """What a new order would be, tidied."""
        return tidied(editing.applied(OrderDraft(), self.values))

    def columns(self, customers: Mapping[str, int]) -> dict[str, Any]:
        """What is given, as columns hold it; `customers` are the ids by number."""
        draft = self.draft()
        columns: dict[str, Any] = {
            name: editing.plain(getattr(draft, name)) for name in self.values
        }
        if "customer_number" in columns:
            number = columns.pop("customer_number")
            columns["customer_id"] = number and customers[number]
        if "total" in columns:
            del columns["total"]
            money = draft.money()
            columns["total_minor"] = money.minor if money else None
            columns["currency"] = money.currency if money else None
        return columns


async def upsert(
    database: Database, caller: Caller, orders: Sequence[OrderValues], now: datetime
) -> list[int]:
    """Insert or change 1 to 100 orders, all or none; return their ids in the order given.

    Equal values change nothing. Unknown customers are recorded. An order without a customer can be
    given one; from then on another, or none, is ORDER_CUSTOMER_MISMATCH. However many rows, the
    number of statements is the same.
    """
    refuse_any(check_size(len(orders), _FIELD))
    rows = [OrderValues(trimmed(row.number), row.values) for row in orders]
    problems = list(_check(rows))
    stamp = Stamp(caller, now)
    dialect = database.dialect
    async with database.transaction() as tx:
        ids: dict[str, int] = {}
        new: set[str] = set()
        if not problems:
            ids = await customers.recorded_all(tx, dialect, _customers(rows), stamp)
            numbers = [row.number for row in rows]
            new = await batches.seize(tx, dialect, TABLE, numbers, stamp)
        found = await _read(tx, rows)
        refuse_any([*problems, *_check_customers(rows, found)])
        given = [(found[row.number], row.columns(ids)) for row in rows]
        changes = list(batches.changes(TABLE, given, new))
        await batches.write(tx, dialect, TABLE, changes, stamp)
        if changes or new:
            await audit.record(tx, stamp, "upsertOrders", changed=len(changes), new=len(new))
    return [found[row.number].id for row in rows]


def _check(rows: Sequence[OrderValues]) -> Iterator[Problem]:
    """Tell what is wrong with the input alone."""
    yield from check_numbers([row.number for row in rows], _FIELD)
    for index, row in enumerate(rows):
        yield from check_order(row.draft(), _FIELD, str(index))


def _customers(rows: Sequence[OrderValues]) -> set[str]:
    return {number for row in rows if (number := row.draft().customer_number)}


async def _read(tx: Transaction, rows: Sequence[OrderValues]) -> dict[str, Order]:
    """Return the orders with these numbers, and their customers with them."""
    # A text that cannot be stored is told by the checks before, and cannot be looked up.
    numbers = [row.number for row in rows if storable(row.number)]
    found = Order.filter(number__in=numbers).using_db(tx.client).select_related("customer")
    return {order.number: order for order in await found}


def _check_customers(rows: Sequence[OrderValues], found: Mapping[str, Order]) -> Iterator[Problem]:
    """The customer of an order can be set once."""
    for index, row in enumerate(rows):
        order = found.get(row.number)
        if order is None or order.customer is None or "customer_number" not in row.values:
            continue
        if row.draft().customer_number != order.customer.number:
            yield Problem(
                UserErrorCode.ORDER_CUSTOMER_MISMATCH,
                "The order has another customer, and that never changes; leave it out.",
                (_FIELD, str(index), "customerNumber"),
            )
