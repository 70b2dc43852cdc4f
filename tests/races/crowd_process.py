"""One of several processes that want the same: `python -m tests.races.crowd_process PLAN`.

It says "ready", waits for a line, and prints what it was answered, one JSON line a call.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from app.config import Settings
from app.database import Database
from app.database.errors import Conflict
from app.domain.life.calls import IssueNext, Redeem
from app.services.life.call_queue import CallQueue
from tests.making import NOW
from tests.races.life_process import CALLER, Told, ask, tell

Ask = Callable[[int], Awaitable[object]]


@dataclass(frozen=True)
class Plan:
    """So many `times` the process wants a use of the code, or a code of the pool for a basket.

    `careless`: as who reads, decides and writes back, and locks nothing.
    """

    settings: dict[str, Any]
    number: int
    clients: int
    times: int
    code: str | None = None
    pool: int | None = None
    careless: bool = False

    def key(self, number: int) -> str:
        return f"{self.number}-{number}"


def carefully(plan: Plan, queue: CallQueue) -> Ask:
    async def one(number: int) -> None:
        key = plan.key(number)
        if plan.code is not None:
            await ask(queue, Redeem(caller=CALLER, key=key, code=plan.code))
        elif plan.pool is not None:
            await ask(
                queue, IssueNext(caller=CALLER, key=key, campaign_id=plan.pool, reference=key)
            )

    return one


def carelessly(plan: Plan, database: Database) -> Ask:
    """The mistake that the checker must catch: what was read is no longer true when it is used."""

    async def one(number: int) -> None:
        key = plan.key(number)
        with suppress(Conflict):
            made = await (_redeem if plan.code else _issue)(plan, database, key)
            what, kind = ("redeemCode", "Redemption") if plan.code else ("issueNextCode", "Code")
            refused = "FULLY_REDEEMED" if plan.code else "NO_CODE_AVAILABLE"
            reasons = [] if made else [refused]
            told = Told(key, what, plan.code, reasons, None, replayed=False, began=0, ended=0)
            tell(replace(told, made=(kind, made) if made else None))

    return one


async def _redeem(plan: Plan, database: Database, _key: str) -> int | None:
    (code,) = await database.read("SELECT * FROM code WHERE normal_form = $1", plan.code)
    if code["uses"] == code["max_uses"]:
        return None
    uses = code["uses"] + 1
    used_up_at = NOW if uses == code["max_uses"] else None
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE code SET uses = $2, used_up_at = $3 WHERE id = $1", code["id"], uses, used_up_at
        )
        (row,) = await tx.fetch(
            "INSERT INTO redemption (code_id, campaign_id, state, redeemed_at, actor)"
            " VALUES ($1, $2, 'CONFIRMED', $3, '{}') RETURNING id",
            code["id"],
            code["campaign_id"],
            NOW,
        )
    return int(row["id"])


async def _issue(plan: Plan, database: Database, key: str) -> int | None:
    free = "SELECT id FROM code WHERE campaign_id = $1 AND issued_at IS NULL ORDER BY id LIMIT 1"
    found = await database.read(free, plan.pool)
    if not found:
        return None
    issued = "UPDATE code SET issued_at = $2, issue_reference = $3, basket_key = $3 WHERE id = $1"
    async with database.transaction() as tx:
        await tx.execute(issued, found[0]["id"], NOW, key)
    return int(found[0]["id"])


async def main(plan: Plan) -> None:
    settings = Settings.model_validate(plan.settings)
    database = await Database.open(settings)
    async with CallQueue.open(database, settings, b"a secret", lambda: datetime.now(UTC)) as queue:
        one = carelessly(plan, database) if plan.careless else carefully(plan, queue)
        numbers = iter(range(plan.times))

        async def want() -> None:
            for number in numbers:
                await one(number)

        print("ready", flush=True)  # noqa: T201 - its parent reads it
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        await asyncio.gather(*(want() for _ in range(plan.clients)))
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(Plan(**json.loads(sys.argv[1]))))
