"""A shop with many rows of everything, a third of them of one hot code."""

from dataclasses import dataclass

from app.database import Database
from app.domain.promotions import Discount, DiscountKind
from tests.making import make_campaign, make_group, make_promotion, make_source
from tests.services.living import make_code

FIRST = 1_000
"""Filled rows have the ids behind this one."""
SOME = 2_000
"""Groups and promotions; of campaigns there are a tenth as many."""
NUMBERED = ("campaign", "code_group", "promotion", "customer", "order", "code")

_ACTOR = """'{{"name": "Tests"}}'"""
_STAMPS = f"{_ACTOR}, {{now}}, {{now}}"
_MANY = """(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})
    SELECT n, {first} + n AS id, 'X-' || n AS number,
    CASE WHEN n % 3 = 0 THEN {hot} ELSE {first} + n END AS code_id FROM s) AS s"""
_SOME = _MANY.replace("{rows}", "{some}")
_FILL = (
    f"""INSERT INTO campaign (id, kind, key, name, time_zone, actor, created_at, updated_at)
    SELECT id, 'SOURCE', number, number, 'UTC', {_STAMPS} FROM {_SOME} WHERE n <= {{some}} / 10""",
    f"""INSERT INTO code_group (id, campaign_id, key, name, activation, actor, created_at,
    updated_at) SELECT id, {{source}}, number, number, 'OWN_RANGE', {_STAMPS} FROM {_SOME}""",
    f"""INSERT INTO promotion (id, name, campaign_id, discount_kind, actor, created_at, updated_at)
    SELECT id, number, {{first}} + (n + 9) / 10, 'FREE_SHIPPING', {_STAMPS} FROM {_SOME}""",
    f"INSERT INTO promotion_group (promotion_id, group_id) SELECT id, id FROM {_SOME}",
    f"""INSERT INTO customer (id, number, actor, created_at, updated_at)
    SELECT id, number, {_STAMPS} FROM {_MANY}""",
    f"""INSERT INTO "order" (id, number, actor, created_at, updated_at)
    SELECT id, number, {_STAMPS} FROM {_MANY}""",
    f"""INSERT INTO code (id, kind, campaign_id, group_id, text, normal_form, max_uses, actor,
    created_at, updated_at)
    SELECT id, 'SOURCE', {{source}}, {{group}}, 'X' || n, 'FILL' || n, 9, {_STAMPS} FROM {_MANY}""",
    f"""INSERT INTO code (id, kind, campaign_id, text, normal_form, actor, created_at, updated_at)
    SELECT id + {{rows}}, 'VOUCHER', {{vouchers}}, 'V' || n, 'VOUCHER' || n, {_STAMPS}
    FROM {_MANY}""",
    f"""INSERT INTO redemption (code_id, campaign_id, group_id, customer_id, order_id, order_number,
    state, actor, redeemed_at)
    SELECT code_id, {{source}}, {{group}}, id, id, number, 'CONFIRMED', {_ACTOR}, {{now}}
    FROM {_MANY}""",
    # Half of them ended; the others have lapsed, and nobody has noticed yet.
    f"""INSERT INTO reservation (code_id, group_id, customer_id, holder, expires_at, ended_at,
    end_reason, actor, created_at)
    SELECT code_id, {{group}}, id, number, {{now}}, CASE n % 2 WHEN 0 THEN {{now}} END,
    CASE n % 2 WHEN 0 THEN 'RELEASED' END, {_ACTOR}, {{now}} FROM {_MANY}""",
    f"""INSERT INTO cashback (code_id, earning_order_id, customer_id, maximum_minor, currency,
    actor, created_at, updated_at)
    SELECT id, id, id, 100, 'EUR', {_STAMPS} FROM {_MANY} WHERE n % 5 = 4""",
    f"INSERT INTO code_customer (code_id, customer_id, uses) SELECT code_id, id, 1 FROM {_MANY}",
    f"""INSERT INTO group_customer (group_id, customer_id, uses, seq)
    SELECT {{group}}, id, 1, 1 FROM {_MANY}""",
    f"""INSERT INTO idempotency (caller_id, operation, key, fingerprint, verdict, created_at)
    SELECT 'x', 'redeemCode', number, 'x', '{{{{}}}}', {{now}} FROM {_MANY}""",
    f"""INSERT INTO revision (kind, entity_id, ended_at, facts, actor)
    SELECT 'CODE', code_id, {{now}}, '{{{{}}}}', {_ACTOR} FROM {_MANY}""",
    f"""INSERT INTO code_event (code_id, campaign_id, kind, at, actor)
    SELECT code_id, {{source}}, 'REDEEMED', {{now}}, {_ACTOR} FROM {_MANY}""",
    f"""INSERT INTO attempt (caller_id, subject, code_id, operation, reasons, minute, at, actor)
    SELECT 'x', code_id || '-' || n, code_id, 'redeemCode', 'EXPIRED', {{now}}, {{now}}, {_ACTOR}
    FROM {_MANY}""",
    "ANALYZE",
)
_NEXT = """SELECT setval('"{0}_id_seq"', (SELECT MAX(id) FROM "{0}"))"""


@dataclass(frozen=True)
class FullShop:
    """Its campaigns: of many codes, of many vouchers, and one that makes them on demand."""

    source: int
    vouchers: int
    on_demand: int
    issuing: int
    """A promotion that issues the vouchers."""


async def fill(database: Database, rows: int) -> FullShop:
    source, vouchers = await make_source(database, "FIRST"), await make_campaign(database)
    issues = Discount(DiscountKind.ISSUE_CODE, issue_campaign_id=vouchers)
    shop = FullShop(
        source,
        vouchers,
        await make_campaign(database, generate_on_demand=True),
        await make_promotion(database, discount=issues),
    )
    group = await make_group(database, source, reuse_per_customer=10)
    hot = await make_code(database, source, group_id=group, uses_per_customer=5)
    ids = {"source": source, "vouchers": vouchers, "group": group, "hot": hot}
    now = "'2026-01-10T08:00:00.000000Z'" if database.dialect.name == "sqlite" else "now()"
    async with database.transaction() as tx:
        for statement in _FILL:
            sizes = {"rows": rows, "some": SOME, "first": FIRST}
            await tx.execute(statement.format(**ids, **sizes, now=now))
        if database.dialect.name == "postgres":
            for table in NUMBERED:
                await tx.fetch(_NEXT.format(table))
    return shop
