"""What the support screen and the list of a search touch in a shop with many rows of everything."""

import re
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from app.database import Database, Row
from app.reading.counting import MAX_COUNT
from tests.graphql.asking import Asking
from tests.graphql.explaining import nodes
from tests.graphql.test_support_screen import LIST, SCREEN
from tests.making import NOW, make_promotion
from tests.services.full_shop import fill
from tests.services.living import answers, redeem, reserve

ROWS = 20_000
ASKED = {"code": "summer10", "customer": {"number": "X-8"}, "application": "web"}
PAGE = {"prefix": "FILL1"}
MOST = 100
"""The most promotions of a group, and so the most rows of one code."""
RESERVED = ROWS // 6
"""Of the hot code, and never ended."""
PASSED = 200
"""Codes with another start that the page passes over."""
SMALL = {"campaign"}
NO_TABLES = {"CONSTANT"}
_SCAN = re.compile(r"(?:SCAN|SEARCH(?!.*\()) (\w+)")


async def fill_shop(database: Database) -> None:
    """The hot code drives as many promotions as there can be, and is used and reserved."""
    await fill(database, ROWS)
    (row,) = await database.read("SELECT group_id FROM code WHERE normal_form = 'SUMMER10'")
    for _ in range(MOST):
        await make_promotion(database, group_ids=(row["group_id"],))
    used = redeem(customer="X-8", order="O-1", key="k-1")
    await answers(database, used, reserve(holder="X-8", customer="X-8", key="k-2"))
    async with database.transaction() as tx:
        await tx.execute("ANALYZE")


Statement = tuple[str, tuple[object, ...]]


async def statements(database: Database, document: str, given: dict[str, Any]) -> list[Statement]:
    """The statements of a document, each with its values."""
    found: list[Statement] = []
    read = database.read

    async def noting(sql: str, *values: object) -> Sequence[Row]:
        found.append((sql, values))
        return await read(sql, *values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "read", noting)
        await Asking(database, now=NOW).data(document, **given)
    return found


async def whole(database: Database, sql: str, values: Sequence[object]) -> tuple[set[str], float]:
    """The tables that a statement reads whole, and on PostgreSQL the rows that it touches."""
    if database.dialect.name == "sqlite":
        steps = [row[3] for row in await database.read(f"EXPLAIN QUERY PLAN {sql}", *values)]
        # Pages are cut before anything is joined to them: they are rows of this statement.
        pages = {step.split()[-1] for step in steps if step.startswith("CO-ROUTINE")}
        walked = (_SCAN.match(step) for step in steps)
        return {scan[1] for scan in walked if scan} - pages - NO_TABLES, 0
    found = await scans(database, sql, values)
    tables = {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}
    return tables, sum(map(_rows, found))


async def scans(database: Database, sql: str, values: Sequence[object]) -> list[dict[str, Any]]:
    """How PostgreSQL reads each table."""
    rows = await database.read(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
    (plan,) = orjson.loads(rows[0][0])
    return [node for node in nodes(plan["Plan"]) if "Relation Name" in node]


def _rows(node: dict[str, Any]) -> float:
    passed: float = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return passed * float(node["Actual Loops"])


async def test_keys_lead_to_everything_that_is_read(database: Database) -> None:
    await fill_shop(database)
    screen, customer = await statements(database, SCREEN, ASKED)
    (page,) = await statements(database, LIST, PAGE)
    # What the screen shows three times: its promotions, once for the rule and once for the list;
    # and every live reservation of the code, to tell the customer's own.
    bounds = {screen: 10 * MOST + 5 * RESERVED, customer: 5, page: 51 * (3 * MOST + 10) + PASSED}
    for (sql, values), most in bounds.items():
        tables, rows = await whole(database, sql, values)
        assert tables <= SMALL
        assert rows <= most


async def test_what_is_green_is_found_once_for_all_rows(database: Database) -> None:
    """The groups and campaigns that make codes green; and no more codes than are shown, counted."""
    await fill(database, ROWS)
    document = "{ codes(where: {validity: VALID}, first: 50) { totalCount nodes { id } } }"
    ((sql, values),) = await statements(database, document, {})
    if database.dialect.name == "sqlite":
        steps = [row[3] for row in await database.read(f"EXPLAIN QUERY PLAN {sql}", *values)]
        assert [step for step in steps if "LIST SUBQUERY" in step] != []
        assert [step for step in steps if "CORRELATED" in step] == []
        return
    found = await scans(database, sql, values)
    of_codes = [node for node in found if node["Relation Name"] == "code"]
    assert sum(map(_rows, of_codes)) <= 51 + MAX_COUNT + 1
    wholes = [node for node in found if node["Node Type"] == "Seq Scan"]
    assert max(node["Actual Loops"] for node in wholes) == 1
