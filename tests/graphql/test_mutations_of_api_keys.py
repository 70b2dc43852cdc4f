"""API keys through the API: told once, listed without what makes them work, for admins alone."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.config import Settings
from app.database import Database
from app.domain.api_keys import find_prefix
from app.domain.callers import Scope
from app.domain.roles import SCOPES, Role
from app.reading.nouns import READABLES
from app.services import api_keys
from graphql_schema.ids import encode_id
from tests.graphql.asking import EVERYTHING, Asking, counted
from tests.graphql.service import Running
from tests.graphql.writing import LATER, USER_ERRORS, payload, refused
from tests.making import snapshot

SECRET = b"a secret of tests"
FACTS = """id name role scopes status expiresAt revokedAt lastUsedAt version metadata
  secrets { nodes { prefix expiresAt } }"""
CREATE = f"""mutation ($input: CreateApiKeyInput!) {{ createApiKey(input: $input) {{
  apiKey {{ {FACTS} }} secret {USER_ERRORS}
}} }}"""
ROTATE = f"""mutation ($input: RotateApiKeyInput!) {{ rotateApiKey(input: $input) {{
  apiKey {{ {FACTS} updatedAt }} secret {USER_ERRORS}
}} }}"""
REVOKE = f"""mutation ($input: RevokeApiKeyInput!) {{ revokeApiKey(input: $input) {{
  apiKey {{ {FACTS} updatedAt }} {USER_ERRORS}
}} }}"""
LIST = """query ($where: ApiKeyWhere, $orderBy: ApiKeyOrder) {
  apiKeys(where: $where, orderBy: $orderBy) { totalCount nodes { name status } }
}"""


async def make(service: Running, name: str = "Shop", **given: object) -> dict[str, Any]:
    given = given or {"role": "STOREFRONT"}
    found = await payload(service, CREATE, name=name, **given)
    assert found["userErrors"] == []
    return found


async def holder(settings: Settings, text: str) -> api_keys.Holder | None:
    """Whose key the text is now, to who has the service's secret."""
    database = await Database.open(settings)
    try:
        return await api_keys.find_holder(database, SECRET, text, datetime.now(UTC))
    finally:
        await database.close()


class TestCreate:
    async def test_tells_the_key_and_its_text(self, service: Running, settings: Settings) -> None:
        found = await make(service, " Shop ", role="STOREFRONT", metadata=None, expiresAt=None)
        text, key = found["secret"], found["apiKey"]
        assert key.pop("id")
        assert key == {
            "name": "Shop",
            "role": "STOREFRONT",
            "scopes": ["CODES_ISSUE", "CODES_REDEEM", "CUSTOMERS_WRITE"],
            "status": "ACTIVE",
            "expiresAt": None,
            "revokedAt": None,
            "lastUsedAt": None,
            "version": 1,
            "metadata": {},
            "secrets": {"nodes": [{"prefix": find_prefix(text), "expiresAt": None}]},
        }
        known = await holder(settings, text)
        assert known
        assert (known.name, known.scopes) == ("Shop", SCOPES[Role.STOREFRONT])

    @pytest.mark.parametrize("scope", [*Scope])
    async def test_any_scope_can_be_given(self, service: Running, scope: Scope) -> None:
        found = await make(service, scopes=[scope.name], role=None)
        assert (found["apiKey"]["role"], found["apiKey"]["scopes"]) == (None, [scope.name])

    async def test_an_end_and_metadata(self, service: Running) -> None:
        found = await make(service, role="ADMIN", expiresAt=LATER, metadata={"ticket": 7})
        key = found["apiKey"]
        assert (key["expiresAt"], key["metadata"]) == (LATER, {"ticket": 7})

    async def test_refusals_come_together(self, service: Running) -> None:
        await make(service)
        past = "2020-01-01T00:00:00Z"
        given = {"role": "ADMIN", "scopes": ["ADMIN"], "expiresAt": past}
        answer = await payload(service, CREATE, name="Shop", **given)
        problems = [(error["code"], error["field"]) for error in answer["userErrors"]]
        assert problems == [
            ("INVALID_VALUE", ["role"]),
            ("INVALID_VALUE", ["expiresAt"]),
            ("NAME_TAKEN", ["name"]),
        ]
        assert (answer["apiKey"], answer["secret"]) == (None, None)
        assert (await service.data(LIST))["apiKeys"]["totalCount"] == 1

    @pytest.mark.parametrize(
        "given", [{"role": "OWNER"}, {"scopes": ["codes:read"]}, {"scopes": [None]}, {"role": 1}]
    )
    async def test_unknown_words_are_bad_input(self, service: Running, given: object) -> None:
        assert isinstance(given, dict)
        answer = await service.ask(CREATE, input={"name": "Shop", **given})
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}
        assert (await service.data(LIST))["apiKeys"]["totalCount"] == 0


