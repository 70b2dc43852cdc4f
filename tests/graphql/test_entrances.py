"""Nobody comes in without a key, by whichever entrance; and nobody stays without one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from app.config import Settings
from app.database import Database
from app.database.errors import Unavailable
from app.database.instants import from_json
from app.domain.credentials import (
    NONE_SHOWN,
    NOT_READABLE,
    OVER,
    SHOWN_TWICE,
    TOO_LONG,
    UNKNOWN,
)
from app.domain.import_files import FileFormat
from app.domain.roles import Role
from app.services.api_keys import Told
from app.services.callers import RECHECK_SECONDS
from app.services.failed_rows import FailedRows
from app.services.recognition import KEPT_SECONDS
from graphql_schema.ids import encode_id
from tests.graphql.clock import Clock
from tests.graphql.service import Running, running
from tests.graphql.socket_client import SocketClient
from tests.graphql.stream_client import EVENTS, StreamClient
from tests.graphql.test_subscriptions import JOBS, PROGRESS
from tests.keyholders import PROMISED_SECONDS, Hand, bearer, misspelt

SECRET = "a secret of tests"  # noqa: S105 - it guards nothing
OLD = "application/json"
NEW = "application/graphql-response+json"
SERIES = """mutation { createNumberSeries(input: {name: "Flyers", mask: "FLY-#"}) {
  numberSeries { name } userErrors { code }
} }"""
# The frame that waited for a slow client, and the end of its socket.
CLOSE_TOO = 2
NOTHING_SHOWN = 'Bearer realm="promograph"'
WRONG_SHOWN = 'Bearer realm="promograph", error="invalid_token"'


@pytest.fixture
async def service(
    settings: Settings,
    clock: Clock,  # noqa: ARG001 - it outlives what goes by it
) -> AsyncIterator[Running]:
    """The service as others may reach it: who shows no key is let in nowhere."""
    update = {"secret": SecretStr(SECRET), "keyless": False}
    async with running(settings.model_copy(update=update)) as found:
        yield found


@pytest.fixture
def hand(database: Database) -> Hand:
    return Hand(database, SECRET.encode())


def error(response: httpx.Response) -> tuple[int, str, str]:
    (found,) = response.json()["errors"]
    extensions = found["extensions"]
    assert extensions["requestId"] == response.headers["x-request-id"]
    return response.status_code, extensions["code"], found["message"]


async def ask(
    service: Running, query: str, *shown: bytes | str, accept: str = OLD
) -> httpx.Response:
    """A query, with these Authorization headers."""
    headers: list[tuple[bytes, bytes]] = [
        (b"authorization", one if isinstance(one, bytes) else one.encode()) for one in shown
    ]
    headers.append((b"accept", accept.encode()))
    return await service.http.post("/graphql", json={"query": query}, headers=headers)


def with_key(client: StreamClient, key: Told) -> StreamClient:
    client.scope["headers"].append((b"authorization", bearer(key).encode()))
    return client


async def greeted(socket: SocketClient, payload: dict[str, Any] | None) -> dict[str, Any]:
    await socket.accepted()
    socket.send({"type": "connection_init", "payload": payload})
    return await socket.receive()


class TestHttp:
    @pytest.mark.parametrize("accept", [OLD, NEW, "*/*", f"{NEW}, {OLD}", f"{OLD}, {EVENTS}"])
    async def test_without_a_key(self, service: Running, accept: str) -> None:
        response = await ask(service, "{ campaigns { totalCount } }", accept=accept)
        assert error(response) == (401, "UNAUTHENTICATED", NONE_SHOWN)
        assert response.headers["www-authenticate"] == NOTHING_SHOWN
        media_type = NEW if accept.startswith(NEW) else OLD
        assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert response.json().keys() == {"errors"}

    async def test_before_anything_that_was_sent_is_read(self, service: Running) -> None:
        """Or a stranger could learn of the schema, and let us work."""
        endless = b"{" * 10_000_000
        headers = {"content-type": OLD}
        for content in (b"", b"no json", endless, b'{"query": "{ nothing }"}'):
            response = await service.http.post("/graphql", content=content, headers=headers)
            assert error(response) == (401, "UNAUTHENTICATED", NONE_SHOWN)
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            response = await service.http.request(method, "/graphql?query={nothing}")
            assert error(response) == (401, "UNAUTHENTICATED", NONE_SHOWN)

    @pytest.mark.parametrize("accept", [OLD, NEW])
    async def test_with_a_key(self, service: Running, hand: Hand, accept: str) -> None:
        key = bearer(await hand.create(Role.VIEWER))
        response = await ask(service, "{ campaigns { totalCount } }", key, accept=accept)
        assert response.status_code == 200
        assert response.json() == {"data": {"campaigns": {"totalCount": 0}}}
        response = await service.http.get(
            "/graphql?query={campaigns{totalCount}}", headers={"authorization": key}
        )
        assert response.json() == {"data": {"campaigns": {"totalCount": 0}}}

    async def test_who_writes_is_the_key(
        self, service: Running, hand: Hand, database: Database
    ) -> None:
        key = await hand.create(Role.ADMIN)
        response = await ask(service, SERIES, bearer(key))
        made = {"numberSeries": {"name": "Flyers"}, "userErrors": []}
        assert response.json() == {"data": {"createNumberSeries": made}}
        (row,) = await database.read("SELECT actor FROM number_series")
        (named,) = await database.read("SELECT name FROM api_key")
        assert from_json(row["actor"]) == {
            "caller": f"key:{key.key_id}",
            "name": named["name"],
            "channel": "API",
            "actingFor": None,
            "requestId": response.headers["x-request-id"],
        }

    async def test_a_key_does_no_more_than_it_grants(
        self, service: Running, hand: Hand, database: Database
    ) -> None:
        response = await ask(service, SERIES, bearer(await hand.create(Role.VIEWER)))
        assert response.status_code == 200
        assert response.json()["data"] == {"createNumberSeries": None}
        (found,) = response.json()["errors"]
        assert found["extensions"]["code"] == "FORBIDDEN"
        assert await database.read("SELECT id FROM number_series") == []

    async def test_a_revoked_key(self, service: Running, hand: Hand, clock: Clock) -> None:
        key = await hand.create()
        assert (await ask(service, "{ __typename }", bearer(key))).status_code == 200
        await hand.revoke(key)
        clock.forward(PROMISED_SECONDS)
        response = await ask(service, "{ __typename }", bearer(key))
        assert error(response) == (401, "UNAUTHENTICATED", UNKNOWN)
        assert response.headers["www-authenticate"] == WRONG_SHOWN

    async def test_a_key_that_ends_while_the_request_comes(
        self, service: Running, hand: Hand, clock: Clock, database: Database
    ) -> None:
        """A body may take longer than a revoked key may live."""
        key = await hand.create(Role.ADMIN)
        body = orjson.dumps({"query": SERIES})

        async def slowly() -> AsyncIterator[bytes]:
            yield body[:10]
            await hand.revoke(key)
            clock.forward(KEPT_SECONDS)
            yield body[10:]

        headers = {"authorization": bearer(key), "content-type": OLD}
        response = await service.http.post("/graphql", content=slowly(), headers=headers)
        assert error(response) == (401, "UNAUTHENTICATED", UNKNOWN)
        assert await database.read("SELECT id FROM number_series") == []


class TestOpenPlaces:
    @pytest.mark.parametrize(
        "path",
        ["/", "/health/live", "/health/ready", "/imports/schema/csv", "/imports/sample/xml"],
    )
    async def test_tell_nothing_of_anybody(self, service: Running, path: str) -> None:
        assert (await service.http.get(path)).status_code == 200

    async def test_any_name_and_address_may_be_asked(self, service: Running) -> None:
        """The rules for this machine only hold where nobody needs a key."""
        headers = {"host": "promo.example", "origin": "https://shop.example"}
        response = await service.http.post("/graphql", json={"query": "{x}"}, headers=headers)
        assert error(response) == (401, "UNAUTHENTICATED", NONE_SHOWN)


async def test_pages_of_other_sites_may_show_keys(
    sqlite_settings: Settings,
) -> None:
    """Those that a setting names: browsers ask first whether the header may be sent."""
    origin = "https://shop.example"
    update = {"secret": SecretStr(SECRET), "keyless": False, "allowed_origins": [origin]}
    async with running(sqlite_settings.model_copy(update=update)) as service:
        wanted = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        told = await service.http.options("/graphql", headers=wanted)
        assert told.status_code == 200
        assert "authorization" in told.headers["access-control-allow-headers"].split(", ")
        refused = await service.http.get("/graphql", headers={"origin": origin})
        assert error(refused) == (401, "UNAUTHENTICATED", NONE_SHOWN)
        assert refused.headers["access-control-allow-origin"] == origin
        assert "www-authenticate" in refused.headers["access-control-expose-headers"]
        wanted["origin"] = "https://evil.example"
        told = await service.http.options("/graphql", headers=wanted)
        assert told.status_code == 400
        assert "access-control-allow-origin" not in told.headers


class TestFiles:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/imports?campaign=SUMMER"),
            ("POST", "/imports"),
            ("GET", f"/imports/{encode_id('Job', 1)}"),
            ("GET", "/imports/nonsense"),
            ("GET", f"/imports/{encode_id('Job', 1)}/failed"),
        ],
    )
    async def test_without_a_key(self, service: Running, method: str, path: str) -> None:
        response = await service.http.request(method, path, content=b"code\nA-1\n")
        assert error(response) == (401, "UNAUTHENTICATED", NONE_SHOWN)
        assert response.headers["www-authenticate"] == NOTHING_SHOWN

    async def test_a_key_that_ends_while_the_file_comes(
        self, service: Running, hand: Hand, clock: Clock, database: Database
    ) -> None:
        key = await hand.create(Role.MARKETER)
        admin = bearer(await hand.create(Role.ADMIN))
        campaign = """mutation { createCampaign(input: {
          kind: SOURCE, name: "Summer", key: "SUMMER", firstCode: {code: "SUMMER-FIRST"}
        }) { userErrors { code } } }"""
        answer = (await ask(service, campaign, admin)).json()
        assert answer == {"data": {"createCampaign": {"userErrors": []}}}

        async def file() -> AsyncIterator[bytes]:
            yield b"code\n"
            await hand.revoke(key)
            clock.forward(KEPT_SECONDS)
            yield b"SUMMER-1\n"

        response = await service.http.post(
            "/imports?campaign=SUMMER&format=csv",
            content=file(),
            headers={"authorization": bearer(key)},
        )
        assert error(response) == (401, "UNAUTHENTICATED", UNKNOWN)
        assert await database.read("SELECT id FROM job") == []

    async def test_a_key_that_ends_while_a_file_is_taken(
        self, service: Running, hand: Hand, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is read slowly is broken off: an end in good order would be taken for the whole."""
        key = await hand.create(Role.MARKETER)
        read: list[str] = []

        async def pieces() -> AsyncGenerator[bytes]:
            for text in ("first", "second"):
                read.append(text)
                yield text.encode()
            await hand.revoke(key)
            clock.forward(KEPT_SECONDS)
            for text in ("third", "fourth"):
                read.append(text)
                yield text.encode()

        async def found(*_: object) -> FailedRows:
            return FailedRows("failed.csv", FileFormat.CSV, pieces())

        monkeypatch.setattr("app.services.failed_rows.read", found)
        client = with_key(service.stream(""), key)
        client.scope |= {"method": "GET", "path": f"/imports/{encode_id('Job', 1)}/failed"}
        with capture_logs() as logs:
            async with client:
                assert (await client.head())[0] == 200
                await client.ended()
                taken = [await client.piece() for _ in range(client.unread())]
        assert taken == [b"first", b"second"]
        assert not client.complete
        assert read == ["first", "second", "third"]
        assert "request_failed" not in {line["event"] for line in logs}


