"""What databases say of how they carry out the statement of a document."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from app.database import Database, Row
from tests.graphql.asking import Asking


@dataclass
class Read:
    """What a statement did with a table."""

    indexes: set[str]
    rows: float


async def explained(
    database: Database, monkeypatch: pytest.MonkeyPatch, document: str, table: str
) -> Read:
    """How PostgreSQL carries out the one statement of a document, as far as a table is read."""
    read = database.read
    plans: list[Any] = []

    async def explaining(sql: str, *values: object) -> Sequence[Row]:
        rows = await read(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
        plans.extend(orjson.loads(rows[0][0]))
        return await read(sql, *values)

    with monkeypatch.context() as patch:
        patch.setattr(database, "read", explaining)
        await Asking(database).data(document)
    scans = [node for node in nodes(plans[0]["Plan"]) if node.get("Relation Name") == table]
    assert scans
    return Read(
        {_way(node) for node in scans},
        sum(
            (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            for node in scans
        ),
    )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def _way(scan: dict[str, Any]) -> str:
    """The index by which a scan goes; its own name when it goes by none."""
    found = scan["Plans"][0] if scan["Node Type"] == "Bitmap Heap Scan" else scan
    name: str = found.get("Index Name", found["Node Type"])
    return name


async def steps(
    database: Database, monkeypatch: pytest.MonkeyPatch, document: str
) -> Sequence[str]:
    """The steps in which SQLite carries out the one statement of a document."""
    read = database.read
    found: list[str] = []

    async def explaining(sql: str, *values: object) -> Sequence[Row]:
        rows = await read(f"EXPLAIN QUERY PLAN {sql}", *values)
        found.extend(row[3] for row in rows)
        return await read(sql, *values)

    with monkeypatch.context() as patch:
        patch.setattr(database, "read", explaining)
        await Asking(database).data(document)
    return found
