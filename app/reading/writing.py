"""What a statement is written with: numbered parameters, table aliases, levels with slots."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil

from app.reading import readers
from app.reading.dialects import ARGUMENTS, Dialect
from app.reading.facts import Argument
from app.reading.kinds import INSTANT, Kind, Normalise
from app.reading.nouns import READABLES
from app.reading.paging import Key, Ways, argument_key
from app.reading.readers import Reader, Unpack

NOW_SITE = -1
NOW: Key = ("now",)
EncodeId = Callable[[str, int], str]


@dataclass(slots=True)
class Level:
    """The array of one object under construction: equal expressions share a slot.

    Lists and objects inside it stand at the end and are numbered from there, -1 first: where a row
    is too long for one function and values are chunked, they stay at the top. SQLite's parser holds
    100 places, and each list inside another needs some 14 of them.

    What is joined to a level with a `name` is named after it: equal lists of facts have one text,
    whatever else the statement reads, and share a slot.
    """

    name: str = ""
    values: dict[str, int] = field(default_factory=dict)
    nested: dict[str, int] = field(default_factory=dict)
    joins: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def slot(self, expression: str) -> int:
        return self.values.setdefault(expression, len(self.values))

    def nest(self, query: str) -> int:
        return self.nested.setdefault(query, -1 - len(self.nested))

    def joined(self) -> str:
        return "".join(text for _, text in self.joins.values())

    def row(self, dialect: Dialect) -> str:
        """The array; to be called when the level is complete, as is `unpack`."""
        values, nested = list(self.values), list(self.nested)[::-1]
        chunked = (values + nested)[: self._chunked()]
        chunks = [
            dialect.row(chunked[start : start + ARGUMENTS])
            for start in range(0, len(chunked), ARGUMENTS)
        ]
        return dialect.row([*chunks, *(values + nested)[len(chunked) :]])

    def unpack(self) -> Unpack | None:
        """What makes one array of a row of this level; None when it is one."""
        chunked = self._chunked()
        return readers.flatten(ceil(chunked / ARGUMENTS)) if chunked else None

    def _chunked(self) -> int:
        """How many expressions come in chunks: none, the values, or everything."""
        values, everything = len(self.values), len(self.values) + len(self.nested)
        if everything <= ARGUMENTS:
            return 0
        at_the_top = ceil(values / ARGUMENTS) + len(self.nested)
        return values if at_the_top <= ARGUMENTS else everything


class _Words(dict[str, str]):
    """The words of a fact's text; what is not mentioned must not become a parameter."""

    def __init__(self, writing: "Writing", words: Mapping[str, str]) -> None:
        super().__init__(words)
        self._writing = writing

    def __missing__(self, name: str) -> str:
        if name != "now":
            raise KeyError(name)
        return self._writing.now()


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

    def to_one(self, level: Level, table: str, target: str, ours: str, theirs: str) -> str:
        """The alias of the row that a row of the level leads to; joined once, whoever needs it."""
        link = (table, f"{target} {ours} {theirs}")
        if link not in level.joins:
            alias = f"{level.name}{len(level.joins) + 1}" if level.name else self.alias()
            text = f" LEFT JOIN {target} {alias} ON {alias}.{theirs} = {table}.{ours}"
            level.joins[link] = (alias, text)
        return level.joins[link][0]

    def named(self, site: int, arguments: Mapping[str, Argument], ways: Ways) -> Mapping[str, str]:
        """The SQL of the id that each given argument of the site names."""
        found = {}
        for name, way in ways:
            taken = arguments[name].ways[way]
            value = self.parameter(site, argument_key(name), taken.kind)
            found[name] = taken.sql.format(value)
        return found

    def joined(
        self, level: Level, site: int, arguments: Mapping[str, Argument], ways: Ways
    ) -> Mapping[str, str]:
        """The aliases of the rows that given arguments name, joined to the level.

        Facts and links need not look them up again, and their texts stay flat: SQLite's parser has
        no place for one query more in each of them.
        """
        found = {}
        for name, text in self.named(site, arguments, ways).items():
            key = (name, f"at {site}")
            if key not in level.joins:
                alias = self.alias()
                table = READABLES[arguments[name].target].table
                level.joins[key] = (alias, f" LEFT JOIN {table} {alias} ON {alias}.id = {text}")
            found[name] = level.joins[key][0]
        return found

    def fact(self, text: str, table: str, named: Mapping[str, str]) -> str:
        """The text of a fact or of a link, over the row `table` and the rows that are named."""
        ids = {name: f"{alias}.id" for name, alias in named.items()}
        rows = {f"{name}_row": alias for name, alias in named.items()}
        return text.format_map(_Words(self, {"t": table, **ids, **rows}))

    def show(self, kind: Kind) -> Normalise | None:
        """What turns a stored value into the answer's; None when nothing has to."""
        if kind.target is not None and kind.name == "id":
            return partial(self.encode_id, kind.target)
        if kind.name == "node":
            return self.encode_node
        return self.dialect.normaliser(kind)

    def encode_node(self, stored: str) -> str:
        name, _, number = stored.partition(":")
        return self.encode_id(name, int(number))

    def shown(self, slot: int, kind: Kind) -> Reader:
        normalise = self.show(kind)
        return readers.plain(slot) if normalise is None else readers.normalised(slot, normalise)
