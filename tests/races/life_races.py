"""Races of several processes on the same codes, and the checker of what came of them."""

import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.config import Settings
from app.database import Database
from app.database.instants import from_row
from app.services.consistency import disagreements
from tests.life_model import Code, Group, Hold, Made, Model, Use
from tests.making import NOW, make_campaign, make_group, make_source, read_all
from tests.races.life_process import Plan
from tests.services.living import make_code

PROCESSES = 3
ROOT = Path(__file__).parents[2]
LIMITS = {"LIMIT1": 1, "LIMIT2": 2, "LIMIT10": 10}
POOL, BASKETS = 40, 60
SETS = 6
Line = dict[str, Any]


class Field:
    """The codes on which the processes meet, in the database and in the model."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        made = [Code(name, max_uses=most) for name, most in LIMITS.items()] if not prefix else []
        for number in range(SETS):
            group = Group(per_customer=6)
            made += [
                Code(f"{prefix}ONCE{number}", max_uses=1),
                Code(f"{prefix}THRICE{number}", max_uses=3, per_customer=2),
                Code(f"{prefix}TOTAL{number}", max_uses=8, group=group),
                Code(f"{prefix}OFTEN{number}", per_customer=4, group=group),
            ]
        self.codes = {code.name: code for code in made}
        self.ids: dict[str, int] = {}

    @property
    def wild(self) -> list[str]:
        return [name for name in self.codes if name not in LIMITS]

    async def make(self, database: Database) -> None:
        campaign_id = await make_source(database, f"{self.prefix}FIRST", f"Typed {self.prefix}")
        group_ids: dict[int, int] = {}
        for name, code in self.codes.items():
            if code.group and id(code.group) not in group_ids:
                most = code.group.per_customer
                group_id = await make_group(database, campaign_id, reuse_per_customer=most)
                group_ids[id(code.group)] = group_id
            self.ids[name] = await make_code(
                database,
                campaign_id,
                name,
                max_uses=code.max_uses,
                uses_per_customer=code.per_customer,
                group_id=group_ids.get(id(code.group)),
            )


@dataclass(frozen=True)
class Course:
    """How a race is run: what its clients do follows from the seed, when they meet does not.

    `careless`: with the mistake that the checker must catch.
    """

    seed: int
    calls: int
    careless: bool = False


@dataclass(frozen=True)
class Race:
    """What all processes were answered; `pool` is the campaign of which they issued codes."""

    field: Field
    pool: int
    lines: list[Line]


async def race(database: Database, settings: Settings, field: Field, course: Course) -> Race:
    """Let several processes use the field's codes, each in its own order."""
    pool = await make_campaign(database)
    for number in range(POOL):
        text = f"{field.prefix}POOL{number:03}"
        await make_code(database, pool, text, kind="VOUCHER")
    plans = [
        Plan(
            json.loads(settings.model_dump_json()),
            course.seed,
            number,
            course.calls,
            field.wild,
            [field.ids[name] for name in field.wild],
            list(LIMITS) if not field.prefix else ["NOSUCH"],
            pool,
            BASKETS,
            course.careless,
        )
        for number in range(PROCESSES)
    ]
    lines = await asyncio.gather(*(_run(plan) for plan in plans))
    return Race(field, pool, [line for found in lines for line in found])


async def _run(plan: Plan) -> list[Line]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.races.life_process", json.dumps(asdict(plan))),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode:
        raise RuntimeError(f"a process of the race ended with {process.returncode}")
    return [json.loads(line) for line in said.splitlines()]


async def faults(database: Database, race: Race) -> list[str]:
    """Tell everything that must not have come of a race, or be said of it."""
    return [
        *await violations(database, race.field),
        *(f"{key} was answered in two ways" for key in differing_answers(race.lines)),
        *await disagreements(database),
        *[fault async for fault in _miscounted(database, race)],
        *[fault async for fault in _misissued(database, race)],
    ]


async def violations(database: Database, field: Field) -> list[str]:
    """Replay what happened in the order of the events' ids; tell what the model would refuse."""
    columns = "kind, code_id, customer_id, redemption_id, reservation_id, at"
    events = await read_all(database, f"SELECT {columns} FROM code_event ORDER BY id")
    held = {row["id"]: row for row in await read_all(database, "SELECT * FROM reservation")}
    uses = {row["id"]: row for row in await read_all(database, "SELECT * FROM redemption")}
    replay = Replay(field, held, uses)
    return [found for event in events for found in replay.step(event)]


