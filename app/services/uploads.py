"""A file that comes in and the job that imports it: one use case for every entrance."""

from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.database import Database
from app.domain.callers import Caller
from app.domain.import_files import FileErrorCode, FileFormat, FileRefused
from app.queue import Queue
from app.services import imports, stored_files
from app.services.editing import Stamp
from app.services.imports import ImportRequest
from app.services.stored_files import NewFile

MEDIA_TYPES: Final = {
    FileFormat.CSV: "text/csv",
    FileFormat.JSON: "application/json",
    FileFormat.XML: "application/xml",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """What is asked for, and the bytes of the file as they arrive, at most so many."""

    asked: ImportRequest
    pieces: AsyncIterable[bytes]
    most_bytes: int


async def take(
    database: Database, queue: Queue, caller: Caller, upload: Upload, clock: Callable[[], datetime]
) -> int:
    """Keep the file, then enter the job that imports it; returns the job's id.

    All that can be refused is refused before the first byte is read, and again when the last one
    is there, because much may have changed meanwhile. A file that is too large, or empty, is a
    FileRefused. Whatever breaks off leaves no job.
    """
    began = clock()
    await imports.check(database, upload.asked, began)
    stored = await stored_files.store(
        database,
        NewFile(upload.asked.file_name, MEDIA_TYPES[upload.asked.file_format]),
        Stamp(caller, began),
        stored_files.limited(upload.pieces, upload.most_bytes),
        clock,
    )
    if not stored.size:
        raise FileRefused(FileErrorCode.NO_ROWS, "The file is empty.")
    stamp = Stamp(caller, clock())
    return await imports.request(database, queue, stamp, upload.asked, stored.id)
