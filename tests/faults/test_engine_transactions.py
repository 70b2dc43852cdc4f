"""What a transaction promises on both databases, and what it refuses."""
# ruff: noqa: PT012 - the whole block is what raises

import asyncio
from datetime import UTC, datetime

import pytest
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import TransactionManagementError
from tortoise.transactions import in_transaction

from app.config import Settings
from app.database import Database, Transaction
from app.database.errors import ConstraintViolated, Unavailable
from app.models import NumberSeries

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
COUNT = "SELECT count(*) FROM note"


@pytest.fixture
async def notes(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE note (id int PRIMARY KEY, text text NOT NULL)")
    return database


def new_series(name: str) -> NumberSeries:
    return NumberSeries(
        name=name,
        mask="####",
        actor={},
        metadata={"a": [1]},
        created_at=NOW,
        updated_at=NOW,
    )


async def series(name: str, client: BaseDBAsyncClient | None) -> NumberSeries:
    made = new_series(name)
    await made.save(using_db=client)
    return made


async def write(tx: Transaction, number: int) -> None:
    assert await tx.execute("INSERT INTO note VALUES ($1, $2)", number, f"note {number}") == 1


async def count(database: Database) -> int:
    return int((await database.read(COUNT))[0][0])


async def test_the_end_of_the_block_commits(notes: Database) -> None:
    async with notes.transaction() as tx:
        await write(tx, 1)
        assert await count_elsewhere(notes) == 0
        assert await tx.fetch_value(COUNT) == 1
    assert await count(notes) == 1


async def count_elsewhere(database: Database) -> int:
    return await asyncio.create_task(count(database))


async def test_an_exception_rolls_back(notes: Database) -> None:
    with pytest.raises(LookupError, match="mine"):
        async with notes.transaction() as tx:
            await write(tx, 1)
            raise LookupError("mine")
    assert await count(notes) == 0


async def test_a_cancelled_task_rolls_back_before_it_ends(notes: Database) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with notes.transaction() as tx:
            await write(tx, 1)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert await count(notes) == 0


async def test_rows_answer_to_position_and_name(notes: Database) -> None:
    async with notes.transaction() as tx:
        await write(tx, 7)
        row = await tx.fetch_one("SELECT id, text FROM note WHERE id = $1", 7)
        assert row is not None
        assert (row[0], row["id"], row[1], row["text"]) == (7, 7, "note 7", "note 7")
        assert dict(row) == {"id": 7, "text": "note 7"}
        assert len(row) == 2
        assert await tx.fetch_one("SELECT id FROM note WHERE id = $1", 8) is None
        assert await tx.fetch_value("SELECT id FROM note WHERE id = $1", 8) is None
        assert [row["id"] for row in await tx.fetch("SELECT id FROM note")] == [7]


async def test_execute_counts_changed_rows(notes: Database) -> None:
    async with notes.transaction() as tx:
        assert await tx.execute("INSERT INTO note VALUES (1, 'a'), (2, 'b'), (3, 'c')") == 3
        assert await tx.execute("UPDATE note SET text = $2 WHERE id > $1", 1, "d") == 2
        with_query = "WITH chosen AS (SELECT 1 AS id) DELETE FROM note WHERE id IN "
        assert await tx.execute(with_query + "(SELECT id FROM chosen)") == 1
        assert await tx.execute("UPDATE note SET text = 'e' WHERE id = 9") == 0
        assert await tx.execute("CREATE TABLE other (id int)") == 0


async def test_changing_statements_can_return_rows(notes: Database) -> None:
    async with notes.transaction() as tx:
        sql = "INSERT INTO note VALUES ($1, $2) RETURNING id, text"
        row = await tx.fetch_one(sql, 4, "four")
        assert row is not None
        assert dict(row) == {"id": 4, "text": "four"}


async def test_a_part_fails_alone(notes: Database) -> None:
    async with notes.transaction() as tx:
        await write(tx, 1)
        with pytest.raises(ConstraintViolated, match="note_pkey"):
            async with tx.savepoint():
                await write(tx, 2)
                await write(tx, 1)
        async with tx.savepoint():
            await write(tx, 3)
    assert [row["id"] for row in await notes.read("SELECT id FROM note ORDER BY id")] == [1, 3]


async def test_parts_nest(notes: Database) -> None:
    async with notes.transaction() as tx, tx.savepoint():
        await write(tx, 1)
        with pytest.raises(LookupError):
            async with tx.savepoint():
                await write(tx, 2)
                raise LookupError
    assert [row["id"] for row in await notes.read("SELECT id FROM note")] == [1]


async def test_one_task_holds_one_connection(notes: Database) -> None:
    async with notes.transaction():
        with pytest.raises(RuntimeError, match=r"use tx\.savepoint\(\)"):
            async with notes.transaction():
                pytest.fail("a second connection was taken")
        with pytest.raises(RuntimeError, match=r"reads through tx\.fetch"):
            await notes.read(COUNT)
    assert await count(notes) == 0


async def test_statements_after_the_end_are_refused(notes: Database) -> None:
    async with notes.transaction() as tx:
        pass
    with pytest.raises((TransactionManagementError, Unavailable)):
        await write(tx, 1)
    with pytest.raises((TransactionManagementError, Unavailable)):
        await NumberSeries.filter(id=1).using_db(tx.client).first()
    assert await count(notes) == 0


async def test_models_join_the_transaction_they_are_used_in(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as tx:
            await series("named", tx.client)
            await series("unnamed", None)
            assert await NumberSeries.all().count() == 2
            raise LookupError
    assert await NumberSeries.all().count() == 0


async def test_models_are_stored_and_read_back(database: Database) -> None:
    async with database.transaction() as tx:
        made = await series("kept", tx.client)
    found = await NumberSeries.get(id=made.id)
    assert (found.name, found.created_at, found.metadata) == ("kept", NOW, {"a": [1]})
    assert await NumberSeries.filter(created_at__lt=NOW).count() == 0
    assert await NumberSeries.filter(created_at__lte=NOW).count() == 1


async def test_tortoises_own_transactions_are_ours(database: Database) -> None:
    with pytest.raises(LookupError):
        async with in_transaction() as client:
            await series("outer", client)
            async with in_transaction():
                await series("inner", None)
            raise LookupError
    async with in_transaction():
        with pytest.raises(LookupError):
            async with in_transaction():
                await series("undone", None)
                raise LookupError
        await NumberSeries.bulk_create([new_series("first"), new_series("second")])
    assert [one.name for one in await NumberSeries.all().order_by("name")] == ["first", "second"]
    await NumberSeries.bulk_create([new_series("third")])
    assert (await database.read("SELECT count(*) FROM number_series"))[0][0] == 3


async def test_a_transaction_ended_by_hand_stays_ended(notes: Database) -> None:
    async with notes.transaction() as tx:
        await write(tx, 1)
        await tx.client.commit()
    async with notes.transaction() as tx:
        await write(tx, 2)
        await tx.client.rollback()
    assert await count(notes) == 1


async def test_two_statements_of_one_transaction_take_turns(notes: Database) -> None:
    async with notes.transaction() as tx:
        await asyncio.gather(*(write(tx, number) for number in range(20)))
    assert await count(notes) == 20


async def test_ping_answers(database: Database) -> None:
    await database.ping()


async def test_a_second_database_leaves_models_to_the_first(
    database: Database, settings: Settings
) -> None:
    second = await Database.open(settings)
    async with second.transaction() as tx:
        await tx.execute("CREATE TABLE seen (id int)")
    await second.close()
    assert await NumberSeries.all().count() == 0
    assert await database.read("SELECT * FROM seen") == []


async def test_the_second_outlives_the_first(settings: Settings) -> None:
    first = await Database.open(settings)
    second = await Database.open(settings)
    await first.close()
    async with second.transaction() as tx:
        assert await tx.fetch_value("SELECT 5") == 5
    await second.close()
