"""The first phase of an import: the whole file is read into staged rows, and nothing else happens.

So a file that cannot be read to its end has changed no code.
"""

import asyncio
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final

from app.database import Database, Statements
from app.database.dialects import Dialect
from app.database.instants import to_json
from app.domain.code_text import CodeTextError, displayed, normal_form
from app.domain.import_files import (
    FileFormat,
    FileHeader,
    FileRefused,
    FileRow,
    ImportMode,
    OnError,
)
from app.domain.import_options import ImportOptions, agreed, check_rows, most_rows
from app.domain.import_rows import bad_code
from app.domain.import_values import Unfit, shown, text
from app.domain.jobs import JobStatus
from app.files.import_reader import ImportReader, open_import
from app.services import leases, stored_files
from app.services.leases import Claim, Ending, Standing
from app.services.stored_files import FileGone

FILE_GONE: Final = Ending(
    JobStatus.FAILED, "FILE_GONE", "The file is no longer kept; send it again."
)
CHUNK_ROWS: Final = {"postgres": 5_000, "sqlite": 1_000}
_COLUMNS: Final = {
    "number": "bigint",
    "line": "bigint",
    "code_text": "text",
    "normal_form": "text",
    "data": "jsonb",
    "messages": "jsonb",
}


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows as they are stored: how many, the JSON of all, and how far the file is read."""

    count: int
    records: str
    bytes_read: int


class Staging:
    """Reads the file of one claim, from its start; rows that are staged already are passed over.

    A file is read once: what was taken from it, or what was found to be wrong with it, is held
    until it is committed, however often that is tried. `options` are known when the whole file is
    staged.
    """

    def __init__(self, database: Database, held: Claim) -> None:
        self._database = database
        self._held = held
        self._beside = _beside(held)
        self._most = most_rows(held.params["maxRows"], self._beside.on_error)
        self._parsed = held.parsed
        self._resources = ExitStack()
        self._source: BinaryIO | None = None
        self._reader: ImportReader
        self._rows: islice[FileRow]
        self._batch: _Batch | None = None
        self._ending: Ending | None = None
        self.options: ImportOptions | None = None

    def close(self) -> None:
        self._resources.close()

    async def advance(self, now: datetime) -> Standing:
        """Stage one chunk.

        The ending is that of a file that cannot be imported; its staged rows are gone by then.
        """
        try:
            if self._ending is None:
                return await self._advance(now)
        except FileRefused as refused:
            self._ending = Ending(
                JobStatus.FAILED, refused.code, refused.message, refused.line, refused.column
            )
        except FileGone:
            self._ending = FILE_GONE
        await clear(self._database, self._held.job_id)
        return Standing(0, cancel_requested=False, ending=self._ending)

    async def _advance(self, now: datetime) -> Standing:
        if self._source is None:
            self._source = await self._open()
        if self._batch is None:
            self._batch = await asyncio.to_thread(self._take, self._source)
        batch = self._batch
        if not batch.count:
            return await self._finish(now)
        check_rows(self._parsed + batch.count, self._most)

        async def stage(tx: Statements) -> Standing:
            await _stage(tx, self._database.dialect, self._held.job_id, batch)
            return await leases.commit_parsed(tx, self._held, batch.count, batch.bytes_read, now)

        standing = await self._database.transact(stage)
        self._parsed += batch.count
        self._batch = None
        return standing

    async def _open(self) -> BinaryIO:
        """Bring the file from the database to where a reader can go through it."""
        source: BinaryIO = self._resources.enter_context(TemporaryFile())  # noqa: SIM115 - see close
        if self._held.file_id is None:
            raise FileGone
        async for data in stored_files.read(self._database, self._held.file_id):
            await asyncio.to_thread(source.write, data)
        source.seek(0)
        params = self._held.params
        self._reader = open_import(source, FileFormat(params["format"]), params["encoding"])
        self._rows = islice(iter(self._reader), self._parsed, None)
        return source

    def _take(self, source: BinaryIO) -> _Batch:
        rows = list(islice(self._rows, CHUNK_ROWS[self._database.dialect.name]))
        return _Batch(len(rows), to_json([_record(row) for row in rows]), source.tell())

    async def _finish(self, now: datetime) -> Standing:
        options = agreed(self._beside, self._reader.header)
        check_rows(self._parsed, most_rows(self._parsed, options.on_error))
        params = {
            **self._held.params,
            "mode": options.mode,
            "onError": options.on_error,
            "dryRun": options.dry_run,
        }
        standing = await self._database.transact(
            lambda tx: leases.commit_staged(tx, self._held, params, options.reference, now)
        )
        self.options = options
        return standing


def options_of(held: Claim) -> ImportOptions:
    """Return what was agreed for a job whose file is staged."""
    params = held.params
    return ImportOptions(
        ImportMode(params["mode"]), OnError(params["onError"]), params["dryRun"], held.reference
    )


async def clear(database: Database, job_id: int) -> None:
    """Remove the staged rows of a job that will not apply them, some at a time.

    Those that failed stay, as after any import.
    """
    (ends,) = await database.read(
        'SELECT MIN("row") AS first, MAX("row") AS last FROM import_row WHERE job_id = $1', job_id
    )
    if ends["last"] is not None:
        rows = CHUNK_ROWS[database.dialect.name]
        for start in range(ends["first"], ends["last"] + 1, rows):
            await _clear(database, job_id, start, start + rows)


async def _clear(database: Database, job_id: int, start: int, end: int) -> None:
    await database.transact(
        lambda tx: tx.execute(
            'DELETE FROM import_row WHERE job_id = $1 AND "row" >= $2 AND "row" < $3'
            " AND NOT EXISTS (SELECT 1 FROM row_result"
            ' WHERE row_result.job_id = $1 AND row_result."row" = import_row."row")',
            job_id,
            start,
            end,
        )
    )


def _beside(held: Claim) -> FileHeader:
    """Return what the request said, named as the file could say it."""
    params = held.params
    return FileHeader(
        params["campaignKey"],
        held.reference,
        params["mode"] and ImportMode(params["mode"]),
        params["onError"] and OnError(params["onError"]),
        params["dryRun"],
    )


def _record(row: FileRow) -> dict[str, Any]:
    """Return a row as it is staged; what is no code has a text at most, and a message."""
    values = dict(row.values)
    code = values.pop("code", None)
    written, form = shown(code), None
    messages = list(row.messages)
    try:
        written = text(code)
        form = normal_form(written or "")
        written = displayed(written or "")
    except (CodeTextError, Unfit) as error:
        if not any(said.field == "code" for said in messages):
            messages.insert(0, bad_code(error, code))
    return {
        "number": row.number,
        "line": row.line,
        "code_text": written,
        "normal_form": form,
        "data": values,
        "messages": [asdict(message) for message in messages] or None,
    }


@cache
def _insertion(dialect: Dialect) -> str:
    return (
        'INSERT INTO import_row (job_id, "row", line, code_text, normal_form, data, messages)'
        f" SELECT {dialect.cast('$2', 'bigint')}, number, line, code_text, normal_form, data,"
        f" messages FROM {dialect.records('given', _COLUMNS, '$1')} WHERE TRUE"
        " ON CONFLICT (job_id, normal_form) WHERE normal_form IS NOT NULL DO NOTHING"
    )


@cache
def _insertion_of_duplicates(dialect: Dialect) -> str:
    """Insert those that the first statement left out: an earlier row has their code.

    SQLite goes through a cross join from left to right: each given row is looked up once. It would
    compare every staged row with every given one.
    """
    return (
        'INSERT INTO import_row (job_id, "row", line, code_text, duplicate_of, data, messages)'
        ' SELECT first.job_id, number, given.line, given.code_text, first."row", given.data,'
        f" given.messages FROM {dialect.records('given', _COLUMNS, '$1')}"
        " CROSS JOIN import_row AS first"
        " WHERE first.job_id = $2 AND first.normal_form = given.normal_form"
        ' AND first."row" <> number'
    )


async def _stage(tx: Statements, dialect: Dialect, job_id: int, batch: _Batch) -> None:
    staged = await tx.execute(_insertion(dialect), batch.records, job_id)
    if staged < batch.count:
        await tx.execute(_insertion_of_duplicates(dialect), batch.records, job_id)
