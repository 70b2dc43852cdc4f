"""What a batch asks of PostgreSQL in a full shop: keys lead to every row, whatever is asked."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from app.config import Settings
from app.database import Database, Row, Statements
from app.database.lanes import BATCHES
from app.domain.life.calls import (
    CreateCashback,
    Issue,
    IssueNext,
    Release,
    Reverse,
    Suspend,
    Withdraw,
)
from app.services.life.batch import Surroundings, apply
from tests.making import CALLER, NOW, count_rows, make_campaign, make_group, make_source
from tests.services.living import (
    SUBJECTS,
    answers,
    euros,
    made,
    make_code,
    redeem,
    reserve,
)

ROWS = 20_000
# Read whole on purpose, or so small that nothing else makes sense.
SMALL = {"campaign", "code_group", "promotion", "promotion_group", "number_series", "cashback"}


class Explaining(Statements):
    """Runs statements, and keeps the plan of each."""

    def __init__(self, tx: Statements) -> None:
        self._tx = tx
        self.plans: list[tuple[str, dict[str, Any]]] = []

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        await self._explain(sql, values)
        return await self._tx.fetch(sql, *values)

    async def execute(self, sql: str, *values: object) -> int:
        await self._explain(sql, values)
        return await self._tx.execute(sql, *values)

    async def _explain(self, sql: str, values: tuple[object, ...]) -> None:
        text = await self._tx.fetch_value(f"EXPLAIN (FORMAT JSON) {sql}", *values)
        self.plans.append((sql, json.loads(text)[0]["Plan"]))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


FILL = """
INSERT INTO customer (number, actor, created_at, updated_at)
SELECT 'X-' || n, '{}', now(), now() FROM generate_series(1, :rows) AS n;
INSERT INTO "order" (number, actor, created_at, updated_at)
SELECT number, '{}', now(), now() FROM customer;
INSERT INTO code (kind, campaign_id, group_id, text, normal_form, actor, created_at, updated_at)
SELECT 'SOURCE', :campaign, :group, 'X' || n, 'FILL' || n, '{}', now(), now()
FROM generate_series(1, :rows) AS n;
INSERT INTO redemption
(code_id, campaign_id, group_id, customer_id, order_id, order_number, state, actor, redeemed_at)
SELECT CASE WHEN c.id % 3 = 0 THEN :hot ELSE :hot + c.id - o.first + 1 END,
:campaign, :group, c.id, o.id, o.number, 'CONFIRMED', '{}', now()
FROM customer AS c JOIN (SELECT *, MIN(id) OVER () AS first FROM "order") AS o
ON o.number = c.number WHERE c.id - o.first < :rows AND c.id >= o.first;
INSERT INTO reservation
(code_id, group_id, customer_id, holder, expires_at, actor, created_at)
SELECT code_id, :group, customer_id, order_number, now(), '{}', now() FROM redemption;
INSERT INTO code_customer (code_id, customer_id, uses)
SELECT code_id, customer_id, 1 FROM redemption;
INSERT INTO group_customer (group_id, customer_id, uses, seq)
SELECT :group, customer_id, 1, 1 FROM redemption;
INSERT INTO idempotency (caller_id, operation, key, fingerprint, verdict, created_at)
SELECT 'x', 'redeemCode', number, 'x', '{}', now() FROM customer;
INSERT INTO revision (kind, entity_id, ended_at, facts, actor)
SELECT 'CODE', id, now(), '{}', '{}' FROM code;
ANALYZE
"""


async def fill(database: Database, campaign_id: int, group_id: int, hot_id: int) -> None:
    """Many rows of everything, a third of them of one hot code."""
    named = {"rows": ROWS, "campaign": campaign_id, "group": group_id, "hot": hot_id}
    async with database.transaction() as tx:
        for sql in FILL.split(";"):
            text = sql
            for name, number in named.items():
                text = text.replace(f":{name}", str(number))
            await tx.execute(text)


async def test_no_statement_reads_a_table_whole(postgres_settings: Settings) -> None:
    database = await Database.open(postgres_settings, BATCHES)
    campaign_id = await make_source(database, "FIRST")
    group_id = await make_group(database, campaign_id, reuse_per_customer=10)
    vouchers = await make_campaign(database)
    for number in range(3):
        await make_code(database, vouchers, f"VOUCHER{number}", kind="VOUCHER")
    for text in ("CASH", "GONE", "ODD"):
        await make_code(database, campaign_id, text, max_uses=1)
    hot_id = await make_code(database, campaign_id, group_id=group_id, uses_per_customer=5)
    await fill(database, campaign_id, group_id, hot_id)
    assert await count_rows(database, "redemption") > ROWS * 0.9
    assert await count_rows(database, "code_customer") > ROWS * 0.9
    used, held = await answers(
        database, redeem(customer="X-7", key="k-0"), reserve(holder="s-0", customer="X-8")
    )
    (gone,) = await database.read("SELECT id FROM code WHERE normal_form = 'GONE'")
    (odd,) = await database.read("SELECT id FROM code WHERE normal_form = 'ODD'")
    calls = [
        *[
            redeem(f"FILL{n}", f"k-{n}", customer=f"X-{n}", order=f"X-{n + 1}")
            for n in range(5, 40)
        ],
        redeem(customer="X-9", key="k-9", order="NEW-1", amount=euros(5), holder="s-0"),
        redeem(customer="NEW", order="X-12"),
        redeem("NOSUCH"),
        reserve(holder="s-1", customer="X-7"),
        Release(caller=CALLER, reservation_id=made(held)),
        Reverse(caller=CALLER, redemption_id=made(used)),
        Issue(caller=CALLER, code="VOUCHER1", customer="X-9"),
        IssueNext(caller=CALLER, campaign_id=vouchers, reference="B-1", key="n-1"),
        CreateCashback(caller=CALLER, code="CASH", order="X-3", customer="X-3", maximum=euros(100)),
        Withdraw(caller=CALLER, code_id=gone["id"], reason="x"),
        Suspend(caller=CALLER, code_id=odd["id"], reason="x"),
    ]
    plans: list[tuple[str, dict[str, Any]]] = []

    async def work(tx: Statements) -> None:
        explaining = Explaining(tx)
        now = NOW + timedelta(minutes=1)
        verdicts = await apply(
            explaining, calls, Surroundings(database.dialect, lambda: now, SUBJECTS)
        )
        assert [verdict.problems for verdict in verdicts if verdict.problems] != []
        plans.extend(explaining.plans)

    await database.transact(work)
    await database.close()
    assert len(plans) > 25
    whole = [
        (node["Relation Name"], sql)
        for sql, plan in plans
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SMALL
    ]
    assert whole == []
    joins = {node["Node Type"] for _, plan in plans for node in nodes(plan)}
    assert joins & {"Hash Join", "Merge Join"} == set()
