"""A violated constraint has the same name on both databases, through SQL and through models."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.database import Database
from app.database.errors import ConstraintKind, ConstraintViolated
from app.models import NumberSeries

NOW = datetime(2026, 11, 22, tzinfo=UTC)

TABLES = (
    "CREATE TABLE place (id int PRIMARY KEY)",
    """CREATE TABLE item (
        id int PRIMARY KEY,
        text varchar(9) UNIQUE,
        a int,
        b int,
        place_id int REFERENCES place (id),
        needed int NOT NULL,
        folded text,
        CONSTRAINT "item_a_is_small" CHECK (a < 10),
        CONSTRAINT "item_a_b_pair" UNIQUE ("a", "b"),
        UNIQUE (b, text)
    )""",
    "CREATE UNIQUE INDEX item_b_alone ON item (b) WHERE a IS NULL",
    "CREATE UNIQUE INDEX item_text_folded ON item (lower(folded))",
    "CREATE TABLE pair (one int, two int, PRIMARY KEY (one, two))",
    "CREATE TABLE numbered (id {identity}, n int)",
    "INSERT INTO pair VALUES (1, 1)",
    "INSERT INTO item VALUES (1, 'one', 1, 1, NULL, 1, 'x'), (2, 'two', NULL, 2, NULL, 1, 'y')",
    "INSERT INTO numbered (id, n) VALUES (1, 1)",
)


@pytest.fixture
async def items(database: Database) -> Database:
    sqlite = database.dialect.name == "sqlite"
    identity = "INTEGER PRIMARY KEY AUTOINCREMENT" if sqlite else "bigint PRIMARY KEY"
    async with database.transaction() as tx:
        for statement in TABLES:
            await tx.execute(statement.format(identity=identity))
    return database


@pytest.mark.parametrize(
    ("statement", "name", "kind"),
    [
        ("item VALUES (1, 'new', 3, 3, NULL, 1, NULL)", "item_pkey", ConstraintKind.UNIQUE),
        ("item VALUES (3, 'one', 3, 3, NULL, 1, NULL)", "item_text_key", ConstraintKind.UNIQUE),
        ("item VALUES (3, 'new', 1, 1, NULL, 1, NULL)", "item_a_b_pair", ConstraintKind.UNIQUE),
        ("item VALUES (3, 'new', NULL, 2, NULL, 1, NULL)", "item_b_alone", ConstraintKind.UNIQUE),
        ("item VALUES (3, 'new', 3, 3, NULL, 1, 'X')", "item_text_folded", ConstraintKind.UNIQUE),
        ("item VALUES (3, 'new', 11, 3, NULL, 1, NULL)", "item_a_is_small", ConstraintKind.CHECK),
        ("item VALUES (3, 'new', 3, 3, NULL, NULL, NULL)", "item_needed_not_null", "not_null"),
        ("item VALUES (3, 'new', 3, 3, 5, 1, NULL)", "foreign_key", ConstraintKind.FOREIGN_KEY),
        ("pair VALUES (1, 1)", "pair_pkey", ConstraintKind.UNIQUE),
        ("numbered (id, n) VALUES (1, 2)", "numbered_pkey", ConstraintKind.UNIQUE),
    ],
)
async def test_constraints_have_one_name(
    items: Database, statement: str, name: str, kind: str
) -> None:
    with pytest.raises(ConstraintViolated) as caught:
        async with items.transaction() as tx:
            await tx.execute(f"INSERT INTO {statement}")
    assert (caught.value.name, caught.value.kind) == (name, kind)
    assert str(caught.value) == f"{kind} constraint {name}"
    assert (await items.read("SELECT count(*) FROM item"))[0][0] == 2


async def test_models_raise_the_same(database: Database) -> None:
    values: dict[str, Any] = {
        "name": "shop",
        "mask": "#",
        "actor": {},
        "created_at": NOW,
        "updated_at": NOW,
    }
    async with database.transaction() as tx:
        await NumberSeries.create(**values, using_db=tx.client)
    with pytest.raises(ConstraintViolated) as caught:
        async with database.transaction() as tx:
            await NumberSeries.create(**values, using_db=tx.client)
    assert caught.value.name == "number_series_name_key"
    with pytest.raises(ConstraintViolated, match="number_series_name_key"):
        await NumberSeries.create(**values)
    with pytest.raises(ConstraintViolated, match="number_series_last_number_not_negative"):
        await NumberSeries.filter(name="shop").update(last_number=-1)
    with pytest.raises(ConstraintViolated, match="number_series_name_key"):
        await NumberSeries.bulk_create([NumberSeries(**values)])
    assert await NumberSeries.all().count() == 1


async def test_a_constraint_at_the_end_is_named_too(database: Database) -> None:
    """A constraint that is checked at COMMIT."""
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE place (id int PRIMARY KEY)")
        await tx.execute(
            "CREATE TABLE visit (place_id int REFERENCES place (id) DEFERRABLE INITIALLY DEFERRED)"
        )
    with pytest.raises(ConstraintViolated, match="foreign_key"):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO visit VALUES (1)")
    assert await database.read("SELECT * FROM visit") == []
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO visit VALUES (1)")
        await tx.execute("INSERT INTO place VALUES (1)")
    assert len(await database.read("SELECT * FROM visit")) == 1
