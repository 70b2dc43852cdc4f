"""Uploads over real connections, as clients, networks and strangers send them."""

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.commands import Place, Service
from tests.graphql.writing import LATER
from tests.routes.filling import CREATE

HEAD = "POST /imports?campaign={campaign} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
CSV = b"code\nSUMMER10\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Place(tmp_path_factory.mktemp("service")).serving() as started:
        given = {
            "kind": "SOURCE",
            "name": "Summer",
            "key": "SUMMER",
            "firstCode": {"code": "FIRST"},
        }
        body = {"query": CREATE, "variables": {"input": given}}
        httpx.post(f"{started.url}/graphql", json=body, trust_env=False).raise_for_status()
        yield started


class Line:
    """One connection, on which every byte is ours."""

    def __init__(self, service: Service) -> None:
        host, _, port = service.url.removeprefix("http://").partition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *parts: str | bytes) -> None:
        for part in parts:
            self.socket.sendall(part.encode() if isinstance(part, str) else part)

    def head(self, *headers: str, campaign: str = "SUMMER") -> None:
        self.send(HEAD.format(campaign=campaign), *(f"{header}\r\n" for header in headers), "\r\n")

    def answer(self) -> tuple[int, dict[str, object]]:
        """The next answer that is not 1xx."""
        found = b""
        while (end := found.find(b"\r\n\r\n")) < 0:
            found += self.received()
        length = int(re.findall(rb"(?i)content-length: (\d+)", found)[0])
        while len(found) < end + 4 + length:
            found += self.received()
        return int(found[9:12]), json.loads(found[end + 4 : end + 4 + length])

    def received(self) -> bytes:
        data = self.socket.recv(65_536)
        assert data, "the service closed the line"
        return data


def count(service: Service) -> int:
    return service.total_of("jobs")


def wait_for_farewell(service: Service) -> None:
    """Until the service has noticed that a line is gone: it answers one after the other."""
    time.sleep(0.2)
    assert service.total_of("campaigns") == 1


def codes_of(answer: dict[str, object]) -> list[str]:
    errors = answer["errors"]
    assert isinstance(errors, list)
    return [error["extensions"]["code"] for error in errors]


def test_a_body_that_ends_where_it_says(service: Service) -> None:
    with Line(service) as line:
        line.head(f"Content-Length: {len(CSV)}")
        line.send(CSV)
        status, answer = line.answer()
    assert status == 202
    assert answer["job"]["size"] == str(len(CSV))  # type: ignore[index]  # JSON


def test_a_body_in_chunks(service: Service) -> None:
    with Line(service) as line:
        line.head("Transfer-Encoding: chunked")
        line.send("5\r\ncode\n\r\n", "9;note=x\r\nSUMMER20\n\r\n", "0\r\n\r\n")
        status, answer = line.answer()
    assert status == 202
    assert answer["job"]["size"] == "14"  # type: ignore[index]  # JSON


def test_a_body_that_is_cut_leaves_no_job(service: Service) -> None:
    before = count(service)
    for headers, body in (
        (("Content-Length: 1000",), CSV),
        (("Content-Length: 1000000",), b"x" * 500_000),
        (("Transfer-Encoding: chunked",), b"5\r\ncode\n\r\n"),
        (("Transfer-Encoding: chunked",), b"5\r\nco"),
    ):
        with Line(service) as line:
            line.head(*headers)
            line.send(body)
        wait_for_farewell(service)
    assert count(service) == before


def test_a_body_that_is_longer_than_it_says(service: Service) -> None:
    """What is too much is no part of it, and no request either."""
    before = count(service)
    with Line(service) as line:
        line.head(f"Content-Length: {len(CSV)}")
        line.send(CSV + b"SUMMER30\n")
        assert line.received().startswith(b"HTTP/1.1 400 Bad Request")
    wait_for_farewell(service)
    assert count(service) == before


def test_more_after_the_answer(service: Service) -> None:
    with Line(service) as line:
        line.head(f"Content-Length: {len(CSV)}")
        line.send(CSV)
        assert line.answer()[0] == 202
        line.send(b"SUMMER30\n")
        assert line.received().startswith(b"HTTP/1.1 400 Bad Request")


@pytest.mark.parametrize(
    "headers",
    [("Content-Length: 5", "Content-Length: 14"), ("Content-Length: -5",), ("Content-Length: x",)],
)
def test_lengths_that_are_none(service: Service, headers: tuple[str, ...]) -> None:
    before = count(service)
    with Line(service) as line:
        line.head(*headers)
        assert line.received().startswith(b"HTTP/1.1 400 Bad Request")
    assert count(service) == before


def test_no_body(service: Service) -> None:
    with Line(service) as line:
        line.head()
        status, answer = line.answer()
    assert (status, codes_of(answer)) == (422, ["NO_ROWS"])


class TestExpect:
    """Who asks first is told to go on, or why not, before the file is on its way."""

    def test_go_on(self, service: Service) -> None:
        with Line(service) as line:
            line.head(f"Content-Length: {len(CSV)}", "Expect: 100-continue")
            assert line.received() == b"HTTP/1.1 100 Continue\r\n\r\n"
            line.send(CSV)
            assert line.answer()[0] == 202

    def test_why_not(self, service: Service) -> None:
        with Line(service) as line:
            line.head("Content-Length: 14", "Expect: 100-continue", campaign="AUTUMN")
            status, answer = line.answer()
        assert (status, codes_of(answer)) == (404, ["NOT_FOUND"])


def test_a_refusal_is_read_by_who_is_still_sending(service: Service) -> None:
    """Closing at once would reset the line, and the answer with it."""
    with httpx.Client(trust_env=False) as client:
        response = client.post(
            f"{service.url}/imports?campaign=AUTUMN",
            content=b"x" * 30_000_000,
            headers={"content-type": "text/csv"},
        )
    assert response.status_code == 404
    assert codes_of(response.json()) == ["NOT_FOUND"]


def test_the_line_is_used_again_after_an_import(service: Service) -> None:
    with Line(service) as line:
        for _ in range(2):
            line.head(f"Content-Length: {len(CSV)}")
            line.send(CSV)
            assert line.answer()[0] == 202


def test_memory_does_not_grow_with_the_file(
    service: Service,
    long: bool,  # noqa: FBT001 - a fixture
) -> None:
    size = (240 if long else 140) * 2**20
    process = Path(f"/proc/{service.process.pid}")

    def peak() -> int:
        (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())
        return int(kilobytes) * 1024

    (process / "clear_refs").write_text("5")  # the peak begins anew
    before = peak()
    piece = b"#" * 65_536

    def pieces() -> Iterator[bytes]:
        for _ in range(size // len(piece)):
            yield piece

    query = f"campaign=SUMMER&format=csv&notBefore={LATER}"
    with httpx.Client(trust_env=False, timeout=60) as client:
        response = client.post(f"{service.url}/imports?{query}", content=pieces())
    assert response.status_code == 202
    assert response.json()["job"]["size"] == str(size)
    # SQLite keeps 64 MiB of pages, whatever is written.
    assert peak() - before < 96 * 2**20
