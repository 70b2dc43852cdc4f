"""What a statement is written with: numbered parameters, table aliases, levels with slots."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial

from app.reading import readers
from app.reading.dialects import ARGUMENTS, Dialect
from app.reading.kinds import INSTANT, Kind, Normalise
from app.reading.paging import Key
from app.reading.readers import Reader, Unpack

NOW_SITE = -1
NOW: Key = ("now",)
EncodeId = Callable[[str, int], str]


@dataclass(slots=True)
class Level:
    """The array of one object under construction: equal expressions share a slot."""

    slots: dict[str, int] = field(default_factory=dict)
    joins: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def slot(self, expression: str) -> int:
        return self.slots.setdefault(expression, len(self.slots))

    def joined(self) -> str:
        return "".join(text for _, text in self.joins.values())

    def unpack(self) -> Unpack | None:
        """What makes one array of a row of this level, once it is complete; None when it is one."""
        return readers.flatten if len(self.slots) > ARGUMENTS else None


@dataclass(slots=True)
class Writing:
    """One statement being written for one shape of its sites."""

    dialect: Dialect
    shapes: Sequence[Hashable]
    encode_id: EncodeId
    parameters: dict[tuple[int, Key], int] = field(default_factory=dict)
    tables: int = 0

    def alias(self) -> str:
        self.tables += 1
        return f"t{self.tables}"

    def parameter(self, site: int, key: Key, kind: Kind | None) -> str:
        """The placeholder of a value; cast, unless the construct it stands in does that."""
        number = self.parameters.setdefault((site, key), len(self.parameters) + 1)
        return f"${number}" if kind is None else self.dialect.parameter(number, kind)

    def now(self) -> str:
        return self.parameter(NOW_SITE, NOW, INSTANT)

    def show(self, kind: Kind) -> Normalise | None:
        """What turns a stored value into the answer's; None when nothing has to."""
        if kind.target is not None and kind.name == "id":
            return partial(self.encode_id, kind.target)
        return self.dialect.normaliser(kind)

    def shown(self, slot: int, kind: Kind) -> Reader:
        normalise = self.show(kind)
        return readers.plain(slot) if normalise is None else readers.normalised(slot, normalise)
