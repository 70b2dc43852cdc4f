"""How both databases carry out the look-ups of the API in a full shop, and what they touch for it.

Broken is a look-up that scans a table of more than 1,000 rows, or touches more than it may.
PostgreSQL is asked twice: for a plan made for the values, and for the plan made for all values,
which it may choose when a statement has run five times. SQLite tells its instructions, no rows.
"""

import argparse
import asyncio
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from app.database import Transaction
from app.database.sqlite_connection import bound
from scripts.benchmarks.asked import Noting, noting
from scripts.benchmarks.filling import fill
from scripts.benchmarks.lookups import Lookup, lookups
from scripts.benchmarks.stands import HOMES, Home

SMALL_TABLE = 1_000
STEPS = 10
STEPS_A_ROW = 60
"""SQLite's instructions for a row that is read, tested, counted or answered are fewer."""

_ALIAS = re.compile(r'\b(?:FROM|JOIN)\s+"?(\w+)"?(?:\s+(?:AS\s+)?(\w+))?')
_SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")


@dataclass(frozen=True)
class Way:
    """One way in which a look-up is carried out."""

    plan: str
    touched: int
    """Rows, or SQLite's instructions."""
    most: int
    milliseconds: float
    scanned: list[str]

    @property
    def broken(self) -> bool:
        return self.touched > self.most or bool(self.scanned)


def measure(backend: str, chosen: argparse.Namespace) -> dict[str, Any]:
    with HOMES[backend]() as home:
        asyncio.run(fill(home.settings, chosen.codes))
        ways = asyncio.run(_ways(home))
    broken = [name for name, found in ways.items() if any(way.broken for way in found)]
    told = {name: [asdict(way) for way in found] for name, found in ways.items()}
    return {"broken": broken, "lookups": told}


def line(backend: str, result: dict[str, Any]) -> str:
    lines = [
        f"{backend:8}  {'BROKEN' if name in result['broken'] else 'right ':6}  {name}: "
        + "; ".join(map(_told, ways))
        for name, ways in result["lookups"].items()
    ]
    return "\n".join(lines)


def _told(way: Mapping[str, Any]) -> str:
    took = way["milliseconds"]
    scanned = f", scans {', '.join(way['scanned'])}" if way["scanned"] else ""
    return f"{way['touched']:,} of at most {way['most']:,} {way['plan']}, {took:.3g} ms{scanned}"


async def _ways(home: Home) -> dict[str, list[Way]]:
    found = {}
    async with noting(home.settings) as database:
        for name, lookup in lookups().items():
            sql, values, _ = await database.asked(lookup.document)
            if home.settings.embedded:
                found[name] = [_sqlite(home, sql, values, lookup)]
            else:
                found[name] = await _postgres(database, sql, values, lookup)
    return found


async def _postgres(
    database: Noting, sql: str, values: tuple[object, ...], lookup: Lookup
) -> list[Way]:
    given = f"({', '.join(map(_literal, values))})" if values else ""
    async with database.transaction() as tx:
        small = set(await _small_tables(tx))
        await tx.execute(f"PREPARE asked AS {sql}")
        ways = []
        for plan in ("custom", "generic"):
            await tx.execute(f"SET LOCAL plan_cache_mode = force_{plan}_plan")
            explain = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked{given}"
            (root,) = orjson.loads(await tx.fetch_value(explain))
            scans = [node for node in _nodes(root["Plan"]) if "Relation Name" in node]
            large = [node for node in scans if node["Relation Name"] not in small]
            whole = {node["Relation Name"] for node in large if node["Node Type"] == "Seq Scan"}
            touched, took = round(sum(map(_touched, large))), root["Execution Time"]
            ways.append(Way(f"rows, {plan} plan", touched, lookup.most, took, sorted(whole)))
        await tx.execute("DEALLOCATE asked")
    return ways


async def _small_tables(tx: Transaction) -> list[str]:
    rows = await tx.fetch(f"SELECT relname FROM pg_class WHERE reltuples <= {SMALL_TABLE}")
    return [row[0] for row in rows]


def _literal(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _touched(node: dict[str, Any]) -> float:
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows: float = node["Actual Rows"] + sum(node.get(name, 0) for name in removed)
    return rows * float(node["Actual Loops"])


def _sqlite(home: Home, sql: str, values: tuple[object, ...], lookup: Lookup) -> Way:
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += STEPS

    with closing(sqlite3.connect(home.settings.sqlite_path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", bound(values)).fetchall()
        tables = dict(connection.execute("SELECT name, sql FROM sqlite_master").fetchall())
        aliases = {alias or table: table for table, alias in _ALIAS.findall(sql)}
        scanned = [
            table
            for name, index in (pair for row in plan for pair in _SCAN.findall(row[3]))
            if (table := aliases.get(name, name)) in tables
            # An index of the wanted rows alone is as good as a search, and a table is in the order
            # of its ids: a walk that ends with the page, as the instructions tell.
            and index
            and " WHERE " not in (tables.get(index) or "")
            and not _is_small(connection, table)
        ]
        started = time.perf_counter()
        connection.execute(sql, bound(values)).fetchall()
        took = (time.perf_counter() - started) * 1_000
        connection.set_progress_handler(step, STEPS)
        connection.execute(sql, bound(values)).fetchall()
    return Way("instructions", steps, lookup.most * STEPS_A_ROW, took, scanned)


def _is_small(connection: sqlite3.Connection, table: str) -> bool:
    counted = f'SELECT COUNT(*) FROM (SELECT 1 FROM "{table}" LIMIT {SMALL_TABLE + 1})'
    return int(connection.execute(counted).fetchone()[0]) <= SMALL_TABLE
