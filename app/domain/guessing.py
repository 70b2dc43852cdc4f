"""How many wrong guesses at codes are let pass in a stretch of time: the counting, and no clock.

Who looks a code up by its text is lent a guess for it. What was found gives the guess back; what
was not has spent it. So what is still being looked up counts as spent, however much of it there is
at once, and nothing is counted too late.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from math import ceil
from typing import Final

from app.domain.refusals import Problem, UserErrorCode

SPARE: Final = 1
"""A process keeps so many guesses that nobody needs now, so that it can lend one at once."""
_HOST_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the clock, the same for all who ask in it. Each one is counted anew."""

    number: int
    ends_at: datetime

    def seconds_left(self, now: datetime) -> int:
        """Whole seconds after which the next window has begun; at least one."""
        return max(1, ceil((self.ends_at - now).total_seconds()))


def window(now: datetime, seconds: int) -> Window:
    number = int(now.timestamp()) // seconds
    return Window(number, datetime.fromtimestamp((number + 1) * seconds, UTC))


@dataclass(slots=True)
class Tally:
    """The guesses of one subject in one window, as one process knows them.

    `taken` are those that any process has, as far as it is known; `granted` are this one's own, of
    which some are `missed` and some are `lent`. `owed` were taken while nobody could be asked.
    """

    most: int
    taken: int = 0
    granted: int = 0
    missed: int = 0
    lent: int = 0
    owed: int = 0

    @property
    def free(self) -> int:
        return self.granted - self.missed - self.lent

    @property
    def within_reach(self) -> int:
        """What can still be lent if everything that is being looked up is found."""
        return self.granted - self.missed

    def lend(self, count: int) -> None:
        self.lent += count

    def settle(self, count: int, missed: int) -> None:
        """Take back what was lent; `missed` of it found nothing."""
        self.lent -= count
        self.missed += missed

    def counted(self, wanted: int, taken: int) -> int:
        """Take in what the common count has come to with `wanted` and what was owed.

        Return how many of the wanted are too many; they must be given back there.
        """
        granted = within(self.most - (taken - wanted), wanted)
        self.owed = 0
        self.taken = taken - (wanted - granted)
        self.granted += granted
        return wanted - granted

    def count_alone(self, wanted: int) -> int:
        """Take as many of the wanted as are left as far as this process knows.

        Return how many are too many.
        """
        granted = within(self.most - self.taken, wanted)
        self.taken += granted
        self.granted += granted
        self.owed += granted
        return wanted - granted

    def trim(self) -> int:
        """Let go of the guesses that nobody needs now; return how many of them are counted."""
        surplus = max(0, self.free - SPARE)
        self.granted -= surplus
        self.taken -= surplus
        uncounted = min(self.owed, surplus)
        self.owed -= uncounted
        return surplus - uncounted


def within(left: int, wanted: int) -> int:
    """As many of the wanted as are left."""
    return min(max(left, 0), wanted)


def place(address: str) -> str:
    """What an address counts as: of IPv6 the network, since one host has all of its addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004 - the name of the protocol
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else f"{int(found) >> _HOST_BITS:x}::/64"


def is_wrong_guess(problems: Iterable[Problem]) -> bool:
    """Whether a refusal tells no more of a code than that it cannot be used.

    A code that is withdrawn, or somebody else's, is as unknown as none to who may not hear of it:
    were it not counted alike, the count would tell.
    """
    return any(
        problem.code == UserErrorCode.CODE_NOT_APPLICABLE
        or (problem.code == UserErrorCode.NOT_FOUND and problem.field == ("code",))
        for problem in problems
    )
