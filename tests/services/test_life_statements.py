"""What a batch asks of a full shop: on both databases keys lead to every row."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.config import Settings
from app.database import Database, Row, Statements
from app.database.lanes import BATCHES
from app.domain.life.calls import (
    Call,
    ChargeCashback,
    CreateCashback,
    DisableCashback,
    Extend,
    Issue,
    IssueNext,
    Release,
    Resume,
    Reverse,
    Suspend,
    Withdraw,
)
from app.domain.life.verdicts import Verdict
from app.services.life import batch, naming
from app.services.life.batch import Surroundings
from app.services.life.reading import Reading
from tests.making import CALLER, NOW, count_rows, make_group, make_source
from tests.services.full_shop import FullShop, fill
from tests.services.living import (
    SUBJECTS,
    answers,
    euros,
    made,
    make_code,
    noted,
    redeem,
    reserve,
)

ROWS = 100_000
LATER = NOW + timedelta(minutes=1)
ENDS = NOW + timedelta(days=1)
# Read whole on purpose, or so small that nothing else makes sense.
SMALL = {"number_series"}
# By these a count of what is live passes all that a code ever had, or all that has lapsed.
PAST = {"reservation_by_code", "reservation_holder_key"}
NO_TABLES = {"json_each", "CONSTANT", "numbers", "sqlite_sequence"}
# The protocol by which values are bound asks for values here, too.
_GENERIC = """CREATE OR REPLACE FUNCTION pg_temp.generic_plan(sql text) RETURNS json
    LANGUAGE plpgsql AS $$ DECLARE found json; BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON, GENERIC_PLAN) ' || sql INTO found; RETURN found; END $$"""
_FROM = re.compile(r'FROM "?(\w+)')
# A search along an index that does not say where goes along all of it.
_SCAN = re.compile(r"(?:SCAN|SEARCH(?!.*\()) (\w+)")
_WAY = re.compile(r"INDEX (\w+)")


class Explaining(Statements):
    """Runs statements, and notes which tables each of them would read whole, and odd joins.

    `lapsed`: those that would look through reservations of a code that have lapsed.
    """

    def __init__(self, tx: Statements) -> None:
        self._tx = tx
        self.asked = 0
        self.whole: list[tuple[str, str]] = []
        self.lapsed: list[str] = []

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        await self._note(sql, values)
        return await self._tx.fetch(sql, *values)

    async def execute(self, sql: str, *values: object) -> int:
        await self._note(sql, values)
        return await self._tx.execute(sql, *values)

    async def _note(self, sql: str, values: Sequence[object]) -> None:
        self.asked += 1
        whole, indexes = await self.ways(sql, values)
        self.whole += [(table, sql) for table in whole - SMALL]
        if "COUNT(*) FROM reservation" in sql and indexes & PAST:
            self.lapsed.append(sql)

    async def ways(self, sql: str, values: Sequence[object]) -> tuple[set[str], set[str]]:
        """Ask SQLite which tables it reads whole, and by which indexes it goes."""
        steps = await self._tx.fetch(f"EXPLAIN QUERY PLAN {sql}", *values)
        scans = (_SCAN.match(step["detail"]) for step in steps)
        ways = (_WAY.search(step["detail"]) for step in steps)
        return {scan[1] for scan in scans if scan} - NO_TABLES, {way[1] for way in ways if way}


class ExplainingPostgres(Explaining):
    async def ways(self, sql: str, values: Sequence[object]) -> tuple[set[str], set[str]]:
        """Ask for a plan made for the values, and for the one made for all values.

        The latter may be chosen when a statement has run five times.
        """
        await self._tx.execute(_GENERIC)
        texts = [
            await self._tx.fetch_value(f"EXPLAIN (FORMAT JSON) {sql}", *values),
            await self._tx.fetch_value("SELECT pg_temp.generic_plan($1)", sql),
        ]
        found = [node for text in texts for node in nodes(json.loads(text)[0]["Plan"])]
        scans = {node.get("Relation Name", "") for node in found if _reads_whole(node)}
        joins = {node["Node Type"] for node in found} & {"Hash Join", "Merge Join"}
        return scans | joins, {node.get("Index Name", "") for node in found}


def _reads_whole(node: dict[str, Any]) -> bool:
    """Row by row, or along an index without saying where."""
    kind: str = node["Node Type"]
    return kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in node)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def explaining(database: Database, tx: Statements) -> Explaining:
    return (ExplainingPostgres if database.dialect.name == "postgres" else Explaining)(tx)


