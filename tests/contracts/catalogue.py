"""What a database says about its own tables, in one form for both."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from app.database import Database, Row

NOTES = {"tortoise_migrations", "sqlite_sequence"}


@dataclass
class Table:
    columns: dict[str, str] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    uniques: set[str] = field(default_factory=set)
    indexes: set[str] = field(default_factory=set)
    # column -> (table, what deleting that row does)
    references: dict[str, tuple[str, str]] = field(default_factory=dict)


async def read(database: Database) -> dict[str, Table]:
    sqlite = database.dialect.name == "sqlite"
    tables = await (_sqlite(database) if sqlite else _postgres(database))
    return {name: table for name, table in tables.items() if name not in NOTES}


async def _sqlite(database: Database) -> dict[str, Table]:
    tables = {}
    for row in await database.read("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
        table = tables[row["name"]] = Table()
        for column in await database.read(f'PRAGMA table_info("{row["name"]}")'):
            table.columns[column["name"]] = column["type"]
            if column["notnull"]:
                table.required.add(column["name"])
        table.checks = set(re.findall(r'CONSTRAINT "(\w+)" CHECK', row["sql"]))
        table.keys = set(re.findall(r'CONSTRAINT "(\w+)" PRIMARY KEY', row["sql"]))
        for index in await database.read(f'PRAGMA index_list("{row["name"]}")'):
            if index["origin"] != "pk":
                (table.uniques if index["unique"] else table.indexes).add(index["name"])
        for key in await database.read(f'PRAGMA foreign_key_list("{row["name"]}")'):
            table.references[key["from"]] = (key["table"], key["on_delete"])
    return tables


async def _postgres(database: Database) -> dict[str, Table]:
    tables: dict[str, Table] = defaultdict(Table)
    for row in await database.read(_COLUMNS):
        tables[row["table_name"]].columns[row["column_name"]] = row["kind"]
        if row["is_nullable"] == "NO":
            tables[row["table_name"]].required.add(row["column_name"])
    for row in await database.read(_CONSTRAINTS):
        _add_constraint(tables[row["table_name"]], row)
    for row in await database.read(_INDEXES):
        table = tables[row["table_name"]]
        (table.uniques if row["indisunique"] else table.indexes).add(row["name"])
    return tables


def _add_constraint(table: Table, row: Row) -> None:
    match row["kind"]:
        case "c":
            table.checks.add(row["name"])
        case "p" if row["column_count"] > 1:
            table.keys.add(row["name"])
        case "f":
            table.references[row["column_name"]] = (row["target"], _ON_DELETE[row["on_delete"]])


_ON_DELETE = {
    "a": "NO ACTION",
    "r": "RESTRICT",
    "c": "CASCADE",
    "n": "SET NULL",
    "d": "SET DEFAULT",
}
_COLUMNS = """
SELECT table_name, column_name, is_nullable,
       data_type || coalesce(' ' || collation_name, '') AS kind
FROM information_schema.columns WHERE table_schema = 'public'
"""
_CONSTRAINTS = """
SELECT c.relname AS table_name, k.conname AS name, k.contype::text AS kind,
       cardinality(k.conkey) AS column_count, a.attname AS column_name, f.relname AS target,
       k.confdeltype::text AS on_delete
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
LEFT JOIN pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.connamespace = 'public'::regnamespace
"""
_INDEXES = """
SELECT c.relname AS table_name, i.relname AS name, x.indisunique
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class c ON c.oid = x.indrelid
WHERE i.relnamespace = 'public'::regnamespace AND NOT x.indisprimary
"""
