"""Rows that fail, one by one or all together, and runs that only try."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from app.database import Database
from app.domain.import_files import FileFormat, ImportMode, OnError, RowErrorCode
from app.services import import_applying
from tests.making import make_source, read_all, snapshot
from tests.services.using import redeem, withdraw
from tests.workers.importing import code_texts, csv_of, imported, staged
from workers.turns import Workshop

pytestmark = pytest.mark.usefixtures("campaign_id")


def json_of(*codes: dict[str, Any], **header: Any) -> str:  # noqa: ANN401 - any word of a header
    return json.dumps({**header, "codes": codes})


async def code_id(database: Database, text: str) -> int:
    (row,) = await read_all(database, "SELECT id FROM code WHERE text = $1", text)
    found: int = row["id"]
    return found


@dataclass
class Case:
    """A row of a file and the codes that are told of it."""

    row: dict[str, Any]
    codes: list[str]


CASES = [
    Case({"code": "NEW-1", "validTo": "2026-06-01T10:00"}, ["LOCAL_TIME"]),
    Case({}, ["CODE_MISSING"]),
    Case({"code": None}, ["CODE_MISSING"]),
    Case({"code": " - "}, ["CODE_MISSING"]),
    Case({"code": "AB"}, ["CODE_TOO_SHORT"]),
    Case({"code": "A" * 101}, ["CODE_TOO_LONG"]),
    Case({"code": "SUMM\u00c9R"}, ["CODE_BAD_CHAR"]),
    Case({"code": "SUM\u0000MER"}, ["CODE_BAD_CHAR"]),
    Case({"code": 1.5}, ["OUT_OF_RANGE"]),
    Case({"code": 10**400}, ["CODE_TOO_LONG"]),
    Case({"code": ["NEW-2"]}, ["OUT_OF_RANGE"]),
    Case({"code": True}, ["OUT_OF_RANGE"]),
    Case({"code": "new_1", "maximumUses": "ten"}, ["DUPLICATE_IN_FILE", "NOT_A_NUMBER"]),
    Case({"code": "OTHER-1"}, ["CODE_IN_OTHER_CAMPAIGN"]),
    Case({"code": "NEW-3", "group": "NOWHERE"}, ["GROUP_NOT_FOUND"]),
    # The first of two counts, even when it fails itself.
    Case({"code": "NEW-3"}, ["DUPLICATE_IN_FILE"]),
    Case({"code": "NEW-4", "maximumuses": 5}, ["UNKNOWN_FIELD"]),
    Case({"code": "NEW-5", "maximumUses": "5.0"}, ["NOT_A_NUMBER"]),
    Case({"code": "NEW-6", "maximumUses": 10**30}, ["OUT_OF_RANGE"]),
    Case(
        {"code": "NEW-7", "reason": "\ud800", "deleted": True}, ["OUT_OF_RANGE", "CODE_NOT_FOUND"]
    ),
    Case({"code": "NEW-8", "validFrom": "2026-02-30"}, ["BAD_DATE"]),
    Case(
        {"code": "NEW-9", "validFrom": "2026-06-02", "validTo": "2026-06-01"},
        ["VALID_TO_BEFORE_FROM"],
    ),
    Case(
        {"code": "USED-1", "maximumUses": 1, "usesPerCustomer": 0},
        ["OUT_OF_RANGE", "MAX_USES_BELOW_USED"],
    ),
    Case({"code": "NEW-10", "availableTo": "ONLY_ISSUED_TO"}, ["AVAILABLE_TO_NEEDS_CUSTOMER"]),
    Case({"code": "NEW-11", "withdrawn": True}, ["REASON_REQUIRED"]),
    Case({"code": "BURNT-1", "maximumUses": 5}, ["CODE_WITHDRAWN"]),
    Case({"code": "NEW-12", "deleted": True}, ["CODE_NOT_FOUND"]),
    Case(
        {"code": "TYPED-1", "withdrawn": True, "deleted": True, "reason": "twice"},
        ["FLAGS_CONFLICT"],
    ),
    Case({"code": "NEW-13"}, []),
]


async def test_every_reason_is_told_of_its_row(shop: Workshop, campaign_id: int) -> None:
    database = shop.database
    await make_source(database, "OTHER-1", "Other")
    await imported(shop, csv_of(["USED-1", "BURNT-1"]))
    for _ in range(2):
        await redeem(database, await code_id(database, "USED-1"))
    await withdraw(database, await code_id(database, "BURNT-1"))
    found = await imported(
        shop, json_of(*(case.row for case in CASES)), file_format=FileFormat.JSON
    )
    assert found.codes == [case.codes for case in CASES]
    good = [case.codes in ([], ["LOCAL_TIME"]) for case in CASES]
    assert found.outcomes == ["INSERTED" if fine else "FAILED" for fine in good]
    assert (found.ending, found.counts) == (
        ("WARNINGS", None, None),
        {"inserted": 2, "failed": len(CASES) - 2},
    )
    assert await staged(database, found.job["id"]) == [
        number for number, fine in enumerate(good, 1) if not fine
    ]
    used = await imported(shop, "code,deleted\nUSED-1,yes\n")
    exists = await imported(shop, csv_of(["NEW-1"]), mode=ImportMode.INSERT_ONLY)
    aborted = await imported(shop, csv_of(["NEW-99", "??"]), on_error=OnError.ABORT)
    told = {code for one in (found, used, exists, aborted) for codes in one.codes for code in codes}
    assert told == set(RowErrorCode)
    assert campaign_id


async def test_what_a_message_tells(shop: Workshop) -> None:
    found = await imported(shop, "code,maximumuses,validto\n??,ten,2026-06-01T10:00\n")
    (result,) = found.results
    assert (result["row"], result["line"], result["code_text"]) == (1, 2, "??")
    assert result["messages"] == [
        {
            "code": "CODE_BAD_CHAR",
            "text": "Character 1: '?' cannot be part of a code;"
            " use letters A to Z and digits 0 to 9.",
            "field": "code",
            "value": "??",
            "severity": "ERROR",
        },
        {
            "code": "NOT_A_NUMBER",
            "text": "Write a whole number in digits, such as 10.",
            "field": "maximumUses",
            "value": "ten",
            "severity": "ERROR",
        },
        {
            "code": "LOCAL_TIME",
            "text": "No offset is written, so it is the time in UTC.",
            "field": "validTo",
            "value": "2026-06-01T10:00",
            "severity": "INFO",
        },
    ]


@pytest.mark.parametrize(
    ("mode", "outcomes", "codes"),
    [
        (ImportMode.UPSERT, ["UPDATED", "INSERTED", "DELETED"], [[], [], []]),
        (
            ImportMode.INSERT_ONLY,
            ["FAILED", "INSERTED", "FAILED"],
            [["CODE_EXISTS"], [], ["CODE_EXISTS"]],
        ),
        (
            ImportMode.UPDATE_ONLY,
            ["UPDATED", "FAILED", "DELETED"],
            [[], ["CODE_NOT_FOUND"], []],
        ),
    ],
)
async def test_which_codes_a_mode_touches(
    shop: Workshop, mode: ImportMode, outcomes: list[str], codes: list[list[str]]
) -> None:
    await imported(shop, csv_of(["OLD-1", "OLD-2"]))
    found = await imported(
        shop, "code,maximumuses,deleted\nOLD1,5,\nNEW1,5,\nOLD2,,true\n", mode=mode
    )
    assert (found.outcomes, found.codes) == (outcomes, codes)
    assert found.job["params"]["mode"] == mode


CHANGES: list[dict[str, Any]] = [
    {"code": "OLD-1", "maximumUses": 5},
    {"code": "OLD-2", "deleted": True},
    {"code": "OLD-3", "withdrawn": True, "reason": "burnt"},
    {"code": "OLD-4"},
    {"code": "NEW-1", "issuedToCustomerId": "C-77", "validTo": "2026-06-01T10:00"},
]
APPLIED = ["UPDATED", "DELETED", "WITHDRAWN", "NO_ACTION", "INSERTED"]


async def test_one_failed_row_aborts_all(shop: Workshop) -> None:
    await imported(shop, csv_of(["OLD-1", "OLD-2", "OLD-3", "OLD-4"]))
    before = await snapshot(shop.database)
    content = json_of(*CHANGES, {"code": "NEW-1"}, onError="ABORT")
    found = await imported(shop, content, file_format=FileFormat.JSON)
    assert found.outcomes == ["NO_ACTION"] * 5 + ["FAILED"]
    assert found.codes == [["ABORTED"]] * 4 + [["LOCAL_TIME", "ABORTED"], ["DUPLICATE_IN_FILE"]]
    assert found.ending == ("FAILED", "ABORTED", None)
    assert found.job["error_message"] == "1 of 6 rows failed, so none was applied."
    assert found.counts == {"unchanged": 5, "failed": 1}
    assert (found.job["total"], found.job["processed"], found.job["phase"]) == (6, 6, "DONE")
    assert await staged(shop.database, found.job["id"]) == [6]
    after = await snapshot(shop.database)
    assert {name for name in after if after[name] != before[name]} == {
        "audit_entry",
        "job",
        "outbox",
        "row_result",
        "import_row",
    }


async def test_all_or_nothing_without_a_mistake_is_all(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_applying, "CHUNK_ROWS", {"postgres": 2, "sqlite": 2})
    await imported(shop, csv_of(["OLD-1", "OLD-2", "OLD-3", "OLD-4"]))
    content = json_of(*CHANGES, onError="ABORT")
    found = await imported(shop, content, file_format=FileFormat.JSON)
    assert (found.ending, found.outcomes) == (("SUCCESS", None, None), APPLIED)
    # The file counts as one chunk, whatever its size.
    assert found.job["progress_sequence"] == 5


async def test_a_dry_run_tells_what_would_become_of_rows(shop: Workshop) -> None:
    await imported(shop, csv_of(["OLD-1", "OLD-2", "OLD-3", "OLD-4"]))
    before = await snapshot(shop.database)
    content = json_of(*CHANGES, {"code": "??"}, dryRun=True)
    found = await imported(shop, content, file_format=FileFormat.JSON)
    assert (found.outcomes, found.ending) == ([*APPLIED, "FAILED"], ("WARNINGS", None, None))
    assert found.counts == {
        "inserted": 1,
        "updated": 1,
        "withdrawn": 1,
        "deleted": 1,
        "unchanged": 1,
        "failed": 1,
    }
    after = await snapshot(shop.database)
    assert {name for name in after if after[name] != before[name]} == {
        "audit_entry",
        "job",
        "outbox",
        "row_result",
        "import_row",
    }
    assert after["outbox"][:-1] == before["outbox"]
    assert await code_texts(shop.database, found.job["id"]) == []
    real = await imported(shop, json_of(*CHANGES, {"code": "??"}), file_format=FileFormat.JSON)
    assert [one["messages"] for one in real.results] == [one["messages"] for one in found.results]
    assert (real.outcomes, real.ending) == (found.outcomes, found.ending)


async def test_a_dry_run_that_aborts_tells_that_it_would(shop: Workshop) -> None:
    found = await imported(shop, csv_of(["AAA", "??"]), dry_run=True, on_error=OnError.ABORT)
    assert (found.ending, found.codes) == (
        ("FAILED", "ABORTED", None),
        [["ABORTED"], ["CODE_BAD_CHAR"]],
    )
