"""Typing in, editing, moving and deleting codes; and that all of it needs a scope."""

from typing import Any

import pytest

from app.database import Database
from app.domain.callers import Scope
from tests.graphql.asking import Asking
from tests.graphql.service import Running
from tests.graphql.test_mutations_of_groups import NO_ID, create_group
from tests.graphql.writing import LATER, USER_ERRORS, create, payload, refused

CREATE = f"""mutation ($input: CreateSourceCodeInput!) {{ createSourceCode(input: $input) {{
  code {{
    id code kind status validFrom validTo maximumUses usesPerCustomer availableTo version metadata
    campaign {{ key }} group {{ key }} issuedTo {{ number }} createdByJob {{ id }}
  }}
  {USER_ERRORS}
}} }}"""
UPDATE = f"""mutation ($input: UpdateSourceCodeInput!) {{ updateSourceCode(input: $input) {{
  code {{
    code validTo maximumUses availableTo version group {{ key }} issuedTo {{ number }}
    events {{ nodes {{ kind data }} }}
  }}
  {USER_ERRORS}
}} }}"""
DELETE = f"""mutation ($input: DeleteCodeInput!) {{ deleteCode(input: $input) {{
  deletedId {USER_ERRORS}
}} }}"""
MOVE = f"""mutation ($input: MoveCodesInput!) {{ moveCodes(input: $input) {{
  group {{ key codes {{ totalCount }} }} movedCount {USER_ERRORS}
}} }}"""
STAY = f"""mutation ($input: MoveCodesInput!) {{ moveCodes(input: $input) {{
  group {{ key }} {USER_ERRORS}
}} }}"""


async def create_source(service: Running, key: str = "FLYER") -> dict[str, Any]:
    first = {"code": f"{key}-FIRST"}
    return await create(service, kind="SOURCE", key=key, name=key, firstCode=first)


async def create_code(service: Running, campaign: dict[str, Any], code: str) -> dict[str, Any]:
    found = await payload(service, CREATE, campaignId=campaign["id"], code=code)
    assert found["userErrors"] == []
    made: dict[str, Any] = found["code"]
    return made


async def test_everything_that_can_be_said(service: Running) -> None:
    campaign = await create_source(service)
    group = await create_group(service, campaignId=campaign["id"], key="GOLD")
    given = {
        "code": "Flyer-1",
        "validFrom": "2026-06-01T02:00:00Z",
        "validTo": LATER,
        "maximumUses": 5,
        "usesPerCustomer": 1,
        "availableTo": "ONLY_ISSUED_TO",
        "metadata": {"a": 1},
    }
    asked = {**given, "campaignId": campaign["id"], "groupId": group["id"], "issuedTo": "C-1009"}
    found = await payload(service, CREATE, **asked)
    assert found["code"].pop("id")
    assert found == {
        "code": {
            **given,
            "kind": "SOURCE",
            "status": "ACTIVE",
            "version": 1,
            "campaign": {"key": "FLYER"},
            "group": {"key": "GOLD"},
            "issuedTo": {"number": "C-1009"},
            "createdByJob": None,
        },
        "userErrors": [],
    }


async def test_refusals_of_a_new_code_come_together(service: Running) -> None:
    await create_source(service)
    assert await refused(
        service,
        CREATE,
        campaignId=NO_ID,
        groupId=NO_ID,
        code="flyer first",
        maximumUses=0,
        availableTo="ANY_EXCEPT_ISSUED_TO",
    ) == [
        ("INVALID_VALUE", ["maximumUses"]),
        ("AVAILABLE_TO_NEEDS_CUSTOMER", ["availableTo"]),
        ("NOT_FOUND", ["campaignId"]),
        ("GROUP_NOT_FOUND", ["groupId"]),
        ("CODE_TAKEN", ["code"]),
    ]
    assert (await service.data("{ codes { totalCount } }"))["codes"]["totalCount"] == 1


