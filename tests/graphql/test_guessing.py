"""Codes that are asked for by their texts: each field is a guess, and too many are refused."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from app import main
from app.config import Settings
from app.database import Database
from app.services import guessing
from graphql_schema import planner
from tests.graphql.service import Running, running
from tests.graphql.test_mutations_of_uses import ISSUE, REDEEM, RESERVE
from tests.graphql.writing import USER_ERRORS, WITHDRAW_CODES, create, payload
from tests.guessing import MOST, limited
from tests.making import NOW, count_rows, make_source

NEW = {"accept": "application/graphql-response+json"}
LOOK = "query ($code: String!) { code(code: $code) { code } }"
LIST = """query ($code: String!) {
  codes(where: { code: $code }) { nodes { code } }
}"""
COUNT = "query ($code: String!) { codes(where: { code: $code }) { totalCount } }"
OF_CAMPAIGN = """query ($code: String!) {
  campaigns { nodes { codes(where: { code: $code }) { edges { node { code } } } } }
}"""
OF_ONE = """query ($code: String!, $key: String!) {
  campaign(key: $key) { codes(where: { code: $code }) { nodes { code } } }
}"""
VALIDATE = f"""query ($code: String!) {{
  validateCode(input: {{ code: $code }}) {{ {USER_ERRORS} }}
}}"""
UPDATE = f"""mutation ($input: UpdateCampaignInput!, $code: String!) {{
  updateCampaign(input: $input) {{
    campaign {{ name codes(where: {{ code: $code }}) {{ nodes {{ code }} }} }} {USER_ERRORS}
  }}
}}"""
SENTENCE = (
    "Too many codes were asked for that cannot be used or do not exist; ask again in 600 seconds."
)


@pytest.fixture
async def service(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """The service at a moment that stays, with ten guesses for each key."""
    monkeypatch.setattr(main, "_now", lambda: NOW)
    configured = settings.model_copy(update={"secret": SecretStr("a secret of tests")})
    async with running(limited(configured)) as found:
        yield found


@pytest.fixture
async def made(database: Database) -> Database:
    await make_source(database, "KNOWN-1", key="FIRST")
    await make_source(database, "KNOWN-2", "Other", key="SECOND")
    return database


async def left(service: Running) -> int:
    """How many guesses are left: they are made."""
    for number in range(MOST + 1):
        if "errors" in await service.ask(LOOK, code=f"LEFT{number}"):
            return number
    raise AssertionError("guesses without end")


async def spend(service: Running, count: int = MOST) -> None:
    for number in range(count):
        assert await service.ask(LOOK, code=f"SPENT{number}") == {"data": {"code": None}}


def aliases(name: str, times: int = 20) -> str:
    fields = (
        f'{name}{number}: code(code: "NO{name}{number}") {{ code }}' for number in range(times)
    )
    return f"{{ {' '.join(fields)} }}"


async def test_aliases_are_counted_one_by_one(service: Running) -> None:
    answer = await service.ask(aliases("a"))
    assert answer["data"] == {f"a{number}": None for number in range(20)}
    refused = [error["path"] for error in answer["errors"]]
    assert refused == [[f"a{number}"] for number in range(MOST, 20)]
    for error in answer["errors"]:
        assert error["message"] == SENTENCE
        assert error["extensions"].pop("requestId")
        assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfter": 600}


@pytest.mark.usefixtures("made")
async def test_what_is_found_costs_nothing(service: Running) -> None:
    for document in (LOOK, LIST, COUNT, OF_CAMPAIGN, VALIDATE):
        for _ in range(3):
            await service.data(document, code="known-1")
    assert await left(service) == MOST


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("document", [LOOK, LIST, COUNT, OF_CAMPAIGN, VALIDATE])
async def test_every_way_to_ask_for_a_text_is_one_guess(service: Running, document: str) -> None:
    await service.data(document, code="NOSUCH")
    assert await left(service) == MOST - 1


@pytest.mark.usefixtures("made")
async def test_what_is_not_looked_up_is_none(service: Running) -> None:
    # There is no such campaign, so that nothing is said of the code.
    await service.data(OF_ONE, code="NOSUCH", key="THIRD")
    await service.data('{ codes(where: { code: "NOSUCH" }) { __typename } }')
    # What can be no code is none for everybody.
    for document in (LOOK, LIST, VALIDATE):
        await service.data(document, code="¡no!")
    assert await left(service) == MOST


@pytest.mark.usefixtures("made")
async def test_a_code_that_is_elsewhere_is_not_told_of(service: Running) -> None:
    """In this campaign it is as unknown as any other."""
    await service.data(OF_ONE, code="KNOWN-2", key="FIRST")
    assert await left(service) == MOST - 1


@pytest.mark.usefixtures("made")
async def test_calls_guess_too(service: Running) -> None:
    asked: list[tuple[str, dict[str, object]]] = [
        (REDEEM, {}),
        (RESERVE, {"holder": "s-1"}),
        (ISSUE, {}),
    ]
    for number, (document, values) in enumerate(asked):
        key = {"idempotencyKey": f"k-{number}"}
        found = await payload(service, document, code="NOSUCH", **key, **values)
        assert [error["code"] for error in found["userErrors"]] == ["NOT_FOUND"]
    assert await left(service) == MOST - len(asked)


async def test_who_has_none_left_is_refused_every_way(service: Running, made: Database) -> None:
    await spend(service)
    before = await count_rows(made, "attempt"), await count_rows(made, "idempotency")
    for text in ("KNOWN-1", "NOSUCH"):
        for document in (LOOK, LIST, COUNT, OF_CAMPAIGN, VALIDATE):
            answer = await service.ask(document, code=text)
            assert refusals(answer) == [("RATE_LIMITED", SENTENCE, 600)], document
            assert not any((answer["data"] or {}).values())
        for document in (REDEEM, RESERVE, ISSUE):
            given = {"code": text, "idempotencyKey": f"k-{text}"}
            given |= {"holder": "s-1"} if document == RESERVE else {}
            answer = await service.ask(document, input=given)
            assert refusals(answer) == [("RATE_LIMITED", SENTENCE, 600)], document
            assert list(answer["data"].values()) == [None]
    assert (await count_rows(made, "attempt"), await count_rows(made, "idempotency")) == before
    # Everything that names no code by its text is answered as ever.
    assert (await service.data("{ codes { totalCount } }"))["codes"]["totalCount"] == 2


def refusals(answer: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [
        (error["extensions"]["code"], error["message"], error["extensions"]["retryAfter"])
        for error in answer["errors"]
    ]


async def test_nothing_is_asked_of_a_code_then(
    service: Running, made: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    read = Database.read

    async def noting(database: Database, sql: str, *values: object) -> object:
        statements.append(sql)
        return await read(database, sql, *values)

    assert await count_rows(made, "code") == 2
    await spend(service)
    monkeypatch.setattr(Database, "read", noting)
    for document in (LOOK, LIST, OF_CAMPAIGN, VALIDATE):
        await service.ask(document, code="KNOWN-1")
    assert not [sql for sql in statements if "normal_form" in sql]
    await service.ask("{ codes { nodes { code } } }")
    assert len([sql for sql in statements if "FROM code" in sql]) == 1


async def test_what_was_written_stays_written(service: Running, made: Database) -> None:
    campaign = await create(service, name="Autumn")
    await spend(service)
    given = {"id": campaign["id"], "name": "Winter"}
    answer = await service.ask(UPDATE, input=given, code="KNOWN-1")
    assert answer["data"] == {"updateCampaign": {"campaign": None, "userErrors": []}}
    assert [error["path"] for error in answer["errors"]] == [["updateCampaign", "campaign"]]
    assert refusals(answer) == [("RATE_LIMITED", SENTENCE, 600)]
    (row,) = await made.read("SELECT name FROM campaign ORDER BY id DESC LIMIT 1")
    assert row["name"] == "Winter"


async def test_a_job_that_withdraws_a_named_code_is_a_guess(
    service: Running, made: Database
) -> None:
    campaign = (await service.data('{ campaign(key: "FIRST") { id } }'))["campaign"]["id"]
    given = {"campaignId": campaign, "reason": "misprint"}
    await payload(service, WITHDRAW_CODES, **given, where={"code": "NOSUCH"})
    await payload(service, WITHDRAW_CODES, **given, where={"issueReference": {"eq": "B-1"}})
    assert await left(service) == MOST - 1
    jobs = await count_rows(made, "job")
    answer = await service.ask(WITHDRAW_CODES, input={**given, "where": {"code": "KNOWN-1"}})
    assert refusals(answer) == [("RATE_LIMITED", SENTENCE, 600)]
    assert await count_rows(made, "job") == jobs


class TestOverHttp:
    async def post(self, service: Running, query: str, accept: str) -> tuple[int, str | None, Any]:
        response = await service.http.post(
            "/graphql", json={"query": query}, headers={"accept": accept}
        )
        return response.status_code, response.headers.get("retry-after"), response

    @pytest.mark.usefixtures("made")
    async def test_when_nothing_else_is_told_the_status_says_so(self, service: Running) -> None:
        await spend(service)
        refused = aliases("b", 3)
        status, wait, response = await self.post(service, refused, NEW["accept"])
        assert (status, wait) == (429, "600")
        assert response.json()["data"] == {"b0": None, "b1": None, "b2": None}
        # A list cannot be null, so that nothing at all is.
        whole = '{ codes(where: { code: "NOSUCH" }) { totalCount } }'
        assert (await self.post(service, whole, NEW["accept"]))[:2] == (429, "600")
        # Older clients read no answer of another status.
        assert (await self.post(service, refused, "application/json"))[:2] == (200, "600")

    @pytest.mark.usefixtures("made")
    async def test_when_something_is_answered_it_is_a_200(self, service: Running) -> None:
        status, wait, _ = await self.post(service, aliases("a"), NEW["accept"])
        assert (status, wait) == (200, "600")
        mixed = '{ code(code: "NOSUCH") { code } campaigns { totalCount } }'
        assert (await self.post(service, mixed, NEW["accept"]))[:2] == (200, "600")
        other = '{ code(code: "NOSUCH") { code } campaigns(first: 0) { totalCount } }'
        assert (await self.post(service, other, NEW["accept"]))[:2] == (200, "600")
        calm = "{ campaigns { totalCount } }"
        assert (await self.post(service, calm, NEW["accept"]))[:2] == (200, None)

    async def test_a_stream_of_one_event_has_the_header(self, service: Running) -> None:
        await spend(service)
        refused = aliases("b", 1)
        status, wait, response = await self.post(service, refused, "text/event-stream")
        assert (status, wait) == (200, "600")
        event = response.text.split("data: ")[1].split("\n")[0]
        assert json.loads(event)["errors"][0]["extensions"]["retryAfter"] == 600


async def test_an_address_is_counted_apart_from_others(settings: Settings) -> None:
    configured = settings.model_copy(update={"secret": SecretStr("a secret of tests")})
    async with running(limited(configured, guesses_per_key=0, guesses_per_address=3)) as service:

        async def asked_from(host: str, number: int) -> bool:
            """Whether a guess from there is let pass."""
            transport = httpx.ASGITransport(service.app, client=(host, 50_000 + number))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                body = {"query": LOOK, "variables": {"code": f"NOSUCH{number}"}}
                return "errors" not in (await http.post("/graphql", json=body)).json()

        assert [await asked_from("127.0.0.2", number) for number in range(5)] == [True] * 3 + [
            False
        ] * 2
        assert await asked_from("127.0.0.3", 0)


async def test_a_socket_tells_it_in_the_error(service: Running) -> None:
    await spend(service)
    async with service.socket() as socket:
        await socket.start()
        socket.subscribe("1", aliases("b", 1))
        message = await socket.receive()
    assert refusals(message["payload"]) == [("RATE_LIMITED", SENTENCE, 600)]


async def test_no_log_has_the_text_of_a_code(service: Running) -> None:
    with capture_logs() as logs:
        await service.ask(aliases("CANARY"))
        await service.ask(VALIDATE, code="CANARY")
    assert {line["event"] for line in logs} >= {"request", "guesses.spent"}
    assert "CANARY" not in str(logs)


# What the counting is for: without it, the tests above fail.


async def test_counted_once_for_a_request_aliases_pass(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a request were a guess, however many fields it has."""
    counted: set[str | None] = set()
    entered = guessing.Guesses._purses_of  # noqa: SLF001 - broken on purpose

    def once(guesses: guessing.Guesses, caller: Any, now: Any) -> Any:  # noqa: ANN401 - whatever it takes
        if caller.request_id not in counted:
            counted.add(caller.request_id)
            yield from entered(guesses, caller, now)

    monkeypatch.setattr(guessing.Guesses, "_purses_of", once)
    assert "errors" not in await service.ask(aliases("a"))
    assert await left(service) == MOST - 1


@pytest.mark.usefixtures("made")
async def test_a_list_that_were_not_counted_would_tell_all(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if only `code(code:)` were a way to guess."""
    right = planner._bound  # noqa: SLF001 - broken on purpose

    def unguarded(info: Any, planned: Any, entities: Any) -> Any:  # noqa: ANN401 - whatever it takes
        found = right(info, planned, entities)
        for site in found or () if info.field_name != "code" else ():
            object.__setattr__(site, "guess", False)
        return found

    monkeypatch.setattr(planner, "_bound", unguarded)
    for number in range(2 * MOST):
        assert "errors" not in await service.ask(LIST, code=f"NOSUCH{number}")
    assert await left(service) == MOST
