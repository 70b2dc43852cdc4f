"""The life of a code as callers live it: redeem, reserve, reverse, issue, block, cashback."""

from typing import Any

import pytest

from app.config import Settings
from app.database import Database
from app.domain.callers import Scope
from tests.graphql.asking import Asking, writing
from tests.graphql.service import Running
from tests.graphql.shop import NOW
from tests.graphql.test_mutations_of_codes import create_code, create_source
from tests.graphql.test_mutations_of_groups import NO_ID
from tests.graphql.writing import LATER, USER_ERRORS, create, payload
from tests.making import count_rows, make_source
from tests.services.living import make_code

VALIDITY = """validity {
  redeemable validityStatus
  levels {
    level status fields { name outcome }
    entries { promotionId status fields { name outcome } }
  }
  warnings { level entity entityId field reason severity actual required message }
}"""
REDEEM = f"""mutation ($input: RedeemCodeInput!) {{ redeemCode(input: $input) {{
  redemption {{
    id state orderNumber store application metadata reversalReason
    amount {{ amount currencyCode }} customer {{ number }} reservation {{ id }}
    code {{ code status redemptionStatus {{ text }} events {{ nodes {{ kind }} }} }}
  }}
  replayed {VALIDITY} {USER_ERRORS}
}} }}"""
RESERVE = f"""mutation ($input: ReserveCodeInput!) {{ reserveCode(input: $input) {{
  reservation {{ id live holder customer {{ number }} }} replayed {VALIDITY} {USER_ERRORS}
}} }}"""
RELEASE = f"""mutation ($input: ReleaseReservationInput!) {{ releaseReservation(input: $input) {{
  reservation {{ live endReason }} replayed {USER_ERRORS}
}} }}"""
REVERSE = f"""mutation ($input: ReverseRedemptionInput!) {{ reverseRedemption(input: $input) {{
  redemption {{ state reversalReason code {{ status }} }} replayed {USER_ERRORS}
}} }}"""
ISSUE = f"""mutation ($input: IssueCodeInput!) {{ issueCode(input: $input) {{
  code {{ status issueReference issuedStore issuedTo {{ number }} }} replayed {USER_ERRORS}
}} }}"""
ISSUE_NEXT = f"""mutation ($input: IssueNextCodeInput!) {{ issueNextCode(input: $input) {{
  code {{ id code status issueReference issuedBy {{ name }} }} replayed {USER_ERRORS}
}} }}"""


def blocking(name: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
      code {{ status suspended suspensionReason withdrawalReason validTo }}
      replayed {USER_ERRORS}
    }} }}"""


def on_cashback(name: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
      cashback {{
        id state chargedValue {{ amount }} customer {{ number }} earningOrder {{ number }}
      }}
      replayed {USER_ERRORS}
    }} }}"""


def errors(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["field"]) for error in found["userErrors"]]


