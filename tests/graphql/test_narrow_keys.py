"""What a key may do without reading: its payloads tell what it made, and nothing beyond."""

from dataclasses import replace
from typing import Any

import pytest

from app.config import Settings
from app.database import Database
from app.domain.callers import Scope
from app.domain.campaigns import CampaignKind
from app.domain.jobs import JobKind
from app.services import jobs
from graphql_schema.ids import encode_id
from tests.graphql.asking import Asking, writing
from tests.graphql.writing import USER_ERRORS
from tests.making import CALLER, NOW, make_campaign, make_source, snapshot
from tests.services.living import make_code

STOREFRONT = frozenset({Scope.CODES_REDEEM, Scope.CODES_ISSUE, Scope.CUSTOMERS_WRITE})
REDEEM = f"""mutation ($key: String!) {{
  redeemCode(input: {{code: "summer-10", idempotencyKey: $key, store: "Halle",
    customerNumber: "C-1", orderNumber: "O-1", metadata: {{till: 3}}}}) {{
    redemption {{ FIELDS }} replayed {USER_ERRORS} }} }}"""
RESERVE = f"""mutation {{
  reserveCode(input: {{code: "summer-10", idempotencyKey: "k", customerNumber: "C-1"}}) {{
    reservation {{ FIELDS }} replayed {USER_ERRORS} }} }}"""
ISSUE_NEXT = f"""mutation ($id: ID!, $key: String!) {{
  issueNextCode(input: {{campaignId: $id, idempotencyKey: $key, reference: "B-1"}}) {{
    code {{ FIELDS }} replayed {USER_ERRORS} }} }}"""
WROTE_NOTHING = "This mutation wrote nothing."
ISSUE = f"""mutation {{
  issueCode(input: {{code: "winter 20 x", idempotencyKey: "k"}}) {{
    code {{ FIELDS }} replayed {USER_ERRORS} }} }}"""


async def refused(asking: Asking, document: str, **variables: object) -> list[str]:
    """The messages of a write that is forbidden: it leaves everything as it was."""
    before = await snapshot(asking.database)
    result = await asking(document, **variables)
    assert result.data is not None
    assert list(result.data.values()) == [None]
    assert await snapshot(asking.database) == before
    return [error.message for error in result.errors or ()]


async def test_who_redeems_sees_the_redemption(database: Database, settings: Settings) -> None:
    await make_source(database)
    document = REDEEM.replace("FIELDS", "state store amount { amount } redeemedAt reversedAt")
    async with writing(database, settings, STOREFRONT) as shop:
        for key, replayed in (("k-1", False), ("k-1", True), ("k-2", True)):
            told = await shop.data(document, key=key)
            assert told["redeemCode"] == {
                "redemption": {
                    "state": "CONFIRMED",
                    "store": "Halle",
                    "amount": None,
                    "redeemedAt": "2026-11-22T12:00:00.25Z",
                    "reversedAt": None,
                },
                "replayed": replayed,
                "userErrors": [],
            }


@pytest.mark.parametrize(
    ("fields", "place", "scope"),
    [
        ("code { id }", "Redemption.code", "codes:read"),
        ("reversedBy reversalReason", "Redemption.reversedBy", "codes:read"),
        ("redeemedBy", "Redemption.redeemedBy", "codes:read"),
        ("state code { code }", "Redemption.code", "codes:read"),
        ("code { campaign { codes { nodes { code } } } }", "Redemption.code", "codes:read"),
        ("campaign { key }", "Redemption.campaign", "codes:read"),
        ("group { key }", "Redemption.group", "codes:read"),
        ("promotions { totalCount }", "Redemption.promotions", "codes:read"),
        ("reservation { id }", "Redemption.reservation", "codes:read"),
        ("customer { number }", "Redemption.customer", "codes:read"),
        ("order { number }", "Redemption.order", "codes:read"),
        ("orderNumber order { id }", "Redemption.order", "codes:read"),
        ("metadata", "Redemption.metadata", "customers:read"),
        ("... on Node { ... on Redemption { a: metadata } }", "Redemption.metadata",
         "customers:read"),
    ],
)  # fmt: skip
async def test_what_leads_on_is_refused_before_a_use_is_taken(
    database: Database, settings: Settings, fields: str, place: str, scope: str
) -> None:
    await make_source(database)
    async with writing(database, settings, STOREFRONT) as shop:
        document = REDEEM.replace("FIELDS", fields)
        assert await refused(shop, document, key="k") == [
            f"{place} needs the scope {scope}. {WROTE_NOTHING}"
        ]
        reader = replace(shop, scopes=frozenset(Scope))
        assert (await reader(document, key="k")).errors is None