async def test_left_out_stays_and_null_clears(service: Running) -> None:
    campaign = await create_source(service)
    group = await create_group(service, campaignId=campaign["id"], key="GOLD")
    asked = {
        "campaignId": campaign["id"],
        "code": "FLYER-1",
        "maximumUses": 5,
        "validTo": LATER,
        "groupId": group["id"],
        "issuedTo": "C-1",
    }
    code = (await payload(service, CREATE, **asked))["code"]
    changes = {"groupId": None, "issuedTo": "C-2", "maximumUses": None}
    given = {"id": code["id"], "expectedVersion": 1, **changes}
    found = await payload(service, UPDATE, **given)
    assert found == {
        "code": {
            "code": "FLYER-1",
            "validTo": LATER,
            "maximumUses": None,
            "availableTo": "ANY_CUSTOMER",
            "version": 2,
            "group": None,
            "issuedTo": {"number": "C-2"},
            "events": {
                "nodes": [
                    {"kind": "UPDATED", "data": {"fields": ["group", "maximumUses", "issuedTo"]}}
                ]
            },
        },
        "userErrors": [],
    }
    assert await refused(service, UPDATE, **given) == [("STALE_VERSION", ["expectedVersion"])]
    assert await refused(service, UPDATE, id=code["id"], groupId=NO_ID, maximumUses=-1) == [
        ("INVALID_VALUE", ["maximumUses"]),
        ("GROUP_NOT_FOUND", ["groupId"]),
    ]
    assert await refused(service, UPDATE, id=NO_ID) == [("NOT_FOUND", ["id"])]


async def test_a_deleted_code_is_gone_and_its_text_is_free(service: Running) -> None:
    campaign = await create_source(service)
    code = await create_code(service, campaign, "FLYER-1")
    stale = await refused(service, DELETE, id=code["id"], expectedVersion=2)
    assert stale == [("STALE_VERSION", ["expectedVersion"])]
    assert await payload(service, DELETE, id=code["id"], expectedVersion=1) == {
        "deletedId": code["id"],
        "userErrors": [],
    }
    assert await refused(service, DELETE, id=code["id"]) == [("NOT_FOUND", ["id"])]
    assert await service.data('{ code(code: "FLYER-1") { id } }') == {"code": None}
    assert (await create_code(service, campaign, "FLYER-1"))["id"] != code["id"]


async def test_codes_move_to_a_group_and_out_of_it(service: Running) -> None:
    campaign = await create_source(service)
    group = await create_group(service, campaignId=campaign["id"], key="GOLD")
    ids = [(await create_code(service, campaign, f"FLYER-{n}"))["id"] for n in range(3)]
    assert await payload(service, MOVE, ids=ids, groupId=group["id"]) == {
        "group": {"key": "GOLD", "codes": {"totalCount": 3}},
        "movedCount": 3,
        "userErrors": [],
    }
    assert (await payload(service, MOVE, ids=ids, groupId=group["id"]))["movedCount"] == 0
    nowhere: dict[str, Any] = {"group": None, "movedCount": 2, "userErrors": []}
    assert await payload(service, MOVE, ids=ids[:2]) == nowhere
    assert await payload(service, MOVE, ids=ids[2:], groupId=None) == {**nowhere, "movedCount": 1}


async def test_codes_that_cannot_move_are_named(service: Running) -> None:
    campaign = await create_source(service)
    code = await create_code(service, campaign, "FLYER-1")
    other = await create_code(service, await create_source(service, "OTHER"), "OTHER-1")
    ids = [code["id"], NO_ID, other["id"], code["id"]]
    assert await refused(service, STAY, ids=ids, groupId=NO_ID) == [
        ("GROUP_NOT_FOUND", ["groupId"]),
        ("NOT_FOUND", ["ids", "1"]),
        ("INVALID_VALUE", ["ids", "2"]),
        ("INVALID_VALUE", ["ids", "3"]),
    ]
    assert (await payload(service, MOVE, ids=[]))["movedCount"] == 0
    assert await refused(service, STAY, ids=[]) == [("COUNT_OUT_OF_RANGE", ["ids"])]


@pytest.mark.parametrize(
    "document",
    [
        'createCodeGroup(input: {campaignId: "x", name: "Gold"})',
        'updateCodeGroup(input: {id: "x"})',
        'archiveCodeGroup(input: {id: "x"})',
        'createPromotion(input: {name: "Gift", discount: {kind: FREE_SHIPPING}})',
        'updatePromotion(input: {id: "x"})',
        'archivePromotion(input: {id: "x"})',
        'createSourceCode(input: {campaignId: "x", code: "ABC"})',
        'updateSourceCode(input: {id: "x"})',
        'deleteCode(input: {id: "x"})',
        "moveCodes(input: {ids: []})",
    ],
)
async def test_every_write_needs_campaigns_write(database: Database, document: str) -> None:
    asking = Asking(database, frozenset(Scope) - {Scope.CAMPAIGNS_WRITE})
    result = await asking(f"mutation {{ {document} {{ userErrors {{ code }} }} }}")
    assert result.errors is not None
    name = document.partition("(")[0]
    told = [error.message for error in result.errors]
    assert told == [f"Mutation.{name} needs the scope campaigns:write."]
