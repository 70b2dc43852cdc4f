"""Imports from the stored file to the codes, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.import_files import FileFormat
from app.services.consistency import disagreements
from tests.making import ACTOR, NOW, make_group, read_all, read_revisions
from tests.workers.importing import enter, finished, imported, staged
from workers.turns import Workshop

CODES = (
    "SELECT text, normal_form, kind, max_uses, uses_per_customer, group_id, valid_from, valid_to,"
    " number AS issued_to, available_to, withdrawn_at, withdrawal_reason, created_by_job_id,"
    " code.version, code.actor FROM code LEFT JOIN customer ON customer.id = issued_to_id"
    " WHERE campaign_id = $1 AND text <> 'TYPED-1' ORDER BY code.id"
)
CSV = """\
code,group,maximumuses,usespercustomer,validfrom,validto,issuedtocustomerid,availableto,withdrawn,reason
Summer-10,,,,,,,,,
single use,spring,1,1,2026-06-01T00:00:00+02:00,2026-06-08,,,,
FRIEND-7,,,,,,C-1009,any_except_issued_to,,
OPEN-ENDED,<clear>,<clear>,,,,,,false,
MISPRINT,,,,,,,,true,printed twice
"""
JSON = """\
{ "couponKey": "TYPED",
  "codes": [
    { "code": "Summer-10" },
    { "code": "single use", "group": "spring", "maximumUses": 1, "usesPerCustomer": 1,
      "validFrom": "2026-06-01T00:00:00+02:00", "validTo": "2026-06-08" },
    { "code": "FRIEND-7", "issuedToCustomerId": "C-1009", "availableTo": "any_except_issued_to" },
    { "code": "OPEN-ENDED", "group": null, "maximumUses": null, "withdrawn": false },
    { "code": "MISPRINT", "withdrawn": true, "reason": "printed twice" } ] }
"""
XML = """\
<import couponkey="TYPED">
  <codes>
    <code code="Summer-10"/>
    <code code="single use" group="spring" maximumuses="1" usespercustomer="1"
      validfrom="2026-06-01T00:00:00+02:00" validto="2026-06-08"/>
    <code code="FRIEND-7" issuedtocustomerid="C-1009" availableto="any_except_issued_to"/>
    <code code="OPEN-ENDED" group="" maximumuses="" withdrawn="false"/>
    <code code="MISPRINT" withdrawn="true" reason="printed twice"/>
  </codes>
