import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
import pytest

from app.config import Settings
from app.database import Database
from app.database.migration_session import MigrationSession, PostgresSession, SqliteSession
from app.database.migrations import migrate, names, pending
from tests.contracts import catalogue
from tests.contracts.rows import VALID, another, insert

Rows = dict[str, list[dict[str, Any]]]

PROCESS = """
import asyncio, json, sys
from app.config import Settings
from app.database.migrations import migrate

settings = Settings(database_url=sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(asyncio.run(migrate(settings))))
"""


@pytest.fixture
async def empty(settings: Settings) -> Settings:
    """Settings of a database without a single table."""
    await make_empty(settings)
    return settings


async def make_empty(settings: Settings) -> None:
    if settings.embedded:
        settings.sqlite_path.unlink()
    else:
        connection = await asyncpg.connect(settings.database_url)
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(settings)
    try:
        yield database
    finally:
        await database.close()


async def test_an_empty_database_gets_everything_once(empty: Settings) -> None:
    assert await pending(empty) == names()
    assert await migrate(empty) == names()
    assert await pending(empty) == []
    assert await migrate(empty) == []


async def test_it_can_stop_on_the_way(empty: Settings) -> None:
    assert await migrate(empty, names()[1]) == names()[:2]
    assert await migrate(empty, names()[0]) == []
    assert await pending(empty) == names()[2:]


async def test_nothing_to_do_is_quick(settings: Settings) -> None:
    async def seconds() -> float:
        started = perf_counter()
        assert await migrate(settings) == []
        return perf_counter() - started

    assert min([await seconds() for _ in range(3)]) < 0.05


async def test_processes_that_start_at_once_do_the_work_once(empty: Settings) -> None:
    processes = [await start(empty) for _ in range(3)]
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(json.loads(out) for out, _ in answers) == [[], [], names()]
    assert await pending(empty) == []


async def start(settings: Settings) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROCESS, settings.database_url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_without_the_lock_they_would_collide(
    empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def open_door(_: MigrationSession) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(SqliteSession, "alone", open_door)
    monkeypatch.setattr(PostgresSession, "alone", open_door)
    results = await asyncio.gather(migrate(empty), migrate(empty), return_exceptions=True)
    assert any(isinstance(result, BaseException) for result in results)


async def test_it_runs_beside_an_open_database(empty: Settings, tmp_path: Path) -> None:
    other = Settings(database_url=f"sqlite://{tmp_path / 'other.sqlite3'}")
    async with opened(other):
        assert await migrate(empty) == names()
        assert await pending(other) == names()


async def test_every_migration_keeps_the_rows_it_finds(settings: Settings) -> None:
    """Each one meets filled tables; the last leaves the very tables of a new database."""
    async with opened(settings) as database:
        new = await catalogue.read(database)
    await make_empty(settings)

    before: Rows = {}
    present: dict[str, catalogue.Table] = {}
    for name in names():
        assert await migrate(settings, name) == [name]
        async with opened(settings) as database:
            present = await catalogue.read(database)
            after = await rows_of(database, present)
            assert shared(after, before) == shared(before, after)
            await fill(database, present, after)
            before = await rows_of(database, present)

    assert present == new
    assert {table: len(found) for table, found in before.items()} == dict.fromkeys(VALID, 2)


def test_a_lost_row_or_value_is_noticed() -> None:
    before = {"code": [{"id": 1, "uses": 3}, {"id": 2, "uses": 0}]}
    without_row = {"code": [{"id": 1, "uses": 3, "new": 7}]}
    without_value = {"code": [{"id": 1, "uses": 0}, {"id": 2, "uses": 0}]}
    grown = {"code": [{"id": 2, "uses": 0, "new": 7}, {"id": 1, "uses": 3, "new": 7}], "more": []}
    assert shared(without_row, before) != shared(before, without_row)
    assert shared(without_value, before) != shared(before, without_value)
    assert shared(grown, before) == shared(before, grown)


async def rows_of(database: Database, tables: Iterable[str]) -> Rows:
    found = {table: await database.read(f'SELECT * FROM "{table}"') for table in tables}
    return {
        table: [dict(zip(row.keys(), row, strict=True)) for row in rows]
        for table, rows in found.items()
    }


async def fill(database: Database, tables: dict[str, catalogue.Table], rows: Rows) -> None:
    """Put two rows into each empty table, as far as its columns exist already."""
    async with database.transaction() as tx:
        for table in VALID:
            if table in tables and not rows[table]:
                for values in (VALID[table], another(table, 2)):
                    present = {c: v for c, v in values.items() if c in tables[table].columns}
                    await insert(tx, table, present)


def shared(rows: Rows, others: Rows) -> dict[str, list[str]]:
    """Return what `rows` say in the tables and columns that both have, in one order."""
    return {
        table: sorted(
            str({column: row[column] for column in sorted(row) if column in columns})
            for row in rows[table]
        )
        for table in rows.keys() & others.keys()
        for columns in [{column for row in others[table] for column in row}]
    }


async def test_a_run_that_would_orphan_rows_changes_nothing(sqlite_settings: Settings) -> None:
    async with opened(sqlite_settings) as database, database.transaction() as tx:
        for table in ("campaign", "code"):
            await insert(tx, table, VALID[table])
    session = await SqliteSession.open(sqlite_settings)
    try:
        with pytest.raises(RuntimeError, match="1 rows would refer to nothing"):
            async with session.alone():
                await session.execute_script("DELETE FROM campaign;")
    finally:
        await session.close()
    async with opened(sqlite_settings) as database:
        assert len(await database.read("SELECT id FROM campaign")) == 1
