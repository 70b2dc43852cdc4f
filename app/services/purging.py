"""What is kept for a time only, removed when its time is over, in small transactions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.database import Database
from app.domain.jobs import JobKind
from app.services import stored_files

RESULTS_KEPT: Final = timedelta(days=30)
ATTEMPTS_KEPT: Final = timedelta(days=90)
_BATCH_ROWS: Final = 1_000
_BATCH_JOBS: Final = 100


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was removed: uploads, imports whose row results went, and refused attempts."""

    files: int
    imports: int
    attempts: int


async def purge(database: Database, now: datetime) -> Purged:
    """Remove files after 7 days, row results and failed rows after 30, attempts after 90.

    Several processes may purge at once. The jobs stay, with their counts.
    """
    return Purged(
        files=await stored_files.purge(database, now),
        imports=await _purge_results(database, now - RESULTS_KEPT),
        attempts=await _purge_attempts(database, now - ATTEMPTS_KEPT),
    )


async def _purge_results(database: Database, ended_by: datetime) -> int:
    purged = 0
    while jobs := await database.read(
        f"SELECT id FROM job WHERE kind = '{JobKind.IMPORT}' AND finished_at <= $1"
        " AND (EXISTS (SELECT 1 FROM row_result WHERE job_id = job.id)"
        " OR EXISTS (SELECT 1 FROM import_row WHERE job_id = job.id))"
        f" ORDER BY id LIMIT {_BATCH_JOBS}",
        ended_by,
    ):
        for job in jobs:
            for table in ("row_result", "import_row"):
                await _remove_rows(database, table, job["id"])
        purged += len(jobs)
    return purged


async def _remove_rows(database: Database, table: str, job_id: int) -> None:
    """Remove the rows of a job, the last ones first, so that those left are found quickly."""
    rows = await database.read(f'SELECT MAX("row") AS last FROM {table} WHERE job_id = $1', job_id)
    last: int = rows[0]["last"] or 0
    for first in range(last - last % _BATCH_ROWS, -1, -_BATCH_ROWS):
        await _remove(
            database, f'DELETE FROM {table} WHERE job_id = $1 AND "row" >= $2', job_id, first
        )


async def _purge_attempts(database: Database, made_by: datetime) -> int:
    """The oldest come first, so that only the last look goes through those that stay."""
    removed = 0
    while rows := await database.read(
        f"SELECT id FROM attempt WHERE at <= $1 ORDER BY id LIMIT {_BATCH_ROWS}", made_by
    ):
        among = database.dialect.among("id", "$1", "bigint")
        removed += await _remove(
            database, f"DELETE FROM attempt WHERE {among}", [row["id"] for row in rows]
        )
    return removed


async def _remove(database: Database, sql: str, *values: object) -> int:
    return await database.transact(lambda tx: tx.execute(sql, *values))
