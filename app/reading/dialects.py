"""Everything that planned reads say differently on the two databases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.database import dialects as engines
from app.reading.kinds import Kind, Normalise, member_of, sorted_json

ARGUMENTS = 90
"""Both databases cap the arguments of a function at about 100."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words of one database for the constructs that planned reads use."""

    engine: engines.Dialect
    array: str
    aggregate: str
    json: str
    each: str
    sorts: bool
    ranges: bool
    casts: dict[str, str]
    instant: Normalise
    boolean: Normalise | None

    def parameter(self, number: int, kind: Kind) -> str:
        """The numbered value, cast where the database cannot infer its type."""
        return f"${number}{self.casts.get(kind.name, '')}"

    def row(self, expressions: Sequence[str]) -> str:
        """A positional array of at most `ARGUMENTS` values."""
        return f"{self.array}({', '.join(expressions)})"

    def rows(self, row: str, source: str, order: str = "") -> str:
        """The arrays of all rows of the source, as one value of an array; null or empty for none.

        A source that is ordered states its order again: PostgreSQL may join in another one, so it
        sorts. SQLite keeps the order of its first table, and could not be told before 3.44.
        """
        sort = f" ORDER BY {order}" if order and self.sorts else ""
        return f"(SELECT {self.aggregate}({row}{sort}) FROM {source})"

    def listed(self, column: str, ids: str) -> str:
        """The condition that a column is among the ids of a JSON list."""
        return f"{column} IN (SELECT {self.each.format(ids)})"

    def held(self, lead: str, value: str) -> str:
        """The condition that the column which leads an order holds the value.

        PostgreSQL drops a column that equals one value from the order, and is then free to walk the
        whole table in the order of the rest: it believes that each value has its share of rows, so
        that few are passed over. Said as a range, the column stays in the order, and only an index
        that begins with it delivers that. SQLite takes this index by itself, and needs the equality
        to start in the middle of it.
        """
        if self.ranges:
            return f"{lead} >= {value} AND {lead} <= {value}"
        return f"{lead} = {value}"

    def ordered(self, lead: str | None, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The columns to order by where `lead` is held."""
        return (lead, *columns) if lead is not None and self.ranges else columns

    def column(self, expression: str, kind: Kind) -> str:
        """A column as one value of an array; JSON columns stay JSON."""
        return (
            self.json.format(expression) if kind.name in {"json", "jsons", "texts"} else expression
        )

    def normaliser(self, kind: Kind) -> Normalise | None:
        """What turns a non-null value of the row into the answer's; None when nothing has to."""
        if kind.name == "bool":
            return self.boolean
        if kind.name == "instant":
            return self.instant
        if kind.members is not None:
            return member_of(kind.members)
        return sorted_json if kind.name in {"json", "jsons"} else None

    def fact(self, kind: Kind) -> Normalise | None:
        """What turns a non-null value of the row into what rules calculate with."""
        if kind.name == "texts":
            return tuple
        return instant if kind.name == "instant" else self.normaliser(kind)


def instant_of_postgres(text: str) -> str:
    """`2026-03-01T08:00:00.5+00:00`, as JSON shows timestamptz -> `2026-03-01T08:00:00.5Z`."""
    return text[:-6] + "Z"


def instant_of_sqlite(text: str) -> str:
    """`2026-03-01T08:00:00.500000Z`, the stored form -> `2026-03-01T08:00:00.5Z`."""
    return text[:-1].rstrip("0").rstrip(".") + "Z"


def instant(text: str) -> datetime:
    """The instant that an answer shows."""
    return datetime.fromisoformat(text)


POSTGRES = Dialect(
    engine=engines.POSTGRES,
    array="json_build_array",
    aggregate="json_agg",
    json="{}",
    each="CAST(value AS BIGINT) FROM jsonb_array_elements_text({})",
    sorts=True,
    ranges=True,
    casts={
        "id": "::bigint",
        "int": "::bigint",
        "text": "::text",
        "node": "::text",
        "enum": "::text",
        "bool": "::boolean",
        "instant": "::timestamptz",
    },
    instant=instant_of_postgres,
    boolean=None,
)

SQLITE = Dialect(
    engine=engines.SQLITE,
    array="json_array",
    aggregate="json_group_array",
    json="json({})",
    each="value FROM json_each({})",
    sorts=False,
    ranges=False,
    casts={},
    instant=instant_of_sqlite,
    boolean=bool,
)

DialectName = Literal["postgres", "sqlite"]
DIALECTS: Mapping[DialectName, Dialect] = {
    dialect.engine.name: dialect for dialect in (POSTGRES, SQLITE)
}
