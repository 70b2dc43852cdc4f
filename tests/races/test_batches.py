"""Batches that share rows, at the same time and in any order."""

import asyncio
import secrets
from collections.abc import Iterable

import pytest

from app.config import Settings
from app.database import Database, Transaction
from app.database.dialects import Dialect
from app.database.errors import Conflict
from app.domain.customers import CustomerStatus
from app.domain.refusals import Refusal
from app.services import batches, customers, orders
from app.services.batches import Table
from app.services.customers import CustomerValues
from app.services.editing import Stamp, Target
from app.services.orders import OrderValues
from tests.making import CALLER, NOW, read_table

ROWS = 100
ROUNDS = 10


async def upsert_customers(database: Database, numbers: list[str], segment: str) -> list[int]:
    given = [CustomerValues(number, {"segments": (segment,)}) for number in numbers]
    return await customers.upsert(database, CALLER, given, NOW)


async def upsert_orders(database: Database, numbers: list[str], status: str) -> list[int]:
    given = [
        OrderValues(f"O-{number}", {"customer_number": number, "status": status})
        for number in numbers
    ]
    return await orders.upsert(database, CALLER, given, NOW)


async def test_two_batches_of_new_customers_in_opposite_order(database: Database) -> None:
    for turn in range(ROUNDS):
        numbers = [f"C-{turn}-{number}" for number in range(ROWS)]
        there, back = await asyncio.gather(
            upsert_customers(database, numbers, "there"),
            upsert_customers(database, numbers[::-1], "back"),
        )
        assert there == back[::-1]
        rows = [row for row in await read_table(database, "customer") if row["id"] in there]
        assert sorted(row["number"] for row in rows) == sorted(numbers)
        # One batch came after the other, whole.
        assert {tuple(row["segments"]) for row in rows} in ({("there",)}, {("back",)})
        assert {row["version"] for row in rows} == {2}


async def test_two_batches_of_new_orders_in_opposite_order(database: Database) -> None:
    for turn in range(ROUNDS):
        numbers = [f"{turn}-{number}" for number in range(ROWS)]
        there, back = await asyncio.gather(
            upsert_orders(database, numbers, "there"),
            upsert_orders(database, numbers[::-1], "back"),
        )
        assert there == back[::-1]
        rows = [row for row in await read_table(database, "order") if row["id"] in there]
        assert len(rows) == ROWS
        assert {row["status"] for row in rows} in ({"there"}, {"back"})
        assert {row["version"] for row in rows} == {2}
    assert len(await read_table(database, "customer")) == ROUNDS * ROWS


async def test_batches_that_share_old_and_new_rows_never_wait_in_a_circle(
    database: Database,
) -> None:
    dice = secrets.SystemRandom()
    for turn in range(ROUNDS):
        numbers = [f"C-{number}" for number in range(20 * (turn + 1))]
        writes = [
            write(database, dice.sample(numbers, 20), f"{turn}-{batch}")
            for batch in range(4)
            for write in (upsert_customers, upsert_orders)
        ]
        await asyncio.gather(*writes)
    for table in ("customer", "order"):
        found = [row["number"] for row in await read_table(database, table)]
        assert len(found) == len(set(found))


async def test_rows_taken_one_by_one_do_wait_in_a_circle(
    postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above would notice. SQLite has one writer, and nobody to wait for."""
    seize = batches.seize

    async def carelessly(
        tx: Transaction, dialect: Dialect, table: Table, numbers: Iterable[str], stamp: Stamp
    ) -> set[str]:
        return {new for one in numbers for new in await seize(tx, dialect, table, [one], stamp)}

    monkeypatch.setattr(batches, "seize", carelessly)
    database = await Database.open(postgres_settings)
    numbers = [f"C-{number}" for number in range(ROWS)]
    outcomes = await asyncio.gather(
        upsert_customers(database, numbers, "there"),
        upsert_customers(database, numbers[::-1], "back"),
        return_exceptions=True,
    )
    await database.close()
    assert [type(outcome) for outcome in outcomes].count(Conflict) == 1


async def test_batches_that_want_the_same_logins_never_wait_in_a_circle(
    database: Database,
) -> None:
    """Both come as far as a login that somebody holds, and go on at the same moment."""
    one = [CustomerValues(f"A-{n}", {"login": f"l-{n}"}) for n in range(ROWS)]
    other = [CustomerValues(f"B-{ROWS - n}", {"login": f"l-{n}"}) for n in range(ROWS)]
    async with database.transaction() as tx:
        await customers.recorded(tx, "held", Stamp(CALLER, NOW))
        await tx.execute("UPDATE customer SET login = $1", f"l-{ROWS // 2}")
        waiting = [
            asyncio.create_task(customers.upsert(database, CALLER, batch, NOW))
            for batch in (one, other)
        ]
        await asyncio.sleep(0.3)
        await tx.execute("DELETE FROM customer")
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    (refused,) = (outcome for outcome in outcomes if isinstance(outcome, Exception))
    assert isinstance(refused, Refusal)
    assert {problem.code for problem in refused.problems} == {"KEY_TAKEN"}
    owners = {row["number"][0] for row in await read_table(database, "customer")}
    assert len(owners) == 1


async def test_an_unknown_customer_is_recorded_once(database: Database) -> None:
    async def record(number: str) -> int:
        async with database.transaction() as tx:
            return await customers.recorded(tx, number, Stamp(CALLER, NOW))

    for turn in range(ROUNDS):
        ids = await asyncio.gather(*(record(f"C-{turn}") for _ in range(8)))
        assert len(set(ids)) == 1
    assert len(await read_table(database, "customer")) == ROUNDS


async def test_who_is_erased_meanwhile_gets_no_name_again(database: Database) -> None:
    async def name(number: str) -> None:
        values = {"first_name": "Ada", "status": CustomerStatus.BLOCKED}
        await customers.upsert(database, CALLER, [CustomerValues(number, values)], NOW)

    for turn in range(ROUNDS):
        (customer_id,) = await upsert_customers(database, [f"C-{turn}"], "gold")
        outcomes = await asyncio.gather(
            name(f"C-{turn}"),
            customers.erase(database, CALLER, Target(customer_id), NOW),
            name(f"C-{turn}"),
            return_exceptions=True,
        )
        told = [outcome for outcome in outcomes if outcome is not None]
        assert all(isinstance(refusal, Refusal) for refusal in told)
        row = (await read_table(database, "customer"))[turn]
        assert (row["first_name"], row["status"], row["segments"]) == (None, "INACTIVE", [])
