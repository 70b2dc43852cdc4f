"""Files kept in pieces: written as bytes arrive, read alike, removed when their time is over."""

import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta

import pytest

from app.database import Database
from app.database.errors import ConstraintViolated
from app.database.instants import from_json, from_row
from app.domain.import_files import FileErrorCode, FileRefused
from app.domain.jobs import JobKind
from app.services import jobs, stored_files
from app.services.editing import Stamp
from app.services.stored_files import (
    ABANDONED_AFTER,
    CHUNK_BYTES,
    KEPT,
    FileGone,
    NewFile,
    StoredFile,
)
from tests.making import ACTOR, CALLER, NOW, count_rows, make_source, read_all

CSV = NewFile("codes.csv", "text/csv")
LATER = NOW + timedelta(minutes=5)


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def at(instant: datetime) -> Callable[[], datetime]:
    return lambda: instant


async def store(database: Database, *pieces: bytes, now: datetime = NOW) -> StoredFile:
    stamp = Stamp(CALLER, now)
    return await stored_files.store(database, CSV, stamp, pieces_of(*pieces), at(now))


async def read(database: Database, file_id: int) -> bytes:
    return b"".join([data async for data in stored_files.read(database, file_id)])


async def chunk_sizes(database: Database, file_id: int) -> list[tuple[int, int]]:
    sql = "SELECT number, LENGTH(data) AS size FROM file_chunk WHERE file_id = $1 ORDER BY number"
    return [(row["number"], row["size"]) for row in await database.read(sql, file_id)]


async def make_job(database: Database, file_id: int, column: str = "file_id") -> int:
    """A job that reads the file, or writes it, and waits."""
    campaign_id = await make_source(database)
    async with database.transaction() as tx:
        new = jobs.NewJob(JobKind.IMPORT, campaign_id, {}, 1)
        job_id = await jobs.add(tx, CALLER, new, NOW)
        await tx.execute(f"UPDATE job SET {column} = $2 WHERE id = $1", job_id, file_id)
    return job_id


