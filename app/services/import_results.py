"""What became of the rows of an import, and of the import as a whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Final

from app.database import Database
from app.database.dialects import Dialect
from app.database.instants import to_json
from app.domain.import_options import ImportOptions, ended
from app.domain.import_rows import Decision
from app.domain.rows import RowOutcome
from app.services.code_history import Chunk
from app.services.leases import Ending

_RESULT: Final = {"number": "bigint", "outcome": "text", "messages": "jsonb"}


async def store(chunk: Chunk, first: int, last: int, decided: Mapping[int, Decision]) -> None:
    """Store the results of these staged rows; the rows go, except those that failed.

    Most rows of a chunk end alike and have nothing to be said: only the others are sent.
    """
    ends = Counter(decision.outcome for decision in decided.values() if not decision.messages)
    usual = max(ends, key=lambda outcome: ends[outcome], default=RowOutcome.FAILED)
    others = {
        number: {
            "number": number,
            "outcome": decision.outcome,
            "messages": [asdict(message) for message in decision.messages],
        }
        for number, decision in decided.items()
        if decision.messages or decision.outcome != usual
    }
    failed = [number for number, one in decided.items() if one.outcome == RowOutcome.FAILED]
    tx, dialect, rows = chunk.tx, chunk.dialect, (chunk.job_id, first, last)
    await tx.execute(_others(dialect), chunk.job_id, to_json([*others.values()]))
    await tx.execute(_usual(dialect), *rows, list(others), usual.value)
    await tx.execute(_removal(dialect), *rows, failed)


# Lists are looked through once for all rows. Joins would be chosen by what the planners believe of
# tables that have just been filled, and of lists they do not know: each row with each.


@cache
def _others(dialect: Dialect) -> str:
    return (
        'INSERT INTO row_result (job_id, "row", line, code_text, outcome, messages)'
        ' SELECT job_id, "row", line, code_text, outcome, others.messages'
        f" FROM {dialect.records('others', _RESULT, '$2')} CROSS JOIN import_row"
        ' WHERE job_id = $1 AND "row" = number'
    )


@cache
def _usual(dialect: Dialect) -> str:
    nothing = dialect.json("'[]'")
    return (
        'INSERT INTO row_result (job_id, "row", line, code_text, outcome, messages)'
        f' SELECT job_id, "row", line, code_text, {dialect.cast("$5", "text")}, {nothing}'
        f" FROM import_row WHERE {_rows_but(dialect)}"
    )


@cache
def _removal(dialect: Dialect) -> str:
    return f"DELETE FROM import_row WHERE {_rows_but(dialect)}"


def _rows_but(dialect: Dialect) -> str:
    """Return the condition of the rows $2 to $3 without those of the list $4."""
    among = dialect.among('"row"', "$4", "bigint")
    return f'job_id = $1 AND "row" BETWEEN $2 AND $3 AND NOT {among}'


async def ending(database: Database, job_id: int, options: ImportOptions) -> Ending:
    """Return how a job ends all of whose rows have a result."""
    (row,) = await database.read("SELECT total, failed FROM job WHERE id = $1", job_id)
    status, code, sentence = ended(row["total"], row["failed"], options)
    return Ending(status, code, sentence)
