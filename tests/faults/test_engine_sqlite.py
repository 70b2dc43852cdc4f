"""SQLite: one writer, two readers, and what happens when something is in the way."""
# ruff: noqa: PT012 - the whole block is what raises

import asyncio
import sqlite3
import sys
import threading
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest
from tortoise.exceptions import TransactionManagementError

from app.config import Settings
from app.database import Database, Row
from app.database.errors import Conflict, Unavailable
from app.database.sqlite_connection import SqliteConnection
from app.database.sqlite_engine import SqliteClient

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
async def counter(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        await tx.execute("INSERT INTO counter VALUES (1, 0)")
    return database


def client(database: Database) -> SqliteClient:
    return cast("SqliteClient", database._client)  # noqa: SLF001 - the engine is under test


async def test_the_writer_keeps_what_it_acknowledged(database: Database) -> None:
    async with database.transaction() as tx:
        read = {
            name: await tx.fetch_value(f"PRAGMA {name}")
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert read == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


async def test_readers_cannot_write(database: Database) -> None:
    assert (await database.read("PRAGMA query_only"))[0][0] == 1
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read("DELETE FROM campaign")


async def test_a_transaction_holds_the_file_from_its_start(counter: Database) -> None:
    async with counter.transaction():
        other = sqlite3.connect(client(counter).filename, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


async def test_a_read_never_waits_for_a_writer(counter: Database) -> None:
    await read_while_writing(counter, client(counter).read)


async def test_models_read_without_waiting_too(counter: Database) -> None:
    async def read(sql: str, values: Sequence[object]) -> list[Row]:
        return list((await client(counter).execute_query(sql, list(values)))[1])

    await read_while_writing(counter, read)


async def test_reading_through_the_writer_is_caught(counter: Database) -> None:
    async def read(sql: str, values: Sequence[object]) -> list[Row]:
        async with client(counter).acquire_connection() as writer:
            return await writer.fetch(sql, values)

    with pytest.raises(TimeoutError):
        await read_while_writing(counter, read)


async def read_while_writing(
    database: Database, read: Callable[[str, Sequence[object]], Awaitable[list[Row]]]
) -> None:
    inside, done = asyncio.Event(), asyncio.Event()

    async def write_slowly() -> None:
        async with database.transaction() as tx:
            await tx.execute("UPDATE counter SET n = 1")
            inside.set()
            await done.wait()

    writer = asyncio.create_task(write_slowly())
    await inside.wait()
    try:
        async with asyncio.timeout(1):
            rows = [await read("SELECT n FROM counter", ()) for _ in range(20)]
        assert [row[0][0] for row in rows] == [0] * 20
    finally:
        done.set()
        await writer
    assert (await read("SELECT n FROM counter", ()))[0][0] == 1


READ_THEN_WRITE = """
import asyncio, sys
from app.config import Settings
from app.database import Database, Row
from app.database.sqlite_engine import SqliteTransaction

async def begin_deferred(self):
    await self._held().change("BEGIN", ())

async def main(url, begin) -> None:
    if begin == "deferred":
        SqliteTransaction.begin = begin_deferred
    database = await Database.open(Settings(database_url=url, redis_url=""))
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(200):
        async with database.transaction() as tx:
            n = await tx.fetch_value("SELECT n FROM counter")
            await tx.execute("UPDATE counter SET n = $1", n + 1)
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def count_in_two_processes(settings: Settings, begin: str) -> list[int]:
    """Return how each process ended."""
    script = (sys.executable, "-c", READ_THEN_WRITE, settings.database_url, begin)
    processes = [
        await asyncio.create_subprocess_exec(*script, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        for _ in range(2)
    ]
    for process in processes:
        assert await cast("asyncio.StreamReader", process.stdout).readline() == b"ready\n"
    await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    return [cast("int", process.returncode) for process in processes]


async def test_two_processes_lose_no_update(counter: Database, settings: Settings) -> None:
    assert await count_in_two_processes(settings, "immediate") == [0, 0]
    assert (await counter.read("SELECT n FROM counter"))[0][0] == 400


@pytest.mark.usefixtures("counter")
async def test_a_deferred_begin_is_caught(settings: Settings) -> None:
    assert await count_in_two_processes(settings, "deferred") != [0, 0]


async def test_two_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite://{tmp_path}/a folder/new.sqlite3", redis_url="")
    databases = await asyncio.gather(*(Database.open(settings) for _ in range(4)))
    for database in databases:
        await database.ping()
        await database.close()


def refused_at_first(monkeypatch: pytest.MonkeyPatch, times: int) -> list[Conflict]:
    """Let SQLite refuse to open so often; what it has not refused yet."""
    opened, left = SqliteConnection.open, [Conflict("the database is busy")] * times

    async def opening(path: str, pragmas: Mapping[str, object]) -> SqliteConnection:
        if left:
            raise left.pop()
        return await opened(path, pragmas)

    monkeypatch.setattr(SqliteConnection, "open", opening)
    return left


async def test_who_is_refused_a_new_file_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite waits for no lock when it turns on the log of a file, whatever `busy_timeout` says."""
    left = refused_at_first(monkeypatch, 3)
    database = await Database.open(Settings(database_url=f"sqlite://{tmp_path / 'new'}"))
    await database.ping()
    await database.close()
    assert left == []


async def test_who_is_always_refused_is_told_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = refused_at_first(monkeypatch, 10_000)
    url = f"sqlite://{tmp_path / 'new'}"
    with pytest.raises(Conflict):
        await Database.open(Settings(database_url=url, database_wait_seconds=1))
    assert len(left) < 9_999


async def test_a_cancelled_read_is_interrupted(counter: Database) -> None:
    tasks = [asyncio.create_task(counter.read(ENDLESS)) for _ in range(2)]
    await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    done, _ = await asyncio.wait(tasks, timeout=5)
    assert [task.cancelled() for task in done] == [True, True]
    assert (await counter.read("SELECT n FROM counter"))[0][0] == 0


async def test_a_cancelled_statement_is_interrupted(counter: Database) -> None:
    async def work() -> None:
        async with counter.transaction() as tx:
            await tx.execute("UPDATE counter SET n = 9")
            await tx.fetch(ENDLESS)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    async with counter.transaction() as tx:
        assert await tx.fetch_value("SELECT n FROM counter") == 0


async def test_busy_with_another_process_is_a_conflict(settings: Settings) -> None:
    impatient = settings.model_copy(update={"database_wait_seconds": 0})
    database = await Database.open(impatient)
    other = sqlite3.connect(settings.sqlite_path)
    other.execute("BEGIN IMMEDIATE")
    client(database).wait_seconds = 5
    with pytest.raises(Conflict, match="the database is busy"):
        async with database.transaction():
            pytest.fail("it began")
    other.rollback()
    other.close()
    async with database.transaction() as tx:
        assert await tx.fetch_value("SELECT 1") == 1
    await database.close()


async def test_waiting_for_the_writer_ends(counter: Database) -> None:
    client(counter).wait_seconds = 0.05
    async with counter.transaction():
        waiting = asyncio.create_task(add_one(counter))
        with pytest.raises(Unavailable, match=r"waited 0\.05 s for the writer"):
            await waiting
    await add_one(counter)
    assert (await counter.read("SELECT n FROM counter"))[0][0] == 1


async def test_waiting_for_a_reader_ends(counter: Database) -> None:
    client(counter).wait_seconds = 0.05
    tasks = [asyncio.create_task(counter.read(ENDLESS)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="for a reader"):
        await counter.ping()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await counter.ping()


async def add_one(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE counter SET n = n + 1")


async def test_a_full_disk_is_unavailable_and_changes_nothing(counter: Database) -> None:
    async with counter.transaction() as tx:
        pages = await tx.fetch_value("PRAGMA page_count")
        await tx.fetch(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable, match="SQLITE_FULL"):
        async with counter.transaction() as tx:
            await tx.execute("UPDATE counter SET n = 5")
            await tx.execute("CREATE TABLE big (data)")
            await tx.execute("INSERT INTO big VALUES (zeroblob(100000))")
    assert (await counter.read("SELECT n FROM counter"))[0][0] == 0
    await add_one(counter)
    assert (await counter.read("SELECT n FROM counter"))[0][0] == 1


async def test_what_sqlite_rolled_back_is_not_committed(counter: Database) -> None:
    with pytest.raises(TransactionManagementError, match="rolled this transaction back"):
        async with counter.transaction() as tx:
            await tx.execute("UPDATE counter SET n = 5")
            # As SQLite does by itself when the disk is full or a write is interrupted.
            await tx.client._connection.rollback()  # noqa: SLF001 - the engine is under test
            await tx.execute("UPDATE counter SET n = 6")
    assert (await counter.read("SELECT n FROM counter"))[0][0] == 0


async def test_a_broken_writer_is_replaced(counter: Database) -> None:
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        async with counter.transaction() as tx:
            await tx.execute("UPDATE counter SET n = 5")
            connection = tx.client._connection  # noqa: SLF001 - the engine is under test
            await connection._execute(connection._conn.close)  # noqa: SLF001 - the same
            await tx.execute("UPDATE counter SET n = 6")
    await add_one(counter)
    assert (await counter.read("SELECT n FROM counter"))[0][0] == 1


async def test_a_writer_that_cannot_be_opened_frees_its_place(
    counter: Database, tmp_path: Path
) -> None:
    engine = client(counter)
    await engine.discard_writer()
    engine.filename, right = str(tmp_path), engine.filename
    for _ in range(2):
        with pytest.raises(Unavailable, match="SQLITE_CANTOPEN"):
            await add_one(counter)
    engine.filename = right
    await add_one(counter)
    assert (await counter.read("SELECT n FROM counter"))[0][0] == 1


async def test_a_script_stays_inside_its_transaction(counter: Database) -> None:
    script = """
        CREATE TABLE made (text); ;
        INSERT INTO made VALUES ('one; two');
    """
    with pytest.raises(LookupError):
        async with counter.transaction() as tx:
            await tx.client.execute_script(script)
            assert await tx.fetch_value("SELECT text FROM made") == "one; two"
            raise LookupError
    found = await counter.read("SELECT name FROM sqlite_master WHERE name = 'made'")
    assert found == []


async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="SQLITE_CANTOPEN"):
        await Database.open(Settings(database_url=f"sqlite://{tmp_path}", redis_url=""))


async def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to have a header of its own" * 20)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        await Database.open(Settings(database_url=f"sqlite://{path}", redis_url=""))


async def test_a_wrong_statement_is_the_callers_own_error(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await database.read("SELECT * FROM missing")


async def test_closing_twice_is_closing(settings: Settings) -> None:
    database = await Database.open(settings)
    await client(database).close()
    await database.close()


async def test_a_cancelled_opening_leaves_no_connection(tmp_path: Path) -> None:
    """Its thread would live on, and its file stay open."""
    before = set(threading.enumerate())
    opening = asyncio.create_task(SqliteConnection.open(str(tmp_path / "notes.sqlite3"), {}))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()
