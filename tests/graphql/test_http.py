"""GraphQL over HTTP, sentence by sentence."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.edge import RequestLog
from graphql_schema.execution import Engine
from graphql_schema.streams import Streams
from graphql_schema.view import HttpView
from tests.graphql.bench import Doings, MakeContexts

NEW = "application/graphql-response+json"
OLD = "application/json"
NO_VALUE = (
    "Variable '$n' has invalid value: Expected a value of non-null type 'String!' to be provided."
)
NO_STREAM = (
    "Subscriptions are served to those who accept text/event-stream,"
    " and over WebSocket by graphql-transport-ws."
)
NO_JSON = "The message is not valid JSON in UTF-8 of whole characters and finite numbers"
NO_NUL = "A text may not contain the character NUL (U+0000)"

EXAMPLES = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Any text that a header can hold, and such that look like media types with odd parameters.
SCRAPS = st.sampled_from([OLD, NEW, "*/*", "''", "a", "0.5", "utf-8", *';,="\\*% '])
PARAMETERS = st.builds(
    "; {}{}={}".format,
    st.sampled_from(["q", "charset", "x", ""]),
    st.sampled_from(["", "*", "*0", "*0*", "*1*", "*" + "9" * 5_000]),
    st.lists(SCRAPS, max_size=4).map("".join),
)
HEADERS = (
    st.text(st.characters(codec="latin-1"), max_size=40)
    | st.lists(SCRAPS | PARAMETERS, max_size=8).map("".join)
    | st.lists(PARAMETERS, max_size=4).map(lambda found: OLD + "".join(found))
).map(lambda text: text.encode("latin-1"))


async def post(http: httpx.AsyncClient, body: Any, accept: str | None = NEW) -> httpx.Response:  # noqa: ANN401 - any JSON
    headers = {"accept": accept} if accept is not None else {}
    return await http.post("/graphql", json=body, headers=headers)


def error(response: httpx.Response) -> tuple[str, str]:
    """Code and message of the one error, which carries the id of its request."""
    (found,) = response.json()["errors"]
    assert found["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "data" not in response.json()
    return found["extensions"]["code"], found["message"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, OLD),
        ("", OLD),
        ("*/*", OLD),
        ("application/*", OLD),
        (OLD, OLD),
        (NEW, NEW),
        (f"{NEW}, {OLD};q=0.9", NEW),
        (f"{NEW};q=0.8, {OLD};q=0.9", OLD),
        (f"{OLD}, {NEW}", OLD),
        (f"{NEW}, {OLD}, text/event-stream", NEW),
        (f"{NEW}, */*", NEW),
        (f"{OLD};q=0, */*", NEW),
        (f"text/html, {NEW.upper()}; charset=UTF-8", NEW),
        (f"{NEW}; charset=latin-1, {OLD}", OLD),
        (f"{NEW};q=nonsense, {OLD}", OLD),
        (f"{NEW};q=nan, {OLD};q=0.1", OLD),
        (f"{NEW}; q*=x'y'0.5", NEW),
        (f"{NEW}; q*0*=x'y'0.5; charset*=''u", NEW),
        (f'{NEW}; note="a,b;q=0\\""; q=1, {OLD};q=0.9', NEW),
        (f"{NEW}; ; q=1 ;, {OLD};q=0.9", NEW),
        (f"{NEW} q=1, {OLD};q=0.9", OLD),
    ],
)
async def test_accept_decides_the_media_type(
    http: httpx.AsyncClient, accept: str | None, media_type: str
) -> None:
    del http.headers["accept"]
    response = await post(http, {"query": "{ hello }"}, accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json() == {"data": {"hello": "Hello you"}}


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        f"{OLD};q=0",
        f"{OLD};q=2",
        "image/*, text/plain",
        ",",
        f'"{OLD}"',
        f'{OLD};"',
        ";",
    ],
)
async def test_nothing_acceptable(http: httpx.AsyncClient, accept: str) -> None:
    response = await post(http, {"query": "{ hello }"}, accept)
    assert response.status_code == 406
    assert response.headers["content-type"] == f"{OLD}; charset=utf-8"
    assert error(response) == (
        "BAD_USER_INPUT",
        f"Answers are {NEW}, {OLD} or text/event-stream; Accept names none.",
    )


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", f"{NO_JSON}."),
        (b'{"query": "{ hello', f"{NO_JSON}, at line 1, column 19."),
        (b'{"query": "\xff"}', f"{NO_JSON}."),
        (b'{"query":\n NaN}', f"{NO_JSON}, at line 2, column 2."),
        (b'{"query": "\\ud800"}', f"{NO_JSON}, at line 1, column 12."),
        (b'{"variables": {"n": 1e999}}', f"{NO_JSON}, at line 1, column 21."),
        (b"[" * 100_000, f"{NO_JSON}, at line 1, column 1026."),
        (b"null", "The request must be a JSON object with the entry `query`."),
        (b"1", "The request must be a JSON object with the entry `query`."),
        (b'"{ hello }"', "The request must be a JSON object with the entry `query`."),
        (b"[]", "Batches are not supported: send each operation as a request of its own."),
        (b'[{"query": "{ hello }"}]',
         "Batches are not supported: send each operation as a request of its own."),
        (b"{}", "The entry `query` must be the text of a GraphQL document."),
        (b'{"query": ""}', "The entry `query` must be the text of a GraphQL document."),
        (b'{"query": null}', "The entry `query` must be the text of a GraphQL document."),
        (b'{"query": ["{ hello }"]}', "The entry `query` must be the text of a GraphQL document."),
        (b'{"query": "{ hello }", "operationName": 1}',
         "The entry `operationName` must be a string."),
        (b'{"query": "{ hello }", "variables": [7]}',
         "The entry `variables` must be a JSON object."),
        (b'{"query": "{ hello }", "extensions": "x"}',
         "The entry `extensions` must be a JSON object."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", [NEW, OLD])
async def test_what_is_no_request_is_a_400(
    http: httpx.AsyncClient, body: bytes, sentence: str, accept: str
) -> None:
    headers = {"content-type": "application/json", "accept": accept}
    response = await http.post("/graphql", content=body, headers=headers)
    assert response.status_code == 400
    assert error(response) == ("BAD_USER_INPUT", sentence)


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": "{ hello }"},
        {"query": "{ hello }", "operationName": None, "variables": None, "extensions": None},
        {"query": "{ hello }", "operationName": "", "variables": {}, "extensions": {}},
        {"query": "{ hello }", "variables": {"unused": 1}, "unknown": 7},
        {"query": "query A { hello } query B { nothing }", "operationName": "A"},
        {"query": "query ($n: String!) { hello(name: $n) }", "variables": {"n": "you"}},
    ],
)
async def test_well_formed_requests(http: httpx.AsyncClient, parameters: dict[str, Any]) -> None:
    response = await post(http, parameters)
    assert response.json() == {"data": {"hello": "Hello you"}}


@pytest.mark.parametrize(
    ("query", "variables", "code", "message"),
    [
        ("{", None, "BAD_USER_INPUT", "Syntax Error: Expected Name, found <EOF>."),
        ("{}", None, "BAD_USER_INPUT", "Syntax Error: Expected Name, found '}'."),
        ("{ gone }", None, "BAD_USER_INPUT", "Cannot query field 'gone' on type 'Query'."),
        ("{ helo }", None, "BAD_USER_INPUT",
         "Cannot query field 'helo' on type 'Query'. Did you mean 'hello'?"),
        ("query A { hello } query B { hello }", None, "BAD_USER_INPUT",
         "Say with operationName which operation of the document to run."),
        ("query ($n: String!) { hello(name: $n) }", None, "BAD_USER_INPUT",
         NO_VALUE),
        ("subscription { count(to: 1) { number } }", None, "BAD_USER_INPUT",
         NO_STREAM),
        ('{ hello(name: "\\u0000") }', None, "BAD_USER_INPUT", f"{NO_NUL}: see line 1, column 15."),
        ("query ($n: String!) { hello(name: $n) }", {"n": "a\0"}, "BAD_USER_INPUT",
         f"{NO_NUL}: see $n."),
        ("{ hello }", {"n": [{"a": ["b", "c\0"]}]}, "BAD_USER_INPUT", f"{NO_NUL}: see $n[0].a[1]."),
        ("{ hello }", {"n": {"a": [1, {"b\0": 1}]}}, "BAD_USER_INPUT", f"{NO_NUL}: see $n.a[1]."),
        ("{ hello }", {"n\0": 1}, "BAD_USER_INPUT", f"{NO_NUL}: see the names of the variables."),
        ("{ hello " + "a: hello " * 21 + "}", None, "QUERY_TOO_COMPLEX",
         "A document may have at most 20 aliases; split it."),
    ],
)  # fmt: skip
async def test_request_errors(
    http: httpx.AsyncClient,
    query: str,
    variables: dict[str, Any] | None,
    code: str,
    message: str,
) -> None:
    """The new media type tells them by status too; plain JSON says 200, as old clients expect."""
    body = {"query": query, "variables": variables}
    for accept, status in ((NEW, 400), (OLD, 200)):
        response = await post(http, body, accept)
        assert response.status_code == status
        assert error(response) == (code, message)


async def test_an_escaped_backslash_before_u0000_is_no_nul(http: httpx.AsyncClient) -> None:
    query = "query ($n: String!) { hello(name: $n) }"
    response = await post(http, {"query": query, "variables": {"n": "\\u0000"}})
    assert response.json() == {"data": {"hello": "Hello \\u0000"}}


async def test_an_unknown_operation_is_named(http: httpx.AsyncClient) -> None:
    for name in ("B", "x" * 1000):
        response = await post(http, {"query": "query A { hello }", "operationName": name})
        assert response.status_code == 400
        sentence = f"The document has no operation named {name[:100]!r}."
        assert error(response) == ("BAD_USER_INPUT", sentence)


async def test_variables_have_a_depth(http: httpx.AsyncClient) -> None:
    value: object = 1
    for _ in range(32):
        value = {"a": [value]}
    response = await post(http, {"query": "{ hello }", "variables": {"v": value}})
    assert error(response) == ("BAD_USER_INPUT", "Variables may be nested at most 32 deep.")


async def test_variables_have_an_end(http: httpx.AsyncClient) -> None:
    async def send(value: object) -> httpx.Response:
        return await post(http, {"query": "{ hello }", "variables": {"v": value}})

    assert (await send([{}] * 4_998)).status_code == 200
    sentence = "Variables may hold at most 5,000 objects and lists; split the request."
    many: list[object] = [{}]
    for value in (many * 4_999, [many * 99] * 50):
        assert error(await send(value)) == ("QUERY_TOO_COMPLEX", sentence)


async def test_errors_point_at_the_document_and_the_answer(http: httpx.AsyncClient) -> None:
    response = await post(http, {"query": '{ hello\n other: fail(how: "api") }'})
    assert response.status_code == 200
    assert response.json() == {
        "data": {"hello": "Hello you", "other": None},
        "errors": [
            {
                "message": "Say it differently.",
                "locations": [{"line": 2, "column": 2}],
                "path": ["other"],
                "extensions": {
                    "code": "BAD_USER_INPUT",
                    "requestId": response.headers["x-request-id"],
                },
            }
        ],
    }


async def test_cost_is_told_on_request(http: httpx.AsyncClient) -> None:
    response = await post(http, {"query": "mutation { write }", "extensions": {"cost": True}})
    assert response.json() == {
        "data": {"write": 1},
        "extensions": {"cost": {"requested": 10, "limit": 10_000}},
    }
    assert "extensions" not in (await post(http, {"query": "{ hello }"})).json()


async def test_answers_are_nobodys_to_keep(http: httpx.AsyncClient) -> None:
    response = await post(http, {"query": "{ hello }"})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept"


async def test_each_operation_has_a_context_of_its_own(
    http: httpx.AsyncClient, doings: Doings
) -> None:
    for name in ("first", "second"):
        response = await http.post(
            "/graphql", json={"query": "{ a: hello b: hello }"}, headers={"x-request-id": name}
        )
        assert response.headers["x-request-id"] == name
    one, same, other, _ = doings.contexts
    assert one is same
    assert (one.request_id, other.request_id) == ("first", "second")
    assert one.caller.request_id == "first"
    assert one.now < other.now


class TestHeaders:
    """Whatever they hold, it is answered, and never as our own mistake."""

    @EXAMPLES
    @given(HEADERS)
    async def test_accept(self, engine: Engine, contexts: MakeContexts, value: bytes) -> None:
        assert await self.status(engine, contexts, (b"accept", value)) in {200, 406}

    @EXAMPLES
    @given(HEADERS)
    async def test_content_type(self, engine: Engine, contexts: MakeContexts, value: bytes) -> None:
        assert await self.status(engine, contexts, (b"content-type", value)) in {200, 415}

    async def status(
        self, engine: Engine, contexts: MakeContexts, header: tuple[bytes, bytes]
    ) -> int:
        transport = httpx.ASGITransport(RequestLog(HttpView(engine, contexts, Streams(100))))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            usual = {b"content-type": OLD.encode(), b"accept": NEW.encode()}
            headers = list({**usual, **dict([header])}.items())
            body = b'{"query": "{ hello }"}'
            response = await client.post("/graphql", content=body, headers=headers)
        return response.status_code
