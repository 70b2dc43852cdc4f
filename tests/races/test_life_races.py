"""Several processes on the same codes; every history must be one that the model allows."""

import secrets
from dataclasses import replace

import pytest

from app.config import Settings
from app.database import Database
from tests.making import NOW
from tests.races.life_races import Course, Field, Line, Race, faults, race, violations


def course(calls: int, *, careless: bool = False) -> Course:
    seed = secrets.randbelow(10**9)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    return Course(seed, calls, careless)


@pytest.mark.timeout(900)
async def test_processes_break_no_rule(
    database: Database, settings: Settings, *, long: bool
) -> None:
    field = Field()
    await field.make(database)
    run = await race(database, settings, field, course(17_000 if long else 3_300))
    assert await faults(database, run) == []


async def test_the_checker_notices_what_is_told_wrongly(
    database: Database, settings: Settings
) -> None:
    """Of a race that went well: a success nobody had, a basket's other code, a second answer."""
    field = Field()
    await field.make(database)
    run = await race(database, settings, field, course(600))
    assert await faults(database, run) == []
    used = find(run, "redeemCode")
    issued = find(run, "issueNextCode")
    twin = {**issued, "made": ["Code", 0], "replayed": True}
    found = await faults(database, replace(run, lines=[*run.lines, used, twin]))
    uses = sum(line["what"] == "redeemCode" and is_success(line) for line in run.lines)
    basket = issued["key"].partition("-")[2]
    assert found == [
        f"{issued['key']} was answered in two ways",
        f"{uses + 1} successes of redeemCode, {uses} events REDEEMED",
        f"B-{basket} was answered 0, []",
    ]


def find(run: Race, what: str) -> Line:
    """An answer of the kind that made something."""
    return next(
        line
        for line in run.lines
        if line["what"] == what and is_success(line) and (what != "redeemCode" or not line["key"])
    )


def is_success(line: Line) -> bool:
    return bool(line["made"]) and not line["replayed"]


async def test_the_checker_catches_processes_that_lock_nothing(
    postgres_settings: Settings,
) -> None:
    """SQLite's one writer cannot be left unlocked."""
    database = await Database.open(postgres_settings)
    found: list[str] = []
    for number in range(1, 6):
        field = Field(f"ROUND{number}")
        await field.make(database)
        await race(database, postgres_settings, field, course(600, careless=True))
        found = await violations(database, field)
        if found:
            break
    await database.close()
    assert any("in spite of" in sentence for sentence in found)


async def test_the_checker_finds_a_use_too_many(database: Database) -> None:
    """As if somebody had read, decided and written without a lock."""
    field = Field()
    await field.make(database)
    async with database.transaction() as tx:
        for number in (1, 2):
            await tx.execute(
                "INSERT INTO redemption (id, code_id, campaign_id, state, redeemed_at, actor)"
                " VALUES ($1, $2, 1, 'CONFIRMED', $3, '{}')",
                number,
                field.ids["ONCE0"],
                NOW,
            )
            await tx.execute(
                "INSERT INTO code_event (code_id, campaign_id, kind, at, redemption_id, actor)"
                " VALUES ($1, 1, 'REDEEMED', $2, $3, '{}')",
                field.ids["ONCE0"],
                NOW,
                number,
            )
    assert await violations(database, field) == ["REDEEMED of ONCE0 in spite of ['FULLY_REDEEMED']"]