class Replay:
    def __init__(self, field: Field, held: dict[int, Line], uses: dict[int, Line]) -> None:
        # Copies: the model blocks and withdraws them.
        self.codes = {field.ids[name]: replace(code) for name, code in field.codes.items()}
        self.model = Model(NOW)
        self.held, self.uses = held, uses
        self.made: dict[tuple[str, int], Made] = {}

    def step(self, event: Line) -> Iterator[str]:
        code = self.codes.get(event["code_id"])
        if code is None:
            return
        at = from_row(event["at"])
        assert at is not None
        self.model.now = at
        customer = None if event["customer_id"] is None else str(event["customer_id"])
        match event["kind"]:
            case "REDEEMED":
                hold = self.made.get(("hold", self.uses[event["redemption_id"]]["reservation_id"]))
                assert hold is None or isinstance(hold, Hold)
                reasons = self.model.against(code, customer, hold)
                if hold:
                    hold.ended = True
                use = Use(code, customer, None, None)
                self.model.uses.append(use)
                self.made["use", event["redemption_id"]] = use
            case "RESERVED":
                reasons = self.model.against(code, customer, None)
                row = self.held[event["reservation_id"]]
                until = from_row(row["expires_at"])
                assert until is not None
                hold = Hold(code, customer, row["holder"], until)
                self.model.holds.append(hold)
                self.made["hold", event["reservation_id"]] = hold
            case _:
                reasons = self._undo(event, code)
        if reasons:
            yield f"{event['kind']} of {code.name} in spite of {sorted(reasons)}"

    def _undo(self, event: Line, code: Code) -> set[str]:
        model = self.model
        match event["kind"]:
            case "REVERSED":
                use = self.made["use", event["redemption_id"]]
                assert isinstance(use, Use)
                answer = model.reverse(use)
            case "RELEASED":
                hold = self.made["hold", event["reservation_id"]]
                assert isinstance(hold, Hold)
                answer = model.release(hold)
            case "WITHDRAWN":
                answer = model.withdraw(code)
            case kind:
                answer = model.suspend(code, suspended=kind == "SUSPENDED")
        return answer.reasons | ({"IT HAD HAPPENED"} if answer.replayed else set())


def differing_answers(lines: Sequence[Line]) -> list[str]:
    """The keys that were answered in two ways, or whose first use was not exactly one."""
    answers: dict[str, set[str]] = defaultdict(set)
    firsts: Counter[str] = Counter()
    for line in lines:
        if line["key"]:
            answers[line["key"]].add(json.dumps([line["reasons"], line["made"]]))
            firsts[line["key"]] += not line["replayed"]
    return [key for key, found in answers.items() if len(found) > 1 or firsts[key] > 1]


async def _miscounted(database: Database, race: Race) -> AsyncIterator[str]:
    """Demand is higher than each limit, nothing of it is given back; events tell each success."""
    for name, most in LIMITS.items():
        (row,) = await database.read("SELECT uses FROM code WHERE normal_form = $1", name)
        if row["uses"] != most:
            yield f"{name} has {row['uses']} uses"
    events = await read_all(database, "SELECT kind, COUNT(*) AS n FROM code_event GROUP BY kind")
    counted = {row["kind"]: row["n"] for row in events}
    told = Counter(line["what"] for line in race.lines if line["made"] and not line["replayed"])
    for kind, what in _EVENTS.items():
        if counted.get(kind, 0) != told[what]:
            yield f"{told[what]} successes of {what}, {counted.get(kind, 0)} events {kind}"


_EVENTS = {
    "REDEEMED": "redeemCode",
    "RESERVED": "reserveCode",
    "REVERSED": "reverseRedemption",
    "ISSUED": "issueNextCode",
}


async def _misissued(database: Database, race: Race) -> AsyncIterator[str]:
    """Each basket has one code and each code one basket; who came too late got none."""
    rows = await read_all(
        database,
        "SELECT id, issue_reference FROM code WHERE campaign_id = $1 AND issued_at IS NOT NULL",
        race.pool,
    )
    by_basket = {row["issue_reference"]: row["id"] for row in rows}
    if not len(rows) == len(by_basket) == POOL:
        yield f"{len(rows)} codes of {POOL} are issued, to {len(by_basket)} baskets"
    for line in race.lines:
        if line["what"] == "issueNextCode":
            basket = f"B-{line['key'].partition('-')[2]}"
            made = line["made"] and line["made"][1]
            empty = line["reasons"] == ["NO_CODE_AVAILABLE"]
            if made != by_basket.get(basket) or empty != (made is None):
                yield f"{basket} was answered {made}, {line['reasons']}"
