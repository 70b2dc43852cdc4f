"""A shop of any size, made by the database itself in seconds.

A tenth as many customers as codes, a fifth as many orders and redemptions, 200 campaigns, one of
which has half of the codes, 1,000 groups and 3,000 promotions. Every fiftieth code is rich: five
redemptions, two reservations, attempts, events, and a cashback. Codes and customers have numbers
alone for texts, so that pgbench can ask for any of them.
"""

from collections.abc import Iterator

from app.config import Settings
from app.database import Database

CAMPAIGNS, GROUPS, PROMOTIONS = 200, 1_000, 3_000
EVERY, FIRST = 50, 25
"""The rich codes: those with these ids have everything."""
CODE, CUSTOMER, ORDER = 10_000_000, 20_000_000, 30_000_000
"""The text of a row is its id and this."""
SMALLEST = 1_000
SECONDS = 1_800
NUMBERED = ("campaign", "job", "code_group", "promotion", "customer", "order", "code", "redemption")
"""Tables whose rows are made with their ids, of which PostgreSQL's sequences do not know."""

_SERIES = """(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {0})
 SELECT n FROM s) AS s"""
_RICH = f"code.id % {EVERY} = {FIRST}"
_THREE = "(SELECT 1 AS k UNION ALL SELECT 2 UNION ALL SELECT 3) AS three"
_NEXT = """SELECT setval('"{0}_id_seq"', (SELECT MAX(id) FROM "{0}"))"""
_CAMPAIGN_OF = "CASE WHEN n / 10 % 2 = 0 THEN 1 ELSE 2 + n / 20 % 199 END"

# As format strings: the names in braces are made by `_words`.
STATEMENTS = (
    """INSERT INTO campaign (id, kind, key, name, time_zone, maximum_uses, uses_per_customer, actor,
        created_at, updated_at)
    SELECT n, CASE WHEN n > 198 THEN 'SOURCE' ELSE 'VOUCHER' END, 'K' || n, 'Campaign ' || n,
        'Europe/Paris', 10, 3, {actor}, {made}, {made} FROM {campaigns}""",
    """INSERT INTO job (id, kind, status, phase, campaign_id, queued_at, finished_at, actor)
    SELECT n, 'GENERATE', 'SUCCESS', 'DONE', n, {made}, {made}, {actor} FROM {campaigns}""",
    """INSERT INTO code_group (id, campaign_id, name, key, activation, total_reuse_per_code,
        reuse_per_customer, actor, created_at, updated_at)
    SELECT n, (n + 4) / 5, 'Group ' || n, 'G' || n, 'WHILE_PROMOTIONS_RUN', 10, 3, {actor},
        {made}, {made} FROM {groups}""",
    """INSERT INTO promotion (id, name, active_from, active_to, campaign_id, discount_kind,
        discount_basis_points, discount_amount_minor, discount_currency, gift_sku, actor,
        created_at, updated_at)
    SELECT n, 'Promotion ' || n, {made}, {future}, (n + 14) / 15,
        CASE n % 3 WHEN 0 THEN 'PERCENT' WHEN 1 THEN 'AMOUNT' ELSE 'GIFT' END,
        CASE n % 3 WHEN 0 THEN 1500 END, CASE n % 3 WHEN 1 THEN 500 END,
        CASE n % 3 WHEN 1 THEN 'EUR' END, CASE n % 3 WHEN 2 THEN 'MUG' END, {actor}, {made}, {made}
    FROM {promotions}""",
    """INSERT INTO promotion_group (promotion_id, group_id)
    SELECT n, (n + 2) / 3 FROM {promotions}""",
    """INSERT INTO customer (id, number, login, email, first_name, last_name, actor, created_at,
        updated_at)
    SELECT n, CAST({customer_text} + n AS TEXT), 'login' || n, 'person' || n || '@example.com',
        'Anna', 'Person ' || n, {actor}, {made}, {made} FROM {customers}""",
    # The later half is of rich codes: three orders of the customer it was issued to, two of others.
    """INSERT INTO "order" (id, number, customer_id, store, application, placed_at, total_minor,
        currency, status, actor, created_at, updated_at)
    SELECT n, CAST({order_text} + n AS TEXT), CASE WHEN n <= {tenth} THEN 1 + n * 7 % {people}
            WHEN (n - {tenth} - 1) % 5 < 3 THEN 1 + (n - {tenth} - 1) / 5
            ELSE 1 + n * 11 % {people} END,
        'Paris', 'WEB', {used}, 4999, 'EUR', 'SHIPPED', {actor}, {made}, {made} FROM {orders}""",
    """INSERT INTO code (id, kind, campaign_id, group_id, text, normal_form, valid_from, valid_to,
        max_uses, uses_per_customer, uses, used_up_at, issued_at, issue_reference, issued_store,
        issued_to_id, withdrawn_at, withdrawal_reason, created_by_job_id, created_at, updated_at)
    SELECT n, CASE WHEN place > 198 THEN 'SOURCE' ELSE 'VOUCHER' END, place,
        CASE WHEN n % 3 > 0 OR n % {every} = {first} THEN place * 5 - n / 7 % 5 END,
        CAST({code_text} + n AS TEXT), CAST({code_text} + n AS TEXT), {made},
        CASE n % 10 WHEN 8 THEN {past} ELSE {future} END,
        CASE n % 10 WHEN 0 THEN 1 ELSE 10 END, 3,
        CASE WHEN n % 10 = 0 THEN 1 WHEN n % {every} = {first} THEN 5 ELSE 0 END,
        CASE n % 10 WHEN 0 THEN {used} END, CASE WHEN issued THEN {made} END,
        CASE WHEN issued THEN 'R' || n / 100 END, CASE WHEN issued THEN 'Paris' END,
        CASE WHEN n % {every} = {first} THEN 1 + n / {every}
            WHEN n % 10 IN (4, 6) THEN 1 + n % {people} END,
        CASE n % 10 WHEN 9 THEN {used} END, CASE n % 10 WHEN 9 THEN 'Misprint' END,
        place, {made}, {made}
    FROM (SELECT n, place, place < 199 AND n % 10 NOT IN (1, 2, 3) AS issued
        FROM (SELECT n, {campaign_of} AS place FROM {codes}) AS placed) AS made""",
    """INSERT INTO redemption (id, code_id, campaign_id, group_id, customer_id, order_id,
        order_number, amount_minor, currency, store, application, promotion_ids, state,
        redeemed_at, actor)
    SELECT o.id, code.id, campaign_id, group_id, customer_id, o.id, number, 499, 'EUR', store,
        application, '[1, 2]', 'CONFIRMED', placed_at, {actor}
    FROM "order" AS o JOIN code ON code.id = CASE WHEN o.id <= {tenth} THEN o.id * 10
        ELSE (o.id - {tenth} - 1) / 5 * {every} + {first} END ORDER BY o.id""",
    """UPDATE redemption SET state = 'REVERSED', reversed_at = {used}, reversal_actor = {actor}
    WHERE id % 1000 = 0""",
    """INSERT INTO code_customer (code_id, customer_id, uses)
    SELECT code_id, customer_id, COUNT(*) FROM redemption GROUP BY code_id, customer_id""",
    """INSERT INTO group_customer (group_id, customer_id, uses, seq)
    SELECT group_id, customer_id, COUNT(*), COUNT(*) FROM redemption WHERE group_id IS NOT NULL
    GROUP BY group_id, customer_id""",
    """INSERT INTO reservation (code_id, group_id, customer_id, holder, expires_at, ended_at,
        end_reason, actor, created_at)
    SELECT code.id, group_id, issued_to_id, 'session ' || k, {future},
        CASE k WHEN 2 THEN {used} END, CASE k WHEN 2 THEN 'RELEASED' END, {actor}, {used}
    FROM code, {three} WHERE {rich} AND k < 3 ORDER BY code.id, k""",
    """INSERT INTO cashback (code_id, earning_order_id, customer_id, maximum_minor, charged_minor,
        currency, actor, created_at, updated_at)
    SELECT id, {tenth} + 1 + id / {every} * 5, issued_to_id, 1000, 400, 'EUR', {actor}, {made},
        {made} FROM code WHERE {rich} ORDER BY id""",
    """INSERT INTO attempt (caller_id, subject, code_id, operation, reasons, customer_id, store,
        minute, at, actor)
    SELECT 'till', CAST(code.id AS TEXT), code.id, 'REDEEM',
        CASE k WHEN 1 THEN 'EXPIRED' WHEN 2 THEN 'NOT_STARTED' ELSE 'EXPIRED,NOT_STARTED' END,
        issued_to_id, 'Paris', {used}, {used}, {actor}
    FROM code, {three} WHERE {rich} ORDER BY code.id, k""",
    """INSERT INTO code_event (code_id, campaign_id, kind, at, customer_id, actor)
    SELECT id, campaign_id, 'ISSUED', {made}, issued_to_id, {actor} FROM code
    WHERE {rich} AND issued_at IS NOT NULL ORDER BY id""",
    """INSERT INTO code_event (code_id, campaign_id, kind, at, customer_id, redemption_id, actor)
    SELECT code_id, campaign_id, 'REDEEMED', redeemed_at, customer_id, id, {actor}
    FROM redemption ORDER BY id""",
    "ANALYZE",
)


