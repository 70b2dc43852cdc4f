import re
from pathlib import Path

import pytest
from tortoise.apps import Apps
from tortoise.context import get_current_context
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.models import Model

from app import models
from app.database import Database
from app.database.migrations import APPS
from app.database.schema import Check, Index, PrimaryKey
from app.database.schema_editors import uniques_of
from tests.contracts import catalogue

MODELS: list[type[Model]] = [getattr(models, name) for name in models.__all__]
TABLES = {model._meta.db_table: model for model in MODELS}  # noqa: SLF001 - Tortoise's metadata
DOCUMENT = Path(__file__).parents[2] / "docs" / "domain.md"

KINDS = {
    "sqlite": {"INTEGER", "BIGINT", "INT", "TEXT", "BLOB"},
    "postgres": {
        "bigint",
        "integer",
        "boolean",
        "text C",
        "timestamp with time zone",
        "jsonb",
        "bytea",
    },
}


def registered() -> Apps:
    """Return the models as the open database has them."""
    context = get_current_context()
    assert context
    assert context.apps
    return context.apps


@pytest.fixture
async def tables(database: Database) -> dict[str, catalogue.Table]:
    return await catalogue.read(database)


@pytest.mark.usefixtures("database")
async def test_models_and_migrations_agree() -> None:
    """`makemigrations` would find nothing to write."""
    assert await MigrationAutodetector(registered(), APPS).changes() == []


@pytest.mark.usefixtures("database")
async def test_a_changed_model_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    meta = models.Code._meta  # noqa: SLF001 - Tortoise's metadata
    check = Check(check="version >= 1", name="code_version")
    index = Index("code_by_store", ("issued_store", "id"), "issued_store IS NOT NULL")
    monkeypatch.setattr(meta, "constraints", (*meta.constraints, check))
    monkeypatch.setattr(meta, "indexes", (*meta.indexes, index))
    (found,) = await MigrationAutodetector(registered(), APPS).changes()
    written = found.as_string()
    assert "CheckConstraint(check='version >= 1', name='code_version')" in written
    assert (
        "Index(name='code_by_store', fields=['issued_store', 'id'],"
        " where='issued_store IS NOT NULL')"
    ) in written
    assert written.count("ops.") == 2


async def test_every_table_column_and_rule_exists(tables: dict[str, catalogue.Table]) -> None:
    assert tables.keys() == TABLES.keys()
    for name, table in tables.items():
        meta = TABLES[name]._meta  # noqa: SLF001 - Tortoise's metadata
        assert table.columns.keys() == meta.fields_db_projection_reverse.keys(), name
        assert table.required == {
            column
            for field, column in meta.fields_db_projection.items()
            if not meta.fields_map[field].null
        }, name
        assert table.checks == {c.name for c in meta.constraints if isinstance(c, Check)}, name
        assert table.keys == {c.name for c in meta.constraints if isinstance(c, PrimaryKey)}, name
        assert table.uniques == {unique.name for unique in uniques_of(TABLES[name])}, name
        indexes = [index for index in meta.indexes if isinstance(index, Index)]
        assert len(indexes) == len(meta.indexes), name
        assert table.indexes == {index.name for index in indexes}, name


async def test_nothing_is_deleted_along_with_something_else(
    tables: dict[str, catalogue.Table],
) -> None:
    for name, table in tables.items():
        meta = TABLES[name]._meta  # noqa: SLF001 - Tortoise's metadata
        declared = {
            f"{field}_id": (meta.fields_map[field].related_model._meta.db_table, "NO ACTION")  # type: ignore[attr-defined]  # noqa: SLF001
            for field in meta.fk_fields | meta.o2o_fields
        }
        assert table.references == declared, name


async def test_nothing_is_stored_as_a_fraction_and_all_text_sorts_alike(
    database: Database, tables: dict[str, catalogue.Table]
) -> None:
    used = {kind for table in tables.values() for kind in table.columns.values()}
    assert used == KINDS[database.dialect.name]


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
async def test_busy_rows_have_room_for_their_next_version(database: Database) -> None:
    rows = await database.read(
        "SELECT relname, reloptions FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL"
    )
    assert {row["relname"]: row["reloptions"] for row in rows} == {
        "code": ["fillfactor=80"],
        "code_customer": ["fillfactor=80"],
        "group_customer": ["fillfactor=80"],
    }


def test_the_document_lists_every_table_and_column() -> None:
    section = DOCUMENT.read_text().partition("\n## Tables\n")[2].partition("\n## ")[0]
    described = {
        part.partition("\n")[0]: set(re.findall(r"`(\w+)`", _first_cells(part)))
        for part in section.split("\n### ")[1:]
    }
    assert described == {
        name: set(model._meta.fields_db_projection_reverse)  # noqa: SLF001 - Tortoise's metadata
        for name, model in TABLES.items()
    }


def _first_cells(part: str) -> str:
    return "\n".join(re.findall(r"^\| ([^|]*) \|", part, re.MULTILINE))
