"""What commands that open the database say and return; the processes are in `test_command_line`."""

import json
import os
import signal
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
import httpx
import pytest
from websockets import ConnectionClosedError, Subprotocol
from websockets.sync.client import connect

from app.cli.options import Exit
from app.config import Settings
from app.domain.api_keys import find_prefix
from app.domain.roles import Role
from tests.commands import SECRET, Run, free_port

NOT_THERE = "postgresql://127.0.0.1:9/none"
NO_REDIS = "redis://127.0.0.1:9"


@pytest.fixture
async def empty_postgres_url(postgres_url: str) -> AsyncIterator[str]:
    name = f"empty_{os.getpid()}"
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"CREATE DATABASE {name}")
    yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_serving_says_where_and_ends_on_an_interrupt(run: Run, host: str) -> None:
    port = free_port(host)
    with interrupted_when_answering(f"http://{'[::1]' if host == '::1' else host}:{port}"):
        served = run("serve", "--host", host, "--port", port)

    assert served.exit_code == Exit.DONE
    address = "[::1]" if host == "::1" else "127.0.0.1"
    told = f"Promograph is ready on http://{address}:{port}/graphql (Ctrl-C stops it). Try:\n"
    assert served.stdout.startswith(told)


def test_the_server_takes_no_larger_frame_than_a_body_and_does_not_name_itself(run: Run) -> None:
    """A frame is refused when its head has come: nobody keeps what it announces."""
    port = free_port()
    heard = Heard()
    with interrupted_when_answering(f"http://127.0.0.1:{port}", heard):
        run("serve", port=port, max_body_bytes="1000")

    assert "server" not in heard.headers
    assert heard.close_code == 1009


class Heard:
    """What the service says to a request, and to the head of a frame of 1,001 bytes."""

    headers: httpx.Headers
    close_code: int | None = None

    def __call__(self, response: httpx.Response) -> None:
        self.headers = response.headers
        url = str(response.url.copy_with(scheme="ws", path="/graphql"))
        with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as client:
            client.socket.sendall(b"\x81\xfe\x03\xe9\0\0\0\0")
            with pytest.raises(ConnectionClosedError):
                client.recv(timeout=30)
            self.close_code = client.close_code


def test_an_interrupt_breaks_streams_off(run: Run) -> None:
    """They are not awaited, and their clients see that this was not the end."""
    port = free_port()
    watching = Watching()
    with interrupted_when_answering(f"http://127.0.0.1:{port}", watching):
        served = run("serve", port=port)

    assert served.exit_code == Exit.DONE
    assert watching.rest() == b""
    assert "without completing" not in served.stderr


class Watching:
    """A stream that has begun, and to which nothing is told yet."""

    def __call__(self, response: httpx.Response) -> None:
        address = (str(response.url.host), response.url.port or 0)
        self._socket = socket.create_connection(address, timeout=30)
        self._socket.sendall(
            b"GET /graphql?query=subscription{jobs{status}} HTTP/1.1\r\n"
            b"Host: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
        )
        head = b""
        while not head.endswith(b"3\r\n:\n\n\r\n"):
            head += self._socket.recv(1)

    def rest(self) -> bytes:
        """What comes until the connection is closed; an empty chunk were the end of the answer."""
        with self._socket as connection:
            return connection.recv(100)


def test_serving_with_demo_data_tells_what_it_made_once(run: Run) -> None:
    port = free_port()
    said = []
    for _ in range(2):
        with interrupted_when_answering(f"http://127.0.0.1:{port}"):
            said.append(run("serve", "--demo", port=port).stdout.splitlines())

    first, second = said
    assert first[0] == "Demo data made: 20,000 codes."
    assert (
        first[1] == "A key for each role, shown this once; send it as `Authorization: Bearer KEY`:"
    )
    told = [line.split() for line in first[3:8]]
    assert [role for role, _ in told] == [role.value for role in Role]
    assert all(find_prefix(text) for _, text in told)
    assert first[9].startswith("Promograph is ready")
    assert second[0].startswith("API keys were made before, and are not shown again: ")
    assert second[1].startswith("Promograph is ready")
    assert not any(text in "".join(second) for _, text in told)


class interrupted_when_answering:  # noqa: N801 - reads as what it does
    """Send this process an interrupt as soon as the address answers and the answer was heard."""

    def __init__(
        self, url: str, hear: Callable[[httpx.Response], object] = httpx.Response.raise_for_status
    ) -> None:
        self._thread = threading.Thread(target=self._wait, args=(url, hear))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _wait(self, url: str, hear: Callable[[httpx.Response], object]) -> None:
        transport = httpx.HTTPTransport(retries=6)
        try:
            with httpx.Client(transport=transport, trust_env=False, timeout=30) as client:
                hear(client.get(f"{url}/health/live"))
        finally:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 - it is refused
def test_without_keys_only_loopback_addresses_are_served(run: Run, host: str) -> None:
    done = run("serve", "--host", host)

    assert done.exit_code == Exit.USAGE
    told = (
        f"{host} is not a loopback address; without keys only those are safe. To listen there,"
        " leave out PROMOGRAPH_KEYLESS and --demo; `promograph seed` makes demo data too.\n"
    )
    assert done.stderr == told


def test_the_embedded_database_needs_no_worker(run: Run) -> None:
    done = run("worker")

    assert done.exit_code == Exit.USAGE
    assert done.stderr == "With the embedded database `promograph serve` is the worker too.\n"


