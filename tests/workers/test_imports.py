"""Imports from the stored file to the codes, on both databases."""

import pytest

from tests.making import make_group, make_source, read_all
from tests.workers.importing import imported
from workers.turns import Workshop

CODES = (
    "SELECT text, max_uses, uses_per_customer, group_id, valid_from, valid_to, available_to,"
    " withdrawal_reason, created_by_job_id, version FROM code WHERE campaign_id = $1"
    " AND text <> 'TYPED-1' ORDER BY id"
)


@pytest.fixture
async def campaign_id(shop: Workshop) -> int:
    return await make_source(shop.database, "TYPED-1", "Typed", "TYPED")


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
    assert (job["processed"], job["inserted"], job["failed"]) == (4, 2, 2)
    rows = await read_all(shop.database, CODES, campaign_id)
    assert [(row["text"], row["max_uses"], row["group_id"]) for row in rows] == [
        ("Summer-10", None, None),
        ("single use", 1, group_id),
    ]
    staged = await read_all(shop.database, 'SELECT "row" FROM import_row ORDER BY "row"')
    assert [row["row"] for row in staged] == [3, 4]