class TestRotate:
    async def test_tells_another_text_and_the_end_of_the_former(
        self, service: Running, settings: Settings
    ) -> None:
        made = await make(service)
        key_id = made["apiKey"]["id"]
        found = await payload(service, ROTATE, id=key_id, expectedVersion=1, overlapHours=2)
        key = found["apiKey"]
        assert (found["userErrors"], key["version"], key["id"]) == ([], 2, key_id)
        assert found["secret"] != made["secret"]
        end = datetime.fromisoformat(key["updatedAt"]) + timedelta(hours=2)
        new, old = key["secrets"]["nodes"]
        assert new == {"prefix": find_prefix(found["secret"]), "expiresAt": None}
        assert old["prefix"] == find_prefix(made["secret"])
        assert datetime.fromisoformat(old["expiresAt"]) == end
        known = [await holder(settings, one["secret"]) for one in (made, found)]
        assert [one and one.ends_at for one in known] == [end, None]
        assert len({one and one.caller_id for one in known}) == 1

    @pytest.mark.parametrize("given", [{}, {"overlapHours": None}])
    async def test_the_former_ends_a_day_later(
        self, service: Running, given: dict[str, None]
    ) -> None:
        made = await make(service)
        found = await payload(service, ROTATE, id=made["apiKey"]["id"], **given)
        _, old = found["apiKey"]["secrets"]["nodes"]
        lasts = datetime.fromisoformat(old["expiresAt"]) - datetime.fromisoformat(
            found["apiKey"]["updatedAt"]
        )
        assert lasts == timedelta(hours=24)

    async def test_or_at_once(self, service: Running, settings: Settings) -> None:
        made = await make(service)
        found = await payload(service, ROTATE, id=made["apiKey"]["id"], overlapHours=0)
        known = [await holder(settings, one["secret"]) for one in (made, found)]
        assert [one is not None for one in known] == [False, True]


class TestRevoke:
    async def test_ends_the_key(self, service: Running, settings: Settings) -> None:
        made = await make(service)
        found = await payload(service, REVOKE, id=made["apiKey"]["id"], expectedVersion=1)
        key = found["apiKey"]
        assert (key["status"], key["version"], found["userErrors"]) == ("REVOKED", 2, [])
        assert key["revokedAt"] == key["updatedAt"]
        assert await holder(settings, made["secret"]) is None
        for document in (ROTATE, REVOKE):
            answer = await payload(service, document, id=key["id"])
            problems = [(error["code"], error["field"]) for error in answer["userErrors"]]
            assert problems == [("NOT_EDITABLE", ["id"])]
        assert (await make(service))["apiKey"]["name"] == "Shop"

    async def test_an_id_of_nothing(self, service: Running) -> None:
        await make(service)
        wrong = ("", "x", encode_id("ApiKey", 99), encode_id("Campaign", 1))
        for document, key_id in [(one, two) for one in (ROTATE, REVOKE) for two in wrong]:
            answer = await payload(service, document, id=key_id)
            problems = [(error["code"], error["field"]) for error in answer["userErrors"]]
            assert problems == [("NOT_FOUND", ["id"])]
        listed = (await service.data(LIST))["apiKeys"]["nodes"]
        assert listed == [{"name": "Shop", "status": "ACTIVE"}]

    async def test_a_stale_version(self, service: Running) -> None:
        key_id = (await make(service))["apiKey"]["id"]
        problems = await refused(service, REVOKE, id=key_id, expectedVersion=2)
        assert problems == [("STALE_VERSION", ["expectedVersion"])]
        listed = (await service.data(LIST))["apiKeys"]["nodes"]
        assert listed == [{"name": "Shop", "status": "ACTIVE"}]


