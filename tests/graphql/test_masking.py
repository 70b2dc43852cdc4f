"""Texts of codes, and what the shop told of customers, wherever else they could be read."""

import json
from dataclasses import replace

import pytest

from app.config import Settings
from app.database import Database
from app.database.instants import to_json
from app.domain.callers import Scope
from app.domain.jobs import JobKind
from app.domain.rows import RowOutcome
from app.models import RowResult
from app.services import jobs
from graphql_schema.ids import encode_id, find_id
from tests.graphql.asking import Asking, writing
from tests.making import ACTOR, CALLER, NOW, make_campaign, make_source
from workers.turns import Workshop, take_turn

READER = frozenset({Scope.CODES_READ})
ROWS = "query ($id: ID!) { job(id: $id) { rowResults { nodes { code messages } } } }"
TOLD = [
    {
        "code": "CODE_BAD_CHAR",
        "field": "code",
        "severity": "ERROR",
        "text": "There is no field 'SUMMER10AB'; look.",
        "value": "SUMMER10é",
    }
]


async def rows_of_another(database: Database) -> str:
    """An import that the caller `tests` has sent, with one row that quotes a code."""
    campaign_id = await make_campaign(database)
    async with database.transaction() as tx:
        new = jobs.NewJob(JobKind.IMPORT, campaign_id, {}, 1)
        job_id = await jobs.add(tx, CALLER, new, NOW)
        await RowResult.create(
            using_db=tx.client,
            job_id=job_id,
            row=1,
            line=2,
            code_text="SUMMER10AB",
            outcome=RowOutcome.FAILED,
            messages=TOLD,
        )
    return encode_id("Job", job_id)


@pytest.mark.parametrize(
    ("caller_id", "scopes", "whole"),
    [
        ("tests", READER, True),
        ("other", READER | {Scope.CODES_REVEAL}, True),
        ("other", READER, False),
    ],
)
async def test_rows_of_imports_show_whole_to_who_sent_them(
    database: Database, caller_id: str, scopes: frozenset[Scope], *, whole: bool
) -> None:
    job = await rows_of_another(database)
    asking = Asking(database, scopes, caller_id=caller_id)
    (row,) = (await asking.data(ROWS, id=job))["job"]["rowResults"]["nodes"]
    quiet = {**TOLD[0], "value": None, "text": "There is no field '...'; look."}
    assert row == {
        "code": "SUMMER10AB" if whole else "SUMM...AB",
        "messages": TOLD if whole else [quiet],
    }


@pytest.mark.parametrize(
    ("file_format", "content"),
    [
        ("CSV", "SUMMER10AB\nSUMMER20AB\n"),
        ("CSV", "code,SUMMER10AB\nx,y\n"),
        ("JSON", '{"SUMMER10AB": 1}'),
        ("JSON", '{"codes": [{"SUMMER10AB": 1, "SUMMER10AB": 2}]}'),
        ("JSON", '{"couponKey": "SUMMER10AB", "codes": [{"code": "NEW-1"}]}'),
        ("XML", "<SUMMER10AB/>"),
        ("XML", "<import><codes><SUMMER10AB/></codes></import>"),
        ("XML", '<import SUMMER10AB="1"/>'),
        ("XML", '<import><codes xmlns="SUMMER10AB"/></import>'),
        ("XML", '<?xml version="1.0" encoding="SUMMER10AB"?><import/>'),
        ("XML", '<?xml version="SUMMER10AB"?><import/>'),
    ],
)
async def test_why_a_file_failed_quotes_nothing_of_it(
    database: Database, settings: Settings, file_format: str, content: str
) -> None:
    await make_source(database, "FIRSTCODE", key="TYPED")
    document = """mutation ($input: ImportCodesInput!) { importCodes(input: $input) {
      job { id } userErrors { code } } }"""
    given = {"campaignKey": "TYPED", "format": file_format, "content": content}
    async with writing(database, settings) as asking:
        job = (await asking.data(document, input=given))["importCodes"]["job"]["id"]
        assert asking.queue is not None
        shop = Workshop(database, asking.queue, settings)
        await take_turn(shop, find_id(job, "Job") or 0)
    told = "query ($id: ID!) { job(id: $id) { status errorMessage progress { errorMessage } } }"
    found = (await Asking(database, READER).data(told, id=job))["job"]
    assert found["status"] == "FAILED"
    assert found["errorMessage"] == found["progress"]["errorMessage"]
    assert "SUMMER" not in found["errorMessage"]


async def test_a_row_that_failed_names_no_field_that_may_be_a_code(
    database: Database, settings: Settings
) -> None:
    await make_source(database, "FIRSTCODE", key="TYPED")
    content = """{"codes": [{"code": "NO", "SUMMER10AB": 1, "A'SUMMER10AB'B": 1}]}"""
    document = f"""mutation {{ importCodes(input: {{
      campaignKey: "TYPED", format: JSON, content: {json.dumps(content)}
    }}) {{ job {{ id }} }} }}"""
    async with writing(database, settings) as asking:
        job = (await asking.data(document))["importCodes"]["job"]["id"]
        assert asking.queue is not None
        await take_turn(Workshop(database, asking.queue, settings), find_id(job, "Job") or 0)
    for caller_id, shown in (("test", True), ("other", False)):
        told = await Asking(database, READER, caller_id=caller_id).data(ROWS, id=job)
        (row,) = told["job"]["rowResults"]["nodes"]
        assert [message["code"] for message in row["messages"]] == [
            "CODE_TOO_SHORT",
            "UNKNOWN_FIELD",
            "UNKNOWN_FIELD",
        ]
        assert ("SUMMER10AB" in json.dumps(row)) is shown


async def test_segments_of_customers_are_for_who_may_read_customers(
    database: Database, settings: Settings
) -> None:
    campaign_id = await make_source(database, "SUMMER10AB")
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE campaign SET target_segments = $2 WHERE id = $1", campaign_id, '["staff"]'
        )
        await tx.execute(
            "INSERT INTO customer (id, number, segments, actor, created_at, updated_at)"
            " VALUES (1, 'C-1', $1, $2, $3, $3)",
            '["debtor"]',
            to_json(ACTOR),
            NOW,
        )
    tells = "validity { warnings { reason actual required } }"
    validate = f"""{{ validateCode(input: {{code: "SUMMER10AB", customerNumber: "C-1"}}) {{
      {tells} }} }}"""
    redeem = f"""mutation {{ redeemCode(input: {{code: "SUMMER10AB", customerNumber: "C-1",
      idempotencyKey: "k"}}) {{ {tells} }} }}"""
    async with writing(database, settings, frozenset({Scope.CODES_REDEEM})) as shop:
        support = replace(shop, scopes=shop.scopes | {Scope.CUSTOMERS_READ})
        for document in (validate, redeem, redeem):
            for asking, actual in ((shop, None), (support, "debtor")):
                (answer,) = (await asking.data(document)).values()
                assert answer["validity"]["warnings"] == [
                    {"reason": "NOT_IN_CAMPAIGN_TARGET", "actual": actual, "required": "staff"}
                ]
