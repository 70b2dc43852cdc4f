"""The rows of an import that failed, as a file to correct and send again."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from app.database import Database, Row
from app.database.instants import from_json
from app.domain.callers import Caller, Scope
from app.domain.import_files import (
    FileFormat,
    FileHeader,
    ImportMode,
    OnError,
    read_message,
)
from app.domain.jobs import JobKind
from app.domain.refusals import Problem, Refusal, UserErrorCode
from app.domain.rows import RowOutcome
from app.files.failed_rows import FailedRow, write_failed_rows
from app.reading.errors import NotAllowed

PAGE_ROWS: Final = 1_000
# Rows hold codes as they were written, and the customers for whom they are.
_OF_OTHERS: Final = (Scope.CODES_REVEAL, Scope.CUSTOMERS_READ)
_FAILED: Final = (
    'SELECT import_row."row", import_row.code_text, data, row_result.messages FROM row_result'
    ' JOIN import_row ON import_row.job_id = row_result.job_id AND import_row."row" ='
    ' row_result."row" WHERE row_result.job_id = $1 AND row_result."row" > $2'
    f" AND outcome = '{RowOutcome.FAILED}' ORDER BY row_result.\"row\" LIMIT $3"
)


@dataclass(frozen=True, slots=True)
class FailedRows:
    """A file in the format of the one that was imported, whose bytes are made as they are read."""

    name: str
    file_format: FileFormat
    pieces: AsyncGenerator[bytes]


async def read(database: Database, caller: Caller, job_id: int) -> FailedRows:
    """Return the failed rows of an import; what it was told of itself stands in them again.

    They are for whoever sent the file, and for who may see codes and whose they are: others are
    NotAllowed, or hear of no import where they may not read jobs.
    Refuses with NOT_FOUND what is no import, and an import none of whose rows failed. Of a running
    one these are the rows that failed so far.
    """
    rows = await database.read(
        "SELECT file_name, reference, params, actor FROM job"
        f" WHERE id = $1 AND kind = '{JobKind.IMPORT}' AND failed > 0",
        job_id,
    )
    own = bool(rows) and from_json(rows[0]["actor"])["caller"] == caller.id
    if not rows or not (own or caller.allows(Scope.CODES_READ)):
        message = "There is no such import, or no row of it failed."
        raise Refusal(Problem(UserErrorCode.NOT_FOUND, message, ("id",)))
    (job,) = rows
    for scope in () if own else _OF_OTHERS:
        if not caller.allows(scope):
            raise NotAllowed("What another caller has sent", scope)
    params = from_json(job["params"])
    file_format = FileFormat(params["format"])
    header = FileHeader(
        params["campaignKey"],
        job["reference"],
        ImportMode(params["mode"]),
        OnError(params["onError"]),
        params["dryRun"],
    )
    stem = PurePath(job["file_name"] or "import").stem
    pieces = _pieces(database, job_id, file_format, header)
    return FailedRows(f"{stem}-failed.{file_format.lower()}", file_format, pieces)


async def _pieces(
    database: Database, job_id: int, file_format: FileFormat, header: FileHeader
) -> AsyncGenerator[bytes]:
    """Write the file in a thread, which asks this loop for rows whenever it needs some."""
    loop = asyncio.get_running_loop()

    def rows() -> Iterator[FailedRow]:
        last = 0
        while True:
            asked = database.read(_FAILED, job_id, last, PAGE_ROWS)
            page = asyncio.run_coroutine_threadsafe(asked, loop).result()
            if not page:
                return
            yield from map(_failed, page)
            last = page[-1]["row"]

    written = write_failed_rows(file_format, header, rows())
    while (piece := await asyncio.to_thread(next, written, None)) is not None:
        yield piece


def _failed(row: Row) -> FailedRow:
    values = from_json(row["data"])
    if row["code_text"] is not None:
        values = {"code": row["code_text"], **values}
    return FailedRow(values, [read_message(said) for said in from_json(row["messages"])])