async def test_lists_narrow_and_order(service: Running) -> None:
    for name in ("Till", "App", "Shop"):
        await make(service, name)
    key_id = (await service.data("{ apiKeys(last: 1) { nodes { id name } } }"))["apiKeys"]["nodes"]
    assert key_id[0].pop("name") == "Till"
    await payload(service, REVOKE, **key_id[0])

    async def names(**variables: object) -> list[str]:
        nodes = (await service.data(LIST, **variables))["apiKeys"]["nodes"]
        return [node["name"] for node in nodes]

    assert await names() == ["Shop", "App", "Till"]
    assert await names(orderBy={"field": "NAME"}) == ["App", "Shop", "Till"]
    assert await names(where={"revoked": False}) == ["Shop", "App"]
    assert await names(where={"revoked": True}) == ["Till"]
    assert await names(where={"name": {"startsWith": "S"}}) == ["Shop"]


NOT_ADMIN = EVERYTHING - {Scope.ADMIN}
KEY = encode_id("ApiKey", 1)


class TestWithoutAdmin:
    @pytest.mark.parametrize(
        "field",
        [
            'createApiKey(input: {name: "Mine", role: ADMIN}) { secret }',
            f'rotateApiKey(input: {{id: "{KEY}"}}) {{ secret }}',
            f'revokeApiKey(input: {{id: "{KEY}"}}) {{ apiKey {{ id }} }}',
        ],
    )
    async def test_nothing_is_written(self, database: Database, field: str) -> None:
        before = await snapshot(database)
        result = await Asking(database, NOT_ADMIN)(f"mutation {{ {field} }}")
        name = field.partition("(")[0]
        assert result.data == {name: None}
        messages = [error.message for error in result.errors or ()]
        assert messages == [f"Mutation.{name} needs the scope admin."]
        assert await snapshot(database) == before

    @pytest.mark.parametrize(
        ("field", "place"),
        [
            ("found: apiKeys { totalCount }", "Query.apiKeys"),
            (f'found: node(id: "{KEY}") {{ id }}', "ApiKey"),
            (f'found: node(id: "{encode_id("ApiKeySecret", 1)}") {{ id }}', "ApiKeySecret"),
        ],
    )
    async def test_nothing_is_read(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, field: str, place: str
    ) -> None:
        asking = counted(database, monkeypatch)
        asking.scopes = NOT_ADMIN
        result = await asking(f"{{ {field} }}")
        assert (result.data, asking.statements) == ({"found": None}, [])
        messages = [error.message for error in result.errors or ()]
        assert messages == [f"{place} needs the scope admin."]


def test_no_field_tells_a_digest() -> None:
    shown = {name for noun in ("ApiKey", "ApiKeySecret") for name in READABLES[noun].fields}
    assert "digest" not in shown


class Heard(logging.Handler):
    """Everything that anybody logs, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """The whole log, at its most talkative."""
    root, handler = logging.getLogger(), Heard()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


async def test_no_log_tells_a_text(
    service: Running, heard: Heard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not even where libraries say everything, which they do not outside of this test."""
    made = await make(service)
    again = await payload(service, ROTATE, id=made["apiKey"]["id"])
    await payload(service, CREATE, name="Shop", role="ADMIN")
    await payload(service, REVOKE, id=made["apiKey"]["id"])
    captured = capfd.readouterr()
    written = "\n".join([*heard.lines, captured.out, captured.err])
    for text in (made["secret"], again["secret"]):
        assert text[:14].removeprefix("pgk_") in written
        assert text[15:] not in written
    assert "api_key.created" in written
