"""What callers read of failures, and what the log says of them."""

import logging
from typing import Any

import httpx
import pytest
import structlog
from graphql import GraphQLError
from structlog.testing import capture_logs

from graphql_schema.errors import INTERNAL_MESSAGE, UNAVAILABLE_MESSAGE, present
from tests.graphql.bench import PRIVATE, Doings

NEW = {"accept": "application/graphql-response+json"}


async def failure(http: httpx.AsyncClient, query: str) -> tuple[int, dict[str, Any]]:
    response = await http.post("/graphql", json={"query": query}, headers=NEW)
    assert PRIVATE not in response.text
    (error,) = response.json()["errors"]
    assert error["extensions"].pop("requestId") == response.headers["x-request-id"]
    return response.status_code, error


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("api", "BAD_USER_INPUT", "Say it differently."),
        ("argument", "BAD_USER_INPUT", "This cursor is not one of this list."),
        ("scope", "FORBIDDEN", "Code.text needs the scope codes:reveal."),
        ("unavailable", "UNAVAILABLE", UNAVAILABLE_MESSAGE),
        ("conflict", "UNAVAILABLE", UNAVAILABLE_MESSAGE),
        ("bug", "INTERNAL", INTERNAL_MESSAGE),
    ],
)
async def test_a_failing_field(http: httpx.AsyncClient, how: str, code: str, message: str) -> None:
    status, error = await failure(http, f'{{ fail(how: "{how}") }}')
    assert status == 200
    assert (error["extensions"], error["message"]) == ({"code": code}, message)
    assert error["path"] == ["fail"]


async def test_an_answer_that_its_type_does_not_allow_is_our_mistake(
    http: httpx.AsyncClient,
) -> None:
    for query in ("{ nothing }", "{ number(value: 2000000000) }"):
        _, error = await failure(http, query)
        assert (error["extensions"], error["message"]) == ({"code": "INTERNAL"}, INTERNAL_MESSAGE)


async def test_an_argument_that_a_variable_leaves_empty_is_the_callers(
    http: httpx.AsyncClient,
) -> None:
    query = "query ($v: Int) { number(value: $v) }"
    status, error = await failure(http, query)
    assert status == 400
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_messages_and_errors_are_bounded(http: httpx.AsyncClient) -> None:
    numbers = " ".join(str(number) for number in range(1_000))
    _, error = await failure(http, f"{{ hello(name: [{numbers}]) }}")
    assert error["message"].startswith("String cannot represent a non string value: [")
    assert len(error["message"]) == 500
    aliases = " ".join(f"a{number}: fail" for number in range(20))
    query = f"{{ {aliases} fail b: __typename }}".replace("b: ", "")
    response = await http.post("/graphql", json={"query": query})
    assert len(response.json()["errors"]) == 20


async def test_an_answer_that_cannot_be_encoded(http: httpx.AsyncClient, doings: Doings) -> None:
    """The last thing that can go wrong is still answered in JSON."""
    assert doings.writes == 0
    for accept in ("application/json", NEW["accept"]):
        response = await http.post(
            "/graphql", json={"query": "{ deep(levels: 300) }"}, headers={"accept": accept}
        )
        assert response.status_code == 500
        (error,) = response.json()["errors"]
        assert error["message"] == INTERNAL_MESSAGE


def test_an_error_of_no_place() -> None:
    (found,) = present([GraphQLError("Nothing is well.")], "7")
    extensions = {"code": "BAD_USER_INPUT", "requestId": "7"}
    assert found == {"message": "Nothing is well.", "extensions": extensions}


class TestLog:
    async def test_our_failures_are_logged_once_without_their_values(
        self, http: httpx.AsyncClient
    ) -> None:
        aliases = " ".join(f"a{number}: fail" for number in range(15))
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            response = await http.post("/graphql", json={"query": f"{{ {aliases} }}"})
        (found,) = [entry for entry in logs if entry["event"] == "request_failed"]
        assert found["error"] == ["RuntimeError", "ValueError"]
        assert found["places"][-1].startswith("bench.py:")
        assert (found["path"], found["failures"]) == ("a0", 15)
        assert found["request_id"] == response.headers["x-request-id"]
        assert found["log_level"] == "error"
        assert PRIVATE not in str(logs)

    async def test_the_callers_mistakes_are_not(self, http: httpx.AsyncClient) -> None:
        with capture_logs() as logs:
            for query in ("{", "{ gone }", '{ fail(how: "api") }', '{ fail(how: "scope") }'):
                await http.post("/graphql", json={"query": query})
        assert {entry["event"] for entry in logs} == {"request"}

    async def test_at_most_2_kb_for_a_request(
        self, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whatever it sends: a long path, an id, a document, failures by the dozen."""
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.WARNING, "httpx")  # the client's own
        aliases = " ".join(f"a{number}: fail" for number in range(20))
        headers = {"x-request-id": "x" * 5_000, "user-agent": "y" * 5_000}
        body = {"query": f"{{ {aliases} }} # {'z' * 20_000}"}
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            await http.post(f"/graphql?{'p' * 5_000}", json=body, headers=headers)
        assert 0 < len(str(logs)) + len(caplog.text) < 2_048