class TestStreams:
    async def test_without_a_key(self, service: Running) -> None:
        async with service.stream(JOBS) as client:
            status, headers = await client.head()
            assert (status, headers["content-type"]) == (401, f"{OLD}; charset=utf-8")
            assert headers["www-authenticate"] == NOTHING_SHOWN
            (found,) = orjson.loads(await client.rest())["errors"]
            assert found["extensions"]["code"] == "UNAUTHENTICATED"

    async def test_who_is_revoked_is_told_and_hears_no_more(
        self, service: Running, hand: Hand, clock: Clock
    ) -> None:
        key, other = await hand.create(), await hand.create()
        async with (
            with_key(service.stream(JOBS), key) as client,
            with_key(service.stream(JOBS), other) as stranger,
        ):
            await client.started()
            await stranger.started()
            await hand.revoke(key)
            clock.forward(RECHECK_SECONDS)
            (found,) = (await client.event())["errors"]
            assert (found["extensions"]["code"], found["message"]) == ("UNAUTHENTICATED", OVER)
            await client.completed()
            assert (stranger.complete, stranger.unread()) == (False, 0)

    async def test_one_that_takes_nothing_is_broken_off(
        self, service: Running, hand: Hand, clock: Clock
    ) -> None:
        """The end cannot be told to who does not listen, and is no reason to go on."""
        key = await hand.create()
        client = with_key(service.stream(JOBS), key)
        client.slow()
        async with client:
            await client.is_waited_for()
            await hand.revoke(key)
            clock.forward(RECHECK_SECONDS)
            await client.ended()


