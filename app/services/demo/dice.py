from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b, shake_256
from typing import TypeVar

Thing = TypeVar("Thing")


class Dice:
    """Numbers that look thrown and come out alike everywhere, so that people can compare notes.

    Nothing secret may come from here: whoever knows the name knows every throw.
    """

    def __init__(self, name: str) -> None:
        self._name = name.encode()
        self._thrown = 0

    def below(self, bound: int) -> int:
        """From 0 to `bound` - 1."""
        self._thrown += 1
        digest = blake2b(self._thrown.to_bytes(8, "big"), digest_size=8, key=self._name[:64])
        return int.from_bytes(digest.digest(), "big") % bound

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def pick(self, things: Sequence[Thing]) -> Thing:
        return things[self.below(len(things))]

    def instant(self, first: datetime, last: datetime) -> datetime:
        """A whole second of the range; `first` when the range is empty."""
        seconds = int((last - first).total_seconds())
        return first + timedelta(seconds=self.below(max(1, seconds)))

    def bytes(self, count: int) -> bytes:
        """So many bytes at once; stands in for the entropy of generated codes."""
        return shake_256(self.below(2**63).to_bytes(8, "big")).digest(count)
