"""One of several processes that use the same codes: `python -m tests.races.life_process PLAN`.

It prints what it was answered, one JSON line a call.
"""

import asyncio
import json
import random  # noqa: TID251 - what is done follows from the seed of the plan, which is printed
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from app.config import Settings
from app.database import Database
from app.database.dialects import Postgres
from app.database.errors import Conflict
from app.domain.callers import demo_caller
from app.domain.life.calls import (
    Call,
    IssueNext,
    Redeem,
    Release,
    Reserve,
    Resume,
    Reverse,
    Suspend,
    Withdraw,
)
from app.domain.life.verdicts import Verdict
from app.services.life.call_queue import CallQueue

CALLER = demo_caller()
CLIENTS = 24


@dataclass(frozen=True)
class Plan:
    """What to do: `wild` codes live any life, `counted` ones are only redeemed."""

    settings: dict[str, Any]
    seed: int
    number: int
    calls: int
    wild: list[str]
    code_ids: list[int]
    counted: list[str]
    pool: int
    baskets: int
    careless: bool = False


@dataclass
class Told:
    """A line of what was answered."""

    key: str | None
    what: str
    code: str | None
    reasons: list[str]
    made: tuple[str, int] | None
    replayed: bool
    began: float
    ended: float


async def ask(queue: CallQueue, call: Call) -> Told:
    """Put a call into the queue, and print what is answered."""
    began = time.monotonic()
    verdict = await queue.submit(call)
    told = Told(
        call.key,
        call.operation,
        getattr(call, "code", None),
        [problem.code.value for problem in verdict.problems],
        _made(verdict),
        verdict.replayed,
        began,
        time.monotonic(),
    )
    tell(told)
    return told


def tell(told: Told) -> None:
    print(json.dumps(asdict(told)), flush=True)  # noqa: T201 - its parent reads it


class Client:
    """Asks for one thing after the other, some of it under keys that all processes use."""

    def __init__(self, plan: Plan, queue: CallQueue, number: int) -> None:
        self.plan = plan
        self.queue = queue
        self.dice = random.Random(f"{plan.seed} {plan.number} {number}")  # noqa: S311 - as above
        self.made: list[tuple[str, int]] = []

    async def live(self, calls: int) -> None:
        for _ in range(calls):
            await self.ask(self._next())

    async def ask(self, call: Call) -> None:
        try:
            told = await ask(self.queue, call)
        except Conflict:
            # Who locks nothing loses race after race.
            if self.plan.careless:
                return
            raise
        # What was counted is given back by nobody.
        if told.made and told.code in self.plan.wild:
            self.made.append(told.made)

    def _next(self) -> Call:
        dice, plan = self.dice, self.plan
        lot = dice.randrange(100)
        customer = dice.choice([None, "C-0", "C-1", "C-2"])
        if lot < 25:
            return Redeem(caller=CALLER, code=dice.choice(plan.counted))
        if lot < 45:
            return self._shared()
        code = dice.choice(plan.wild)
        if lot < 65:
            return Redeem(
                caller=CALLER, code=code, customer=customer, holder=dice.choice([None, "s-0"])
            )
        if lot < 77:
            return Reserve(
                caller=CALLER,
                code=code,
                customer=customer,
                holder=f"s-{dice.randrange(8)}",
                seconds=dice.choice([1, 1, 60]),
            )
        return self._undo() if lot < 96 and self.made else self._block()

    def _undo(self) -> Call:
        kind, number = self.dice.choice(self.made)
        if kind == "Redemption":
            return Reverse(caller=CALLER, redemption_id=number)
        return Release(caller=CALLER, reservation_id=number)

    def _shared(self) -> Call:
        """One of the calls that every process makes, so that keys are used at the same time."""
        number = self.dice.randrange(self.plan.calls * 2)
        alike = random.Random(f"{self.plan.seed} shared {number}")  # noqa: S311 - as above
        return Redeem(
            caller=CALLER,
            key=f"shared-{number}",
            code=alike.choice([*self.plan.wild, *self.plan.counted, "NOSUCH"]),
            customer=alike.choice(["C-0", "C-1", f"N-{number}"]),
            order=alike.choice([None, f"O-{number}"]),
        )

    def _block(self) -> Call:
        code_id = self.dice.choice(self.plan.code_ids)
        if self.dice.randrange(60) == 0:
            return Withdraw(caller=CALLER, code_id=code_id, reason="race")
        kind = self.dice.choice([Suspend, Resume, Resume, Resume])
        return kind(caller=CALLER, code_id=code_id, reason="race")


async def issue(plan: Plan, queue: CallQueue) -> None:
    """Let every basket be earned, in an order of its own."""
    client = Client(plan, queue, -1)
    baskets = list(range(plan.baskets))
    client.dice.shuffle(baskets)
    for start in range(0, len(baskets), 32):
        calls = [
            IssueNext(
                caller=CALLER,
                campaign_id=plan.pool,
                reference=f"B-{number}",
                key=f"basket-{number}",
            )
            for number in baskets[start : start + 32]
        ]
        await asyncio.gather(*(client.ask(call) for call in calls))


async def main(plan: Plan) -> None:
    if plan.careless:
        # The mistake that the checker must catch: nobody locks the code.
        Postgres.lock = ""
    settings = Settings.model_validate(plan.settings)
    database = await Database.open(settings)
    async with CallQueue.open(database, settings, b"a secret", lambda: datetime.now(UTC)) as queue:
        clients = [Client(plan, queue, number) for number in range(CLIENTS)]
        each = plan.calls // CLIENTS
        await asyncio.gather(issue(plan, queue), *(client.live(each) for client in clients))
    await database.close()


def _made(verdict: Verdict) -> tuple[str, int] | None:
    return None if verdict.made is None else (verdict.made.kind.value, verdict.made.id)


if __name__ == "__main__":
    asyncio.run(main(Plan(**json.loads(sys.argv[1]))))