class TestStoring:
    async def test_what_is_kept_of_a_file(self, database: Database) -> None:
        stamp = Stamp(CALLER, NOW)
        stored = await stored_files.store(
            database, CSV, stamp, pieces_of(b"code\n", b"", b"A1\n"), at(LATER)
        )
        digest = hashlib.sha256(b"code\nA1\n").hexdigest()
        assert stored == StoredFile(stored.id, 8, digest)
        (row,) = await read_all(database, "SELECT * FROM file")
        instants = {name: from_row(row.pop(name)) for name in list(row) if name.endswith("_at")}
        assert instants == {"created_at": NOW, "complete_at": LATER, "expires_at": LATER + KEPT}
        assert from_json(row.pop("actor")) == ACTOR
        assert row == {
            "id": stored.id,
            "name": "codes.csv",
            "content_type": "text/csv",
            "size": 8,
            "sha256": digest,
        }
        assert await read(database, stored.id) == b"code\nA1\n"

    async def test_a_file_without_a_name_and_without_a_byte(self, database: Database) -> None:
        new = NewFile(None, "text/csv")
        stored = await stored_files.store(database, new, Stamp(CALLER, NOW), pieces_of(), at(NOW))
        assert (stored.size, stored.sha256) == (0, hashlib.sha256().hexdigest())
        assert await read(database, stored.id) == b""
        assert await count_rows(database, "file_chunk") == 0

    @pytest.mark.parametrize("size", [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
    async def test_pieces_of_any_size_become_chunks_of_one(
        self, database: Database, size: int
    ) -> None:
        content = bytes(range(256)) * 1024 * 3  # three chunks
        content += b"." * (size - CHUNK_BYTES)
        content = content[: 2 * CHUNK_BYTES + size]
        for length in (1_000_003, 4096, CHUNK_BYTES):
            parts = [content[i : i + length] for i in range(0, len(content), length)]
            stored = await store(database, *parts)
            assert await read(database, stored.id) == content
            sizes = [data for _, data in await chunk_sizes(database, stored.id)]
            assert sizes[:2] == [CHUNK_BYTES, CHUNK_BYTES]
            assert max(sizes) == CHUNK_BYTES
            assert sum(sizes) == stored.size == len(content)
            assert stored.sha256 == hashlib.sha256(content).hexdigest()

    async def test_a_cut_upload_is_incomplete_and_cannot_be_read(self, database: Database) -> None:
        async def cut_off() -> AsyncIterator[bytes]:
            yield b"x" * CHUNK_BYTES
            yield b"y"
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await stored_files.store(database, CSV, Stamp(CALLER, NOW), cut_off(), at(NOW))
        (row,) = await read_all(database, "SELECT * FROM file")
        assert (row["size"], row["sha256"], row["complete_at"]) == (None, None, None)
        assert from_row(row["expires_at"]) == NOW + ABANDONED_AFTER
        assert await chunk_sizes(database, row["id"]) == [(0, CHUNK_BYTES)]
        with pytest.raises(FileGone):
            await read(database, row["id"])

    async def test_nobody_waits_for_one_who_sends_slowly(self, database: Database) -> None:
        """No transaction is open while a piece is waited for: SQLite has one writer."""
        others = []

        async def slowly() -> AsyncIterator[bytes]:
            for _ in range(2):
                yield b"x" * CHUNK_BYTES
                others.append(await store(database, b"other"))

        stored = await stored_files.store(database, CSV, Stamp(CALLER, NOW), slowly(), at(NOW))
        assert stored.size == 2 * CHUNK_BYTES
        assert [other.size for other in others] == [5, 5]

    async def test_a_file_that_was_purged_while_it_came(self, database: Database) -> None:
        for rest in (b"", b"y"):

            async def for_days(rest: bytes = rest) -> AsyncIterator[bytes]:
                yield b"x" * CHUNK_BYTES
                assert await stored_files.purge(database, NOW + ABANDONED_AFTER) == 1
                yield rest

            with pytest.raises(FileGone):
                await stored_files.store(database, CSV, Stamp(CALLER, NOW), for_days(), at(NOW))
            assert await count_rows(database, "file") == 0

    async def test_a_file_whose_time_is_over_is_not_complete_any_more(
        self, database: Database
    ) -> None:
        """Somebody may be about to purge it: its chunks go first."""
        stamp, late = Stamp(CALLER, NOW), at(NOW + ABANDONED_AFTER)
        with pytest.raises(FileGone):
            await stored_files.store(database, CSV, stamp, pieces_of(b"x"), late)
        assert await stored_files.purge(database, late()) == 1

    async def test_no_chunk_is_written_twice(self, database: Database) -> None:
        stored = await store(database, b"x")
        with pytest.raises(ConstraintViolated, match="file_chunk_pkey"):
            await database.transact(lambda tx: stored_files.append(tx, stored.id, 0, b"y"))
        assert await read(database, stored.id) == b"x"

    async def test_memory_does_not_grow_with_the_file(
        self,
        database: Database,
        long: bool,  # noqa: FBT001 - a fixture
    ) -> None:
        size = (200 if long else 24) * 2**20
        piece = b"z" * 65_536

        async def many() -> AsyncIterator[bytes]:
            for _ in range(size // len(piece)):
                yield piece

        tracemalloc.start()
        try:
            stamp = Stamp(CALLER, NOW)
            stored = await stored_files.store(database, CSV, stamp, many(), at(NOW))
            async with aclosing(stored_files.read(database, stored.id)) as chunks:
                read_size = sum([len(data) async for data in chunks])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert read_size == stored.size == size
        assert peak < 4 * 2**20


class TestLimits:
    async def test_exactly_so_much(self) -> None:
        pieces = stored_files.limited(pieces_of(b"123", b"45"), 5)
        assert [piece async for piece in pieces] == [b"123", b"45"]

    async def test_one_byte_more(self) -> None:
        pieces = stored_files.limited(pieces_of(b"123", b"456"), 5)
        assert await anext(pieces) == b"123"
        with pytest.raises(FileRefused) as refused:
            await anext(pieces)
        assert refused.value.code is FileErrorCode.FILE_TOO_LARGE
        assert refused.value.message == "The file may have at most 5 bytes."


class TestReading:
    async def test_there_is_no_such_file(self, database: Database) -> None:
        with pytest.raises(FileGone, match="file 7"):
            await read(database, 7)

    async def test_a_file_that_is_purged_while_it_is_read(self, database: Database) -> None:
        stored = await store(database, b"x" * CHUNK_BYTES, b"y")
        async with aclosing(stored_files.read(database, stored.id)) as chunks:
            assert await anext(chunks) == b"x" * CHUNK_BYTES
            assert await stored_files.purge(database, NOW + KEPT) == 1
            with pytest.raises(FileGone, match="from chunk 1 on"):
                await anext(chunks)


class TestPurging:
    async def test_only_what_is_over_goes(self, database: Database) -> None:
        old = await store(database, b"x" * CHUNK_BYTES * 65, b"y")
        new = await store(database, b"new", now=LATER)
        assert await stored_files.purge(database, NOW + KEPT - timedelta(microseconds=1)) == 0
        assert len(await chunk_sizes(database, old.id)) == 66
        assert await stored_files.purge(database, NOW + KEPT) == 1
        assert await chunk_sizes(database, old.id) == []
        assert await read(database, new.id) == b"new"
        assert await stored_files.purge(database, LATER + KEPT) == 1
        assert await count_rows(database, "file") == await count_rows(database, "file_chunk") == 0

    async def test_more_than_are_looked_up_at_once(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stored_files, "_BATCH_FILES", 2)
        for _ in range(5):
            await store(database, b"x")
        assert await stored_files.purge(database, NOW + KEPT) == 5

    @pytest.mark.parametrize("column", ["file_id", "result_file_id"])
    async def test_a_job_keeps_its_file_to_its_end(self, database: Database, column: str) -> None:
        stored = await store(database, b"x")
        job_id = await make_job(database, stored.id, column)
        assert await stored_files.purge(database, NOW + KEPT) == 0
        assert await read(database, stored.id) == b"x"
        async with database.transaction() as tx:
            await tx.execute(
                "UPDATE job SET status = 'SUCCESS', finished_at = $2 WHERE id = $1", job_id, NOW
            )
        assert await stored_files.purge(database, NOW + KEPT) == 1
        (row,) = await read_all(database, f"SELECT {column} FROM job")
        assert row == {column: None}
