"""Changes that later migrations may make, on filled tables that others refer to."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tortoise import fields
from tortoise.connection import ConnectionHandler
from tortoise.exceptions import UnSupportedError
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps

from app.config import Settings
from app.database import Database
from app.database.migration_session import MigrationSession, PostgresSession, SqliteSession
from app.database.schema import Check, Index, PrimaryKey, Unique
from app.database.schema_editors import (
    DeclaredSchemaEditor,
    DeclaredSqliteSchemaEditor,
    OnPostgres,
    PostgresSchemaEditor,
)
from app.models.columns import Text
from tests.contracts import catalogue

ROOMY = Check(check="room >= 1", name="shelf_room_positive")
TIDY = Check(check="room >= 1", name="shelf_room_tidy")
SMALL = Check(check="room < 100", name="shelf_room_small")
LABEL = Unique(fields=("label",), name="shelf_label_key", condition="label <> ''")
PLACE = Unique(fields=("house", "room"), name="shelf_place_key")

SHELF = ops.CreateModel(
    name="Shelf",
    fields=[
        ("id", fields.BigIntField(primary_key=True)),
        ("label", Text()),
        ("house", Text(default="", db_default="")),
        ("room", fields.IntField(null=True)),
        ("colour", Text(null=True)),
    ],
    options={
        "table": "shelf",
        "constraints": [LABEL, ROOMY],
        "indexes": [Index("shelf_by_room", ("room", "id"), "room IS NOT NULL")],
    },
)
BOOK = ops.CreateModel(
    name="Book",
    fields=[
        (
            "shelf",
            fields.OneToOneField(
                "library.Shelf",
                primary_key=True,
                related_name=False,
                on_delete=OnDelete.NO_ACTION,
            ),
        ),
        ("number", fields.IntField()),
    ],
    options={
        "table": "book",
        "constraints": [PrimaryKey(fields=("shelf_id", "number"), name="book_pkey")],
    },
)


class Library:
    """A schema of its own, changed operation by operation."""

    def __init__(self, session: MigrationSession, editor: DeclaredSchemaEditor) -> None:
        self.session = session
        self.editor = editor
        self.state = State(models={}, apps=StateApps(connections=ConnectionHandler()))

    async def apply(self, operation: ops.TortoiseOperation) -> None:
        before = self.state.clone()
        operation.state_forward("library", self.state)
        await operation.database_forward("library", before, self.state, self.editor)

    async def rows(self) -> list[tuple[Any, ...]]:
        shelves = await self.session.fetch("SELECT id, label, room FROM shelf ORDER BY id")
        books = await self.session.fetch("SELECT shelf_id, number FROM book ORDER BY 1, 2")
        return [tuple(row) for row in (*shelves, *books)]


ROWS = [(1, "A", 5), (2, "B", 7), (1, 1), (1, 2), (2, 1)]


@pytest.fixture
async def library(settings: Settings) -> AsyncIterator[Library]:
    session: MigrationSession
    editor: DeclaredSchemaEditor
    if settings.embedded:
        session = await SqliteSession.open(settings)
        editor = DeclaredSqliteSchemaEditor(session)
    else:
        session = await PostgresSession.open(settings)
        editor = PostgresSchemaEditor(session)
    made = Library(session, editor)
    await made.apply(SHELF)
    await made.apply(BOOK)
    await session.execute_script(
        "INSERT INTO shelf (id, label, room) VALUES (1, 'A', 5), (2, 'B', 7);\n"
        "INSERT INTO book (shelf_id, number) VALUES (1, 1), (1, 2), (2, 1);"
    )
    yield made
    await session.close()


async def shelf(database: Database) -> catalogue.Table:
    return (await catalogue.read(database))["shelf"]


@pytest.mark.parametrize(
    ("operations", "checks", "uniques"),
    [
        ([], {"shelf_room_positive"}, {"shelf_label_key"}),
        (
            [ops.AddConstraint("Shelf", SMALL)],
            {"shelf_room_positive", "shelf_room_small"},
            {"shelf_label_key"},
        ),
        ([ops.RemoveConstraint("Shelf", name=ROOMY.name)], set(), {"shelf_label_key"}),
        (
            [ops.RenameConstraint("Shelf", ROOMY.name, TIDY.name)],
            {"shelf_room_tidy"},
            {"shelf_label_key"},
        ),
        (
            [ops.AddConstraint("Shelf", PLACE)],
            {"shelf_room_positive"},
            {"shelf_label_key", "shelf_place_key"},
        ),
        ([ops.RemoveConstraint("Shelf", name=LABEL.name)], {"shelf_room_positive"}, set()),
        (
            [ops.RenameConstraint("Shelf", str(LABEL.name), "shelf_label")],
            {"shelf_room_positive"},
            {"shelf_label"},
        ),
        (
            [ops.AlterField("Shelf", "room", fields.IntField(default=1))],
            {"shelf_room_positive"},
            {"shelf_label_key"},
        ),
        (
            [ops.RemoveField("Shelf", "colour")],
            {"shelf_room_positive"},
            {"shelf_label_key"},
        ),
        (
            [
                ops.AddField("Shelf", "depth", fields.IntField(null=True)),
                ops.AddConstraint("Shelf", SMALL),
            ],
            {"shelf_room_positive", "shelf_room_small"},
            {"shelf_label_key"},
        ),
    ],
)
async def test_a_change_keeps_rows_rules_and_indexes(
    library: Library,
    database: Database,
    operations: list[ops.TortoiseOperation],
    checks: set[str],
    uniques: set[str],
) -> None:
    for operation in operations:
        await library.apply(operation)
    assert await library.rows() == ROWS
    found = await shelf(database)
    assert (found.checks, found.uniques, found.indexes) == (checks, uniques, {"shelf_by_room"})
    if library.session.capabilities.dialect == "sqlite":
        assert await library.session.fetch("PRAGMA foreign_key_check") == []


async def test_a_condition_stays_with_its_unique(library: Library) -> None:
    await library.apply(ops.AddConstraint("Shelf", SMALL))
    await library.session.execute_script("INSERT INTO shelf (id, label) VALUES (3, ''), (4, '');")
    assert len(await library.session.fetch("SELECT id FROM shelf")) == 4


async def test_a_key_of_columns_changes_by_sql_alone(library: Library) -> None:
    key = PrimaryKey(fields=("shelf_id",), name="book_pkey")
    with pytest.raises(UnSupportedError, match="book_pkey"):
        await library.apply(ops.AddConstraint("Book", key))
    with pytest.raises(UnSupportedError, match="book_pkey"):
        await library.apply(ops.RemoveConstraint("Book", name="book_pkey"))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_table_with_a_key_of_columns_is_never_remade(library: Library) -> None:
    check = Check(check="number >= 1", name="book_number_positive")
    with pytest.raises(UnSupportedError, match="book has a key of several columns"):
        await library.apply(ops.AddConstraint("Book", check))


async def test_storage_is_postgresqls_business(library: Library, database: Database) -> None:
    await library.apply(OnPostgres("ALTER TABLE shelf ADD COLUMN only_here text"))
    found = await shelf(database)
    assert ("only_here" in found.columns) == (database.dialect.name == "postgres")