async def test_a_use_is_taken_given_back_and_told(service: Running) -> None:
    await create_source(service)
    whole = {
        "code": "flyer first",
        "idempotencyKey": "k-1",
        "customerNumber": "\ufeffC-1\u200b ",
        "orderNumber": "O-1",
        "amount": {"amount": "5.00", "currencyCode": "EUR"},
        "store": "Leipzig",
        "application": "web",
        "metadata": {"till": 3, "shift": {"b": 1, "a": 2}},
    }
    found = await payload(service, REDEEM, **whole)
    redemption_id = found["redemption"].pop("id")
    assert found == {
        "redemption": {
            "state": "CONFIRMED",
            "orderNumber": "O-1",
            "store": "Leipzig",
            "application": "web",
            "metadata": {"till": 3, "shift": {"b": 1, "a": 2}},
            "reversalReason": None,
            "amount": {"amount": "5.00", "currencyCode": "EUR"},
            "customer": {"number": "C-1"},
            "reservation": None,
            "code": {
                "code": "FLYER-FIRST",
                "status": "ACTIVE",
                "redemptionStatus": {"text": "1/∞"},
                "events": {"nodes": [{"kind": "REDEEMED"}]},
            },
        },
        "replayed": False,
        "validity": None,
        "userErrors": [],
    }
    swapped = {"shift": {"a": 2, "b": 1}, "till": 3}
    again = await payload(service, REDEEM, **{**whole, "metadata": swapped})
    assert (again["redemption"]["id"], again["replayed"]) == (redemption_id, True)
    other = await payload(service, REDEEM, **{**whole, "store": "Halle"})
    assert errors(other) == [("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])]
    given = {"id": redemption_id, "idempotencyKey": "r-1", "reason": "returned"}
    assert await payload(service, REVERSE, **given) == {
        "redemption": {
            "state": "REVERSED",
            "reversalReason": "returned",
            "code": {"status": "ACTIVE"},
        },
        "replayed": False,
        "userErrors": [],
    }
    # The key answers with the same redemption, and with its present state.
    late = await payload(service, REDEEM, **whole)
    assert (late["redemption"]["state"], late["replayed"]) == ("REVERSED", True)
    unknown = await payload(service, REVERSE, **{**given, "id": NO_ID, "idempotencyKey": "r-2"})
    assert errors(unknown) == [("NOT_FOUND", ["id"])]


async def test_a_refusal_says_everything_and_says_it_again(service: Running) -> None:
    campaign = await create_source(service)
    code = await create_code(service, campaign, "FLYER-1")
    suspend = {"id": code["id"], "reason": "Looks odd"}
    found = await payload(service, blocking("suspendCode"), **suspend)
    assert found["code"]["suspensionReason"] == "Looks odd"
    given = {"code": "FLYER-1", "idempotencyKey": "k-1"}
    refused = await payload(service, REDEEM, **given)
    assert errors(refused) == [("SUSPENDED", ["code"])]
    validity = refused["validity"]
    assert (validity["redeemable"], validity["validityStatus"]) == (False, "VALID")
    assert [(one["level"], one["status"]) for one in validity["levels"]] == [
        ("CODE", "INVALID"),
        ("PROMOTION", "VALID"),
    ]
    assert {"name": "suspended", "outcome": "FAIL"} in validity["levels"][0]["fields"]
    (warning,) = validity["warnings"]
    assert (warning["entity"], warning["entityId"]) == ("Code", code["id"])
    await payload(service, blocking("resumeCode"), **suspend)
    again = await payload(service, REDEEM, **given)
    assert again == {**refused, "replayed": True}
    assert (await payload(service, REDEEM, **{**given, "idempotencyKey": "k-2"}))["redemption"]


async def test_what_is_malformed_is_told_at_once_and_not_kept(service: Running) -> None:
    await create_source(service)
    found = await payload(
        service,
        REDEEM,
        code="é",
        idempotencyKey="a b",
        customerNumber="x" * 101,
        amount={"amount": "1.001", "currencyCode": "EUR"},
        metadata={"n": 2**60},
    )
    assert errors(found) == [
        ("INVALID_VALUE", ["idempotencyKey"]),
        ("CODE_BAD_CHAR", ["code"]),
        ("INVALID_VALUE", ["customerNumber"]),
        ("INVALID_VALUE", ["amount", "amount"]),
        ("INVALID_VALUE", ["metadata"]),
    ]
    assert (found["redemption"], found["validity"], found["replayed"]) == (None, None, False)
    held = await payload(service, RESERVE, code="!", idempotencyKey="k", seconds=0)
    assert errors(held) == [
        ("INVALID_VALUE", ["holder"]),
        ("INVALID_VALUE", ["seconds"]),
        ("CODE_BAD_CHAR", ["code"]),
    ]
    first = await payload(service, RESERVE, code="!", idempotencyKey="k", holder="s-1")
    assert errors(first) == [("CODE_BAD_CHAR", ["code"])]
    valid = await payload(service, RESERVE, code="FLYER-FIRST", idempotencyKey="k", holder="s-1")
    assert valid["reservation"]["live"]


async def test_a_use_is_held_let_go_of_and_taken(service: Running) -> None:
    campaign = await create_source(service)
    asked = {"campaignId": campaign["id"], "code": "FLYER-1", "maximumUses": 1}
    create_document = """mutation ($input: CreateSourceCodeInput!) { createSourceCode(input: $input)
      { code { id } userErrors { code message field } } }"""
    await payload(service, create_document, **asked)
    given = {"code": "FLYER-1", "idempotencyKey": "h-1", "customerNumber": "C-1"}
    held = await payload(service, RESERVE, **given)
    reservation = held["reservation"]
    assert (reservation["holder"], reservation["live"]) == ("C-1", True)
    taken = await payload(service, REDEEM, code="FLYER-1", idempotencyKey="k-1")
    assert errors(taken) == [("RESERVED", ["code"])]
    stranger = await payload(service, RELEASE, id=reservation["id"], holder="C-2")
    assert errors(stranger) == [("RESERVATION_NOT_YOURS", ["holder"])]
    released = await payload(service, RELEASE, id=reservation["id"], holder="C-1")
    assert released["reservation"] == {"live": False, "endReason": "RELEASED"}
    second = await payload(service, RESERVE, **{**given, "idempotencyKey": "h-2"})
    by_id = {**given, "idempotencyKey": "k-2", "reservationId": second["reservation"]["id"]}
    used = await payload(service, REDEEM, **by_id)
    assert used["redemption"]["reservation"] == {"id": second["reservation"]["id"]}
    assert used["redemption"]["code"]["status"] == "REDEEMED"


async def test_vouchers_are_issued(service: Running) -> None:
    campaign = await create(service, generateOnDemand=True, mask="VIP-????!")
    given = {"campaignId": campaign["id"], "reference": "B-1", "idempotencyKey": "n-1"}
    found = await payload(service, ISSUE_NEXT, **given)
    assert (found["code"]["status"], found["code"]["issueReference"]) == ("ISSUED", "B-1")
    again = await payload(service, ISSUE_NEXT, **{**given, "idempotencyKey": "n-2"})
    assert (again["code"]["id"], again["replayed"]) == (found["code"]["id"], True)
    text = found["code"]["code"]
    named = await payload(service, ISSUE, code=text, idempotencyKey="i-1")
    assert errors(named) == [("ALREADY_ISSUED", ["code"])]
    both = await payload(service, ISSUE_NEXT, **{**given, "reference": " ", "promotionId": NO_ID})
    assert errors(both) == [("INVALID_VALUE", ["campaignId"]), ("INVALID_VALUE", ["reference"])]


async def test_codes_are_blocked_and_given_time(service: Running) -> None:
    campaign = await create_source(service)
    code = await create_code(service, campaign, "FLYER-1")
    extended = await payload(
        service, blocking("extendCode"), id=code["id"], validTo=LATER, reason="Goodwill"
    )
    assert errors(extended) == [("INVALID_VALUE", ["validTo"])]
    for name in ("withdrawCode", "suspendCode", "resumeCode"):
        silent = await payload(service, blocking(name), id=code["id"], reason="  ")
        assert errors(silent) == [("REASON_REQUIRED", ["reason"])]
        unknown = await payload(service, blocking(name), id=NO_ID, reason="x")
        assert errors(unknown) == [("NOT_FOUND", ["id"])]
    withdrawn = await payload(service, blocking("withdrawCode"), id=code["id"], reason="misprint")
    assert withdrawn["code"]["status"] == "WITHDRAWN"
    assert withdrawn["code"]["withdrawalReason"] == "misprint"
    again = await payload(service, blocking("withdrawCode"), id=code["id"], reason="misprint")
    assert errors(again) == [("ALREADY_WITHDRAWN", ["id"])]


async def test_cashback_is_given_charged_and_switched(service: Running) -> None:
    campaign = await create_source(service)
    asked = {"campaignId": campaign["id"], "code": "CASH-1", "maximumUses": 1}
    document = """mutation ($input: CreateSourceCodeInput!) { createSourceCode(input: $input)
      { code { id } userErrors { code message field } } }"""
    await payload(service, document, **asked)
    money = {"amount": "10.00", "currencyCode": "EUR"}
    given = {
        "code": "CASH-1",
        "idempotencyKey": "c-1",
        "orderNumber": "O-1",
        "customerNumber": "C-1",
        "maximumValue": money,
        "expiresAt": LATER,
    }
    found = await payload(service, on_cashback("createCashback"), **given)
    cashback = found["cashback"]
    cashback_id = cashback.pop("id")
    assert cashback == {
        "state": "PENDING",
        "chargedValue": {"amount": "0.00"},
        "customer": {"number": "C-1"},
        "earningOrder": {"number": "O-1"},
    }
    charge = {"id": cashback_id, "idempotencyKey": "g-1", "amount": {**money, "amount": "6.00"}}
    charged = await payload(service, on_cashback("chargeCashback"), **charge)
    assert charged["cashback"]["chargedValue"] == {"amount": "6.00"}
    back = {**charge, "idempotencyKey": "g-2", "amount": {**money, "amount": "-1.00"}}
    returned = await payload(service, on_cashback("chargeCashback"), **back)
    assert returned["cashback"]["chargedValue"] == {"amount": "5.00"}
    nothing = {**charge, "idempotencyKey": "g-3", "amount": {**money, "amount": "0.00"}}
    zero = await payload(service, on_cashback("chargeCashback"), **nothing)
    assert errors(zero) == [("INVALID_VALUE", ["amount", "amount"])]
    free = {**given, "idempotencyKey": "c-2", "maximumValue": {**money, "amount": "0.00"}}
    none = await payload(service, on_cashback("createCashback"), **free)
    assert errors(none) == [("INVALID_VALUE", ["maximumValue", "amount"])]
    for name, state in (("disableCashback", "DISABLED"), ("enableCashback", "AVAILABLE")):
        switched = await payload(service, on_cashback(name), id=cashback_id)
        assert (switched["cashback"]["state"], switched["replayed"]) == (state, False)


VALIDATE = f"""query ($input: ValidateCodeInput!) {{ validateCode(input: $input) {{
  {VALIDITY} {USER_ERRORS}
}} }}"""


async def test_validating_takes_nothing(service: Running) -> None:
    await create_source(service)
    found = await service.data(VALIDATE, input={"code": "flyer first", "customerNumber": "C-9"})
    assert found["validateCode"]["validity"]["redeemable"] is True
    for text in ("NO SUCH", "é"):
        found = await service.data(VALIDATE, input={"code": text})
        told = found["validateCode"]
        assert errors(told) == [("NOT_FOUND", ["code"])]
        assert [one["reason"] for one in told["validity"]["warnings"]] == ["NOT_FOUND"]
    wrong = await service.data(VALIDATE, input={"code": "ABC", "holder": "x" * 201})
    assert errors(wrong["validateCode"]) == [("INVALID_VALUE", ["holder"])]
    rows = await service.data("{ customers { totalCount } redemptions { totalCount } }")
    assert rows == {"customers": {"totalCount": 0}, "redemptions": {"totalCount": 0}}


SHOP = frozenset({Scope.CODES_REDEEM, Scope.CODES_ISSUE})


async def test_a_shop_hears_reasons_only_of_codes_that_are_for_its_customer(
    database: Database, settings: Settings
) -> None:
    campaign_id = await make_source(database, "FIRST")
    gone: dict[str, Any] = {"withdrawn_at": NOW, "withdrawal_reason": "x"}
    odd: dict[str, Any] = {"suspended_at": NOW, "suspension_reason": "x"}
    await make_code(database, campaign_id, "GONE", **gone)
    await make_code(database, campaign_id, "ODD", **odd)
    redeem = """mutation ($input: RedeemCodeInput!) { redeemCode(input: $input) {
      replayed validity { warnings { reason } } userErrors { code field } } }"""
    validate = """query ($input: ValidateCodeInput!) { validateCode(input: $input) {
      validity { warnings { reason } } userErrors { code field } } }"""
    silence = {"validity": None, "userErrors": [{"code": "CODE_NOT_APPLICABLE", "field": []}]}
    async with writing(database, settings, SHOP) as shop:
        for code in ("GONE", "NOSUCH"):
            asked = {"code": code, "idempotencyKey": f"k-{code}"}
            for replayed in (False, True):
                told = await shop.data(redeem, input=asked)
                assert told["redeemCode"] == {**silence, "replayed": replayed}
            assert (await shop.data(validate, input={"code": code}))["validateCode"] == silence
        told = await shop.data(redeem, input={"code": "ODD", "idempotencyKey": "k-odd"})
    assert told["redeemCode"] == {
        "replayed": False,
        "validity": {"warnings": [{"reason": "SUSPENDED"}]},
        "userErrors": [{"code": "SUSPENDED", "field": ["code"]}],
    }
    assert await count_rows(database, "attempt") == 3


MONEY = '{amount: "1.00", currencyCode: "EUR"}'
KEYED = 'idempotencyKey: "k"'
EARNED = 'orderNumber: "O", customerNumber: "C"'


@pytest.mark.parametrize(
    ("scope", "document"),
    [
        ("codes:redeem", f'redeemCode(input: {{code: "ABC", {KEYED}}})'),
        ("codes:redeem", f'reserveCode(input: {{code: "ABC", {KEYED}}})'),
        ("codes:redeem", 'releaseReservation(input: {id: "x"})'),
        ("codes:redeem", f'reverseRedemption(input: {{id: "x", {KEYED}}})'),
        ("codes:issue", f'issueCode(input: {{code: "ABC", {KEYED}}})'),
        ("codes:issue", f'issueNextCode(input: {{reference: "B", {KEYED}}})'),
        ("codes:withdraw", 'withdrawCode(input: {id: "x", reason: "x"})'),
        ("codes:withdraw", 'suspendCode(input: {id: "x", reason: "x"})'),
        ("codes:withdraw", 'resumeCode(input: {id: "x", reason: "x"})'),
        (
            "codes:withdraw",
            'extendCode(input: {id: "x", reason: "x", validTo: "2027-01-01T00:00:00Z"})',
        ),
        (
            "codes:redeem",
            f'createCashback(input: {{code: "ABC", {KEYED}, {EARNED}, maximumValue: {MONEY}}})',
        ),
        ("codes:redeem", f'chargeCashback(input: {{id: "x", {KEYED}, amount: {MONEY}}})'),
        ("codes:redeem", 'disableCashback(input: {id: "x"})'),
        ("codes:redeem", 'enableCashback(input: {id: "x"})'),
    ],
)
async def test_each_call_needs_its_scope(database: Database, scope: str, document: str) -> None:
    asking = Asking(database, frozenset(Scope) - {Scope(scope)})
    result = await asking(f"mutation {{ {document} {{ userErrors {{ code }} }} }}")
    assert result.errors is not None
    name = document.partition("(")[0]
    told = [error.message for error in result.errors]
    assert told == [f"Mutation.{name} needs the scope {scope}."]


async def test_validating_needs_its_scope(database: Database) -> None:
    asking = Asking(database, frozenset(Scope) - {Scope.CODES_REDEEM})
    result = await asking(VALIDATE, input={"code": "ABC"})
    assert result.errors is not None
    told = [error.message for error in result.errors]
    assert told == ["Query.validateCode needs the scope codes:redeem."]
