"""Transactions handed over as a whole: the same promises, and on SQLite one call into a thread."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import NoReturn

import pytest
from tortoise.exceptions import TransactionManagementError

from app.database import Database, Statements
from app.database.errors import ConstraintKind, ConstraintViolated, Unavailable

COUNT = "SELECT count(*) FROM note"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
async def notes(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE note (id int PRIMARY KEY, text text NOT NULL)")
        await tx.execute(
            "CREATE TABLE about (id int REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)"
        )
    return database


async def write(tx: Statements, number: int) -> None:
    assert await tx.execute("INSERT INTO note VALUES ($1, $2)", number, f"note {number}") == 1


async def write_one(tx: Statements) -> None:
    await write(tx, 1)


async def count(database: Database) -> int:
    return int((await database.read(COUNT))[0][0])


async def assert_nothing_stored(database: Database) -> None:
    """And the next one is served."""
    assert await count(database) == 0
    await database.transact(write_one)
    assert await count(database) == 1


async def test_it_commits_and_returns_what_the_work_returned(notes: Database) -> None:
    async def work(tx: Statements) -> list[object]:
        await write(tx, 7)
        row = await tx.fetch_one("SELECT id, text FROM note WHERE id = $1", 7)
        assert row is not None
        return [
            dict(row),
            await tx.fetch_one("SELECT id FROM note WHERE id = 8"),
            await tx.fetch_value("SELECT text FROM note"),
            await tx.fetch_value("SELECT id FROM note WHERE id = 8"),
            [row["id"] for row in await tx.fetch("SELECT id FROM note")],
            await tx.execute("UPDATE note SET text = 'new' WHERE id = 9"),
        ]

    assert await notes.transact(work) == [
        {"id": 7, "text": "note 7"},
        None,
        "note 7",
        None,
        [7],
        0,
    ]
    assert await count(notes) == 1


class Odd(BaseException):
    """Not even an Exception."""


@pytest.mark.parametrize("error", [LookupError("mine"), Odd("mine"), asyncio.CancelledError()])
async def test_any_error_rolls_back_and_comes_out(notes: Database, error: BaseException) -> None:
    async def work(tx: Statements) -> NoReturn:
        await write(tx, 1)
        raise error

    with pytest.raises(type(error)) as caught:
        await notes.transact(work)
    assert caught.value.args == error.args
    await assert_nothing_stored(notes)


async def test_a_constraint_is_named(notes: Database) -> None:
    heard: list[ConstraintViolated] = []

    async def work(tx: Statements) -> None:
        await write(tx, 1)
        try:
            await write(tx, 1)
        except ConstraintViolated as violated:
            heard.append(violated)
            raise

    with pytest.raises(ConstraintViolated) as caught:
        await notes.transact(work)
    assert [caught.value] == heard
    assert (caught.value.name, caught.value.kind) == ("note_pkey", ConstraintKind.UNIQUE)
    await assert_nothing_stored(notes)


async def test_a_constraint_at_the_end_is_named(notes: Database) -> None:
    async def work(tx: Statements) -> None:
        await write(tx, 1)
        await tx.execute("INSERT INTO about VALUES (2)")

    with pytest.raises(ConstraintViolated, match="foreign_key"):
        await notes.transact(work)
    assert await notes.read("SELECT id FROM about") == []
    await assert_nothing_stored(notes)


async def test_many_callers_take_turns(notes: Database) -> None:
    await notes.transact(write_one)

    async def raise_id(tx: Statements) -> int:
        last: int = await tx.fetch_value("UPDATE note SET id = id + 1 RETURNING id")
        return last

    found = await asyncio.gather(*(notes.transact(raise_id) for _ in range(30)))
    assert sorted(found) == list(range(2, 32))


async def test_one_inside_another_is_refused(notes: Database) -> None:
    async def nested(tx: Statements) -> None:
        await write(tx, 1)
        await notes.transact(write_one)

    async def reading(tx: Statements) -> None:
        await write(tx, 1)
        await notes.read(COUNT)

    for work in (nested, reading):
        with pytest.raises(
            RuntimeError, match=r"in a transaction|through tx|no running event loop"
        ):
            await notes.transact(work)
    async with notes.transaction():
        with pytest.raises(RuntimeError, match="in a transaction already"):
            await notes.transact(write_one)
    await assert_nothing_stored(notes)


async def test_statements_after_the_end_are_refused(notes: Database) -> None:
    async def keep(tx: Statements) -> Statements:
        return tx

    kept = await notes.transact(keep)
    with pytest.raises((TransactionManagementError, Unavailable)):
        await write(kept, 1)
    await assert_nothing_stored(notes)


async def test_the_work_sees_its_callers_context(notes: Database) -> None:
    asked_by = ContextVar("asked_by", default="nobody")

    async def work(_: Statements) -> str:
        return asked_by.get()

    asked_by.set("me")
    assert await notes.transact(work) == "me"


async def test_a_cancelled_statement_is_interrupted(notes: Database) -> None:
    async def work(tx: Statements) -> None:
        await write(tx, 1)
        with suppress(Exception):
            await tx.fetch(ENDLESS)
        await write(tx, 2)

    task = asyncio.create_task(notes.transact(work))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    await assert_nothing_stored(notes)


class TestOnSqlite:
    """The work runs in the writer's thread."""

    @pytest.fixture
    def backend(self) -> str:
        return "sqlite"

    async def test_waiting_for_anything_else_is_refused(self, notes: Database) -> None:
        cleaned: list[int] = []

        async def work(tx: Statements, wait: Callable[[], Awaitable[object]]) -> None:
            await write(tx, 1)
            try:
                await wait()
            finally:
                cleaned.append(await tx.fetch_value(COUNT))

        async def refused(reason: str, wait: Callable[[], Awaitable[object]]) -> None:
            with pytest.raises(RuntimeError, match=reason):
                await notes.transact(partial(work, wait=wait))

        elsewhere = asyncio.get_running_loop().create_future()
        await refused("await the statements it gives you", lambda: asyncio.sleep(0))
        await refused("await the statements it gives you", lambda: elsewhere)
        await refused("no running event loop", lambda: asyncio.sleep(1))
        assert cleaned == [1, 1, 1]
        await assert_nothing_stored(notes)

    async def test_cancelled_between_two_statements_it_stores_nothing(
        self, notes: Database
    ) -> None:
        loop = asyncio.get_running_loop()
        between, cancelled = asyncio.Event(), threading.Event()
        ends: list[str] = []

        async def work(tx: Statements) -> None:
            await write(tx, 1)
            loop.call_soon_threadsafe(between.set)
            cancelled.wait(5)
            try:
                await write(tx, 2)
            except asyncio.CancelledError:
                ends.append("second")

        task = asyncio.create_task(notes.transact(work))
        await between.wait()
        task.cancel()
        await asyncio.sleep(0.05)
        assert not task.done()
        cancelled.set()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()
        # The work swallowed it all the same: it is not committed.
        assert ends == ["second"]
        await assert_nothing_stored(notes)

    async def test_cancelled_in_the_queue_it_never_begins(self, notes: Database) -> None:
        begun: list[Statements] = []

        async def work(tx: Statements) -> None:
            begun.append(tx)

        task = asyncio.create_task(notes.transact(work))
        thread_is_free = threading.Event()
        writer = notes._client._connection  # type: ignore[attr-defined]  # noqa: SLF001 - the engine is under test
        writer._tx.put_nowait((None, lambda: thread_is_free.wait(5)))  # noqa: SLF001 - the same
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        thread_is_free.set()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()
        assert begun == []
        await assert_nothing_stored(notes)

    async def test_what_sqlite_rolled_back_is_not_committed(self, notes: Database) -> None:
        async def work(tx: Statements) -> None:
            await write(tx, 1)
            # As SQLite does by itself when the disk is full or a write is interrupted.
            await tx.execute("ROLLBACK")

        with pytest.raises(TransactionManagementError, match="rolled this transaction back"):
            await notes.transact(work)
        await assert_nothing_stored(notes)

    async def test_a_broken_writer_is_replaced(self, notes: Database) -> None:
        writer = notes._client._connection  # type: ignore[attr-defined]  # noqa: SLF001 - the engine is under test

        async def work(tx: Statements) -> None:
            await write(tx, 1)
            writer.raw.close()
            await write(tx, 2)

        with pytest.raises(Exception, match="closed database"):
            await notes.transact(work)
        await assert_nothing_stored(notes)
