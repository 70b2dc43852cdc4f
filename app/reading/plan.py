"""From a bound selection to answers: the statements of plans, kept by shape, and one read."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from app.database import Database
from app.reading.caching import Bounded
from app.reading.dialects import DIALECTS, DialectName
from app.reading.paging import BoundSite
from app.reading.readers import Run
from app.reading.selection import Selection
from app.reading.statement import Statement, compile_statement
from app.reading.writing import NOW_SITE, EncodeId

STATEMENTS = 4_000
STATEMENT_CHARACTERS = 16_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A selection; it has one statement for each shape that its requests had."""

    selection: Selection


_statements: Bounded[tuple[Plan, DialectName, tuple[Hashable, ...]], Statement] = Bounded(
    STATEMENTS, STATEMENT_CHARACTERS
)


async def read(plan: Plan, database: Database, run: Run, encode_id: EncodeId) -> dict[str, Any]:
    """Answer the selection's roots by their keys, with one SELECT."""
    statement = _statement(plan, database.dialect.name, run.sites, encode_id)
    row: Sequence[Any] = ()
    if statement.sql is not None:
        values = [
            run.now if site == NOW_SITE else run.sites[site].values[key]
            for site, key in statement.parameters
        ]
        rows = await database.read(statement.sql, *values)
        row = orjson.loads(rows[0][0])
    if statement.unpack is not None:
        row = statement.unpack(row)
    answer: dict[str, Any] = statement.read(row, run)
    return answer


def _statement(
    plan: Plan, dialect: DialectName, sites: Sequence[BoundSite], encode_id: EncodeId
) -> Statement:
    shapes = tuple(site.shape for site in sites)

    def compiled() -> tuple[Statement, int]:
        made = compile_statement(plan.selection, DIALECTS[dialect], shapes, encode_id)
        return made, len(made.sql or "")

    return _statements.get((plan, dialect, shapes), compiled)
