"""The support question, as the document on it asks and answers."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, Visitor, parse, visit

from app.database import Database
from tests.graphql import shop
from tests.graphql.asking import Asking, counted
from tests.graphql.oracle import Oracle
from tests.graphql.service import Running
from tests.making import NOW, make_group, make_promotion, make_source, read_all
from tests.services.living import answer, made, make_code, redeem

DOCUMENT = (Path(__file__).parents[2] / "docs" / "support.md").read_text()
WHY, SCREEN, LIST = re.findall(r"```graphql\n(.*?)```", DOCUMENT, re.DOTALL)
(ANSWER,) = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
ASKED: dict[str, Any] = {
    "code": "summer-10",
    "customer": {"number": "C-1009"},
    "application": "web",
}


async def tell_the_story(database: Database) -> None:
    """A code that its customer has used, in a group that starts this afternoon."""
    campaign = await make_source(database, "FIRST")
    start = NOW + timedelta(hours=5)
    group = await make_group(database, campaign, applications=("web",))
    await make_promotion(database, group_ids=(group,))
    await make_promotion(database, group_ids=(group,), enabled=False)
    await make_code(database, campaign, group_id=group, max_uses=100, uses_per_customer=1)
    made(await answer(database, redeem(customer="C-1009", order="O-501", application="web")))
    async with database.transaction() as tx:
        await tx.execute("UPDATE code_group SET active_from = $1", start)


async def test_the_question_has_the_answer_that_is_shown(database: Database) -> None:
    await tell_the_story(database)
    data = await Asking(database, now=NOW).data(WHY, **ASKED)
    assert {"data": data} == json.loads(ANSWER)


async def test_the_whole_screen_is_one_select_for_the_code(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell_the_story(database)
    asking = counted(database, monkeypatch)
    asking.now = NOW
    screen = await asking.data(SCREEN, **ASKED)
    assert len(asking.statements) == 2
    assert screen["customer"]["number"] == "C-1009"
    assert screen["code"]["validity"]["redeemable"] is False
    (order,) = screen["code"]["relatedOrders"]["nodes"]
    assert (order["number"], order["redemptions"]["nodes"][0]["state"]) == ("O-501", "CONFIRMED")
    # The code alone, of which the screen is full.
    (alone,) = re.findall(r"  code\(code.*?\n  }\n", SCREEN, re.DOTALL)
    head = "query ($code: String!, $customer: CustomerBy!, $application: String)"
    await asking.data(f"{head} {{ {alone} }}", **ASKED)
    assert len(asking.statements) == 3
    assert asking.statements[2] in asking.statements[:2]
    assert fields(alone) > 90


def fields(selection: str) -> int:
    """How many fields with a value a selection has."""
    found = 0

    class Leaves(Visitor):
        def enter_field(self, node: FieldNode, *_place: object) -> None:
            nonlocal found
            found += node.selection_set is None

    visit(parse(f"{{ {selection} }}"), Leaves())
    return found


async def test_a_page_of_the_list_is_one_select(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    page = await asking.data(LIST, prefix="S")
    assert page == Oracle()(LIST, prefix="S").data
    found = {row["validityStatus"] for row in page["codes"]["nodes"]}
    assert (len(page["codes"]["nodes"]), found) == (50, {"VALID", "INVALID"})
    assert len(asking.statements) == 1


async def test_asking_stores_nothing(database: Database) -> None:
    await tell_the_story(database)
    counts = "SELECT (SELECT COUNT(*) FROM {0}) AS n"
    tables = ("attempt", "code_event", "idempotency", "reservation", "redemption")
    before = [await read_all(database, counts.format(table)) for table in tables]
    await Asking(database, now=NOW).data(SCREEN, **ASKED)
    assert [await read_all(database, counts.format(table)) for table in tables] == before


async def test_nobody_we_know_is_as_nobody_named(database: Database) -> None:
    await shop.fill(database)
    document = """query ($by: CustomerBy) { code(code: "sum 00015") {
      validity(customer: $by) { redeemable levels { level status fields { name outcome } } }
      redeemable(customer: $by) } }"""
    asking = Asking(database)
    nobody = await asking.data(document)
    outcomes = {
        field["outcome"]
        for level in nobody["code"]["validity"]["levels"]
        for field in level["fields"]
    }
    assert "NOT_EVALUATED" in outcomes
    # One who does not exist, an address that two share, and the id of something else.
    for by in ({"number": "none"}, {"email": "one1@example.org"}, {"id": "MTpDb2RlOjM"}):
        assert await asking.data(document, by=by) == nobody


async def test_an_application_is_compared_as_it_is_stored(database: Database) -> None:
    await tell_the_story(database)
    document = """query ($application: String) { code(code: "SUMMER10") {
      validity(application: $application) { warnings { field reason actual required } } } }"""

    async def of_application(text: str | None) -> list[Any]:
        data = await Asking(database, now=NOW).data(document, application=text)
        warnings = data["code"]["validity"]["warnings"]
        return [one for one in warnings if one["field"] == "applications"]

    for known in ("web", " web\u200b", None, "", "  "):
        assert await of_application(known) == []
    wrong = {"field": "applications", "reason": "WRONG_APPLICATION", "required": "web"}
    for other in ("WEB", "till", "'; --", "\x00", "x" * 10_000):
        assert await of_application(other) == [{**wrong, "actual": other}]


@pytest.mark.parametrize("document", [WHY, SCREEN, LIST])
async def test_the_documents_are_within_all_limits(service: Running, document: str) -> None:
    data = await service.data(document, **ASKED, prefix="SUM")
    assert data.popitem()[1] in (None, {"nodes": []})
