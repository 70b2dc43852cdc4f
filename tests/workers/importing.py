"""Files imported as the service does it: stored, entered, and worked on to the end."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from app.database import Database
from app.database.instants import from_json
from app.domain.import_files import FileFormat
from app.domain.jobs import JobKind
from app.services import imports, stored_files
from app.services.editing import Stamp
from app.services.importing import Importer
from app.services.imports import ImportRequest
from app.services.leases import Claim, Standing
from app.services.stored_files import NewFile
from tests.making import ACTOR, CALLER, NOW, read_all, read_job
from tests.workers.working import TERMINAL
from workers.turns import Workshop, take_turn, utc_now

# Three chunks of three rows at most; the second has one that names the code of the first row, and
# one that names none.
CODES = ["AAA1", "AAA2", "AAA3", "aaa1", "-", "AAA6", "AAA7"]
OUTCOMES = ["INSERTED"] * 3 + ["FAILED"] * 2 + ["INSERTED"] * 2

FAR = datetime(2100, 1, 1, tzinfo=UTC)
JOB_ACTOR = {**ACTOR, "channel": "JOB"}

Row = dict[str, Any]
_MOST_TURNS = 50


@dataclass
class Imported:
    """A job at its end, and what it says of its rows."""

    job: Row
    results: list[Row] = field(default_factory=list)

    @property
    def outcomes(self) -> list[str]:
        return [result["outcome"] for result in self.results]

    @property
    def codes(self) -> list[list[str]]:
        """The error codes of each row."""
        return [[message["code"] for message in result["messages"]] for result in self.results]

    @property
    def ending(self) -> tuple[Any, ...]:
        return tuple(self.job[name] for name in ("status", "error_code", "error_line"))

    @property
    def counts(self) -> dict[str, int]:
        """The counters that are not zero."""
        names = ("inserted", "updated", "withdrawn", "deleted", "unchanged", "failed")
        return {name: self.job[name] for name in names if self.job[name]}


def csv_of(codes: Iterable[str]) -> str:
    """A file that says of each code nothing but its text."""
    return "\n".join(["code", *codes, ""])


async def enter(shop: Workshop, content: str | bytes, **asked: Any) -> int:  # noqa: ANN401 - any field of a request
    """Store the file and enter the job that imports it."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content.encode() if isinstance(content, str) else content

    # Workers purge by the true time what was not written to its end.
    begun = Stamp(CALLER, utc_now())
    file = await stored_files.store(
        shop.database, NewFile(None, "text/plain"), begun, pieces(), utc_now
    )
    usual = {"campaign_key": "TYPED", "file_format": FileFormat.CSV, "max_rows": 10_000}
    request = ImportRequest(**{**usual, **asked})
    return await imports.request(shop.database, shop.queue, Stamp(CALLER, NOW), request, file.id)


async def results(shop: Workshop, job_id: int) -> Imported:
    return await results_of(shop.database, job_id)


async def results_of(database: Database, job_id: int) -> Imported:
    rows = await read_all(
        database,
        'SELECT "row", line, code_text, outcome, messages FROM row_result WHERE job_id = $1'
        ' ORDER BY "row"',
        job_id,
    )
    told = [{**row, "messages": from_json(row["messages"])} for row in rows]
    return Imported(await read_job(database, job_id), told)


async def finished(shop: Workshop, job_id: int) -> Imported:
    """Give the job turns to its end; one may be of no use because the job was just lost."""
    for _ in range(_MOST_TURNS):
        await take_turn(shop, job_id)
        if (await read_job(shop.database, job_id))["status"] in TERMINAL:
            return await results(shop, job_id)
    raise AssertionError("the job does not come to its end")


async def imported(shop: Workshop, content: str | bytes, **asked: Any) -> Imported:  # noqa: ANN401 - as above
    """Import the file and return the job at its end."""
    return await finished(shop, await enter(shop, content, **asked))


async def staged(database: Database, job_id: int) -> list[int]:
    """The numbers of the rows that wait, or are kept because they failed."""
    rows = await read_all(
        database, 'SELECT "row" FROM import_row WHERE job_id = $1 ORDER BY "row"', job_id
    )
    return [row["row"] for row in rows]


async def code_texts(database: Database, job_id: int) -> list[str]:
    """The codes that a job made, in the order in which it made them."""
    rows = await read_all(
        database, "SELECT text FROM code WHERE created_by_job_id = $1 ORDER BY id", job_id
    )
    return [row["text"] for row in rows]


async def read_code(database: Database, code_id: int) -> dict[str, Any]:
    (row,) = await read_all(database, "SELECT * FROM code WHERE id = $1", code_id)
    return row


async def read_events(database: Database, found: Imported) -> list[dict[str, Any]]:
    rows = await read_all(
        database, "SELECT * FROM code_event WHERE job_id = $1 ORDER BY id", found.job["id"]
    )
    assert all(from_json(row["actor"]) == JOB_ACTOR for row in rows)
    return [
        {name: row[name] for name in ("kind", "code_id", "customer_id")} | from_json(row["data"])
        for row in rows
    ]


def before_each_chunk(shop: Workshop, act: Callable[[Claim], Awaitable[None]]) -> Workshop:
    """A worker that does something else before each chunk of an import."""

    class Watched(Importer):
        async def advance(self, now: datetime) -> Standing:
            await act(self._held)
            return await super().advance(now)

    return replace(shop, work={**shop.work, JobKind.IMPORT: Watched})
