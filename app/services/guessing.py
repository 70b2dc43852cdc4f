"""Wrong guesses at codes are throttled: per caller, and per address over all callers.

`guessing` is entered before a code is looked up by its text, whatever looks it up; it lends a guess
from each count that the caller belongs to, or raises TooManyGuesses before anything is asked.
"""

import asyncio
import hmac
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Self

import structlog

from app.config import Settings
from app.domain.callers import Caller
from app.domain.guessing import SPARE, Tally, Window, place, window
from app.guess_counts import GuessCounts

MOST_SUBJECTS: Final = 10_000
"""Whom one process remembers at a time; the ones that asked last."""
PLACE_BITS: Final = 20
"""All addresses share a million counts, so that there are never more; few have one together."""
TRIM_SECONDS: Final = 1.0
_ASK_AGAIN: Final = timedelta(seconds=1)

log = structlog.get_logger(__name__)


class TooManyGuesses(Exception):  # noqa: N818 - an answer to the caller
    """Nothing was looked up, and nothing is said of the code."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Too many codes were asked for that cannot be used or do not exist; ask again in"
            f" {retry_after} seconds."
        )
        self.retry_after = retry_after


@dataclass(slots=True)
class Guess:
    """What is being looked up; whoever looks says how much of it the caller was told about."""

    count: int
    told: int = 0


class Guesses:
    """The one place that knows who may still guess."""

    def __init__(self, settings: Settings, secret: bytes, counts: GuessCounts | None) -> None:
        self._seconds = settings.guess_window_seconds
        self._per_key = settings.guesses_per_key
        self._per_address = settings.guesses_per_address
        self._counts = counts
        self._key = hmac.digest(secret, b"subjects of guesses, version 1", "sha256")
        self._purses: OrderedDict[str, _Purse] = OrderedDict()
        self._name = lru_cache(MOST_SUBJECTS)(self._named)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, secret: bytes, counts: GuessCounts | None
    ) -> AsyncIterator[Self]:
        """With common counts, what is not needed is given back to them until the block ends."""
        guesses = cls(settings, secret, counts)
        trimming = asyncio.gather(guesses._trim_for_ever())
        try:
            yield guesses
        finally:
            trimming.cancel()
            await asyncio.gather(trimming, return_exceptions=True)
            await guesses.close()

    @asynccontextmanager
    async def guessing(self, caller: Caller, now: datetime, count: int = 1) -> AsyncIterator[Guess]:
        """Let `count` codes be looked up by their texts, all of them or none.

        The block says of how many the caller is told; the rest is spent. A block that fails has
        told nothing either way. One that is cancelled may have, to a caller who hangs up in order
        not to be counted.
        """
        lent: list[_Purse] = []
        guess, missed = Guess(count), 0
        try:
            for purse in self._purses_of(caller, now):
                try:
                    await purse.borrow(count, now)
                except TooManyGuesses:
                    purse.report(caller)
                    raise
                lent.append(purse)
            missed = count
            yield guess
            missed = count - guess.told
        except Exception:
            missed = 0
            raise
        finally:
            for purse in lent:
                purse.settle(count, missed)

    async def trim(self) -> None:
        """Give back what was needed for a moment, so that other processes can lend it."""
        for purse in [one for one in self._purses.values() if one.tally.free > SPARE]:
            await purse.trim()

    async def close(self) -> None:
        await asyncio.gather(*(purse.close() for purse in self._purses.values()))

    async def _trim_for_ever(self) -> None:
        while self._counts is not None:
            await asyncio.sleep(TRIM_SECONDS)
            await self.trim()

    def _purses_of(self, caller: Caller, now: datetime) -> Iterator["_Purse"]:
        """The address first: who waits for it must not keep others of the key waiting."""
        current = window(now, self._seconds)
        if self._per_address and caller.address is not None:
            yield self._purse(self._name("address", caller.address), self._per_address, current)
        if self._per_key:
            yield self._purse(self._name("key", caller.id), self._per_key, current)

    def _purse(self, name: str, most: int, current: Window) -> "_Purse":
        purse = self._purses.get(name)
        # What began in an earlier window is counted in this one, and must not bring that one back.
        if purse is None or purse.window.number < current.number:
            purse = self._purses[name] = _Purse(name, current, Tally(most), self._counts)
        self._purses.move_to_end(name)
        if len(self._purses) > MOST_SUBJECTS:
            self._purses.popitem(last=False)
        return purse

    def _named(self, kind: str, whom: str) -> str:
        """A name from which nobody can tell whom it stands for."""
        if kind == "address":
            whom = place(whom)
        digest = hmac.digest(self._key, f"{kind}\0{whom}".encode(), "sha256")
        if kind == "address":
            return f"{kind}:{int.from_bytes(digest) >> (len(digest) * 8 - PLACE_BITS):x}"
        return f"{kind}:{digest[:16].hex()}"


class _Purse:
    """Lends the guesses of one subject in one window, and lets wait who may still get some."""

    def __init__(
        self, name: str, current: Window, tally: Tally, counts: GuessCounts | None
    ) -> None:
        self.window = current
        self.tally = tally
        self._counts = counts
        self._name = f"{name}:{current.number}"
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._filling: asyncio.Task[None] | None = None
        # When there was less than what was asked for.
        self._short_at: datetime | None = None
        self._reported = False

    async def borrow(self, count: int, now: datetime) -> None:
        """Lend so many guesses, or raise TooManyGuesses.

        When they are not there at once, but would be if everything found what it looks for, it is
        waited for: what is found costs nothing, however close the limit is.
        """
        if not self._waiting and self.tally.free >= count:
            self.tally.lend(count)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        self._serve(refusing=False)
        self._fill(now)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:
                self.settle(count, 0)
            raise
        except _Spent:
            raise TooManyGuesses(self.window.seconds_left(now)) from None

    def settle(self, count: int, missed: int) -> None:
        self.tally.settle(count, missed)
        self._serve()

    async def trim(self) -> None:
        surplus = self.tally.trim()
        if surplus and self._counts is not None:
            await self._counts.add(self._name, -surplus)

    async def close(self) -> None:
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.gather(self._filling, return_exceptions=True)

    def report(self, caller: Caller) -> None:
        """Say once that somebody guesses, or mistypes, more than is let pass."""
        if not self._reported:
            by = self._name.partition(":")[0]
            log.warning("guesses.spent", caller=caller.id, counted_by=by, most=self.tally.most)
        self._reported = True

    def _fill(self, now: datetime) -> None:
        """Get what those who wait lack. All who come meanwhile share the next round trip."""
        if self._filling is not None or self._lacking() == 0:
            return
        if self._counts is None:
            self.tally.count_alone(self._lacking())
            self._serve()
        elif self._short_at is not None and abs(now - self._short_at) < _ASK_AGAIN:
            self._serve()
        else:
            self._filling = asyncio.create_task(self._fill_from(self._counts, now))

    async def _fill_from(self, counts: GuessCounts, now: datetime) -> None:
        wanted = self._lacking()
        # Nobody is left waiting, whatever happens here.
        too_many = wanted
        try:
            taken = await counts.add(self._name, wanted + self.tally.owed)
            if taken is None:
                too_many = self.tally.count_alone(wanted)
            elif too_many := self.tally.counted(wanted, taken):
                await counts.add(self._name, -too_many)
        finally:
            self._filling = None
            if too_many:
                self._short_at = now
            self._serve(refusing=too_many > 0)
        self._fill(now)

    def _lacking(self) -> int:
        wanted = sum(count for count, turn in self._waiting if not turn.done())
        return max(0, wanted - self.tally.free)

    def _serve(self, *, refusing: bool = True) -> None:
        """Lend to those who wait, in their order, and refuse whom nothing can reach any more."""
        while self._waiting:
            count, turn = self._waiting[0]
            if turn.done():
                pass
            elif self.tally.free >= count:
                self.tally.lend(count)
                turn.set_result(None)
            elif refusing and self._filling is None and self.tally.within_reach < count:
                turn.set_exception(_Spent())
            else:
                return
            self._waiting.popleft()


class _Spent(Exception):  # noqa: N818 - told to who waits, who knows since when
    """There is nothing left to lend."""
