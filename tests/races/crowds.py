"""Crowds of several processes that want more of the same than there is, and who got what."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Any

from app.config import Settings
from app.database import Database
from tests.making import NOW, read_all
from tests.races.crowd_process import Plan
from tests.races.life_races import ROOT, Line


def plans(
    settings: Settings, processes: int, clients: int, times: int, **what: object
) -> list[Plan]:
    """Plans of so many processes, which share the clients and the times that they want it."""
    known = json.loads(settings.model_dump_json())
    return [
        Plan(known, number, clients // processes, times // processes, **what)  # type: ignore[arg-type]
        for number in range(processes)
    ]


async def answers(crowd: Sequence[Plan]) -> list[Line]:
    """Let all begin at the same moment; return every answer."""
    told = await said("tests.races.crowd_process", [asdict(plan) for plan in crowd])
    return [json.loads(line) for lines in told for line in lines]


async def said(module: str, plans: Sequence[dict[str, Any]]) -> list[list[bytes]]:
    """Run a process for each plan, all of them at once; return the lines that each one says."""
    processes = await asyncio.gather(*(_start(module, plan) for plan in plans))
    told = await asyncio.gather(*(one.communicate(b"go\n") for one in processes))
    assert [one.returncode for one in processes] == [0] * len(plans)
    return [lines.splitlines() for lines, _ in told]


async def _start(module: str, plan: dict[str, Any]) -> Process:
    """A process that has everything open and waits for the word."""
    found = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, json.dumps(plan), cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert found.stdout is not None
    assert await found.stdout.readline() == b"ready\n"
    return found


async def fill_pool(database: Database, campaign_id: int, size: int) -> None:
    """So many codes to issue."""
    columns = "kind, campaign_id, text, normal_form, actor, created_at, updated_at"
    rows = (
        "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < $2)"
        " SELECT 'VOUCHER', $1, 'POOL' || n, 'POOL' || n, '{}', $3, $3 FROM s"
    )
    if database.dialect.name == "postgres":
        rows = rows.replace("$1", "$1::bigint").replace("$2", "$2::int")
        rows = rows.replace("'{}'", "'{}'::jsonb").replace("$3", "$3::timestamptz")
    async with database.transaction() as tx:
        await tx.execute(f"INSERT INTO code ({columns}) {rows}", campaign_id, size, NOW)


async def overdrawn(
    database: Database, code: str, most: int, told: Sequence[Line]
) -> AsyncIterator[str]:
    """Tell what shows that a code was used more or less often than it can be."""
    served = {line["made"][1] for line in told if line["made"]}
    if len(served) != most:
        yield f"{len(served)} of {most} uses were given"
    reasons = {tuple(line["reasons"]) for line in told if not line["made"]}
    if reasons - {("FULLY_REDEEMED",)}:
        yield f"others were refused for {sorted(reasons)}"
    for name, sql in {
        "uses": "SELECT uses AS n FROM code WHERE normal_form = $1",
        "redemptions": "SELECT COUNT(*) AS n FROM redemption JOIN code"
        " ON code.id = redemption.code_id WHERE normal_form = $1 AND state = 'CONFIRMED'",
    }.items():
        (row,) = await database.read(sql, code)
        if row["n"] != most:
            yield f"{row['n']} {name} of {most} are stored"


async def misissued(
    database: Database, pool: int, size: int, told: Sequence[Line]
) -> AsyncIterator[str]:
    """Tell what shows that a code of the pool has two baskets, or one of them stayed there."""
    got = Counter(line["made"][1] for line in told if line["made"])
    if twice := sum(count > 1 for count in got.values()):
        yield f"{twice} codes were issued twice"
    if len(got) != size:
        yield f"{len(got)} codes of {size} were issued"
    reasons = {tuple(line["reasons"]) for line in told if not line["made"]}
    if reasons - {("NO_CODE_AVAILABLE",)}:
        yield f"others were refused for {sorted(reasons)}"
    issued = await read_all(
        database,
        "SELECT id, issue_reference FROM code WHERE campaign_id = $1 AND issued_at IS NOT NULL",
        pool,
    )
    stored = {row["issue_reference"]: row["id"] for row in issued}
    other = sum(
        stored.get(line["key"]) != line["made"][1] for line in told if line["made"] is not None
    )
    if other:
        yield f"{other} baskets were told of codes that they do not have"
