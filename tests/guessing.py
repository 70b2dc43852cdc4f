"""Guesses as somebody makes them who looks codes up, and what came of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from arq.connections import ArqRedis

from app.config import Settings
from app.domain.callers import Caller
from app.guess_counts import GuessCounts
from app.queue import Queue
from app.services.guessing import Guesses, TooManyGuesses
from tests.making import NOW

SECRET = b"a secret of tests"
MOST = 10
KEY = Caller("key:1", "Shop", frozenset())


class CountedCounts(GuessCounts):
    """Notes what Redis is asked for."""

    def __init__(self, redis: ArqRedis, lasts: int) -> None:
        super().__init__(redis, lasts)
        self.asked = 0
        self.given_back = asyncio.Event()

    async def add(self, name: str, count: int) -> int | None:
        self.asked += 1
        taken = await super().add(name, count)
        if count < 0:
            self.given_back.set()
        return taken


@dataclass
class Process:
    """What one process counts; `looking` are the look-ups that are on their way."""

    guesses: Guesses
    counts: CountedCounts | None = None
    looking: int = 0
    most_looking: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(
        self, caller: Caller = KEY, *, known: bool = False, now: datetime = NOW, count: int = 1
    ) -> str:
        """Look up codes; return what the caller is told."""
        answer = "found" if known else "unknown"
        try:
            async with self.guesses.guessing(caller, now, count) as guess:
                self.looking += 1
                self.begun.set()
                self.most_looking = max(self.looking, self.most_looking)
                # As long as a look-up takes, in turns of the loop.
                for _ in range(20):
                    await asyncio.sleep(0)
                self.looking -= 1
                guess.told = count if known else 0
        except TooManyGuesses:
            answer = "refused"
        return answer

    async def begin(self, *, known: bool) -> asyncio.Task[str]:
        """Look up a code, and return as soon as that is on its way."""
        self.begun.clear()
        asking = asyncio.create_task(self.ask(known=known))
        await self.begun.wait()
        return asking

    async def ask_at_once(self, times: int, *, known: bool = False) -> Counter[str]:
        asked = await asyncio.gather(*(self.ask(known=known) for _ in range(times)))
        return Counter(asked)


def limited(settings: Settings, **limits: int) -> Settings:
    """Ten guesses for each key, and any number from an address, unless it is said otherwise."""
    usual = {"guesses_per_key": MOST, "guesses_per_address": 0}
    return settings.model_copy(update={**usual, **limits})


@asynccontextmanager
async def process(redis_url: str = "", **limits: int) -> AsyncIterator[Process]:
    """A process of its own, as far as counting goes."""
    settings = limited(Settings(redis_url=redis_url), **limits)
    queue = await Queue.open(settings)
    counts = CountedCounts.of(queue.redis, settings)
    async with Guesses.open(settings, SECRET, counts) as guesses:
        yield Process(guesses, counts)
    await queue.close()