class TestSockets:
    @pytest.mark.parametrize(
        ("payload", "sentence"),
        [
            (None, NONE_SHOWN),
            ({}, NONE_SHOWN),
            ({"authorization": None}, NONE_SHOWN),
            ({"token": "pgk_a"}, NONE_SHOWN),
            ({"Authorization": ""}, NOT_READABLE),
            ({"Authorization": 1}, NOT_READABLE),
            ({"Authorization": ["Bearer a"]}, NOT_READABLE),
            ({"Authorization": "pgk_a"}, NOT_READABLE),
            ({"Authorization": "Bearer \x00"}, NOT_READABLE),
            ({"Authorization": "Bearer a", "authorization": "Bearer a"}, SHOWN_TWICE),
            ({"Authorization": "Bearer pgk_a"}, UNKNOWN),
            ({"Authorization": "Bearer " + "x" * 1_000_000}, TOO_LONG),
        ],
    )
    async def test_who_shows_no_key_is_sent_away(
        self, service: Running, payload: dict[str, Any] | None, sentence: str
    ) -> None:
        async with service.socket() as socket:
            await socket.accepted()
            socket.send({"type": "connection_init", "payload": payload})
            assert await socket.closed() == (4403, sentence)

    @pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
    async def test_a_key_in_the_first_message(
        self, service: Running, hand: Hand, name: str
    ) -> None:
        key = bearer(await hand.create(Role.VIEWER))
        async with service.socket() as socket:
            assert await greeted(socket, {name: key}) == {"type": "connection_ack"}
            socket.subscribe("1", "{ campaigns { totalCount } }")
            data = {"data": {"campaigns": {"totalCount": 0}}}
            assert await socket.receive() == {"id": "1", "type": "next", "payload": data}

    async def test_a_key_in_the_handshake(self, service: Running, hand: Hand) -> None:
        """Programs can set headers; what the message shows counts more."""
        key = await hand.create(Role.VIEWER)
        async with service.socket() as socket:
            socket.scope["headers"].append((b"authorization", bearer(key).encode()))
            assert await greeted(socket, None) == {"type": "connection_ack"}
        async with service.socket() as socket:
            socket.scope["headers"].append((b"authorization", bearer(key).encode()))
            await socket.accepted()
            shown = {"authorization": bearer(misspelt(key))}
            socket.send({"type": "connection_init", "payload": shown})
            assert await socket.closed() == (4403, UNKNOWN)

    async def test_who_is_revoked_is_closed_out(
        self, service: Running, hand: Hand, clock: Clock
    ) -> None:
        key, other = await hand.create(), await hand.create()
        async with service.socket() as socket, service.socket() as stranger:
            await greeted(socket, {"authorization": bearer(key)})
            await greeted(stranger, {"authorization": bearer(other)})
            socket.subscribe("1", JOBS)
            await hand.revoke(key)
            clock.forward(RECHECK_SECONDS)
            assert await socket.closed() == (4403, OVER)
            stranger.send({"type": "ping"})
            assert await stranger.receive() == {"type": "pong"}

    async def test_who_is_slow_hears_no_more_either(
        self, service: Running, hand: Hand, clock: Clock
    ) -> None:
        key = await hand.create(Role.ADMIN)
        async with service.socket() as socket:
            await greeted(socket, {"authorization": bearer(key)})
            socket.slow()
            socket.subscribe("1", "{ campaigns { totalCount } }")
            await socket.is_waited_for()
            await hand.revoke(key)
            clock.forward(RECHECK_SECONDS)
            while socket.waiting_sends < CLOSE_TOO:  # noqa: ASYNC110 - the test's own client
                await asyncio.sleep(0.01)
            socket.quick()
            assert await socket.closed() == (4403, OVER)

    async def test_each_operation_has_the_rights_of_its_time(
        self, service: Running, hand: Hand, clock: Clock
    ) -> None:
        key = await hand.create(Role.STOREFRONT)
        query = {"job": encode_id("Job", 1)}
        async with service.socket() as socket:
            await greeted(socket, {"authorization": bearer(key)})
            socket.subscribe("1", PROGRESS, variables=query)
            (found,) = (await socket.receive())["payload"]
            assert found["extensions"]["code"] == "FORBIDDEN"
            await hand.give_role(key, Role.ADMIN)
            clock.forward(KEPT_SECONDS)
            socket.subscribe("2", PROGRESS, variables=query)
            (found,) = (await socket.receive())["payload"]
            assert found["extensions"]["code"] == "BAD_USER_INPUT"

    async def test_the_database_is_away(
        self, service: Running, hand: Hand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """So nobody can be known: who came is told to come back, not to go away."""
        key = await hand.create()

        async def away(*_: object) -> None:
            raise Unavailable("away")

        monkeypatch.setattr("app.services.recognition.find_holder", away)
        async with service.socket() as socket:
            await socket.accepted()
            socket.send({"type": "connection_init", "payload": {"authorization": bearer(key)}})
            assert await socket.closed() == (1013, "Who you are cannot be asked now; come back")
        assert error(await ask(service, "{ __typename }", bearer(key)))[:2] == (503, "UNAVAILABLE")


GARBAGE = bytes(range(128, 256))


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ((b"",), NOT_READABLE),
        ((b"Bearer",), NOT_READABLE),
        ((b"Basic Y2FuYXJ5LTdmM2s6eA==",), NOT_READABLE),
        ((b"ApiKey canary-7f3k",), NOT_READABLE),
        ((b"canary-7f3k",), NOT_READABLE),
        ((b"Bearer canary-7f3k\xff\xfe",), NOT_READABLE),
        ((b"Bearer " + GARBAGE,), NOT_READABLE),
        ((b"Bearer canary-7f3k, Bearer b",), NOT_READABLE),
        ((b"Bearer canary-7f3k", b"Bearer canary-7f3k"), SHOWN_TWICE),
        ((b"Bearer canary-7f3k",), UNKNOWN),
        ((b"Bearer pgk_canary7f3k_" + b"0" * 49,), UNKNOWN),
        ((b"Bearer canary-7f3k." + b"x" * 1_000_000,), TOO_LONG),
    ],
)
async def test_bad_credentials_are_refused_and_told_to_nobody(
    service: Running, shown: tuple[bytes, ...], sentence: str
) -> None:
    with capture_logs() as logs:
        response = await ask(service, "{ campaigns { totalCount } }", *shown)
    assert error(response) == (401, "UNAUTHENTICATED", sentence)
    assert response.headers["www-authenticate"] == WRONG_SHOWN
    told = response.text + repr(logs) + repr(response.headers)
    assert "canary" not in told.lower()
    assert "Y2FuYXJ5" not in told


async def test_a_key_with_an_error_in_it(service: Running, hand: Hand) -> None:
    """Another prefix, another secret, another checksum, and more of it."""
    key, other = (await hand.create()).text, (await hand.create()).text
    swapped = key[:15] + other[15:]
    for text in (swapped, key[:-1], f"{key}0", key.replace("pgk_", "pgx_"), key.swapcase()):
        response = await ask(service, "{ campaigns { totalCount } }", f"Bearer {text}")
        assert error(response) == (401, "UNAUTHENTICATED", UNKNOWN)
    response = await ask(service, "{ campaigns { totalCount } }", f"Bearer {key}")
    assert response.status_code == 200
