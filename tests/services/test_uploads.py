"""A file and the job that imports it: both, or no job."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_row
from app.domain.import_files import FileErrorCode, FileFormat, FileRefused
from app.domain.refusals import Refusal
from app.queue import Queue
from app.services import campaigns, uploads
from app.services.editing import Target
from app.services.imports import ImportRequest
from app.services.uploads import Upload
from tests.making import (
    CALLER,
    NOW,
    count_rows,
    make_campaign,
    make_source,
    read_all,
    refusals,
)


class Body:
    """The bytes of a file, and whether anybody asked for them."""

    def __init__(self, *pieces: bytes) -> None:
        self.left = list(pieces)
        self.begun = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.begun = True
        while self.left:
            yield self.left.pop(0)


class Ticking:
    """A clock by which every look takes five minutes."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        now = self.now
        self.now += timedelta(minutes=5)
        return now


async def take(
    database: Database,
    queue: Queue,
    body: Body,
    most: int = 100,
    **asked: Any,  # noqa: ANN401 - any field of a request
) -> int:
    usual = {"campaign_key": "TYPED", "file_format": FileFormat.XML, "max_rows": 9}
    request = ImportRequest(**{**usual, **asked})
    return await uploads.take(database, queue, CALLER, Upload(request, body, most), Ticking())


@pytest.fixture
async def campaign_id(database: Database) -> int:
    return await make_source(database, "TYPED-1", "Typed", "TYPED")


async def test_the_job_is_entered_when_the_file_is_there(
    database: Database, queue: Queue, campaign_id: int
) -> None:
    job_id = await take(database, queue, Body(b"<import", b"/>"), file_name="codes.xml")
    (file,) = await read_all(database, "SELECT * FROM file")
    (job,) = await read_all(database, "SELECT * FROM job")
    assert (file["name"], file["content_type"]) == ("codes.xml", "application/xml")
    assert from_row(file["created_at"]) == NOW
    assert from_row(file["complete_at"]) == NOW + timedelta(minutes=5)
    assert (job["id"], job["campaign_id"], job["file_id"]) == (job_id, campaign_id, file["id"])
    assert from_row(job["queued_at"]) == NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"campaign_key": "NONE"}, [("NOT_FOUND", "campaignKey")]),
        ({"campaign_key": None}, [("CAMPAIGN_KIND_MISMATCH", "campaignKey")]),
        (
            {"reference": "", "idempotency_key": "a b"},
            [("INVALID_VALUE", "reference"), ("INVALID_VALUE", "idempotencyKey")],
        ),
    ],
)
@pytest.mark.usefixtures("campaign_id")
async def test_what_can_be_refused_is_refused_before_the_first_byte(
    database: Database,
    queue: Queue,
    asked: dict[str, str | None],
    expected: list[tuple[str, str]],
) -> None:
    """None stands for the key of a campaign that makes its own codes."""
    await make_campaign(database)
    (made,) = await read_all(database, "SELECT key FROM campaign WHERE kind = 'VOUCHER'")
    given: dict[str, Any] = {
        name: made["key"] if value is None else value for name, value in asked.items()
    }
    body = Body(b"<import/>")
    with pytest.raises(Refusal) as refused:
        await take(database, queue, body, **given)
    assert refusals(refused) == expected
    assert not body.begun
    assert await count_rows(database, "file") == 0


async def test_what_changed_while_the_file_came_is_refused_too(
    database: Database, queue: Queue, campaign_id: int
) -> None:
    class Archiving(Body):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"<import/>"
            await campaigns.archive(database, CALLER, Target(campaign_id), NOW)

    with pytest.raises(Refusal) as refused:
        await take(database, queue, Archiving())
    assert refusals(refused) == [("CAMPAIGN_DISABLED", "campaignKey")]
    assert await count_rows(database, "job") == 0


@pytest.mark.usefixtures("campaign_id")
async def test_sizes(database: Database, queue: Queue) -> None:
    assert await take(database, queue, Body(b"12345", b"67890"), most=10)
    with pytest.raises(FileRefused) as refused:
        await take(database, queue, Body(b"12345", b"678901", b"never read"), most=10)
    assert refused.value.code is FileErrorCode.FILE_TOO_LARGE
    with pytest.raises(FileRefused) as refused:
        await take(database, queue, Body(b""))
    assert (refused.value.code, refused.value.message) == (
        FileErrorCode.NO_ROWS,
        "The file is empty.",
    )
    assert await count_rows(database, "job") == 1


@pytest.mark.usefixtures("campaign_id")
async def test_a_file_that_breaks_off_leaves_no_job(database: Database, queue: Queue) -> None:
    class Broken(Body):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"<import"
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await take(database, queue, Broken())
    assert await count_rows(database, "job") == 0
    (file,) = await read_all(database, "SELECT complete_at FROM file")
    assert file == {"complete_at": None}
