import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.customers import CustomerStatus, CustomerType
from app.domain.refusals import Refusal
from app.models import customer as models
from app.services import batches, customers, demo
from app.services.customers import CustomerValues
from app.services.editing import Stamp, Target
from tests.contracts.rows import VALID
from tests.making import ACTOR, CALLER, NOW, read_all, read_table, refusals, snapshot
from tests.statements import noted, verbs

LATER = NOW + timedelta(hours=1)
STAMP = Stamp(CALLER, NOW)
PLAIN: dict[str, Any] = {
    "login": None,
    "email": None,
    "first_name": None,
    "last_name": None,
    "type": "B2C",
    "status": "ACTIVE",
    "segments": [],
    "erased_at": None,
    "version": 1,
    "metadata": {},
}
ADA: dict[str, Any] = {
    "login": "ada",
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "type": CustomerType.B2B,
    "status": CustomerStatus.BLOCKED,
    "segments": ("gold", "staff"),
    "metadata": {"shop": [1, 2.5, None, True, "\u00fc"]},
}
ADA_STORED = {**ADA, "segments": ["gold", "staff"]}


async def upsert(database: Database, *rows: tuple[str, dict[str, Any]]) -> list[int]:
    given = [CustomerValues(number, values) for number, values in rows]
    return await customers.upsert(database, CALLER, given, LATER)


