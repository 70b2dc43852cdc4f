"""What is redeemed in the benchmark, and what must hold of it in the end."""

from app.database import Database
from scripts.benchmarks import by_hand
from scripts.benchmarks.filling import fill
from scripts.benchmarks.redeem_ways import STEPS, Target
from scripts.benchmarks.stands import Home

TARGETS = {"many": Target("BENCH", 20_000), "hot": Target("HOT", 1)}
SCARCE, SCARCE_USES = Target("SCARCE", 1), 500
LIMITS = ((TARGETS["many"], 1_000), (TARGETS["hot"], 10_000_000), (SCARCE, SCARCE_USES))

_ACTOR = """'{{"name": "Benchmark"}}', {now}, {now}"""
# Half of the many codes are in a group; everything has one promotion.
_SHOP = (
    f"""INSERT INTO campaign (id, kind, key, name, time_zone, actor, created_at, updated_at)
    VALUES (1001, 'SOURCE', 'BENCH', 'Benchmark', 'UTC', {_ACTOR})""",
    f"""INSERT INTO promotion (id, name, campaign_id, discount_kind, actor, created_at, updated_at)
    VALUES (5001, 'Benchmark', 1001, 'FREE_SHIPPING', {_ACTOR})""",
    f"""INSERT INTO code_group (id, campaign_id, key, name, activation, reuse_per_customer, actor,
    created_at, updated_at)
    VALUES (1001, 1001, 'BENCH', 'Benchmark', 'WHILE_PROMOTIONS_RUN', 3, {_ACTOR})""",
    "INSERT INTO promotion_group (promotion_id, group_id) VALUES (5001, 1001)",
)
_CODES = f"""INSERT INTO code (kind, campaign_id, group_id, text, normal_form, max_uses,
    uses_per_customer, actor, created_at, updated_at)
    SELECT 'SOURCE', 1001, CASE WHEN n % 2 = 0 THEN 1001 END, {{text}}, {{text}}, {{most}}, 3,
    {_ACTOR} FROM (WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s
    WHERE n < {{last}}) SELECT n FROM s) AS s"""
_COUNTS = {
    "a redemption that is an order's": "redemption WHERE order_number LIKE 'N%'",
    "a customer": "customer WHERE number LIKE 'N%'",
    "an order": "\"order\" WHERE number LIKE 'N%'",
    "a use of its customer": "code_customer JOIN customer ON customer.id = customer_id"
    " WHERE number LIKE 'N%' AND uses = 1",
    "a key": "idempotency",
    "an event": "code_event WHERE idempotency_key LIKE 'N%'",
    "a message": "outbox",
}
"""What every answer has exactly one of."""
_WRONG = {
    "codes with more uses than their limit": "code WHERE uses > max_uses",
    "codes with other uses than redemptions": "code WHERE campaign_id = 1001 AND uses"
    " <> (SELECT COUNT(*) FROM redemption WHERE code_id = code.id)",
}


async def prepare(home: Home, codes: int) -> None:
    """Fill a shop, and add the codes to redeem."""
    await fill(home.settings, codes)
    database = await Database.open(home.settings)
    now = "'2026-01-10T08:00:00.000000Z'" if home.settings.embedded else "now()"
    try:
        async with database.transaction() as tx:
            for statement in _SHOP:
                await tx.execute(statement.format(now=now))
            for target, most in LIMITS:
                words = {"text": f"'{target.prefix}' || n", "most": most, "last": target.count - 1}
                await tx.execute(_CODES.format(**words, now=now))
            if home.programs:
                values = by_hand.given("", "", "")
                for name, steps in STEPS.items():
                    await tx.execute(by_hand.function(name, steps, values))
            await tx.execute("ANALYZE")
    finally:
        await database.close()


async def broken_in(home: Home, answered: int, refused: int) -> list[str]:
    """What is not as it must be when so many whole redemptions were answered."""
    database = await Database.open(home.settings)
    found = []
    try:
        for what, rows in _WRONG.items():
            if count := (await database.read(f"SELECT COUNT(*) FROM {rows}"))[0][0]:
                found.append(f"{count} {what}")
        for what, rows in _COUNTS.items():
            count = (await database.read(f"SELECT COUNT(*) FROM {rows}"))[0][0]
            expected = answered + (refused if what == "a key" else 0)
            if count != expected:
                found.append(f"{expected} answers have {what}, but there are {count}")
    finally:
        await database.close()
    return found
