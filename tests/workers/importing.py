"""Files imported as the service does it: stored, entered, and worked on to the end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from app.database.instants import from_json
from app.domain.import_files import FileFormat
from app.services import imports, stored_files
from app.services.editing import Stamp
from app.services.imports import ImportRequest
from app.services.stored_files import NewFile
from tests.making import CALLER, NOW, read_all, read_job
from workers.turns import Workshop, take_turn, utc_now

Row = dict[str, Any]


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


async def enter(shop: Workshop, content: str | bytes, **asked: Any) -> int:  # noqa: ANN401 - any field of a request
    """Store the file and enter the job that imports it."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content.encode() if isinstance(content, str) else content

    stamp = Stamp(CALLER, NOW)
    file = await stored_files.store(
        shop.database, NewFile(None, "text/plain"), stamp, pieces(), utc_now
    )
    usual = {"campaign_key": "TYPED", "file_format": FileFormat.CSV, "max_rows": 10_000}
    request = ImportRequest(**{**usual, **asked})
    return await imports.request(shop.database, shop.queue, stamp, request, file.id)


async def results(shop: Workshop, job_id: int) -> Imported:
    rows = await read_all(
        shop.database,
        'SELECT "row", line, code_text, outcome, messages FROM row_result WHERE job_id = $1'
        ' ORDER BY "row"',
        job_id,
    )
    told = [{**row, "messages": from_json(row["messages"])} for row in rows]
    return Imported(await read_job(shop.database, job_id), told)


async def imported(shop: Workshop, content: str | bytes, **asked: Any) -> Imported:  # noqa: ANN401 - as above
    """Import the file and return the job at its end."""
    job_id = await enter(shop, content, **asked)
    await take_turn(shop, job_id)
    return await results(shop, job_id)