async def fill(settings: Settings, codes: int) -> None:
    """Fill a migrated, empty database, and let it look at its rows for its planner."""
    if codes < SMALLEST or codes % SMALLEST:
        raise SystemExit(f"--codes must be a multiple of {SMALLEST:,}.")
    patient = settings.model_copy(update={"database_statement_seconds": SECONDS})
    database = await Database.open(patient)
    words = dict(_words(codes, instant="TIMESTAMPTZ " if not settings.embedded else ""))
    try:
        async with database.transaction() as tx:
            for statement in STATEMENTS:
                await tx.execute(statement.format(**words))
            if not settings.embedded:
                for table in NUMBERED:
                    await tx.fetch(_NEXT.format(table))
        if not settings.embedded:
            # What is visible to all is read from an index alone; soon it would be so by itself.
            await database.read("VACUUM")
    finally:
        await database.close()


def _words(codes: int, instant: str) -> Iterator[tuple[str, object]]:
    yield from {
        "made": f"{instant}'2026-01-10T08:00:00.000000Z'",
        "past": f"{instant}'2026-02-01T08:00:00.000000Z'",
        "used": f"{instant}'2026-01-20T08:00:00.000000Z'",
        "future": f"{instant}'2099-12-31T23:00:00.000000Z'",
        "actor": """'{"name": "Benchmark", "channel": "CLI"}'""",
        "campaigns": _SERIES.format(CAMPAIGNS),
        "groups": _SERIES.format(GROUPS),
        "promotions": _SERIES.format(PROMOTIONS),
        "codes": _SERIES.format(codes),
        "customers": _SERIES.format(codes // 10),
        "orders": _SERIES.format(codes // 5),
        "people": codes // 10,
        "tenth": codes // 10,
        "every": EVERY,
        "first": FIRST,
        "code_text": CODE,
        "customer_text": CUSTOMER,
        "order_text": ORDER,
        "campaign_of": _CAMPAIGN_OF,
        "rich": _RICH,
        "three": _THREE,
    }.items()