def test_a_worker_needs_redis(run: Run) -> None:
    done = run("worker", database_url=NOT_THERE)

    assert done.exit_code == Exit.USAGE
    assert done.stderr == "A worker hears the API through Redis: set PROMOGRAPH_REDIS_URL.\n"


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "seed", "purge", "keys list"])
def test_a_database_that_is_not_there_is_told_in_one_sentence(run: Run, command: str) -> None:
    done = run(*command.split(), database_url=NOT_THERE, secret=SECRET, redis_url=NO_REDIS)

    assert done.exit_code == Exit.UNAVAILABLE
    assert done.stderr.startswith("The database cannot be used (")
    assert done.stderr.count("\n") == 1


def test_a_server_database_needs_a_secret(run: Run) -> None:
    done = run("serve", database_url=NOT_THERE)

    assert done.exit_code == Exit.USAGE
    assert done.stderr.startswith("Set PROMOGRAPH_SECRET")


def test_serving_a_server_database_needs_redis(run: Run) -> None:
    done = run("serve", database_url=NOT_THERE, secret=SECRET, port="0")

    assert done.exit_code == Exit.USAGE
    assert done.stderr == "The API calls its workers through Redis: set PROMOGRAPH_REDIS_URL.\n"


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "seed", "purge", "keys list"])
def test_a_folder_is_no_database(run: Run, command: str, tmp_path: Path) -> None:
    done = run(*command.split(), database_url=f"sqlite://{tmp_path}")

    assert done.exit_code == Exit.USAGE
    told = f"PROMOGRAPH_DATABASE_URL: {tmp_path} is a folder; name a file in it.\n"
    assert done.stderr == told


@pytest.mark.parametrize("command", ["serve", "migrate", "seed", "purge"])
@pytest.mark.parametrize("folder", ["/proc/none", "/proc", "/dev/null/none"])
def test_a_folder_that_takes_no_file_is_told_in_one_sentence(
    run: Run, command: str, folder: str
) -> None:
    done = run(command, database_url=f"sqlite://{folder}/shop.sqlite3")

    assert done.exit_code == Exit.UNAVAILABLE
    assert done.stderr.startswith("The database cannot be used (")
    assert done.stderr.count("\n") == 1


def test_what_the_driver_refuses_in_an_address_is_a_wrong_setting(run: Run) -> None:
    done = run("migrate", database_url="postgresql://localhost/shop?sslmode=sometimes")

    assert done.exit_code == Exit.USAGE
    assert done.stderr.startswith("PROMOGRAPH_DATABASE_URL: `sslmode` parameter must be one of")
    assert done.stderr.count("\n") == 1


def test_wrong_settings_are_named(run: Run) -> None:
    done = run("migrate", port="many", max_depth="0")

    assert done.exit_code == Exit.USAGE
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "PROMOGRAPH_PORT",
        "PROMOGRAPH_MAX_DEPTH",
    ]


def test_a_port_in_use_is_told(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", port=port)

    assert done.exit_code == Exit.UNAVAILABLE
    assert done.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be used: ")


def test_data_is_made_once_and_checked(run: Run, settings: Settings) -> None:
    url = settings.database_url

    made, again, check = (
        run("seed", *rest, database_url=url) for rest in ([], ["--json"], ["--check"])
    )

    assert (made.exit_code, made.stdout) == (Exit.DONE, "Demo data made: 20,000 codes.\n")
    assert (again.exit_code, again.stdout) == (Exit.DONE, '{"codes": 0}\n')
    assert (check.exit_code, check.stdout) == (Exit.DONE, "Counters, events and uses agree.\n")


def test_a_check_that_finds_something_is_exit_code_1(run: Run, sqlite_settings: Settings) -> None:
    url = sqlite_settings.database_url
    run("seed", database_url=url)
    forget_a_use(sqlite_settings.sqlite_path)

    done = run("seed", "--check", "--json", database_url=url)

    assert done.exit_code == Exit.REFUSED
    found = [json.loads(line)["disagreement"] for line in done.stdout.splitlines()]
    assert found == [
        "The uses of a code are its redemptions that were not reversed; this is not so in 1 cases."
    ]


def forget_a_use(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE code SET uses = uses - 1 WHERE text = 'ANNA15'")


def test_purging_says_how_much_is_gone(run: Run) -> None:
    assert run("migrate").exit_code == Exit.DONE
    purged = run("purge")
    assert (purged.exit_code, purged.stdout) == (
        Exit.DONE,
        "Removed: 0 files, 0 imports, 0 attempts.\n",
    )
    told = json.loads(run("purge", "--json").stdout)
    assert told == {"files": 0, "imports": 0, "attempts": 0}


def test_a_database_is_migrated_once(run: Run) -> None:
    first, second = run("migrate", "--json"), run("migrate")

    assert json.loads(first.stdout)["applied"][0].startswith("0001")
    assert second.stdout == "Nothing to do.\n"


def test_a_server_database_is_migrated_by_its_own_command(
    run: Run, empty_postgres_url: str
) -> None:
    *refused, migrated, seeded = (
        run(*name.split(), database_url=empty_postgres_url, secret=SECRET, redis_url=NO_REDIS)
        for name in ("serve", "worker", "keys list", "migrate", "seed")
    )

    for one in refused:
        assert one.exit_code == Exit.UNAVAILABLE
        assert one.stderr.startswith("The database lacks ")
        assert one.stderr.endswith(" migrations; run `promograph migrate` first.\n")
        assert one.stderr.count("\n") == 1
    assert migrated.stdout.startswith("Applied ")
    assert seeded.stdout == "Demo data made: 20,000 codes.\n"