async def test_what_is_skipped_is_not_refused(database: Database, settings: Settings) -> None:
    await make_source(database)
    document = REDEEM.replace("FIELDS", "state code @include(if: $whole) { id }")
    document = document.replace("$key: String!", "$key: String!, $whole: Boolean!")
    async with writing(database, settings, STOREFRONT) as shop:
        told = await refused(shop, document, key="k", whole=True)
        assert told == ["Redemption.code needs the scope codes:read. This mutation wrote nothing."]
        found = await shop.data(document, key="k", whole=False)
        assert found["redeemCode"]["redemption"] == {"state": "CONFIRMED"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: 0", "A page has 1 to 100 entries; `first` is 0."),
        ('after: "x"', "`after` or `before` is no cursor of this list and order."),
    ],
)
async def test_a_payload_that_cannot_be_read_is_refused_before_a_use_is_taken(
    database: Database, settings: Settings, arguments: str, message: str
) -> None:
    await make_source(database)
    document = REDEEM.replace("FIELDS", f"promotions({arguments}) {{ totalCount }}")
    async with writing(database, settings) as asking:
        (told,) = await refused(asking, document, key="k")
        assert message.partition(";")[0].partition("`after`")[0] in told


async def test_who_reserves_sees_the_reservation(database: Database, settings: Settings) -> None:
    await make_source(database)
    async with writing(database, settings, STOREFRONT) as shop:
        for fields, place, scope in (
            ("holder redemption { orderNumber }", "Reservation.redemption", "codes:read"),
            ("customer { number }", "Reservation.customer", "codes:read"),
            ("code { code }", "Reservation.code", "codes:read"),
        ):
            told = await refused(shop, RESERVE.replace("FIELDS", fields))
            assert told == [f"{place} needs the scope {scope}. {WROTE_NOTHING}"]
        found = await shop.data(RESERVE.replace("FIELDS", "live endReason"))
    assert found["reserveCode"]["reservation"] == {
        "live": True,
        "endReason": None,
    }


async def test_what_a_call_sent_is_repeated_to_it_and_to_no_other(
    database: Database, settings: Settings
) -> None:
    await make_source(database)
    async with writing(database, settings, STOREFRONT) as shop:
        other = replace(shop, caller_id="other")
        document = REDEEM.replace("FIELDS", "id ... on Redemption { number: orderNumber }")
        # Once more under the key, for the order under another one, and by another shop.
        for asking, key in ((shop, "k-1"), (shop, "k-1"), (shop, "k-2"), (other, "k-1")):
            found = (await asking.data(document, key=key))["redeemCode"]["redemption"]
            assert found["number"] == "O-1"
        unnumbered = document.replace('orderNumber: "O-1", ', "")
        found = (await shop.data(unnumbered, key="k-3"))["redeemCode"]["redemption"]
        assert found["number"] is None

        document = RESERVE.replace("FIELDS", "id holder")
        held = (await shop.data(document))["reserveCode"]["reservation"]
        assert held["holder"] == "C-1"
        for asking in (shop, other):
            assert (await asking.data(document))["reserveCode"]["reservation"] == held
        session = document.replace('"k"', '"k-2", holder: "S-1"')
        assert (await shop.data(session))["reserveCode"]["reservation"]["holder"] == "S-1"

        # Who names a row by its id has not said what stands in it.
        reverse = f"""mutation {{ reverseRedemption(input: {{id: "{found["id"]}",
            idempotencyKey: "k"}}) {{ redemption {{ id orderNumber }} {USER_ERRORS} }} }}"""
        assert await refused(shop, reverse) == [
            "Redemption.orderNumber needs the scope customers:read. This mutation wrote nothing."
        ]
        release = f"""mutation {{
            releaseReservation(input: {{id: "{held["id"]}", holder: "C-1"}}) {{
                reservation {{ id holder }} {USER_ERRORS} }} }}"""
        assert await refused(shop, release) == [
            "Reservation.holder needs the scope customers:read. This mutation wrote nothing."
        ]
        # In one document each call is told its own.
        both = document.replace("reserveCode", "one: reserveCode").rstrip()
        both = both.removesuffix("}") + reverse.removeprefix("mutation {")
        answer = await shop(both)
        assert answer.data is not None
        assert answer.data["one"]["reservation"]["holder"] == "C-1"
        assert answer.data["reverseRedemption"] is None
    async with writing(database, settings, frozenset({Scope.CODES_READ})) as reader:
        result = await reader("{ redemptions { nodes { orderNumber } } }")
        assert {one.message for one in result.errors or ()} == {
            "Redemption.orderNumber needs the scope customers:read."
        }


async def pool(database: Database) -> str:
    campaign_id = await make_campaign(database)
    voucher = {"kind": CampaignKind.VOUCHER, "normal_form": "WINTER20X"}
    await make_code(database, campaign_id, "WINTER-20-X", **voucher)
    return encode_id("Campaign", campaign_id)


