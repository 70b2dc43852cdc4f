"""The file of failed rows: corrected and sent again, it imports what was left out."""

from dataclasses import replace

import pytest

from app.domain.callers import Caller, Scope
from app.domain.import_files import FileFormat
from app.domain.refusals import Refusal
from app.reading.errors import NotAllowed
from app.services import failed_rows
from tests.making import CALLER, make_campaign, make_job, make_source, read_all, refusals
from tests.workers.importing import enter, imported
from workers.turns import Workshop, take_turn

CSV = """code,maximumuses,issuedtocustomerid
GOOD-1,1,
NO,5,
BAD-1,many,"=C;1"
GOOD-1,9,
"""
JSON = """{"couponKey": "TYPED", "reference": "po-1", "mode": "UPSERT", "codes": [
  {"code": "GOOD-1", "maximumUses": 1}, {"code": "NO", "maximumUses": 5},
  {"code": "BAD-1", "maximumUses": "many", "issuedToCustomerId": "=C;1"},
  {"code": "GOOD-1", "maximumUses": 9}]}"""
XML = """<import couponkey="TYPED" reference="po-1"><codes>
  <code code="GOOD-1" maximumuses="1"/><code code="NO" maximumuses="5"/>
  <code code="BAD-1" maximumuses="many" issuedtocustomerid="=C;1"/>
  <code code="GOOD-1" maximumuses="9"/></codes></import>"""
FILES = {FileFormat.CSV: CSV, FileFormat.JSON: JSON, FileFormat.XML: XML}


@pytest.fixture(autouse=True)
async def campaign_id(shop: Workshop) -> int:
    return await make_source(shop.database, "TYPED-1", "Typed", "TYPED")


async def failures(shop: Workshop, job_id: int, caller: Caller = CALLER) -> tuple[str, str]:
    """Name and text of the file."""
    found = await failed_rows.read(shop.database, caller, job_id)
    return found.name, b"".join([piece async for piece in found.pieces]).decode()


@pytest.mark.parametrize("file_format", FileFormat)
@pytest.mark.parametrize("page", [1, 2, 1_000])
async def test_failed_rows_are_corrected_and_sent_again(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, file_format: FileFormat, page: int
) -> None:
    monkeypatch.setattr(failed_rows, "PAGE_ROWS", page)
    first = await imported(
        shop, FILES[file_format], file_format=file_format, file_name="codes.may.txt"
    )
    assert first.codes == [[], ["CODE_TOO_SHORT"], ["NOT_A_NUMBER"], ["DUPLICATE_IN_FILE"]]
    name, text = await failures(shop, first.job["id"])
    assert name == f"codes.may-failed.{file_format.lower()}"
    assert "CODE_TOO_SHORT" in text
    assert "GOOD-1" in text
    assert text.count("DUPLICATE_IN_FILE") == 1
    # As it is, it fails like before, but for the code that is no duplicate any more.
    again = await imported(shop, text, file_format=file_format)
    assert again.codes == [["CODE_TOO_SHORT"], ["NOT_A_NUMBER"], []]
    corrected = text.replace("many", "7").replace('"NO"', '"NONE"').replace("\nNO,", "\nNONE,")
    done = await imported(shop, corrected, file_format=file_format)
    assert done.outcomes == ["INSERTED", "INSERTED", "NO_ACTION"]
    codes = await read_all(
        shop.database,
        "SELECT text, max_uses, number FROM code LEFT JOIN customer ON customer.id = issued_to_id"
        " WHERE text <> 'TYPED-1' ORDER BY code.id",
    )
    assert [tuple(code.values()) for code in codes] == [
        ("GOOD-1", 9, None),
        ("NONE", 5, None),
        ("BAD-1", 7, "=C;1"),
    ]


async def test_a_file_without_a_name_gives_one(shop: Workshop) -> None:
    job_id = await enter(shop, "code\nNO\n")
    await take_turn(shop, job_id)
    name, text = await failures(shop, job_id)
    assert name == "import-failed.csv"
    assert text.splitlines()[1].startswith("NO,")


async def test_what_has_no_failed_rows_has_no_file(shop: Workshop) -> None:
    good = await imported(shop, "code\nGOOD-1\n")
    made = await make_job(shop.database, shop.queue, await make_campaign(shop.database))
    for job_id in (good.job["id"], made, 4711):
        with pytest.raises(Refusal) as refused:
            await failed_rows.read(shop.database, CALLER, job_id)
        assert refusals(refused) == [("NOT_FOUND", "id")]


async def test_failed_rows_are_for_who_sent_them_or_may_see_codes_and_customers(
    shop: Workshop,
) -> None:
    job_id = await enter(shop, CSV)
    await take_turn(shop, job_id)
    sender = replace(CALLER, scopes=frozenset({Scope.IMPORTS_RUN}))
    other = replace(sender, id="other")
    whole = await failures(shop, job_id, sender)
    assert "BAD-1" in whole[1]
    # Whoever may not read jobs does not hear either that there is one.
    with pytest.raises(Refusal) as unknown:
        await failures(shop, job_id, other)
    assert refusals(unknown) == [("NOT_FOUND", "id")]
    other = replace(other, scopes=other.scopes | {Scope.CODES_READ})
    # They say as well whose the codes are.
    for scope in (Scope.CODES_REVEAL, Scope.CUSTOMERS_READ):
        with pytest.raises(NotAllowed, match=rf"another caller has sent needs the scope {scope}"):
            await failures(shop, job_id, other)
        other = replace(other, scopes=other.scopes | {scope})
    assert await failures(shop, job_id, other) == whole
