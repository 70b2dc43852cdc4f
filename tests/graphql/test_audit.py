"""Who wrote what: every mutation signs what it writes, and is told of to admins."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from app import models
from app.config import Settings
from app.database import Database
from app.database.instants import from_json
from app.domain.campaigns import CampaignKind
from app.reading.nouns import READABLES
from graphql_schema.ids import encode_id
from tests.graphql.asking import Asking, writing
from tests.graphql.authorisation_documents import kind_of, of, told
from tests.graphql.writing import LATER
from tests.making import count_rows, make_campaign, make_group, read_all, snapshot
from tests.services.living import make_code

Ids = Mapping[str, str]
EUROS = {"amount": "5.00", "currencyCode": "EUR"}
WHY = "Because"
# Each mutation once, in an order in which all succeed; what it answers is named for those after it.
STORY: tuple[tuple[str, str, Callable[[Ids], dict[str, Any]]], ...] = (
    ("createNumberSeries", "series", lambda _: {"name": "Flyers", "mask": "FLY-000#"}),
    ("updateNumberSeries", "", lambda ids: {"id": ids["series"], "name": "Leaflets"}),
    ("archiveNumberSeries", "", lambda ids: {"id": ids["series"]}),
    ("createCampaign", "source", lambda _: {
        "kind": "SOURCE", "name": "Typed", "key": "TYPED", "firstCode": {"code": "FIRSTCODE"}}),
    ("updateCampaign", "", lambda ids: {"id": ids["source"], "name": "Typed in"}),
    ("createCodeGroup", "group", lambda ids: {"campaignId": ids["source"], "name": "Press"}),
    ("updateCodeGroup", "", lambda ids: {"id": ids["group"], "name": "Friends"}),
    ("createPromotion", "promotion", lambda _: {
        "name": "Gift", "discount": {"kind": "FREE_SHIPPING"}}),
    ("updatePromotion", "", lambda ids: {"id": ids["promotion"], "name": "Present"}),
    ("archivePromotion", "", lambda ids: {"id": ids["promotion"]}),
    ("createSourceCode", "code", lambda ids: {
        "campaignId": ids["source"], "code": "SUMMER10", "validTo": LATER}),
    ("updateSourceCode", "", lambda ids: {"id": ids["code"], "maximumUses": 1}),
    ("moveCodes", "", lambda ids: {"ids": [ids["code"]], "groupId": ids["group"]}),
    ("suspendCode", "", lambda ids: {"id": ids["code"], "reason": WHY}),
    ("resumeCode", "", lambda ids: {"id": ids["code"], "reason": WHY}),
    ("extendCode", "", lambda ids: {
        "id": ids["code"], "reason": WHY, "validTo": LATER.replace("-01-01", "-02-01")}),
    ("upsertCustomers", "customer", lambda _: {"customers": [{"number": "C-1", "login": "one"}]}),
    ("upsertOrders", "order", lambda _: {"orders": [{"number": "O-1", "status": "paid"}]}),
    ("createCashback", "cashback", lambda _: {
        "code": "SUMMER10", "idempotencyKey": "k", "orderNumber": "O-1", "customerNumber": "C-1",
        "maximumValue": EUROS}),
    ("chargeCashback", "", lambda ids: {
        "id": ids["cashback"], "idempotencyKey": "k", "amount": EUROS}),
    ("disableCashback", "", lambda ids: {"id": ids["cashback"]}),
    ("enableCashback", "", lambda ids: {"id": ids["cashback"]}),
    ("reserveCode", "reservation", lambda _: {
        "code": "SUMMER10", "idempotencyKey": "k", "customerNumber": "C-1"}),
    ("releaseReservation", "", lambda ids: {"id": ids["reservation"]}),
    ("redeemCode", "redemption", lambda _: {
        "code": "SUMMER10", "idempotencyKey": "k", "customerNumber": "C-1", "amount": EUROS}),
    ("reverseRedemption", "", lambda ids: {"id": ids["redemption"], "idempotencyKey": "k"}),
    ("withdrawCode", "", lambda ids: {"id": ids["code"], "reason": WHY}),
    ("createSourceCode", "unused", lambda ids: {"campaignId": ids["source"], "code": "UNUSED10"}),
    ("deleteCode", "", lambda ids: {"id": ids["unused"]}),
    ("issueCode", "", lambda _: {"code": "WINTER10", "idempotencyKey": "k"}),
    ("issueNextCode", "", lambda ids: {
        "campaignId": ids["vouchers"], "idempotencyKey": "k", "reference": "B-1"}),
    ("generateCodes", "job", lambda ids: {"campaignId": ids["vouchers"], "count": 1}),
    ("cancelJob", "", lambda ids: {"id": ids["job"]}),
    ("withdrawCodes", "", lambda ids: {"campaignId": ids["vouchers"], "reason": WHY}),
    ("importCodes", "", lambda _: {
        "campaignKey": "TYPED", "format": "CSV", "content": "code\nSUMMER20\n"}),
    ("archiveCodeGroup", "", lambda ids: {"id": ids["spare group"]}),
    ("archiveCampaign", "", lambda ids: {"id": ids["spare"]}),
    ("eraseCustomer", "", lambda ids: {"id": ids["customer"]}),
    ("createApiKey", "key", lambda _: {"name": "Shop", "role": "STOREFRONT"}),
    ("rotateApiKey", "", lambda ids: {"id": ids["key"]}),
    ("revokeApiKey", "", lambda ids: {"id": ids["key"]}),
)  # fmt: skip
SIGNED = (
    "api_key", "api_key_secret", "audit_entry", "campaign", "cashback", "code", "code_event",
    "code_group", "customer", "file", "job", "number_series", '"order"', "promotion",
    "redemption", "reservation", "revision",
)  # fmt: skip
TOLD_BY_EVENTS = {
    "suspendCode", "resumeCode", "extendCode", "createCashback", "chargeCashback",
    "disableCashback", "enableCashback", "reserveCode", "releaseReservation", "redeemCode",
    "reverseRedemption", "withdrawCode", "issueCode", "issueNextCode",
}  # fmt: skip


def by(name: str) -> str:
    return f"by {name}"


async def spares(database: Database) -> dict[str, str]:
    """What the story needs besides."""
    vouchers, spare = await make_campaign(database), await make_campaign(database)
    group = await make_group(database, spare)
    for text in ("WINTER10", "WINTER20"):
        await make_code(database, vouchers, text, kind=CampaignKind.VOUCHER)
    return {
        "vouchers": encode_id("Campaign", vouchers),
        "spare": encode_id("Campaign", spare),
        "spare group": encode_id("CodeGroup", group),
    }


async def write(asking: Asking, name: str, given: Mapping[str, Any]) -> str:
    """One mutation by a caller of its own; answers the id of what it wrote, if that has one."""
    mutation = kind_of("Mutation").fields[name]
    payload = kind_of(of(mutation)).fields
    (entity,) = [one for one, field in payload.items() if of(field) in READABLES] or [""]
    shown = f"{entity} {{ id }}" if entity else ""
    document = f"""mutation ($input: {mutation.args["input"].type}) {{ {name}(input: $input) {{
        {shown} userErrors {{ code field }} }} }}"""
    answer = (await replace(asking, caller_id=by(name)).data(document, input=given))[name]
    assert answer["userErrors"] == [], name
    found = answer.get(entity)
    row = found[0] if isinstance(found, list) else found
    return str(row["id"]) if row else ""


async def tell(asking: Asking) -> dict[str, str]:
    """The whole story; answers the ids of what it made, by their names."""
    ids = await spares(asking.database)
    for name, made, given in STORY:
        found = await write(asking, name, given(ids))
        ids |= {made: found} if made else {}
    return ids


@pytest.fixture
async def asking(database: Database, settings: Settings) -> AsyncIterator[Asking]:
    async with writing(database, settings) as found:
        yield found


def test_every_mutation_is_in_the_story() -> None:
    assert {name for name, *_ in STORY} == kind_of("Mutation").fields.keys()


async def test_whoever_writes_is_stored_with_what_is_written(asking: Asking) -> None:
    await tell(asking)
    signed: dict[str, set[str]] = {}
    for table in SIGNED:
        for row in await read_all(asking.database, f"SELECT actor FROM {table}"):
            actor = from_json(row["actor"])
            signed.setdefault(actor["caller"], set()).add(table)
            assert actor.keys() == {"caller", "name", "channel", "actingFor", "requestId"}
            if actor["caller"].startswith("by "):
                assert (actor["name"], actor["requestId"]) == ("Test", "test")
    for name in kind_of("Mutation").fields:
        told_in = "code_event" if name in TOLD_BY_EVENTS else "audit_entry"
        assert told_in in signed[by(name)], name
    # Calls on codes cost no further row.
    for name in TOLD_BY_EVENTS:
        assert "audit_entry" not in signed[by(name)], name


async def test_every_table_that_is_written_by_somebody_says_by_whom() -> None:
    with_actor = {
        getattr(models, name)._meta.db_table  # noqa: SLF001 - Tortoise's documented metadata
        for name in models.__all__
        if "actor" in getattr(models, name)._meta.fields_map  # noqa: SLF001 - as above
    }
    # What was tried and refused is told by what it was tried with.
    assert with_actor == {table.strip('"') for table in SIGNED} | {"attempt"}


ENTRIES = """query ($where: AuditEntryWhere) { auditEntries(where: $where, first: 100) {
  nodes { operation entity caller doneBy channel requestId data at } totalCount } }"""


async def entries(asking: Asking, **where: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await asking.data(ENTRIES, where=where))["auditEntries"]["nodes"]
    return found


async def test_admins_find_who_wrote_what(asking: Asking) -> None:
    ids = await tell(asking)
    (moved,) = await entries(asking, caller=by("moveCodes"))
    assert moved == {
        "operation": "moveCodes",
        "entity": ids["group"],
        "caller": "by moveCodes",
        "doneBy": "Test",
        "channel": "API",
        "requestId": "test",
        "data": {"changed": 1},
        "at": "2026-11-22T12:00:00.25Z",
    }
    of_source = await entries(asking, entity=ids["source"])
    assert [(one["operation"], one["data"]) for one in of_source] == [
        ("updateCampaign", {"fields": ["name"]}),
        ("createCampaign", {}),
    ]
    of_key = await entries(asking, entity=ids["key"])
    assert [one["operation"] for one in of_key] == ["revokeApiKey", "rotateApiKey", "createApiKey"]
    (erased,) = await entries(asking, operation={"eq": "eraseCustomer"})
    assert (erased["entity"], "login" in erased["data"]["fields"]) == (ids["customer"], True)
    (told_of,) = await entries(asking, operation={"eq": "upsertCustomers"})
    assert (told_of["entity"], told_of["data"]) == (None, {"changed": 1, "new": 1})
    at = {"gte": "2026-11-22T12:00:00.25Z", "lt": "2026-11-22T12:00:01Z"}
    both = await entries(asking, operation={"in": ["cancelJob", "deleteCode"]}, at=at)
    assert [one["operation"] for one in both] == ["cancelJob", "deleteCode"]
    assert await entries(asking, at={"lt": at["gte"]}, caller=by("moveCodes")) == []
    wrong = await asking(ENTRIES, where={"entity": "x"})
    assert told(wrong) == ["`where.entity` is no id."]


async def test_an_entry_holds_nothing_that_was_written(asking: Asking) -> None:
    await tell(asking)
    rows = await read_all(asking.database, "SELECT operation, data FROM audit_entry")
    kept = {str(from_json(row["data"])) for row in rows}
    assert not any(text in one for one in kept for text in ("C-1", "SUMMER", "one'", "Typed"))


async def test_what_changes_nothing_is_not_told(asking: Asking) -> None:
    ids = await tell(asking)
    before = await count_rows(asking.database, "audit_entry")
    await write(asking, "updateCampaign", {"id": ids["source"], "name": "Typed in"})
    await write(asking, "upsertOrders", {"orders": [{"number": "O-1", "status": "paid"}]})
    await write(asking, "eraseCustomer", {"id": ids["customer"]})
    assert await count_rows(asking.database, "audit_entry") == before


async def test_a_refused_write_leaves_no_entry(asking: Asking) -> None:
    ids = await tell(asking)
    before = await snapshot(asking.database)
    document = """mutation ($id: ID!) { updateCampaign(input: {id: $id, name: "Typed in"}) {
        userErrors { code } } }"""
    answer = await asking.data(document, id=ids["spare"])
    assert answer["updateCampaign"]["userErrors"] == [{"code": "NOT_EDITABLE"}]
    assert await snapshot(asking.database) == before