async def refused(database: Database, *rows: tuple[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """The reasons why the batch is refused; nothing has changed."""
    before = await snapshot(database)
    with pytest.raises(Refusal) as refusal:
        await upsert(database, *rows)
    assert await snapshot(database) == before
    return refusals(refusal)


async def test_customers_keep_every_fact(database: Database) -> None:
    first, second = await upsert(
        database,
        (
            " C-2 ",
            {
                **ADA,
                "login": " ada ",
                "email": " Ada@Example.COM",
                "first_name": "Ada ",
                "last_name": " Lovelace",
                "segments": (" gold", "staff"),
            },
        ),
        ("C-1", {}),
    )
    rows = {row.pop("id"): row for row in await read_table(database, "customer")}
    assert rows[first] == {**PLAIN, **ADA_STORED, "number": "C-2"}
    assert rows[second] == {**PLAIN, "number": "C-1"}
    stamps = await read_all(database, "SELECT actor, created_at, updated_at FROM customer")
    for row in stamps:
        assert from_json(row["actor"]) == ACTOR
        assert (from_row(row["created_at"]), from_row(row["updated_at"])) == (LATER, LATER)
    assert await read_table(database, "revision") == []


async def test_left_out_stays_and_none_clears(database: Database) -> None:
    (customer_id,) = await upsert(database, ("C-1", ADA))
    await upsert(database, ("C-1", {"first_name": "Augusta", "segments": ("gold",)}))
    (row,) = await read_table(database, "customer")
    expected = {**PLAIN, **ADA_STORED, "id": customer_id, "number": "C-1", "version": 2}
    assert row == {**expected, "first_name": "Augusta", "segments": ["gold"]}
    assert await upsert(database, ("C-1", dict.fromkeys(ADA))) == [customer_id]
    (row,) = await read_table(database, "customer")
    assert row == {**PLAIN, "id": customer_id, "number": "C-1", "version": 3}


async def test_blank_texts_are_none(database: Database) -> None:
    await upsert(
        database, ("C-1", {"login": " ", "email": "", "first_name": "\t", "last_name": ""})
    )
    (row,) = await read_table(database, "customer")
    assert row == {**PLAIN, "id": row["id"], "number": "C-1"}


async def test_a_number_is_one_however_it_was_pasted(database: Database) -> None:
    (customer_id,) = await upsert(database, ("C-1", ADA))
    assert await upsert(database, ("\ufeffC-1\u200b ", {})) == [customer_id]
    assert await refused(database, ("C-2", {}), ("C-2\u200b", {})) == [
        ("INVALID_VALUE", "customers.1.number")
    ]


async def test_equal_values_change_nothing(database: Database) -> None:
    ids = await upsert(database, ("C-1", ADA), ("C-2", {}))
    before = await snapshot(database)
    assert await upsert(database, ("C-2", {"status": None}), ("C-1", ADA)) == ids[::-1]
    assert await snapshot(database) == before


async def test_a_number_is_no_truth(database: Database) -> None:
    await upsert(database, ("C-1", {"metadata": {"vip": 1}}))
    await upsert(database, ("C-1", {"metadata": {"vip": True}}))
    (row,) = await read_table(database, "customer")
    assert (row["metadata"]["vip"] is True, row["version"]) == (True, 2)


async def test_what_rules_ask_for_is_remembered_and_names_are_not(database: Database) -> None:
    ids = await upsert(database, ("C-1", ADA), ("C-2", {}), ("C-3", {}))
    await upsert(
        database,
        ("C-1", {"status": CustomerStatus.ACTIVE}),
        ("C-2", {"first_name": "Bob", "metadata": {"a": 1}}),
        ("C-3", {"segments": ("new",), "type": CustomerType.B2B}),
        ("C-4", ADA | {"login": None}),
    )
    kept = await read_table(database, "revision")
    assert [{**row, "id": 0} for row in sorted(kept, key=lambda row: row["entity_id"])] == [
        {
            "id": 0,
            "kind": "CUSTOMER",
            "entity_id": ids[0],
            "ended_at": LATER,
            "facts": {"type": "B2B", "status": "BLOCKED", "segments": ["gold", "staff"]},
        },
        {
            "id": 0,
            "kind": "CUSTOMER",
            "entity_id": ids[2],
            "ended_at": LATER,
            "facts": {"type": "B2C", "status": "ACTIVE", "segments": []},
        },
    ]
    actors = await read_all(database, "SELECT actor FROM revision")
    assert [from_json(row["actor"]) for row in actors] == [ACTOR, ACTOR]


async def test_revisions_end_in_order_though_clocks_lag(database: Database) -> None:
    await upsert(database, ("C-1", {}))
    for status, now in (("BLOCKED", LATER), ("ACTIVE", NOW), ("BLOCKED", LATER + (LATER - NOW))):
        given = [CustomerValues("C-1", {"status": CustomerStatus(status)})]
        await customers.upsert(database, CALLER, given, now)
    ends = [row["ended_at"] for row in await read_table(database, "revision")]
    assert ends == [LATER, LATER, LATER + (LATER - NOW)]


async def test_all_problems_of_all_rows_are_told_and_nothing_is_stored(database: Database) -> None:
    owner, gone = await upsert(database, ("OWNER", {"login": "ada"}), ("GONE", {}))
    assert owner != gone
    await customers.erase(database, CALLER, Target(gone), LATER)
    assert await refused(
        database,
        ("NEW", {"first_name": "New"}),
        ("", {"login": "x" * 201, "email": "nobody", "metadata": {"a": float("nan")}}),
        ("GONE", {"segments": ("a", "a"), "first_name": "a\0", "last_name": "b\ud800"}),
        ("NEW", {"login": "ada"}),
        ("C\0", {"login": "l\ud800", "email": "a\nb@example.com"}),
    ) == [
        ("INVALID_VALUE", "customers.1.number"),
        ("INVALID_VALUE", "customers.3.number"),
        ("INVALID_VALUE", "customers.4.number"),
        ("INVALID_VALUE", "customers.1.login"),
        ("INVALID_VALUE", "customers.1.email"),
        ("INVALID_VALUE", "customers.1.metadata"),
        ("INVALID_VALUE", "customers.2.firstName"),
        ("INVALID_VALUE", "customers.2.lastName"),
        ("INVALID_VALUE", "customers.2.segments"),
        ("INVALID_VALUE", "customers.4.login"),
        ("INVALID_VALUE", "customers.4.email"),
        ("NOT_EDITABLE", "customers.2.number"),
        ("KEY_TAKEN", "customers.3.login"),
    ]


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_has_a_size(database: Database, count: int) -> None:
    rows: list[tuple[str, dict[str, Any]]] = [(f"C-{number}", {}) for number in range(count)]
    assert await refused(database, *rows) == [("COUNT_OUT_OF_RANGE", "customers")]


async def test_a_login_is_of_one_customer(database: Database) -> None:
    await upsert(database, ("C-1", {"login": "ada"}), ("C-2", {"login": "bob"}))
    taken = [("KEY_TAKEN", "customers.1.login")]
    assert await refused(database, ("C-3", {}), ("C-4", {"login": " ada "})) == taken
    assert await refused(database, ("C-3", {"login": "eve"}), ("C-4", {"login": "eve"})) == taken
    # What one gives up is free for the next batch only.
    assert await refused(database, ("C-1", {"login": None}), ("C-2", {"login": "ada"})) == taken
    await upsert(database, ("C-1", {"login": None}))
    await upsert(database, ("C-2", {"login": "ada"}))
    rows = await read_table(database, "customer")
    assert {row["number"]: row["login"] for row in rows} == {"C-1": None, "C-2": "ada"}


async def test_a_login_taken_meanwhile_is_refused(database: Database) -> None:
    """Both look while no one has the login; one is stored, and the other hears of it."""
    outcomes = await asyncio.gather(
        *(upsert(database, (f"C-{number}", {"login": "ada"})) for number in range(8)),
        return_exceptions=True,
    )
    told = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [refusal.problems[0].code for refusal in told] == ["KEY_TAKEN"] * 7
    assert len(await read_table(database, "customer")) == 1


async def test_a_hundred_customers_cost_as_many_statements_as_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await upsert(database, ("C-0", ADA))
    statements = noted(database, monkeypatch)
    await upsert(database, ("C-0", {"status": None}))
    for_one = verbs(statements)
    statements.clear()
    rows = [(f"C-{number}", {**ADA, "login": f"l-{number}"}) for number in range(1, 100)]
    await upsert(database, ("C-0", {"segments": ()}), *rows)
    assert verbs(statements) == for_one
    assert len(for_one) <= 5
    assert len(await read_table(database, "customer")) == 100


async def test_a_write_reasserts_the_version_it_was_decided_on(database: Database) -> None:
    (customer_id,) = await upsert(database, ("C-1", {}))
    before = await snapshot(database)

    async def write_after_another() -> None:
        async with database.transaction() as tx:
            row = await models.Customer.get(id=customer_id, using_db=tx.client)
            await tx.execute("UPDATE customer SET version = 2 WHERE id = $1", customer_id)
            given = [(row, {"first_name": "Late"})]
            changes = list(batches.changes(customers.TABLE, given, set()))
            await batches.write(tx, database.dialect, customers.TABLE, changes, STAMP)

    with pytest.raises(Refusal) as refusal:
        await write_after_another()
    assert refusals(refusal) == [("STALE_VERSION", "expectedVersion")]
    assert await snapshot(database) == before


async def test_unknown_customers_are_recorded(database: Database) -> None:
    (known,) = await upsert(database, ("C-1", ADA))
    async with database.transaction() as tx:
        assert await customers.recorded(tx, "C-1", STAMP) == known
        made = await customers.recorded(tx, "C-2", STAMP)
        assert await customers.recorded(tx, "C-2", STAMP) == made
    rows = await read_table(database, "customer")
    assert rows[1] == {**PLAIN, "id": made, "number": "C-2"}
    assert rows[0]["version"] == 1
    (stamps,) = await read_all(database, "SELECT * FROM customer WHERE id = $1", made)
    assert (from_json(stamps["actor"]), from_row(stamps["created_at"])) == (ACTOR, NOW)


async def test_many_are_recorded_at_once(database: Database) -> None:
    (known,) = await upsert(database, ("C-1", {}))
    async with database.transaction() as tx:
        found = await customers.recorded_all(tx, database.dialect, ["C-2", "C-1", "C-2"], STAMP)
        again = await customers.recorded_all(tx, database.dialect, ["C-1", "C-2"], STAMP)
    assert (set(found), found["C-1"], again) == ({"C-1", "C-2"}, known, found)
    assert len(await read_table(database, "customer")) == 2


async def test_an_erased_customer_keeps_number_and_type_alone(database: Database) -> None:
    (customer_id,) = await upsert(database, ("C-1", ADA))
    await customers.erase(database, CALLER, Target(customer_id, 1), LATER)
    (row,) = await read_table(database, "customer")
    assert row == {
        **PLAIN,
        "id": customer_id,
        "number": "C-1",
        "type": "B2B",
        "status": "INACTIVE",
        "erased_at": LATER,
        "version": 2,
    }
    (revision,) = await read_table(database, "revision")
    assert (revision["entity_id"], revision["ended_at"]) == (customer_id, LATER)
    facts = {"type": "B2B", "status": "BLOCKED", "segments": ["gold", "staff"]}
    assert revision["facts"] == facts
    # Again, and with the version of the first time: it is done already.
    before = await snapshot(database)
    await customers.erase(database, CALLER, Target(customer_id, 1), LATER)
    assert await snapshot(database) == before
    assert await refused(database, ("C-1", ADA)) == [("NOT_EDITABLE", "customers.0.number")]
    async with database.transaction() as tx:
        assert await customers.recorded(tx, "C-1", STAMP) == customer_id


async def test_who_is_not_there_or_was_changed_is_not_erased(database: Database) -> None:
    (customer_id,) = await upsert(database, ("C-1", ADA))
    before = await snapshot(database)
    for target, told in (
        (Target(customer_id + 1), ("NOT_FOUND", "id")),
        (Target(customer_id, 2), ("STALE_VERSION", "expectedVersion")),
    ):
        with pytest.raises(Refusal) as refusal:
            await customers.erase(database, CALLER, target, LATER)
        assert refusals(refusal) == [told]
    assert await snapshot(database) == before


async def whole(database: Database) -> str:
    """Everything that the database holds, as one text."""
    dump = [await read_all(database, f'SELECT * FROM "{table}"') for table in VALID]
    return repr(dump)


async def test_nothing_of_an_erased_person_is_left_in_any_table(database: Database) -> None:
    await demo.fill(database, NOW)
    (busy,) = await read_all(
        database,
        "SELECT customer.id, number FROM customer JOIN redemption ON customer_id = customer.id"
        " GROUP BY customer.id, number ORDER BY COUNT(*) DESC, customer.id LIMIT 1",
    )
    canaries = {name: f"canary-{name}" for name in ("login", "first_name", "last_name")}
    canaries["email"] = "canary@example.com"
    metadata = {"metadata": {"nickname": "canary"}}
    await upsert(database, (busy["number"], canaries | metadata))
    await upsert(database, (busy["number"], {"status": CustomerStatus.BLOCKED}))
    for canary in canaries.values():
        assert canary in await whole(database)
    await customers.erase(database, CALLER, Target(busy["id"]), LATER)
    assert "canary" not in await whole(database)
    assert busy["number"] in await whole(database)