async def test_a_code_shows_whole_to_who_was_given_it(
    database: Database, settings: Settings
) -> None:
    campaign = await pool(database)
    document = ISSUE_NEXT.replace("FIELDS", "code status issueReference")

    async def text(asking: Asking, key: str) -> str:
        told = (await asking.data(document, id=campaign, key=key))["issueNextCode"]
        assert (told["userErrors"], told["code"]["status"]) == ([], "ISSUED")
        found: str = told["code"]["code"]
        return found

    async with writing(database, settings, STOREFRONT) as shop:
        # Once more under the key, and for the basket under another one.
        for key in ("k-1", "k-1", "k-2"):
            assert await text(shop, key) == "WINTER-20-X"
        # Another shop that names this basket is told that the code is there, and not which it is.
        other = replace(shop, caller_id="other")
        for key in ("k-1", "k-1", "k-3"):
            assert await text(other, key) == "W..."
        reader = replace(other, scopes=STOREFRONT | {Scope.CODES_REVEAL})
        assert await text(reader, "k-4") == "WINTER-20-X"
        support = replace(shop, scopes=frozenset({Scope.CODES_READ, Scope.CODES_ISSUE}))
        assert await text(support, "k-1") == "WINTER-20-X"
        seen = await support.data('{ code(code: "WINTER20X") { code } }')
        assert seen == {"code": {"code": "W..."}}


async def test_a_code_that_is_issued_by_name_shows_itself_alone(
    database: Database, settings: Settings
) -> None:
    await pool(database)
    async with writing(database, settings, STOREFRONT) as shop:
        for fields, place, scope in (
            ("campaign { key }", "Code.campaign", "codes:read"),
            ("events { nodes { id } }", "Code.events", "codes:read"),
            ("redemptionStatus { text }", "Code.redemptionStatus", "codes:read"),
            ("metadata", "Code.metadata", "codes:read"),
            ("withdrawalReason", "Code.withdrawalReason", "codes:read"),
            ("issuedTo { number }", "Code.issuedTo", "codes:read"),
        ):
            told = await refused(shop, ISSUE.replace("FIELDS", fields))
            assert told == [f"{place} needs the scope {scope}. {WROTE_NOTHING}"]
        found = await shop.data(ISSUE.replace("FIELDS", "code uses available: availableTo"))
        assert found["issueCode"]["code"] == {
            "code": "WINTER-20-X",
            "uses": 0,
            "available": "ANY_CUSTOMER",
        }
        again = ISSUE.replace("FIELDS", "code").replace('"k"', '"k-2"')
        told = (await shop.data(again))["issueCode"]
        assert (told["code"], [one["code"] for one in told["userErrors"]]) == (
            None,
            ["ALREADY_ISSUED"],
        )


async def test_who_blocks_a_code_is_not_shown_its_text(
    database: Database, settings: Settings
) -> None:
    code_id = await make_code(database, await make_source(database, "FIRST"), "SUMMER20AB")
    document = f"""mutation {{ withdrawCode(input: {{id: "{encode_id("Code", code_id)}",
        reason: "Misprint"}}) {{ code {{ code status withdrawalReason }} {USER_ERRORS} }} }}"""
    async with writing(database, settings, frozenset({Scope.CODES_WITHDRAW})) as asking:
        found = await asking.data(document)
    assert found["withdrawCode"]["code"] == {
        "code": "SUMM...AB",
        "status": "WITHDRAWN",
        "withdrawalReason": "Misprint",
    }


async def enter(database: Database, kind: JobKind) -> str:
    campaign_id = await make_campaign(database)
    async with database.transaction() as tx:
        new = jobs.NewJob(kind, campaign_id, {}, 1)
        return encode_id("Job", await jobs.add(tx, CALLER, new, NOW))


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        (JobKind.IMPORT, Scope.IMPORTS_RUN),
        (JobKind.GENERATE, Scope.CAMPAIGNS_WRITE),
        (JobKind.EXPORT, Scope.EXPORTS_RUN),
        (JobKind.WITHDRAW, Scope.CODES_WITHDRAW),
    ],
)
async def test_whoever_may_start_a_job_may_stop_it(
    database: Database, settings: Settings, kind: JobKind, scope: Scope
) -> None:
    job = await enter(database, kind)
    document = f"""mutation {{ cancelJob(input: {{id: "{job}"}}) {{
        job {{ status submittedBy FIELDS }} {USER_ERRORS} }} }}"""
    plain = document.replace("FIELDS", "")
    async with writing(database, settings, frozenset(Scope) - {scope}) as others:
        assert await refused(others, plain) == [
            f"Cancelling a job of kind {kind} needs the scope {scope}."
        ]
        own = replace(others, scopes=frozenset({scope}))
        assert await refused(own, document.replace("FIELDS", "codes { totalCount }")) == [
            "Job.codes needs the scope codes:read. This mutation wrote nothing."
        ]
        found: Any = await own.data(plain)
    assert found["cancelJob"] == {
        "job": {"status": "CANCELLED", "submittedBy": "Tests"},
        "userErrors": [],
    }