async def everything(database: Database, shop: FullShop) -> list[Call]:
    """Calls of every kind on filled codes, the hot one, unknown ones, and what was made of them."""
    texts = ("CASH", "GONE", "ODD", "BACK", "MORE")
    ids = {
        text: await make_code(database, shop.source, text, max_uses=1, valid_to=ENDS)
        for text in texts
    }
    used, held = await answers(
        database, redeem(customer="X-7", key="k-0"), reserve(holder="s-0", customer="X-8")
    )
    issues: dict[str, Any] = {"caller": CALLER, "reference": "B-1"}
    return [
        *(
            redeem(f"FILL{n}", f"k-{n}", customer=f"X-{n}", order=f"X-{n + 1}")
            for n in range(5, 40)
        ),
        redeem(customer="X-9", key="k-9", order="NEW-1", amount=euros(5), holder="s-0"),
        redeem(customer="NEW", order="X-12"),
        redeem("NOSUCH", customer="X-10"),
        reserve(holder="s-1", customer="X-7"),
        Release(caller=CALLER, reservation_id=made(held)),
        Reverse(caller=CALLER, redemption_id=made(used)),
        Issue(caller=CALLER, code="VOUCHER1", customer="X-9"),
        IssueNext(campaign_id=shop.vouchers, key="n-1", **issues),
        IssueNext(promotion_id=shop.issuing, key="n-2", line="2", **issues),
        IssueNext(campaign_id=shop.on_demand, key="n-3", **issues),
        CreateCashback(caller=CALLER, code="CASH", order="X-3", customer="X-3", maximum=euros(100)),
        ChargeCashback(caller=CALLER, cashback_id=1, amount=euros(10)),
        DisableCashback(caller=CALLER, cashback_id=2),
        Withdraw(caller=CALLER, code_id=ids["GONE"], reason="x"),
        Suspend(caller=CALLER, code_id=ids["ODD"], reason="x"),
        Resume(caller=CALLER, code_id=ids["BACK"], reason="x"),
        Extend(caller=CALLER, code_id=ids["MORE"], valid_to=ENDS + timedelta(days=1), reason="x"),
    ]


@pytest.fixture
async def lane(settings: Settings) -> AsyncIterator[Database]:
    """The connections on which batches run."""
    opened = await Database.open(settings, BATCHES)
    yield opened
    await opened.close()


@pytest.mark.timeout(300)
async def test_no_statement_reads_a_table_whole(lane: Database) -> None:
    shop = await fill(lane, ROWS)
    for table in ("code", "redemption", "reservation", "code_customer", "idempotency"):
        assert await count_rows(lane, table) >= ROWS
    calls = await everything(lane, shop)

    async def work(tx: Statements) -> tuple[Explaining, list[Verdict]]:
        explains = explaining(lane, tx)
        around = Surroundings(lane.dialect, lambda: LATER, SUBJECTS)
        return explains, await batch.apply(explains, calls, around)

    explained, verdicts = await lane.transact(work)
    assert explained.whole == []
    assert explained.lapsed == []
    assert explained.asked > 40
    taken = [call.operation for call, told in zip(calls, verdicts, strict=True) if told.made]
    assert {call.operation for call in calls} == set(taken)


async def test_no_statement_of_validating_reads_a_table_whole(database: Database) -> None:
    """It goes through the connections of all reads, on which every join is allowed."""
    await fill(database, ROWS // 5)
    calls = [redeem("FILL7", customer="X-7", application="web", holder="X-8"), redeem()]

    async def work(tx: Statements) -> Explaining:
        explains = explaining(database, tx)
        for call in calls:
            named = await naming.find(explains, database.dialect, [call])
            await Reading(explains, database.dialect, [call], NOW).facts(named)
        return explains

    explained = await database.transact(work)
    assert explained.whole == []
    assert explained.asked == 15


async def test_a_statement_that_reads_a_table_whole_is_noticed(database: Database) -> None:
    """The tests above can fail."""
    await fill(database, ROWS // 20)

    async def work(tx: Statements) -> list[tuple[str, str]]:
        explains = explaining(database, tx)
        await explains.fetch("SELECT id FROM code WHERE text = $1", "X7")
        await explains.fetch("SELECT id FROM code WHERE normal_form = $1", "FILL7")
        await explains.fetch("SELECT MIN(id) FROM code WHERE version = $1", 2)
        await explains.execute("UPDATE code SET version = 2 WHERE text = $1", "X7")
        return explains.whole

    whole = await database.transact(work)
    assert [table for table, _ in whole] == ["code"] * 3


async def test_nothing_is_looked_up_of_who_is_new(database: Database) -> None:
    """Rows that refer to a row which is not there are not there either."""
    campaign_id = await make_source(database, "FIRST")
    group_id = await make_group(database, campaign_id)
    await make_code(database, campaign_id, group_id=group_id)
    _, of_new = await noted(database, redeem(key="k-1", customer="C-1", order="O-1"))
    _, of_known = await noted(database, redeem(key="k-2", customer="C-1", order="O-2"))
    counters = {"code_customer", "group_customer"}
    assert read_tables(of_new) & counters == set()
    assert read_tables(of_known) & counters == counters
    # Ten reads, the ids, and nine tables; then one read more, and the customer is there already.
    assert [len(of_new), len(of_known)] == [20, 20]


def read_tables(statements: Sequence[str]) -> set[str]:
    reads = (sql for sql in statements if sql.startswith("SELECT"))
    return {table for sql in reads for table in _FROM.findall(sql)}
