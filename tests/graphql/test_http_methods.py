"""GraphQL over HTTP: what GET and POST carry, and how much of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from app.edge import RequestLog
from graphql_schema import view
from graphql_schema.execution import Engine
from graphql_schema.streams import Streams
from graphql_schema.view import HttpView
from tests.graphql.bench import Doings, MakeContexts

NEW = "application/graphql-response+json"
OLD = "application/json"
NO_JSON = "The message is not valid JSON in UTF-8 of whole characters and finite numbers"
NO_VALUE = (
    "Variable '$n' has invalid value: Expected a value of non-null type 'String!' to be provided."
)


async def post(http: httpx.AsyncClient, body: Any, accept: str | None = NEW) -> httpx.Response:  # noqa: ANN401 - any JSON
    headers = {"accept": accept} if accept is not None else {}
    return await http.post("/graphql", json=body, headers=headers)


def error(response: httpx.Response) -> tuple[str, str]:
    """Code and message of the one error, which carries the id of its request."""
    (found,) = response.json()["errors"]
    assert found["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "data" not in response.json()
    return found["extensions"]["code"], found["message"]


class TestGet:
    async def test_a_query(self, http: httpx.AsyncClient) -> None:
        parameters = {
            "query": "query A($n: String!) { hello(name: $n) } query B { nothing }",
            "variables": '{"n": "Zoë"}',
            "operationName": "A",
            "extensions": "",
        }
        response = await http.get("/graphql", params=parameters)
        assert response.json() == {"data": {"hello": "Hello Zoë"}}

    async def test_no_mutation(self, http: httpx.AsyncClient, doings: Doings) -> None:
        for accept in (OLD, NEW):
            response = await http.get(
                "/graphql", params={"query": "mutation { write }"}, headers={"accept": accept}
            )
            assert response.status_code == 405
            assert response.headers["allow"] == "POST"
            assert error(response) == ("BAD_USER_INPUT", "Mutations are served by POST only.")
        assert doings.writes == 0

    @pytest.mark.parametrize(
        ("query_string", "sentence"),
        [
            ("", "The entry `query` must be the text of a GraphQL document."),
            ("query=%ff", "The query string is not URL-encoded UTF-8."),
            ("query=a&query=b", "Give each parameter once."),
            ("query={hello}&variables=[1]", "The entry `variables` must be a JSON object."),
            ("query={hello}&variables={", f"{NO_JSON}, at line 1, column 2."),
            ("&".join(f"p{i}=1" for i in range(51)), "A query string has at most 50 parameters."),
            (
                "&".join(f"p{i}=1" for i in range(50)),
                "The entry `query` must be the text of a GraphQL document.",
            ),
        ],
    )
    async def test_malformed(
        self, http: httpx.AsyncClient, query_string: str, sentence: str
    ) -> None:
        response = await http.get(f"/graphql?{query_string}")
        assert response.status_code == 400
        assert error(response) == ("BAD_USER_INPUT", sentence)


class TestPost:
    async def test_mutation(self, http: httpx.AsyncClient, doings: Doings) -> None:
        response = await post(http, {"query": "mutation { a: write b: write }"})
        assert response.json() == {"data": {"a": 1, "b": 2}}
        assert doings.writes == 2

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
    async def test_other_methods(self, http: httpx.AsyncClient, method: str) -> None:
        response = await http.request(method, "/graphql")
        assert response.status_code == 405
        assert response.headers["allow"] == "GET, POST"

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"content-type": ""},
            {"content-type": "text/plain"},
            {"content-type": "application/x-www-form-urlencoded"},
            {"content-type": "multipart/form-data; boundary=x"},
            {"content-type": "application/graphql"},
            {"content-type": "application/json; charset=latin-1"},
            {"content-type": 'application/json; charset="utf-8'},
            {"content-type": "application/json, application/json"},
            {"content-type": "application/json", "content-encoding": "gzip"},
        ],
    )
    async def test_other_content(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        response = await http.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)
        assert response.status_code == 415
        assert response.headers["accept-post"] == "application/json"

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "Application/JSON; charset=UTF-8",
            'application/json; charset="utf8"',
            'application/json; charset="\\utf-8"',
            "application/json; x*=a''b",
            "application/json;charset*0*=utf-8''u;",
        ],
    )
    async def test_json_in_utf8(self, http: httpx.AsyncClient, content_type: str) -> None:
        body = '{"query": "{ hello(name: \\"🏊\\") }"}'.encode()
        response = await http.post("/graphql", content=body, headers={"content-type": content_type})
        assert response.json() == {"data": {"hello": "Hello 🏊"}}


class TestBodies:
    """At most `max_body_bytes`, however they are announced."""

    @pytest.fixture
    def limit(self, engine: Engine) -> int:
        engine.settings = engine.settings.model_copy(update={"max_body_bytes": 100})
        return 100

    async def test_declared(self, http: httpx.AsyncClient, limit: int) -> None:
        body = orjson.dumps({"query": "{ hello }"})
        assert len(body) < limit
        headers = {"content-type": OLD}
        response = await http.post("/graphql", content=body.ljust(limit), headers=headers)
        assert response.status_code == 200
        response = await http.post("/graphql", content=body.ljust(limit + 1), headers=headers)
        assert response.status_code == 413
        assert response.headers["connection"] == "close"
        assert error(response) == ("BAD_USER_INPUT", "The body may have at most 100 bytes.")

    async def test_chunked_is_read_no_further_than_the_limit(
        self, http: httpx.AsyncClient, limit: int
    ) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 10
                yield b" " * 10

        headers = {"content-type": OLD}
        response = await http.post("/graphql", content=endless(), headers=headers)
        assert response.status_code == 413
        assert sent == limit + 10

    async def test_a_wrong_declaration_is_not_believed(
        self, http: httpx.AsyncClient, limit: int
    ) -> None:
        headers = {"content-type": OLD, "content-length": "7"}
        body = b" " * (limit + 1)
        response = await http.post("/graphql", content=body, headers=headers)
        assert response.status_code == 413
        headers["content-length"] = "-1"
        response = await http.post("/graphql", content=body, headers=headers)
        assert response.status_code == 413

    async def test_one_that_never_ends_is_given_up(
        self, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(view, "BODY_SECONDS", 0.01)
        never = asyncio.Event()

        async def stalled() -> AsyncIterator[bytes]:
            yield b"{"
            await never.wait()

        response = await http.post("/graphql", content=stalled(), headers={"content-type": OLD})
        assert response.status_code == 408
        assert error(response) == ("BAD_USER_INPUT", "The body did not arrive in time.")


async def test_a_caller_who_leaves_while_sending_is_let_go(
    engine: Engine, contexts: MakeContexts
) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "headers": [(b"content-type", b"application/json")],
    }
    sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        sent.append(message)

    await RequestLog(HttpView(engine, contexts, Streams(100)))(scope, receive, send)
    assert sent == []
