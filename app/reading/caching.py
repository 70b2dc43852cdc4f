from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """A cache of the values used last, bounded in entries and in the weight they declare."""

    def __init__(self, entries: int, weight: int) -> None:
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._entries = entries
        self._weight = weight
        self._used = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key, make: Callable[[], tuple[Value, int]]) -> Value:
        """The kept value, or the one that `make` answers together with its weight."""
        found = self._kept.get(key)
        if found is None:
            found = make()
            self._kept[key] = found
            self._used += found[1]
            self._drop()
        else:
            self._kept.move_to_end(key)
        return found[0]

    def _drop(self) -> None:
        while len(self._kept) > self._entries or self._used > self._weight:
            _, (_, weight) = self._kept.popitem(last=False)
            self._used -= weight
