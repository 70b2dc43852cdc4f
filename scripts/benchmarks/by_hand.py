"""A redemption written by hand, one transaction a call: what the redemption path is divided by.

The steps are told once. PostgreSQL runs them as one PL/pgSQL function, so that a call is one round
trip, and either database statement by statement through the service's engine.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.database import Database, Statements
from app.database.dialects import POSTGRES, Dialect
from app.database.instants import to_json
from app.domain.callers import demo_caller

_NAME = re.compile(r":(\w+)")


@dataclass(frozen=True)
class Step:
    """One statement. `:name` is a value known by then, `into` names those that its row tells."""

    sql: str
    into: tuple[str, ...] = ()
    only_with: str | None = None


LOCK = Step(
    "SELECT id, campaign_id, group_id, uses_per_customer FROM code WHERE normal_form = :code{lock}",
    ("code_id", "campaign_id", "group_id", "code_cap"),
)
KEY = Step(
    "SELECT id FROM idempotency WHERE caller_id = :caller AND operation = 'redeemCode'"
    " AND key = :number",
    ("kept",),
)
GROUP = Step(
    "SELECT reuse_per_customer FROM code_group WHERE id = :group_id", ("group_cap",), "group_id"
)
COUNT = Step(
    "UPDATE code SET uses = uses + 1, used_up_at ="
    " CASE WHEN uses + 1 >= max_uses THEN COALESCE(used_up_at, :now) END"
    " WHERE id = :code_id AND (max_uses IS NULL OR uses + 1 + (SELECT COUNT(*) FROM reservation"
    " WHERE code_id = :code_id AND ended_at IS NULL AND expires_at > :now) <= max_uses)"
    " RETURNING id",
    ("counted",),
)
REDEEM = Step(
    "INSERT INTO redemption (code_id, campaign_id, group_id, customer_id, order_id, order_number,"
    " promotion_ids, state, redeemed_at, metadata, actor)"
    " VALUES (:counted, :campaign_id, :group_id, :customer_id, :order_id, :order_number, '[]',"
    " 'CONFIRMED', :now, '{{}}', :actor) RETURNING id",
    ("redemption_id",),
)
WHOLE = (
    LOCK,
    KEY,
    GROUP,
    Step(
        "INSERT INTO customer (number, actor, created_at, updated_at)"
        " VALUES (:number, :actor, :now, :now) RETURNING id",
        ("customer_id",),
    ),
    Step(
        'INSERT INTO "order" (number, customer_id, actor, created_at, updated_at)'
        " VALUES (:number, :customer_id, :actor, :now, :now) RETURNING id, number",
        ("order_id", "order_number"),
    ),
    Step(
        "INSERT INTO group_customer (group_id, customer_id, uses, cap, seq)"
        " VALUES (:group_id, :customer_id, 1, :group_cap, 1) ON CONFLICT (group_id, customer_id)"
        " DO UPDATE SET uses = group_customer.uses + 1, seq = group_customer.seq + 1,"
        " cap = excluded.cap WHERE excluded.cap IS NULL OR group_customer.uses < excluded.cap",
        only_with="group_id",
    ),
    Step(
        "INSERT INTO code_customer (code_id, customer_id, uses, cap)"
        " VALUES (:code_id, :customer_id, 1, :code_cap) ON CONFLICT (code_id, customer_id)"
        " DO UPDATE SET uses = code_customer.uses + 1, cap = excluded.cap"
        " WHERE excluded.cap IS NULL OR code_customer.uses < excluded.cap",
    ),
    COUNT,
    REDEEM,
    Step(
        "INSERT INTO idempotency (caller_id, operation, key, fingerprint, verdict, made_kind,"
        " made_id, created_at) VALUES (:caller, 'redeemCode', :number, :fingerprint, '{{}}',"
        " 'Redemption', :redemption_id, :now)",
    ),
    Step(
        "INSERT INTO code_event (code_id, campaign_id, kind, at, customer_id, redemption_id,"
        " idempotency_key, data, actor) VALUES (:code_id, :campaign_id, 'REDEEMED', :now,"
        " :customer_id, :redemption_id, :number, '{{}}', :actor) RETURNING id",
        ("event_id",),
    ),
    Step(
        "INSERT INTO outbox (kind, payload, event_id, created_at)"
        " VALUES ('CODE_REDEEMED', :told, :event_id, :now)",
    ),
)
"""Every row that the service writes."""
BARE = (
    LOCK,
    KEY,
    GROUP,
    Step("SELECT id FROM customer WHERE number = :known", ("customer_id",)),
    Step(
        "SELECT uses FROM group_customer WHERE group_id = :group_id AND customer_id = :customer_id",
        ("of_group",),
        "group_id",
    ),
    Step(
        "SELECT uses FROM code_customer WHERE code_id = :code_id AND customer_id = :customer_id",
        ("of_code",),
    ),
    COUNT,
    REDEEM,
)
"""The least: the lock, the key, the limits, and the redemption of a customer who is known."""

GIVEN = {"code": "text", "number": "text", "known": "text", "caller": "text", "fingerprint": "text",
         "actor": "jsonb", "told": "jsonb", "now": "timestamptz"}  # fmt: skip
FOUND = {"order_number": "text", "code_cap": "int", "group_cap": "int"}
"""The kinds of what steps tell; the rest are ids and counts."""


def given(code: str, number: str, known: str) -> dict[str, Any]:
    """What one call starts with. JSON and fingerprint are as long as those of the service."""
    caller = demo_caller(request_id="0" * 32)
    told = {"codeId": 1, "campaignId": 1, "customerId": 1, "redemptionId": 1, "jobId": None}
    return {
        "code": code,
        "number": number,
        "known": known,
        "caller": caller.id,
        "fingerprint": "0" * 64,
        "actor": caller.actor(),
        "told": told,
        "now": datetime.now(UTC),
    }


async def redeem(database: Database, steps: tuple[Step, ...], values: dict[str, Any]) -> None:
    """Carry out the steps in one transaction through the engine."""

    async def work(tx: Statements) -> None:
        known = dict(values)
        for step in steps:
            if step.only_with is None or known[step.only_with] is not None:
                await _take(tx, database.dialect, step, known)

    await database.transact(work)


async def _take(tx: Statements, dialect: Dialect, step: Step, known: dict[str, Any]) -> None:
    sql, names = _numbered(step, dialect)
    rows = await tx.fetch(sql, *(known.get(name) for name in names))
    known.update(zip(step.into, rows[0], strict=True) if rows else dict.fromkeys(step.into))


_texts: dict[tuple[str, Step], tuple[str, list[str]]] = {}


def _numbered(step: Step, dialect: Dialect) -> tuple[str, list[str]]:
    """The statement with `$n` for its names, and the names in that order."""
    if (dialect.name, step) not in _texts:
        names = list(dict.fromkeys(_NAME.findall(step.sql)))
        sql = _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", step.sql)
        _texts[dialect.name, step] = (sql.format(lock=dialect.lock), names)
    return _texts[dialect.name, step]


def function(name: str, steps: tuple[Step, ...], values: Mapping[str, Any]) -> str:
    """The steps as a function of PostgreSQL: of the code, of the call's number, of a customer."""
    found = {one for step in steps for one in (*step.into, *_NAME.findall(step.sql))}
    kinds = {**dict.fromkeys(sorted(found - GIVEN.keys()), "bigint"), **FOUND, **GIVEN}
    arguments = ("code", "number", "known")
    declared = [
        f"v_{one} {kind}{_constant(values[one]) if one in values else ''};"
        for one, kind in kinds.items()
        if one not in arguments
    ]
    lines = "\n".join([*declared, "BEGIN", *map(_line, steps), "END"])
    signature = ", ".join(f"v_{one} text" for one in arguments)
    return (
        f"CREATE FUNCTION {name}({signature}) RETURNS void LANGUAGE plpgsql AS $$DECLARE {lines}$$"
    )


def _constant(value: object) -> str:
    if isinstance(value, datetime):
        return " := clock_timestamp()"
    text = to_json(value) if isinstance(value, dict) else value
    return f" := '{text}'"


def _line(step: Step) -> str:
    into = f" INTO {', '.join(f'v_{name}' for name in step.into)}" if step.into else ""
    sql = _NAME.sub(r"v_\1", step.sql).format(lock=POSTGRES.lock)
    line = f"{sql}{into};"
    return f"IF v_{step.only_with} IS NOT NULL THEN {line} END IF;" if step.only_with else line
