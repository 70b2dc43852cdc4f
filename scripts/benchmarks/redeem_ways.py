"""Ways to redeem codes, each call with a key, an order and a customer of its own."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import uvloop

from app.database import Database
from app.domain.callers import demo_caller
from app.domain.life.calls import Redeem
from app.domain.life.verdicts import Verdict
from app.services.life.call_queue import CallQueue
from scripts.benchmarks import by_hand
from scripts.benchmarks.filling import CUSTOMER
from scripts.benchmarks.loading import Load, Request, drive, load
from scripts.benchmarks.stands import Home
from scripts.benchmarks.statements import pgbench

T = TypeVar("T")

SECONDS = 1.25
LONE_SECONDS = 1.0
WARM_SECONDS = 0.3
CLIENTS = 16
"""Of a limit."""
NUMBERS = 10**15
KNOWN = 1_000
DOCUMENT = """mutation Redeem($input: RedeemCodeInput!) { redeemCode(input: $input) {
  redemption { id } replayed userErrors { code message }
} }"""


@dataclass(frozen=True)
class Target:
    """Codes of which each call takes any."""

    prefix: str
    count: int

    def code(self) -> str:
        return f"{self.prefix}{secrets.randbelow(self.count)}"


def number() -> str:
    """The key, the order and the customer of one call."""
    return f"N{secrets.randbelow(NUMBERS)}"


def known() -> str:
    """A customer who is there already."""
    return str(CUSTOMER + 1 + secrets.randbelow(KNOWN))


@dataclass
class Ways:
    """All of them on one database; their answers are counted, whole and bare ones."""

    home: Home
    url: str
    answered: Counter[str] = field(default_factory=Counter)

    def api(self, target: Target, callers: int) -> Load:
        def variables() -> Mapping[str, Any]:
            own = number()
            names = ("idempotencyKey", "orderNumber", "customerNumber")
            return {"input": {"code": target.code(), **dict.fromkeys(names, own)}}

        request = Request(self.url, DOCUMENT, variables, b'"userErrors":[]')
        found = run(load(request, callers, SECONDS))
        self.answered["whole"] += len(found.took)
        return found

    def path(self, target: Target, callers: int, seconds: float = SECONDS) -> Load:
        async def drive_it() -> Load:
            async with queue(self.home) as calls:

                async def ask() -> None:
                    verdict = await redeem(calls, target)
                    if verdict.made is None or verdict.replayed:
                        raise RuntimeError(f"refused: {verdict}")
                    self.answered["whole"] += 1

                await drive(ask, callers, WARM_SECONDS)
                return await drive(ask, callers, seconds)

        return run(drive_it())

    def limit(self, target: Target, name: str) -> Load:
        """One transaction a call by many clients: under pgbench, or on SQLite in this process."""
        if self.home.programs is None:
            return self.hand(target, name, CLIENTS)
        script = (
            f"\\set k random(0, {target.count - 1})\n\\set n random(1, {NUMBERS})\n"
            f"\\set c random(1, {KNOWN})\n"
            f"SELECT {name}('{target.prefix}' || :k, 'N' || :n, ({CUSTOMER} + :c)::text);\n"
        )
        lines = pgbench(self.home, script, CLIENTS, SECONDS, {})
        self.answered[name] += len(lines)
        start = min(ended for _, ended in lines) + WARM_SECONDS
        took = [one for one, ended in lines if ended >= start]
        return Load(max(ended for _, ended in lines) - start, took)

    def hand(self, target: Target, name: str, callers: int, seconds: float = SECONDS) -> Load:
        """The same statement by statement, through the service's engine."""

        async def drive_it() -> Load:
            database = await Database.open(self.home.settings)

            async def ask() -> None:
                values = by_hand.given(target.code(), number(), known())
                await by_hand.redeem(database, STEPS[name], values)
                self.answered[name] += 1

            try:
                await drive(ask, callers, WARM_SECONDS)
                return await drive(ask, callers, seconds)
            finally:
                await database.close()

        return run(drive_it())


STEPS = {"whole": by_hand.WHOLE, "bare": by_hand.BARE}


@asynccontextmanager
async def queue(home: Home) -> AsyncIterator[CallQueue]:
    database = await Database.open(home.settings)
    try:
        async with CallQueue.open(database, home.settings, b"", lambda: datetime.now(UTC)) as calls:
            yield calls
    finally:
        await database.close()


async def redeem(calls: CallQueue, target: Target) -> Verdict:
    own = number()
    caller = demo_caller(request_id=secrets.token_hex(16))
    return await calls.submit(
        Redeem(caller=caller, key=own, code=target.code(), customer=own, order=own)
    )


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it in the loop that the service uses."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