</import>
"""


async def test_new_codes_come_in_the_order_of_the_file(shop: Workshop, campaign_id: int) -> None:
    group_id = await make_group(shop.database, campaign_id, "SPRING")
    found = await imported(
        shop,
        "code,maximumuses,group,validfrom,validto\n"
        "Summer-10,,,,\n"
        "single use,1,spring,2026-06-01,2026-06-08\n"
        "summer10,5,,,\n"
        "NO,,,,\n",
    )
    assert found.outcomes == ["INSERTED", "INSERTED", "FAILED", "FAILED"]
    assert found.codes == [[], [], ["DUPLICATE_IN_FILE"], ["CODE_TOO_SHORT"]]
    assert [result["line"] for result in found.results] == [2, 3, 4, 5]
    job = found.job
    assert (job["status"], job["phase"], job["total"], job["parsed"]) == ("WARNINGS", "DONE", 4, 4)
    assert (job["processed"], found.counts) == (4, {"inserted": 2, "failed": 2})
    rows = await read_all(shop.database, CODES, campaign_id)
    assert [(row["text"], row["max_uses"], row["group_id"]) for row in rows] == [
        ("Summer-10", None, None),
        ("single use", 1, group_id),
    ]
    assert await staged(shop.database, job["id"]) == [3, 4]


@pytest.mark.parametrize(
    ("file_format", "content", "lines"),
    [
        (FileFormat.CSV, CSV, [2, 3, 4, 5, 6]),
        (FileFormat.JSON, JSON, [3, 4, 6, 7, 8]),
        (FileFormat.XML, XML, [3, 4, 6, 7, 8]),
    ],
)
async def test_three_formats_make_the_same_codes(
    shop: Workshop, campaign_id: int, file_format: FileFormat, content: str, lines: list[int]
) -> None:
    group_id = await make_group(shop.database, campaign_id, "SPRING")
    found = await imported(shop, content, file_format=file_format, reference="po-4711")
    assert found.ending == ("SUCCESS", None, None)
    assert found.outcomes == ["INSERTED"] * 5
    assert [(one["row"], one["line"]) for one in found.results] == list(enumerate(lines, 1))
    assert [one["code_text"] for one in found.results][:2] == ["Summer-10", "single use"]
    assert found.job["reference"] == "po-4711"
    usual = {
        "kind": "SOURCE",
        "max_uses": None,
        "uses_per_customer": None,
        "group_id": None,
        "valid_from": None,
        "valid_to": None,
        "issued_to": None,
        "available_to": "ANY_CUSTOMER",
        "withdrawn_at": None,
        "withdrawal_reason": None,
        "created_by_job_id": found.job["id"],
        "version": 1,
        "actor": None,
    }
    rows = [read(row) for row in await read_all(shop.database, CODES, campaign_id)]
    withdrawn_at = rows[-1]["withdrawn_at"]
    assert withdrawn_at is not None
    assert rows == [
        {**usual, "text": "Summer-10", "normal_form": "SUMMER10"},
        {
            **usual,
            "text": "single use",
            "normal_form": "SINGLEUSE",
            "group_id": group_id,
            "max_uses": 1,
            "uses_per_customer": 1,
            "valid_from": datetime(2026, 5, 31, 22, tzinfo=UTC),
            "valid_to": datetime(2026, 6, 9, tzinfo=UTC),
        },
        {
            **usual,
            "text": "FRIEND-7",
            "normal_form": "FRIEND7",
            "issued_to": "C-1009",
            "available_to": "ANY_EXCEPT_ISSUED_TO",
        },
        {**usual, "text": "OPEN-ENDED", "normal_form": "OPENENDED"},
        {
            **usual,
            "text": "MISPRINT",
            "normal_form": "MISPRINT",
            "withdrawn_at": withdrawn_at,
            "withdrawal_reason": "printed twice",
        },
    ]
    assert await staged(shop.database, found.job["id"]) == []
    assert await disagreements(shop.database) == []


def read(row: dict[str, Any]) -> dict[str, Any]:
    instants = {name: from_row(row[name]) for name in ("valid_from", "valid_to", "withdrawn_at")}
    return {**row, **instants}


async def test_codes_that_are_merely_new_have_no_history(
    shop: Workshop, campaign_id: int, database: Database
) -> None:
    await make_group(database, campaign_id, "SPRING")
    found = await imported(shop, CSV)
    # What was written when the first code of the campaign was typed in is not counted.
    events = await read_all(
        database, "SELECT * FROM code_event WHERE job_id = $1 ORDER BY id", found.job["id"]
    )
    (misprint,) = await read_all(
        database, "SELECT id, withdrawn_at FROM code WHERE text = 'MISPRINT'"
    )
    (event,) = events
    assert (event["kind"], event["code_id"], event["campaign_id"], event["at"]) == (
        "WITHDRAWN",
        misprint["id"],
        campaign_id,
        misprint["withdrawn_at"],
    )
    assert from_json(event["data"]) == {"reason": "printed twice"}
    assert from_json(event["actor"]) == {**ACTOR, "channel": "JOB"}
    messages = await read_all(database, "SELECT * FROM outbox ORDER BY id")
    assert [(one["kind"], one["event_id"]) for one in messages] == [
        ("CODE_WITHDRAWN", event["id"]),
        ("JOB_FINISHED", None),
    ]
    assert from_json(messages[0]["payload"]) == {
        "codeId": misprint["id"],
        "campaignId": campaign_id,
        "customerId": None,
        "redemptionId": None,
        "jobId": found.job["id"],
    }
    assert await read_revisions(database) == []


async def test_a_customer_whom_nobody_knew_is_recorded_once(
    shop: Workshop, campaign_id: int
) -> None:
    found = await imported(
        shop,
        "code,issuedtocustomerid,availableto\n"
        "AAA,C-1,\nBBB,c-1,\nCCC,C-1,only_issued_to\nDDD,C-2,\nEEE,C-3,wrong\n",
    )
    assert found.outcomes == ["INSERTED"] * 4 + ["FAILED"]
    customers = await read_all(shop.database, "SELECT * FROM customer ORDER BY number")
    # A row that failed names nobody.
    assert [(row["number"], row["type"], row["email"]) for row in customers] == [
        ("C-1", "B2C", None),
        ("C-2", "B2C", None),
        ("c-1", "B2C", None),
    ]
    assert from_json(customers[0]["actor"]) == {**ACTOR, "channel": "JOB"}
    rows = await read_all(shop.database, CODES, campaign_id)
    assert [row["issued_to"] for row in rows] == ["C-1", "c-1", "C-1", "C-2"]


async def test_the_job_tells_what_became_of_its_file(shop: Workshop, campaign_id: int) -> None:
    content = "code\nAAA\nBBB\n"
    found = await imported(shop, content, file_name="codes.csv")
    job = found.job
    assert (job["campaign_id"], job["file_name"], job["size"], job["bytes_read"]) == (
        campaign_id,
        "codes.csv",
        len(content),
        len(content),
    )
    assert (job["kind"], job["sequence"], job["attempts"], job["epoch"]) == ("IMPORT", 1, 0, 1)
    assert (job["same_file_as_id"], job["lease_until"]) == (None, None)
    assert from_row(job["queued_at"]) == NOW
    assert job["params"] == {
        "campaignKey": "TYPED",
        "timeZone": "UTC",
        "format": "CSV",
        "encoding": None,
        "mode": "UPSERT",
        "onError": "CONTINUE",
        "dryRun": False,
        "maxRows": 10_000,
    }


async def test_dates_are_those_of_the_campaign_when_the_import_was_asked_for(
    shop: Workshop, campaign_id: int
) -> None:
    async def move(zone: str) -> None:
        async with shop.database.transaction() as tx:
            await tx.execute("UPDATE campaign SET time_zone = $1 WHERE id = $2", zone, campaign_id)

    await move("Europe/Berlin")
    job_id = await enter(shop, "code,validfrom,validto\nAAA,2026-06-01,2026-06-01T12:00\n")
    await move("America/New_York")
    found = await finished(shop, job_id)
    (row,) = await read_all(shop.database, CODES, campaign_id)
    assert (from_row(row["valid_from"]), from_row(row["valid_to"])) == (
        datetime(2026, 5, 31, 22, tzinfo=UTC),
        datetime(2026, 6, 1, 10, tzinfo=UTC),
    )
    (message,) = found.results[0]["messages"]
    assert (message["code"], message["text"]) == (
        "LOCAL_TIME",
        "No offset is written, so it is the time in Europe/Berlin.",
    )
