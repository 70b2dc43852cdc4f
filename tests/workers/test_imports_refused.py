"""Files that are refused as a whole: nothing of them is applied, and nothing stays of them."""

import json
from typing import Any

import pytest

from app.domain.import_files import FileFormat, OnError
from app.services import stored_files
from tests.making import claimed, count_rows, read_all
from tests.workers.importing import csv_of, enter, finished, imported, staged
from workers.turns import Workshop, take_turn, utc_now

pytestmark = pytest.mark.usefixtures("campaign_id")

MANY = [f"MANY{number:05}" for number in range(10_001)]


async def refused(shop: Workshop, content: str | bytes, **asked: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any field of a request
    """Error code, line and column of an import of which nothing is left."""
    before = await count_rows(shop.database, "code")
    found = await imported(shop, content, **asked)
    job = found.job
    assert (job["status"], job["phase"], job["total"], job["processed"]) == (
        "FAILED",
        "DONE",
        None,
        0,
    )
    assert (found.results, found.counts, await staged(shop.database, job["id"])) == ([], {}, [])
    assert await count_rows(shop.database, "code") == before
    assert job["error_message"]
    return (job["error_code"], job["error_line"], job["error_column"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ("NO_ROWS", 1, 1)),
        (b"code\n", ("NO_ROWS", 2, 1)),
        (b"code\n\n\n", ("NO_ROWS", 4, 1)),
        (b"code,colour\nAAA,red\n", ("UNKNOWN_COLUMN", 1, 6)),
        (b"code,group,code\nAAA,,BBB\n", ("DUPLICATE_COLUMN", 1, 12)),
        (b"code\nAAA\nBB\xff\n", ("UNREADABLE_ENCODING", 3, 3)),
        (b'code\nAAA\n"BBB\nCCC\n', ("SYNTAX", 3, 1)),
        (b"code\nAAA\nBBB,5\n", ("SYNTAX", 3, 5)),
    ],
)
async def test_a_csv_file_that_cannot_be_read_to_its_end(
    shop: Workshop, content: bytes, expected: tuple[Any, ...]
) -> None:
    assert await refused(shop, content) == expected


@pytest.mark.usefixtures("three_rows_a_chunk")
@pytest.mark.parametrize(
    ("file_format", "content", "expected"),
    [
        (
            FileFormat.JSON,
            '{"codes": [\n' + '{"code": "AAA"},\n' * 7 + '{"code": NaN}]}',
            ("SYNTAX", 9, 10),
        ),
        (FileFormat.JSON, '{"codes": [\n' + '{"code": "AAA"},\n' * 7, ("SYNTAX", 9, 1)),
        (
            FileFormat.XML,
            "<import><codes>\n" + '<code code="AAA"/>\n' * 7 + "</import>",
            ("SYNTAX", 9, 3),
        ),
        (
            FileFormat.XML,
            '<!DOCTYPE import [<!ENTITY a "a">]><import/>',
            ("DTD_FORBIDDEN", 1, 1),
        ),
        (FileFormat.CSV, csv_of(["AAA"] * 7) + '"', ("SYNTAX", 9, 1)),
    ],
)
async def test_a_mistake_at_the_end_undoes_what_was_read_before(
    shop: Workshop, file_format: FileFormat, content: str, expected: tuple[Any, ...]
) -> None:
    assert await refused(shop, content, file_format=file_format) == expected


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ({"couponKey": "ANOTHER"}, {}),
        ({"reference": "po-1"}, {"reference": "po-2"}),
        ({"mode": "UPSERT"}, {"mode": "INSERT_ONLY"}),
        ({"onError": "CONTINUE"}, {"on_error": "ABORT"}),
        ({"dryRun": False}, {"dry_run": True}),
    ],
)
@pytest.mark.parametrize("at_the_end", [False, True])
async def test_a_header_that_says_something_else_than_the_request(
    shop: Workshop, header: dict[str, Any], asked: dict[str, Any], *, at_the_end: bool
) -> None:
    codes = {"codes": [{"code": "AAA"}]}
    content = json.dumps({**codes, **header} if at_the_end else {**header, **codes})
    found = await refused(shop, content, file_format=FileFormat.JSON, **asked)
    assert found == ("HEADER_CONFLICT", None, None)


async def test_a_reference_that_is_too_long_for_a_job(shop: Workshop) -> None:
    content = json.dumps({"reference": "r" * 500, "codes": [{"code": "AAA"}]})
    assert await refused(shop, content, file_format=FileFormat.JSON) == ("SYNTAX", None, None)


async def test_more_rows_than_the_setting_allows(shop: Workshop) -> None:
    assert await refused(shop, csv_of(MANY)) == ("TOO_MANY_ROWS", None, None)
    found = await imported(shop, csv_of(MANY[:10_000]))
    assert (found.ending, found.counts) == (("SUCCESS", None, None), {"inserted": 10_000})


@pytest.mark.parametrize("inside", [False, True])
async def test_more_rows_than_can_be_aborted(shop: Workshop, *, inside: bool) -> None:
    rows = [{"code": code} for code in MANY]
    # Said at the end of the file, it is known when all rows are read.
    header = {"onError": "ABORT"} if inside else {}
    content = json.dumps({"codes": rows, **header})
    asked = {} if inside else {"on_error": OnError.ABORT}
    usual = {"file_format": FileFormat.JSON, "max_rows": 20_000}
    assert await refused(shop, content, **usual, **asked) == ("TOO_MANY_ROWS", None, None)
    content = json.dumps({"codes": rows[:10_000], **header})
    found = await imported(shop, content, **usual, **asked)
    assert (found.ending, found.counts) == (("SUCCESS", None, None), {"inserted": 10_000})


async def test_a_file_that_is_gone(shop: Workshop) -> None:
    job_id = await enter(shop, csv_of(["AAA", "BBB"]))
    async with shop.database.transaction() as tx:
        await tx.execute("UPDATE job SET file_id = NULL WHERE id = $1", job_id)
    found = await finished(shop, job_id)
    assert found.ending == ("FAILED", "FILE_GONE", None)
    assert await staged(shop.database, job_id) == []


@pytest.mark.usefixtures("three_rows_a_chunk")
async def test_a_file_whose_pieces_are_gone_when_it_is_read_again(shop: Workshop) -> None:
    job_id = await enter(shop, csv_of(MANY[:7]))
    held = await claimed(shop.database, job_id, utc_now())
    importer = shop.work[held.kind](shop.database, held)
    await importer.advance(utc_now())
    importer.close()
    assert await staged(shop.database, job_id) == [1, 2, 3]
    async with shop.database.transaction() as tx:
        await tx.execute("DELETE FROM file_chunk")
        await tx.execute("UPDATE job SET lease_until = NULL WHERE id = $1", job_id)
    found = await finished(shop, job_id)
    assert found.ending == ("FAILED", "FILE_GONE", None)
    assert (found.job["parsed"], await staged(shop.database, job_id)) == (3, [])


async def test_an_unfinished_import_keeps_its_file(shop: Workshop) -> None:
    job_id = await enter(shop, csv_of(["AAA"]))
    later = utc_now() + 2 * stored_files.KEPT
    assert await stored_files.purge(shop.database, later) == 0
    await take_turn(shop, job_id)
    assert await stored_files.purge(shop.database, later) == 1
    (job,) = await read_all(shop.database, "SELECT status, file_id, sha256 FROM job")
    assert (job["status"], job["file_id"]) == ("SUCCESS", None)
    assert len(job["sha256"]) == 64
