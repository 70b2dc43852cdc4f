"""Files kept in the database, so that any process on any machine can read what another one took.

They are written and read piece by piece: a file of any size costs the memory of one piece, and no
transaction waits for the network.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.database import Database, Statements
from app.database.dialects import Dialect
from app.database.errors import ConstraintKind, ConstraintViolated
from app.database.instants import to_json
from app.domain.import_files import FileErrorCode, FileRefused
from app.services.editing import Stamp

CHUNK_BYTES: Final = 262_144
"""How much one row of `file_chunk` holds; only the last one of a file holds less."""
KEPT: Final = timedelta(days=7)
ABANDONED_AFTER: Final = timedelta(days=1)
# Purging: files that are looked up at once, and pieces of one that go in one transaction.
_BATCH_FILES: Final = 100
_BATCH_CHUNKS: Final = 64


class FileGone(LookupError):  # noqa: N818 - a fact, not a fault
    """The file is not there any more, or was never written to its end."""


@dataclass(frozen=True, slots=True)
class NewFile:
    name: str | None
    content_type: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file with all its bytes; `sha256` is in hexadecimal."""

    id: int
    size: int
    sha256: str


async def store(
    database: Database,
    new: NewFile,
    stamp: Stamp,
    pieces: AsyncIterable[bytes],
    clock: Callable[[], datetime],
) -> StoredFile:
    """Keep the file for 7 days. Each chunk is committed as it fills.

    When `pieces` fails, what came is left behind as an incomplete file, which nobody can read and
    which `purge` removes after a day.
    """
    file_id = await database.transact(lambda tx: begin(tx, database.dialect, new, stamp))
    digest = hashlib.sha256()
    size = 0
    number = 0
    async with aclosing(cut(pieces)) as chunks:
        async for data in chunks:
            await _append_alone(database, file_id, number, data)
            digest.update(data)
            size += len(data)
            number += 1
    stored = StoredFile(file_id, size, digest.hexdigest())
    await database.transact(lambda tx: complete(tx, stored, clock()))
    return stored


async def _append_alone(database: Database, file_id: int, number: int, data: bytes) -> None:
    await database.transact(lambda tx: append(tx, file_id, number, data))


async def begin(tx: Statements, dialect: Dialect, new: NewFile, stamp: Stamp) -> int:
    """Enter a file that has no bytes yet."""
    file_id: int = await tx.fetch_value(
        "INSERT INTO file (name, content_type, expires_at, actor, created_at)"
        f" VALUES ($1, $2, $3, {dialect.json('$4')}, $5) RETURNING id",
        new.name,
        new.content_type,
        stamp.now + ABANDONED_AFTER,
        to_json(stamp.caller.actor()),
        stamp.now,
    )
    return file_id


async def append(tx: Statements, file_id: int, number: int, data: bytes) -> None:
    """Write one chunk; they count from 0, and all but the last have CHUNK_BYTES."""
    try:
        await tx.execute(
            "INSERT INTO file_chunk (file_id, number, data) VALUES ($1, $2, $3)",
            file_id,
            number,
            data,
        )
    except ConstraintViolated as exc:
        if exc.kind is ConstraintKind.FOREIGN_KEY:
            raise FileGone(f"file {file_id}") from exc
        raise


async def complete(tx: Statements, stored: StoredFile, now: datetime) -> None:
    """Say that all bytes are there: from now on the file can be read, for 7 days.

    Raises FileGone when that took so long that it may be purged.
    """
    if not await tx.execute(
        "UPDATE file SET size = $2, sha256 = $3, complete_at = $4, expires_at = $5"
        " WHERE id = $1 AND expires_at > $4",
        stored.id,
        stored.size,
        stored.sha256,
        now,
        now + KEPT,
    ):
        raise FileGone(f"file {stored.id}")


async def read(database: Database, file_id: int) -> AsyncGenerator[bytes]:
    """The bytes of a complete file, chunk by chunk, each by a short read of its own.

    Raises FileGone when there is no such file, or when it is purged meanwhile.
    """
    rows = await database.read(
        "SELECT size FROM file WHERE id = $1 AND complete_at IS NOT NULL", file_id
    )
    if not rows:
        raise FileGone(f"file {file_id}")
    left: int = rows[0]["size"]
    number = 0
    while left:
        data = await _chunk(database, file_id, number)
        left -= len(data)
        number += 1
        yield data


async def _chunk(database: Database, file_id: int, number: int) -> bytes:
    rows = await database.read(
        "SELECT data FROM file_chunk WHERE file_id = $1 AND number = $2", file_id, number
    )
    if not rows:
        raise FileGone(f"file {file_id} from chunk {number} on")
    data: bytes = rows[0]["data"]
    return data


async def cut(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """The same bytes in chunks of CHUNK_BYTES, however they come."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        whole = len(held) - len(held) % CHUNK_BYTES
        for start in range(0, whole, CHUNK_BYTES):
            yield bytes(held[start : start + CHUNK_BYTES])
        del held[:whole]
    if held:
        yield bytes(held)


async def limited(pieces: AsyncIterable[bytes], most_bytes: int) -> AsyncIterator[bytes]:
    """The pieces, as long as they are not too many; FILE_TOO_LARGE with the first that is."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > most_bytes:
            raise FileRefused(
                FileErrorCode.FILE_TOO_LARGE, f"The file may have at most {most_bytes:,} bytes."
            )
        yield piece


async def purge(database: Database, now: datetime) -> int:
    """Remove the files whose time is over; returns how many. An unfinished job keeps its file.

    Each transaction is small, so that nobody waits long for the writer of SQLite.
    """
    removed = 0
    last_id = 0
    while rows := await database.read(
        f"SELECT id FROM file WHERE {_expired('$1')} AND id > $2 ORDER BY id LIMIT {_BATCH_FILES}",
        now,
        last_id,
    ):
        for row in rows:
            last_id = row["id"]
            removed += await _remove(database, last_id, now)
    return removed


def _expired(now: str) -> str:
    return (
        f"expires_at <= {now} AND NOT EXISTS (SELECT 1 FROM job"
        " WHERE job.finished_at IS NULL AND file.id IN (job.file_id, job.result_file_id))"
    )


async def _remove(database: Database, file_id: int, now: datetime) -> int:
    """Remove the pieces from the last one on, then the file; 0 when somebody was faster."""
    rows = await database.read(
        "SELECT MAX(number) AS last FROM file_chunk WHERE file_id = $1", file_id
    )
    last = -1 if rows[0]["last"] is None else int(rows[0]["last"])
    for first in range(last - last % _BATCH_CHUNKS, -1, -_BATCH_CHUNKS):
        await _remove_chunks(database, file_id, first)
    return await database.transact(lambda tx: _remove_row(tx, file_id, now))


async def _remove_chunks(database: Database, file_id: int, first: int) -> None:
    await database.transact(
        lambda tx: tx.execute(
            "DELETE FROM file_chunk WHERE file_id = $1 AND number >= $2", file_id, first
        )
    )


async def _remove_row(tx: Statements, file_id: int, now: datetime) -> int:
    """The jobs that read or wrote the file remember its name, size and hash."""
    for column in ("file_id", "result_file_id"):
        await tx.execute(f"UPDATE job SET {column} = NULL WHERE {column} = $1", file_id)
    return await tx.execute(f"DELETE FROM file WHERE id = $1 AND {_expired('$2')}", file_id, now)
