"""What goes into a statement comes out of its rows, alike on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest

from app.database import Database, instants
from app.models import NumberSeries

NOW = datetime(2026, 11, 22, 10, 30, 0, 5, tzinfo=UTC)


class Colour(StrEnum):
    RED = "RED"


@pytest.fixture
async def things(database: Database) -> Database:
    sqlite = database.dialect.name == "sqlite"
    instant, data, binary = (
        ("text", "text", "blob") if sqlite else ("timestamptz", "jsonb", "bytea")
    )
    async with database.transaction() as tx:
        await tx.execute(
            f"CREATE TABLE thing (id bigint PRIMARY KEY, text text, yes boolean, at {instant},"
            f" data {data}, bytes {binary})"
        )
    return database


INSERT = "INSERT INTO thing (id, text, yes, at, data, bytes) VALUES ($1, $2, $3, $4, $5, $6)"


async def test_every_kind_of_value_comes_back(things: Database) -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    values = (2**62, Colour.RED, True, tokyo, {"a": [1, None, "ü"]}, b"\x00\xff")
    async with things.transaction() as tx:
        await tx.execute(INSERT, *values)
        row = await tx.fetch_one("SELECT * FROM thing")
    assert row is not None
    assert (row["id"], row["text"], row["yes"]) == (2**62, "RED", True)
    assert instants.from_row(row["at"]) == NOW
    assert instants.from_json(row["data"]) == {"a": [1, None, "ü"]}
    assert row["bytes"] == b"\x00\xff"


async def test_json_is_bound_as_value_and_as_text(things: Database) -> None:
    async with things.transaction() as tx:
        for number, data in enumerate(({"a": 1}, '{"a":1}', [1, 2], "[1, 2]", None)):
            await tx.execute("INSERT INTO thing (id, data) VALUES ($1, $2)", number, data)
        rows = await tx.fetch("SELECT data FROM thing ORDER BY id")
    stored = [instants.from_json(row["data"]) for row in rows]
    assert stored == [{"a": 1}, {"a": 1}, [1, 2], [1, 2], None]


async def test_a_naive_instant_is_refused(things: Database) -> None:
    naive = datetime(2026, 11, 22)  # noqa: DTZ001 - what is refused
    read = "SELECT id FROM thing WHERE at < " + things.dialect.cast("$1", "timestamptz")
    with pytest.raises(ValueError, match="always aware"):
        await things.read(read, naive)
    with pytest.raises((ValueError, TypeError)):
        await things.read(read, [naive])
    with pytest.raises(ValueError, match="always aware"):
        await NumberSeries.create(name="n", mask="#", actor={}, created_at=naive, updated_at=NOW)


async def test_instants_compare_as_moments(things: Database) -> None:
    async with things.transaction() as tx:
        for number in range(3):
            at = NOW + timedelta(microseconds=number)
            await tx.execute("INSERT INTO thing (id, at) VALUES ($1, $2)", number, at)
        tokyo = (NOW + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=9)))
        rows = await tx.fetch("SELECT id FROM thing WHERE at <= $1 ORDER BY at DESC", tokyo)
    assert [row["id"] for row in rows] == [1, 0]


async def test_a_placeholder_may_be_used_twice(database: Database) -> None:
    one = database.dialect.cast("$1", "int")
    two = database.dialect.cast("$2", "int")
    rows = await database.read(f"SELECT {one} AS a, {two} AS b, {one} + {two} AS c", 4, 5)
    assert [tuple(row) for row in rows] == [(4, 5, 9)]


async def test_lists_become_rows(things: Database) -> None:
    columns = {"id": "bigint", "text": "text", "yes": "boolean", "at": "timestamptz"}
    source = things.dialect.rows("new", columns, first=2)
    lists = [10, 11, 12], ["a", None, "ü"], [True, False, None], [NOW, NOW, None]
    async with things.transaction() as tx:
        sql = f"INSERT INTO thing (id, text, yes, at) SELECT id + $1, text, yes, at FROM {source}"
        assert await tx.execute(sql, 100, *lists) == 3
        rows = await tx.fetch("SELECT id, text, yes, at FROM thing ORDER BY id")
    assert [(row[0], row[1], row[2], instants.from_row(row[3])) for row in rows] == [
        (110, "a", True, NOW),
        (111, None, False, NOW),
        (112, "ü", None, None),
    ]


async def test_lists_keep_their_order(database: Database) -> None:
    source = database.dialect.rows("word", {"text": "text"})
    sql = f"SELECT text, position FROM {source} ORDER BY position"
    rows = await database.read(sql, ["c", "a", "b"])
    assert [tuple(row) for row in rows] == [("c", 0), ("a", 1), ("b", 2)]
    assert await database.read(sql, []) == []


async def test_an_object_becomes_pairs(database: Database) -> None:
    sql = f"SELECT key, value FROM {database.dialect.pairs('word', '$1')} ORDER BY key"
    rows = await database.read(sql, {"b": "2", "a": "1"})
    assert [tuple(row) for row in rows] == [("a", "1"), ("b", "2")]


async def test_one_of_a_list(things: Database) -> None:
    async with things.transaction() as tx:
        for number, text in enumerate("abc"):
            await tx.execute("INSERT INTO thing (id, text) VALUES ($1, $2)", number, text)
        among = things.dialect.among
        by_id = await tx.fetch(
            f"SELECT text FROM thing WHERE {among('id', '$1', 'bigint')} ORDER BY id", [2, 0, 9]
        )
        by_text = await tx.fetch(
            f"SELECT id FROM thing WHERE {among('text', '$1', 'text')}", ["b", "x"]
        )
    assert [row["text"] for row in by_id] == ["a", "c"]
    assert [row["id"] for row in by_text] == [1]


async def test_json_text_becomes_a_value(things: Database) -> None:
    json = things.dialect.json(things.dialect.cast("$2", "text"))
    async with things.transaction() as tx:
        await tx.execute(f"INSERT INTO thing (id, data) VALUES ($1, {json})", 1, '{"a": 1}')
        assert instants.from_json(await tx.fetch_value("SELECT data FROM thing")) == {"a": 1}


async def test_rows_are_locked_where_others_could_write(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.fetch(f"SELECT id FROM campaign ORDER BY id{database.dialect.lock}")
        await tx.fetch(f"SELECT id FROM campaign ORDER BY id{database.dialect.lock_or_skip}")
    clauses = (database.dialect.lock, database.dialect.lock_or_skip)
    assert (
        clauses
        == {
            "postgres": (" FOR NO KEY UPDATE", " FOR NO KEY UPDATE SKIP LOCKED"),
            "sqlite": ("", ""),
        }[database.dialect.name]
    )
