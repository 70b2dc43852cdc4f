from datetime import timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.money import MoneyText
from app.domain.refusals import Refusal
from app.services import customers, orders
from app.services.customers import CustomerValues
from app.services.editing import Target
from app.services.orders import OrderValues
from tests.making import ACTOR, CALLER, NOW, read_all, read_table, refusals, snapshot
from tests.statements import noted, verbs

LATER = NOW + timedelta(hours=1)
PLAIN: dict[str, Any] = {
    "customer_id": None,
    "store": None,
    "application": None,
    "placed_at": None,
    "total_minor": None,
    "currency": None,
    "status": None,
    "deleted": False,
    "version": 1,
    "metadata": {},
}
FULL: dict[str, Any] = {
    "customer_number": "C-1",
    "store": "Vienna",
    "application": "web",
    "placed_at": NOW,
    "total": MoneyText("12.50", "EUR"),
    "status": "SHIPPED",
    "deleted": True,
    "metadata": {"lines": [1, 2.5]},
}
FULL_STORED: dict[str, Any] = {
    **PLAIN,
    "store": "Vienna",
    "application": "web",
    "placed_at": NOW,
    "total_minor": 1250,
    "currency": "EUR",
    "status": "SHIPPED",
    "deleted": True,
    "metadata": {"lines": [1, 2.5]},
}


async def upsert(database: Database, *rows: tuple[str, dict[str, Any]]) -> list[int]:
    given = [OrderValues(number, values) for number, values in rows]
    return await orders.upsert(database, CALLER, given, LATER)


async def refused(database: Database, *rows: tuple[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """The reasons why the batch is refused; nothing has changed."""
    before = await snapshot(database)
    with pytest.raises(Refusal) as refusal:
        await upsert(database, *rows)
    assert await snapshot(database) == before
    return refusals(refusal)


async def the_order(database: Database) -> dict[str, Any]:
    (row,) = await read_table(database, "order")
    return row


async def test_orders_keep_every_fact_and_record_their_customers(database: Database) -> None:
    spaced = {"customer_number": " C-1 ", "store": " Vienna", "application": "web ", "status": "\t"}
    first, second = await upsert(database, (" O-2 ", {**FULL, **spaced}), ("O-1", {}))
    (customer,) = await read_table(database, "customer")
    assert (customer["number"], customer["version"]) == ("C-1", 1)
    rows = {row.pop("id"): row for row in await read_table(database, "order")}
    stored = {**FULL_STORED, "number": "O-2", "customer_id": customer["id"], "status": None}
    assert rows == {first: stored, second: {**PLAIN, "number": "O-1"}}
    for row in await read_all(database, 'SELECT actor, created_at, updated_at FROM "order"'):
        assert from_json(row["actor"]) == ACTOR
        assert (from_row(row["created_at"]), from_row(row["updated_at"])) == (LATER, LATER)


async def test_left_out_stays_and_none_clears(database: Database) -> None:
    (order_id,) = await upsert(database, ("O-1", FULL))
    kept = {"id": order_id, "number": "O-1", "customer_id": 1}
    assert await upsert(database, ("O-1", {"total": MoneyText("900", "JPY")})) == [order_id]
    changed = {**FULL_STORED, **kept, "version": 2, "total_minor": 900, "currency": "JPY"}
    assert await the_order(database) == changed
    cleared = {name: None for name in FULL if name != "customer_number"}
    await upsert(database, ("O-1", cleared))
    assert await the_order(database) == {**PLAIN, **kept, "version": 3}
    assert await read_table(database, "revision") == []


async def test_equal_values_change_nothing(database: Database) -> None:
    ids = await upsert(database, ("O-1", FULL), ("O-2", {}))
    before = await snapshot(database)
    again = {**FULL, "total": MoneyText("12.5", "EUR")}
    assert await upsert(database, ("O-2", {"customer_number": None}), ("O-1", again)) == ids[::-1]
    assert await snapshot(database) == before


async def test_the_customer_is_set_once(database: Database) -> None:
    await upsert(database, ("O-1", {}), ("O-2", {"customer_number": "C-2"}))
    await upsert(database, ("O-1", {"customer_number": "C-1"}))
    rows = await read_table(database, "order")
    numbers = {row["id"]: row["number"] for row in await read_table(database, "customer")}
    assert [(numbers[row["customer_id"]], row["version"]) for row in rows] == [
        ("C-1", 2),
        ("C-2", 1),
    ]
    for other in ("C-2", "C-3", None):
        assert await refused(
            database,
            ("O-3", {}),
            ("O-1", {"customer_number": other}),
            ("O-2", {"status": "SHIPPED"}),
        ) == [("ORDER_CUSTOMER_MISMATCH", "orders.1.customerNumber")]


async def test_an_erased_customer_still_orders(database: Database) -> None:
    (gone,) = await customers.upsert(database, CALLER, [CustomerValues("C-1")], NOW)
    await customers.erase(database, CALLER, Target(gone), NOW)
    await upsert(database, ("O-1", {"customer_number": "C-1"}))
    assert (await the_order(database))["customer_id"] == gone


async def test_all_problems_of_all_rows_are_told_and_nothing_is_stored(database: Database) -> None:
    await upsert(database, ("O-1", {"customer_number": "C-1"}))
    assert await refused(
        database,
        ("NEW", {"customer_number": "C-9"}),
        ("O-1", {"customer_number": "C\0", "store": "x" * 201, "application": "x" * 101}),
        (
            "NEW",
            {
                "placed_at": NOW.replace(tzinfo=None),
                "total": MoneyText("-1", "EUR"),
                "metadata": {"a": {1}},
            },
        ),
        ("O\ud800", {"status": "x" * 101, "total": MoneyText("1", "EURO")}),
    ) == [
        ("INVALID_VALUE", "orders.2.number"),
        ("INVALID_VALUE", "orders.3.number"),
        ("INVALID_VALUE", "orders.1.customerNumber"),
        ("INVALID_VALUE", "orders.1.store"),
        ("INVALID_VALUE", "orders.1.application"),
        ("INVALID_VALUE", "orders.2.placedAt"),
        ("INVALID_VALUE", "orders.2.total.amount"),
        ("INVALID_VALUE", "orders.2.metadata"),
        ("INVALID_VALUE", "orders.3.status"),
        ("INVALID_VALUE", "orders.3.total.currencyCode"),
        ("ORDER_CUSTOMER_MISMATCH", "orders.1.customerNumber"),
    ]


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_has_a_size(database: Database, count: int) -> None:
    rows: list[tuple[str, dict[str, Any]]] = [(f"O-{number}", {}) for number in range(count)]
    assert await refused(database, *rows) == [("COUNT_OUT_OF_RANGE", "orders")]


async def test_a_hundred_orders_cost_as_many_statements_as_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = noted(database, monkeypatch)
    await upsert(database, ("O-0", FULL))
    for_one = verbs(statements)
    statements.clear()
    rows = [(f"O-{number}", {**FULL, "customer_number": f"N-{number}"}) for number in range(1, 101)]
    await upsert(database, *rows)
    assert verbs(statements) == for_one
    assert len(for_one) <= 6
    assert len(await read_table(database, "order")) == 101


async def test_the_largest_total_is_kept_exactly(database: Database) -> None:
    await upsert(database, ("O-1", {"total": MoneyText("92233720368547758.07", "EUR")}))
    assert (await the_order(database))["total_minor"] == 2**63 - 1
