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
    others = [
        {
            "number": number,
            "outcome": decision.outcome,
            "messages": [asdict(message) for message in decision.messages],
        }
        for number, decision in decided.items()
        if decision.messages or decision.outcome != usual
    ]
    values = (chunk.job_id, first, last)
    await chunk.tx.execute(_results(chunk.dialect), *values, usual.value, to_json(others))
    failed = [
        number for number, decision in decided.items() if decision.outcome == RowOutcome.FAILED
    ]
    kept = chunk.dialect.among('"row"', "$4", "bigint")
    await chunk.tx.execute(
        f'DELETE FROM import_row WHERE job_id = $1 AND "row" BETWEEN $2 AND $3 AND NOT ({kept})',
        *values,
        failed,
    )


@cache
def _results(dialect: Dialect) -> str:
    usual = dialect.cast("$4", "text")
    nothing = dialect.json("'[]'")
    return (
        'INSERT INTO row_result (job_id, "row", line, code_text, outcome, messages)'
        f' SELECT job_id, "row", line, code_text, COALESCE(outcome, {usual}),'
        f" COALESCE(others.messages, {nothing}) FROM import_row"
        f' LEFT JOIN {dialect.records("others", _RESULT, "$5")} ON number = "row"'
        ' WHERE job_id = $1 AND "row" BETWEEN $2 AND $3'
    )


async def ending(database: Database, job_id: int, options: ImportOptions) -> Ending:
    """Return how a job ends all of whose rows have a result."""
    (row,) = await database.read("SELECT total, failed FROM job WHERE id = $1", job_id)
    status, code, sentence = ended(row["total"], row["failed"], options)
    return Ending(status, code, sentence)
