"""Who a token acts as: its subject, or the customer whose own it is, and then nobody else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.database import Database
from app.database.instants import from_json
from app.domain.roles import Role
from app.services import tokens
from tests.graphql.clock import Clock
from tests.graphql.service import Running, running
from tests.graphql.test_entrances import SECRET, SERIES, error
from tests.issuer import Issuer, claims, issuing, signed
from tests.keyholders import Hand, bearer

CREATE = """mutation { createCampaign(input: {
  kind: SOURCE, name: "Summer", key: "SUMMER", firstCode: {code: "SUMMER-FIRST", maximumUses: 5}
}) { userErrors { code } } }"""
CUSTOMERS = """mutation { upsertCustomers(input: {customers: [
  {number: "C-7", email: "seven@canary.example"}, {number: "C-8"}, {number: "9"}
]}) { userErrors { code } } }"""
REDEEM = """mutation ($input: RedeemCodeInput!) { redeemCode(input: $input) {
  userErrors { code } } }"""
RESERVE = """mutation ($input: ReserveCodeInput!) { reserveCode(input: $input) {
  userErrors { code } } }"""
VALIDATE = """query ($input: ValidateCodeInput!) { validateCode(input: $input) {
  validity { redeemable } } }"""
CASHBACK = """mutation ($input: DisableCashbackInput!) { disableCashback(input: $input) {
  userErrors { code } } }"""
DONE: dict[str, Any] = {"userErrors": []}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as found:
        yield found


@pytest.fixture
async def service(
    settings: Settings,
    issuer: Issuer,
    clock: Clock,  # noqa: ARG001 - it outlives what goes by it
    database: Database,
) -> AsyncIterator[Running]:
    """A service with one code and three customers."""
    update = {"secret": SecretStr(SECRET), "keyless": False}
    async with running(issuer.settings(settings.model_copy(update=update))) as found:
        admin = bearer(await Hand(database, SECRET.encode()).create(Role.ADMIN))
        for query in (CREATE, CUSTOMERS):
            answer = await ask(found, admin, query)
            (payload,) = answer["data"].values()
            assert payload == DONE, answer
        yield found


async def ask(service: Running, shown: str, query: str, **given: object) -> dict[str, Any]:
    response = await service.http.post(
        "/graphql",
        json={"query": query, "variables": {"input": given}},
        headers={"authorization": shown},
    )
    found: dict[str, Any] = response.json()
    return found


def own(number: object = "C-7", **more: object) -> str:
    told = claims(scope="codes:redeem", sub="s-7", **more)
    return f"Bearer {signed({**told, 'customer_number': number})}"


def code_of(answer: dict[str, Any]) -> str:
    (found,) = answer["errors"]
    code: str = found["extensions"]["code"]
    return code


async def test_who_writes_by_a_token_of_staff_is_its_subject(
    service: Running, database: Database
) -> None:
    """The same caller with each new token; idempotency keys and guesses go by it."""
    for number, scope in enumerate(("campaigns:write", "ADMIN")):
        shown = f"Bearer {signed(claims(scope=scope, jti=str(number)))}"
        answer = await ask(service, shown, SERIES.replace("Flyers", f"Flyers {number}"))
        assert answer["data"]["createNumberSeries"]["userErrors"] == []
    rows = await database.read("SELECT actor FROM number_series ORDER BY id")
    first, second = (from_json(row["actor"]) for row in rows)
    assert first["caller"] == second["caller"]
    assert len(first["caller"]) == len("token:") + 32
    assert (first["name"], first["actingFor"], first["channel"]) == ("auth0|4711", None, "API")


async def test_it_redeems_for_its_customer(service: Running, database: Database) -> None:
    answer = await ask(service, own(), REDEEM, code="SUMMER-FIRST", idempotencyKey="k-1")
    assert answer == {"data": {"redeemCode": DONE}}
    (row,) = await database.read(
        "SELECT number, redemption.actor, customer.id FROM redemption"
        " JOIN customer ON customer.id = customer_id"
    )
    actor = from_json(row["actor"])
    assert row["number"] == "C-7"
    assert (actor["name"], actor["actingFor"]) == ("Customer", row["id"])
    assert actor["caller"].startswith("token:")
    # Nothing of the person is in what stays when the person is erased.
    assert not {"C-7", "s-7", "seven@canary.example"} & set(map(str, actor.values()))


async def test_a_number_that_the_issuer_writes_as_a_number(
    service: Running, database: Database
) -> None:
    answer = await ask(service, own(9), RESERVE, code="SUMMER-FIRST", idempotencyKey="k-1")
    assert answer == {"data": {"reserveCode": DONE}}
    (row,) = await database.read("SELECT holder FROM reservation")
    assert row["holder"] == "9"


@pytest.mark.parametrize("query", [REDEEM, RESERVE, VALIDATE])
@pytest.mark.parametrize("given", [{"customerNumber": "C-8"}, {"holder": "C-8"}])
async def test_another_customer_is_forbidden(
    service: Running, database: Database, query: str, given: dict[str, str]
) -> None:
    key = {} if query == VALIDATE else {"idempotencyKey": "k-1"}
    answer = await ask(service, own(), query, code="SUMMER-FIRST", **key, **given)
    assert code_of(answer) == "FORBIDDEN"
    for table in ("redemption", "reservation", "attempt"):
        assert await database.read(f"SELECT id FROM {table}") == []


async def test_what_is_the_shops_is_forbidden(service: Running) -> None:
    assert code_of(await ask(service, own(), CASHBACK, id="x")) == "FORBIDDEN"


async def test_it_grants_at_most_redeeming(service: Running) -> None:
    """Whatever the issuer says: `ADMIN` makes a customer no administrator."""
    told = claims(customer_number="C-7", scope="ADMIN codes:read customers:read")
    answer = await ask(service, f"Bearer {signed(told)}", "{ campaigns { totalCount } }")
    assert code_of(answer) == "FORBIDDEN"
    answer = await ask(service, f"Bearer {signed(told)}", VALIDATE, code="SUMMER-FIRST")
    assert answer == {"data": {"validateCode": {"validity": {"redeemable": True}}}}
    nothing = claims(customer_number="C-7", scope="openid profile")
    answer = await ask(service, f"Bearer {signed(nothing)}", VALIDATE, code="SUMMER-FIRST")
    assert code_of(answer) == "FORBIDDEN"


@pytest.mark.parametrize("number", ["C-404", "", " ", "c-7", True, 1.5, ["C-7"], "C-7\x00", None])
async def test_a_customer_who_is_not_known_is_not_let_in(service: Running, number: object) -> None:
    """Nor one who has no number yet, and would else be taken for the shop's server."""
    response = await service.http.post(
        "/graphql", json={"query": "{x}"}, headers={"authorization": own(number)}
    )
    assert error(response) == (401, "UNAUTHENTICATED", tokens.NO_CUSTOMER)


async def test_an_erased_customer_is_not_let_in(service: Running, database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE customer SET email = NULL, erased_at = updated_at WHERE number = 'C-7'"
        )
    response = await service.http.post(
        "/graphql", json={"query": "{x}"}, headers={"authorization": own()}
    )
    assert error(response) == (401, "UNAUTHENTICATED", tokens.NO_CUSTOMER)
