"""What is let in, what every answer carries, and what becomes of what nobody handled."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from app.config import Settings
from app.edge import LoopbackOnly, RequestLog
from tests.graphql.socket_client import SocketClient


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Greets over HTTP, and over a socket once it is asked anything."""
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
    elif scope["type"] == "http":
        await PlainTextResponse("hello")(scope, receive, send)
    else:
        await send({"type": "websocket.accept"})
        await receive()
        await receive()
        await send({"type": "websocket.send", "text": "hello"})
        await send({"type": "websocket.close"})


async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError("SUMMER-7F3K")


async def fail_late(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": False})
    raise RuntimeError("SUMMER-7F3K")


def guarded(settings: Settings | None = None) -> RequestLog:
    return RequestLog(LoopbackOnly(hello, settings or Settings()))


async def get(app: ASGIApp, *pairs: tuple[str, str], **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8420"
    ) as client:
        return await client.get("/", headers=[*pairs, *headers.items()])


class TestRequestIds:
    @pytest.mark.parametrize("given", ["a", "7f3k-1:2.3_4", "x" * 64])
    async def test_a_plain_one_is_kept(self, given: str) -> None:
        response = await get(RequestLog(hello), **{"x-request-id": given})
        assert response.headers["x-request-id"] == given

    @pytest.mark.parametrize("given", ["", "x" * 65, "a b", "ü", "a\tb", '"', "a;b"])
    async def test_any_other_is_replaced(self, given: str) -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(RequestLog(hello)), base_url="http://127.0.0.1"
        ) as client:
            response = await client.get("/", headers=[(b"x-request-id", given.encode())])
        assert response.headers["x-request-id"] != given
        assert len(response.headers["x-request-id"]) == 32

    async def test_each_has_its_own(self) -> None:
        app = RequestLog(hello)
        assert len({(await get(app)).headers["x-request-id"] for _ in range(3)}) == 3


class TestAccessLog:
    async def test_a_request(self) -> None:
        with capture_logs() as logs:
            await get(RequestLog(hello))
        (line,) = logs
        assert line.pop("ms") >= 0
        assert line == {
            "event": "request",
            "log_level": "info",
            "method": "GET",
            "path": "/",
            "status": 200,
            "bytes": 5,
        }

    async def test_a_socket(self) -> None:
        with capture_logs() as logs:
            async with SocketClient(RequestLog(hello)) as client:
                await client.accepted()
                client.send_frame(text="?")
                assert (await client.event())["text"] == "hello"
                assert (await client.event())["type"] == "websocket.close"
        (line,) = logs
        assert (line["event"], line["status"], line["bytes"]) == ("socket", 1000, 5)


class TestFailures:
    async def test_what_nobody_handled_is_a_500_in_json(self) -> None:
        with capture_logs() as logs:
            response = await get(RequestLog(fail))
        assert response.status_code == 500
        (error,) = response.json()["errors"]
        assert error["extensions"] == {
            "code": "INTERNAL",
            "requestId": response.headers["x-request-id"],
        }
        assert [line["event"] for line in logs] == ["request_failed", "request"]
        assert "SUMMER" not in response.text

    async def test_after_the_answer_there_is_nothing_to_add(self) -> None:
        response = await get(RequestLog(fail_late))
        assert (response.status_code, response.text) == (200, "half")

    async def test_a_socket_just_ends(self) -> None:
        async with SocketClient(RequestLog(fail)) as client:
            await client.ended()
            assert client.unread() == 0


async def test_the_lifespan_is_none_of_its_business() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    await guarded()({"type": "lifespan"}, receive, send)
    assert sent == [{"type": "lifespan.startup.complete"}]


class TestHosts:
    @pytest.mark.parametrize(
        "base",
        [
            "http://127.0.0.1:8420",
            "http://127.0.0.1",
            "http://localhost:8420",
            "http://LOCALHOST",
            "http://[::1]:8420",
            "http://[::1]",
        ],
    )
    async def test_ours(self, base: str) -> None:
        host = base.removeprefix("http://")
        assert (await get(guarded(), host=host)).text == "hello"

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "127.0.0.1:", ""]
    )
    async def test_a_name_that_was_rebound_to_us(self, host: str) -> None:
        response = await get(guarded(), host=host)
        assert response.status_code == 403
        (error,) = response.json()["errors"]
        assert error["message"] == (
            "The Host header names none of the hosts in PROMOGRAPH_ALLOWED_HOSTS."
        )
        assert error["extensions"]["code"] == "FORBIDDEN"

    async def test_two_of_them(self) -> None:
        """Whoever stands before us may have looked at the other one."""
        for second in ("evil.example", "localhost"):
            response = await get(guarded(), ("host", "localhost"), ("host", second))
            assert response.status_code == 400
            (error,) = response.json()["errors"]
            assert error["message"] == "A request names its Host once."
            assert error["extensions"] == {
                "code": "BAD_USER_INPUT",
                "requestId": response.headers["x-request-id"],
            }

    async def test_a_socket_to_two_of_them_is_not_accepted(self) -> None:
        async with SocketClient(guarded()) as client:
            client.scope["headers"] = [(b"host", b"localhost"), (b"host", b"localhost")]
            message = await client.event()
            assert (message["type"], message["code"]) == ("websocket.close", 1008)

    async def test_more_of_them_by_setting(self) -> None:
        settings = Settings(allowed_hosts=["Shop.example"])
        assert (await get(guarded(settings), host="shop.example:1")).text == "hello"
        assert (await get(guarded(settings), host="localhost")).status_code == 403


class TestOrigins:
    async def test_our_own(self) -> None:
        response = await get(guarded(), host="localhost:8420", origin="http://localhost:8420")
        assert response.text == "hello"

    @pytest.mark.parametrize(
        "origin",
        ["http://evil.example", "http://localhost:3000", "null", "", "http://[", "localhost:8420"],
    )
    async def test_another_site(self, origin: str) -> None:
        response = await get(guarded(), host="localhost:8420", origin=origin)
        assert response.status_code == 403
        (error,) = response.json()["errors"]
        assert error["message"] == (
            "The Origin is another site; PROMOGRAPH_ALLOWED_ORIGINS names those that may ask."
        )

    async def test_allowed_by_setting(self) -> None:
        settings = Settings(allowed_origins=["http://localhost:3000/"])
        app = guarded(settings)
        assert (await get(app, host="localhost", origin="http://LOCALHOST:3000")).text == "hello"
        assert (await get(app, host="localhost", origin="http://localhost:3001")).status_code == 403

    async def test_a_socket_of_another_site_is_not_accepted(self) -> None:
        async with SocketClient(guarded()) as client:
            client.scope["headers"] = [(b"host", b"localhost"), (b"origin", b"http://evil.example")]
            message = await client.event()
            assert (message["type"], message["code"]) == ("websocket.close", 1008)


class TestAddresses:
    @pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
    async def test_loopback(self, address: str) -> None:
        assert await self.status(address) == 200

    @pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.1", "::", "2001:db8::1", "name"])
    async def test_anything_else(self, address: str) -> None:
        """However the server was started: the built-in caller may do everything."""
        assert await self.status(address) == 403

    async def test_a_unix_socket_has_no_address(self) -> None:
        assert await self.status("/run/promograph.sock", None) == 200

    async def status(self, address: str, port: int | None = 8420) -> int:
        found: list[int] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                found.append(message["status"])

        async def receive() -> Message:
            return {"type": "http.request"}

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [(b"host", b"localhost")],
            "server": (address, port),
        }
        await guarded()(scope, receive, send)
        return found[0]
