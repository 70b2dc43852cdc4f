"""What a shop hears of codes: every reason, or exactly that a code cannot be used here."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

import orjson
import pytest

from app.config import Settings
from app.database import Database
from app.domain.callers import Scope
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.life.calls import Call, CreateCashback, Issue
from app.services.life import asking
from app.services.life.validating import examine
from tests.graphql.asking import Asking, writing
from tests.making import CALLER, NOW, count_rows, make_campaign, make_source
from tests.services.living import euros, made, make_code, noted, redeem, reserve

STOREFRONT = frozenset({Scope.CODES_REDEEM, Scope.CODES_ISSUE, Scope.CUSTOMERS_WRITE})
TELLS = "validity { redeemable warnings { entityId reason } levels { level } }"
ERRORS = "userErrors { code message field }"
DOCUMENTS = {
    "validateCode": f"""query ($input: ValidateCodeInput!) {{ validateCode(input: $input) {{
      {TELLS} {ERRORS} }} }}""",
    "redeemCode": f"""mutation ($input: RedeemCodeInput!) {{ redeemCode(input: $input) {{
      redemption {{ id }} replayed {TELLS} {ERRORS} }} }}""",
    "reserveCode": f"""mutation ($input: ReserveCodeInput!) {{ reserveCode(input: $input) {{
      reservation {{ id }} replayed {TELLS} {ERRORS} }} }}""",
    "issueCode": f"""mutation ($input: IssueCodeInput!) {{ issueCode(input: $input) {{
      code {{ id code }} replayed {ERRORS} }} }}""",
    "createCashback": f"""mutation ($input: CreateCashbackInput!) {{
      createCashback(input: $input) {{ cashback {{ id }} replayed {ERRORS} }} }}""",
}
KEYS = count(1)
# What the shop asks for, and why it must not hear more of it.
SECRETS = {
    "NOSUCHCODE": "unknown",
    "WITHDRAWN1": "withdrawn",
    "CUSTOMERS1": "of another customer",
    "FRIENDSOF1": "for everybody but this customer",
    "GIVENAWAY1": "a voucher that another customer holds",
    "MISPRINTED": "a voucher that is withdrawn",
}


async def fill(database: Database) -> None:
    """Codes that stand in the way for several reasons at once, so that there is much to hide."""
    campaign_id = await make_source(database, "FIRSTCODE1")
    vouchers = await make_campaign(database)
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO customer (id, number, actor, created_at, updated_at)"
            " VALUES (1, 'C-1', '{}', $1, $1), (2, 'C-2', '{}', $1, $1)",
            NOW,
        )
    suspended: dict[str, Any] = {"suspended_at": NOW, "suspension_reason": "Stolen"}
    withdrawn: dict[str, Any] = {"withdrawn_at": NOW, "withdrawal_reason": "Misprint"}
    only = {"issued_to_id": 1, "available_to": AvailableTo.ONLY_ISSUED_TO}
    friends = {"issued_to_id": 2, "available_to": AvailableTo.ANY_EXCEPT_ISSUED_TO}
    issued = {"kind": CampaignKind.VOUCHER, "issued_at": NOW}
    await make_code(database, campaign_id, "WITHDRAWN1", **suspended, **withdrawn)
    await make_code(database, campaign_id, "CUSTOMERS1", **suspended, **only)
    await make_code(database, campaign_id, "FRIENDSOF1", **suspended, **friends)
    await make_code(database, campaign_id, "SUSPENDED1", **suspended, valid_to=NOW)
    await make_code(database, vouchers, "GIVENAWAY1", **suspended, **issued, **only)
    await make_code(database, vouchers, "MISPRINTED", **issued, **withdrawn)


def asked(operation: str, code: str) -> dict[str, Any]:
    given: dict[str, Any] = {"code": code, "customerNumber": "C-2"}
    if operation != "validateCode":
        given["idempotencyKey"] = f"k-{next(KEYS)}"
    if operation == "createCashback":
        money = {"amount": "5.00", "currencyCode": "EUR"}
        given |= {"orderNumber": "O-1", "maximumValue": money}
    return given


async def heard(asking: Asking, operation: str, given: Mapping[str, Any]) -> bytes:
    found = await asking.data(DOCUMENTS[operation], input=given)
    return orjson.dumps(found[operation])


@pytest.mark.parametrize("operation", DOCUMENTS)
async def test_of_what_is_secret_a_shop_hears_the_same_bytes(
    database: Database, settings: Settings, operation: str
) -> None:
    await fill(database)
    silence = [
        {"code": "CODE_NOT_APPLICABLE", "message": "The code cannot be used here.", "field": []}
    ]
    async with writing(database, settings, STOREFRONT) as shop:
        support = replace(shop, scopes=frozenset(Scope), caller_id="support")
        answers = set()
        for code in SECRETS:
            given = asked(operation, code)
            first = await heard(shop, operation, given)
            answers.add(first)
            if operation != "validateCode":
                again = orjson.loads(await heard(shop, operation, given))
                assert again == {**orjson.loads(first), "replayed": True}
            told = orjson.loads(await heard(support, operation, asked(operation, code)))
            codes = {one["code"] for one in told["userErrors"]}
            assert codes, (operation, code)
            assert "CODE_NOT_APPLICABLE" not in codes, (operation, code)
        (answer,) = map(orjson.loads, answers)
    assert answer.pop("userErrors") == silence
    assert set(answer.values()) <= {None, False}


async def test_of_a_code_for_its_customer_a_shop_hears_everything(
    database: Database, settings: Settings
) -> None:
    await fill(database)
    expected = {
        "validateCode": ["SUSPENDED", "EXPIRED"],
        "redeemCode": ["SUSPENDED", "EXPIRED"],
        "reserveCode": ["SUSPENDED", "EXPIRED"],
        "issueCode": ["CAMPAIGN_KIND_MISMATCH", "SUSPENDED"],
        "createCashback": ["EXPIRED", "SUSPENDED", "INVALID_VALUE"],
    }
    async with writing(database, settings, STOREFRONT) as shop:
        support = replace(shop, scopes=frozenset(Scope), caller_id="support")
        for operation, codes in expected.items():
            given = asked(operation, "SUSPENDED1")
            told = await heard(shop, operation, given)
            assert told == await heard(support, operation, given), operation
            found = [one["code"] for one in orjson.loads(told)["userErrors"]]
            assert found == codes, operation


async def test_nobody_who_is_not_named_hears_of_a_code_for_one_customer(
    database: Database, settings: Settings
) -> None:
    await fill(database)
    async with writing(database, settings, STOREFRONT) as shop:
        given = {"code": "CUSTOMERS1"}
        told = orjson.loads(await heard(shop, "validateCode", given))
        assert [one["code"] for one in told["userErrors"]] == ["CODE_NOT_APPLICABLE"]
        owner = {**given, "customerNumber": "C-1"}
        told = orjson.loads(await heard(shop, "validateCode", owner))
        assert [one["code"] for one in told["userErrors"]] == ["SUSPENDED"]


def calls(operation: str, code: str) -> Call:
    key = f"k-{next(KEYS)}"
    if operation == "redeem":
        return redeem(code, key, customer="C-2", order="O-2", store="Halle")
    if operation == "reserve":
        return reserve(code, "s-1", key=key, customer="C-2")
    if operation == "issue":
        return Issue(caller=CALLER, key=key, code=code, customer="C-2")
    return CreateCashback(
        caller=CALLER, key=key, code=code, order="O-1", customer="C-2", maximum=euros(500)
    )


@pytest.mark.parametrize("operation", ["redeem", "reserve", "issue", "cashback"])
async def test_the_same_statements_run_whatever_is_hidden(
    database: Database, operation: str
) -> None:
    await fill(database)
    texts = set()
    for code in SECRETS:
        verdicts, statements = await noted(database, calls(operation, code))
        assert verdicts[0].problems
        texts.add(tuple(statements))
    assert len(texts) == 1
    assert await count_rows(database, "attempt") == (
        len(SECRETS) if operation in {"redeem", "reserve"} else 0
    )


async def test_validating_asks_the_same_whatever_is_hidden(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(database)
    statements: list[str] = []
    read = database.read

    async def noting(sql: str, *values: object) -> Any:  # noqa: ANN401 - rows
        statements.append(sql)
        return await read(sql, *values)

    monkeypatch.setattr(database, "read", noting)
    texts = set()
    for code in SECRETS:
        statements.clear()
        call = asking.validate(CALLER, {"code": code, "customer_number": "C-2"})
        assert call is not None
        await examine(database, call, NOW)
        texts.add(tuple(statements))
    assert len(texts) == 1


async def test_a_difference_in_statements_is_noticed(database: Database) -> None:
    """A code that can be used asks for more, so what the tests above compare can differ."""
    await fill(database)
    source = await make_source(database, "GOODCODE12", "Good")
    await make_code(database, source, "GOODCODE34")
    refused = await noted(database, calls("redeem", "NOSUCHCODE"))
    accepted = await noted(database, calls("redeem", "GOODCODE34"))
    assert made(accepted[0][0])
    assert refused[1] != accepted[1]


async def test_the_time_tells_nothing(
    database: Database, settings: Settings, *, long: bool
) -> None:
    """Only at length: how long 20 calls take says nothing, on any machine."""
    await fill(database)
    codes = ("NOSUCHCODE", "CUSTOMERS1")
    spent: dict[str, list[float]] = {code: [] for code in codes}
    async with writing(database, settings, STOREFRONT) as shop:
        for number in range(2_000 if long else 20):
            code = codes[number % 2]
            given = asked("redeemCode", code)
            started = perf_counter()
            await heard(shop, "redeemCode", given)
            spent[code].append(perf_counter() - started)
    medians = sorted(median(times) for times in spent.values())
    assert not long or medians[1] <= 1.1 * medians[0], medians
