"""A service that asks for keys, and the command line that shows them, in processes of their own."""

import asyncio
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.cli.options import Exit
from app.cli.serving import NO_KEY
from app.config import Settings
from app.database import Database
from app.domain.credentials import NONE_SHOWN, UNKNOWN
from app.domain.roles import Role
from app.secret import load_secret
from tests.commands import Place, Service
from tests.keyholders import Hand, bearer, misspelt

HINT = "Set PROMOGRAPH_API_KEY to a key of this service; `promograph keys create` makes one.\n"
CREATE = """mutation ($input: CreateCampaignInput!) {
  createCampaign(input: $input) { userErrors { message } }
}"""
CAMPAIGNS = (
    {"kind": "VOUCHER", "name": "Autumn", "key": "AUTUMN"},
    {"kind": "SOURCE", "name": "Flyers", "key": "FLYERS", "firstCode": {"code": "FLYER-1"}},
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    found.environment["PROMOGRAPH_KEYLESS"] = "false"
    return found


def make_key(place: Place, role: Role, *, wrong: bool = False) -> str:
    settings = Settings(database_url=f"sqlite://{place.folder}/data/promograph.sqlite3")

    async def make() -> str:
        database = await Database.open(settings)
        try:
            key = await Hand(database, load_secret(settings)).create(role)
        finally:
            await database.close()
        return misspelt(key) if wrong else key.text

    return asyncio.run(make())


def create_campaigns(service: Service, key: str) -> None:
    for given in CAMPAIGNS:
        body = {"query": CREATE, "variables": {"input": given}}
        headers = {"authorization": bearer(key)}
        answer = httpx.post(f"{service.url}/graphql", json=body, headers=headers, trust_env=False)
        assert answer.json() == {"data": {"createCampaign": {"userErrors": []}}}


def test_a_start_without_any_key_says_how_to_make_one(place: Place) -> None:
    with place.serving() as service:
        assert service.said.startswith(NO_KEY)
        make_key(place, Role.VIEWER)
    with place.serving() as service:
        assert service.said.startswith("Promograph is ready on")


def test_with_keys_any_address_is_served(place: Place) -> None:
    with place.serving("--host", "0.0.0.0") as service:  # noqa: S104 - what is tested
        port = urlsplit(service.url).port
        answer = httpx.get(f"http://127.0.0.1:{port}/graphql?query={{x}}", trust_env=False)
        headers = {"host": "promo.example"}
        live = httpx.get(f"http://127.0.0.1:{port}/health/live", headers=headers, trust_env=False)
    assert (answer.status_code, live.status_code) == (401, 200)


def test_the_command_line_shows_its_key_everywhere(place: Place) -> None:
    """Over HTTP, over a socket, and with a file; and says what to do when it is refused."""
    codes = place.folder / "codes.csv"
    codes.write_text("code\nFLYER-2\n")
    with place.serving() as service:
        create_campaigns(service, make_key(place, Role.ADMIN))
        place.environment["PROMOGRAPH_URL"] = service.url
        commands = (
            ("generate", "AUTUMN", "--count", "10", "--watch"),
            ("jobs", "watch"),
            ("jobs", "list"),
            ("import", str(codes), "--campaign", "FLYERS", "--watch"),
        )
        for command in commands:
            refused = place.run(*command)
            assert (refused.returncode, refused.stdout) == (Exit.REFUSED, "")
            assert refused.stderr == f"UNAUTHENTICATED: {NONE_SHOWN}\n{HINT}"
        place.environment["PROMOGRAPH_API_KEY"] = make_key(place, Role.ADMIN, wrong=True)
        refused = place.run("jobs", "list")
        assert refused.stderr == f"UNAUTHENTICATED: {UNKNOWN}\n{HINT}"
        place.environment["PROMOGRAPH_API_KEY"] = make_key(place, Role.MARKETER)
        for command in (commands[0], *commands[2:]):
            done = place.run(*command)
            assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert "SUCCESS" in place.run("jobs", "list").stdout


@pytest.mark.parametrize(
    ("shown", "upgrade", "status"),
    [
        (b"Bearer " + b"x" * 1_000_000, False, 401),
        (b"Bearer \xff\xfe", False, 401),
        (b"Bearer \x01", False, 400),
        (b"Bearer " + b"x" * 1_000_000, True, 400),
        (b"Bearer \xff\xfe", True, 101),
        (b"Basic eA==", True, 101),
    ],
)
def test_no_header_breaks_the_server(
    place: Place, shown: bytes, *, upgrade: bool, status: int
) -> None:
    """As bytes on the line. A socket is accepted to be told with which code it is closed."""
    head = b"GET /graphql?query={x} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    if upgrade:
        head = (
            b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
        )
    with place.serving() as service:
        parts = urlsplit(service.url)
        with socket.create_connection((parts.hostname, parts.port or 0), timeout=30) as line:
            line.sendall(head + b"Authorization: " + shown + b"\r\n\r\n")
            answer = line.recv(65_536)
        assert httpx.get(f"{service.url}/health/live", trust_env=False).status_code == 200
    assert int(answer.split(b" ")[1]) == status
