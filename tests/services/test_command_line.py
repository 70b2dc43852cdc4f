"""The commands that run the service and prepare its data, as a person starts them."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
import httpx
import pytest

from app.cli.options import Exit
from app.config import Settings
from tests.commands import SECRET, Place


@pytest.fixture
async def empty_postgres_url(postgres_url: str) -> AsyncIterator[str]:
    name = f"empty_{os.getpid()}"
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"CREATE DATABASE {name}")
    yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_first_start_has_demo_data_and_a_second_keeps_it(place: Place) -> None:
    with place.serving("--demo") as service:
        assert service.said.startswith("Demo data made: 20,000 codes.\n")
        assert service.total_of("campaigns") == 12
        assert service.stop(signal.SIGINT) == Exit.DONE
    with place.serving("--demo") as service:
        assert service.said.startswith("Promograph is ready on http://127.0.0.1:")
        assert service.total_of("campaigns") == 12
        assert service.stop(signal.SIGTERM) == Exit.DONE


def test_the_example_query_that_it_prints_has_an_answer(place: Place) -> None:
    with place.serving() as service:
        assert service.process.stdout is not None
        lines = [service.process.stdout.readline() for _ in range(3)]
        example = json.loads(lines[2].strip().removeprefix("-d ").strip("'"))
        answer = httpx.post(f"{service.url}/graphql", json=example, trust_env=False).json()

    assert answer == {"data": {"campaigns": {"nodes": []}}}


def test_a_second_interrupt_does_not_wait_for_a_client_that_never_leaves(place: Place) -> None:
    with place.serving() as service:
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
                b"Content-Type: application/json\r\n\r\n{"
            )
            assert service.total_of("campaigns") == 0
            service.process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                service.process.wait(1)
            assert service.stop(signal.SIGINT) == Exit.INTERRUPTED


def test_a_port_in_use_is_told_in_one_sentence(place: Place) -> None:
    with place.serving() as service:
        port = service.url.rpartition(":")[2]
        done = place.run("serve", "--port", port)

    assert done.returncode == Exit.UNAVAILABLE
    told = f"Port {port} on 127.0.0.1 is in use; choose another with --port.\n"
    assert (done.stdout, done.stderr) == ("", told)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])  # noqa: S104 - it is refused
def test_only_loopback_addresses_are_served(place: Place, host: str) -> None:
    done = place.run("serve", "--host", host)

    assert done.returncode == Exit.USAGE
    told = f"{host} is not a loopback address; without keys only those are safe.\n"
    assert done.stderr == told


def test_the_embedded_database_needs_no_worker(place: Place) -> None:
    done = place.run("worker")

    assert done.returncode == Exit.USAGE
    assert done.stderr == "With the embedded database `promograph serve` is the worker too.\n"


def test_a_worker_needs_redis(place: Place) -> None:
    place.environment["PROMOGRAPH_DATABASE_URL"] = "postgresql://127.0.0.1:9/none"
    done = place.run("worker")

    assert done.returncode == Exit.USAGE
    assert done.stderr == "A worker hears the API through Redis: set PROMOGRAPH_REDIS_URL.\n"


@pytest.mark.parametrize("command", ["serve", "migrate", "seed"])
def test_a_database_that_is_not_there_is_told_in_one_sentence(place: Place, command: str) -> None:
    place.environment["PROMOGRAPH_DATABASE_URL"] = "postgresql://127.0.0.1:9/none"
    place.environment["PROMOGRAPH_SECRET"] = SECRET
    done = place.run(command)

    assert done.returncode == Exit.UNAVAILABLE
    assert done.stderr.startswith("The database cannot be used (ConnectionRefusedError")
    assert done.stderr.count("\n") == 1


def test_a_server_database_needs_a_secret(place: Place) -> None:
    place.environment["PROMOGRAPH_DATABASE_URL"] = "postgresql://127.0.0.1:9/none"
    done = place.run("serve")

    assert done.returncode == Exit.USAGE
    assert done.stderr.startswith("Set PROMOGRAPH_SECRET")


def test_wrong_settings_are_named(place: Place) -> None:
    place.environment["PROMOGRAPH_PORT"] = "many"
    done = place.run("migrate")

    assert done.returncode == Exit.USAGE
    assert done.stderr.startswith("PROMOGRAPH_PORT: Input should be a valid integer")


def test_data_is_made_once_and_checked(place: Place, settings: Settings) -> None:
    place.use(settings)

    first, second, check = (place.run("seed", *rest) for rest in ([], ["--json"], ["--check"]))

    assert (first.returncode, first.stdout) == (Exit.DONE, "Demo data made: 20,000 codes.\n")
    assert (second.returncode, second.stdout) == (Exit.DONE, '{"codes": 0}\n')
    assert (check.returncode, check.stdout) == (Exit.DONE, "Counters, events and uses agree.\n")


def test_a_check_that_finds_something_is_exit_code_1(
    place: Place, sqlite_settings: Settings
) -> None:
    place.use(sqlite_settings)
    assert place.run("seed").returncode == Exit.DONE
    forget_a_use(sqlite_settings.sqlite_path)

    done = place.run("seed", "--check", "--json")

    assert done.returncode == Exit.REFUSED
    found = [json.loads(line)["disagreement"] for line in done.stdout.splitlines()]
    assert found == [
        "The uses of a code are its redemptions that were not reversed; this is not so in 1 cases."
    ]


def forget_a_use(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE code SET uses = uses - 1 WHERE text = 'ANNA15'")
    connection.close()


def test_a_database_is_migrated_once(place: Place) -> None:
    first, second = place.run("migrate", "--json"), place.run("migrate")

    assert json.loads(first.stdout)["applied"][0].startswith("0001")
    assert second.stdout == "Nothing to do.\n"


def test_a_server_database_is_migrated_by_its_own_command(
    place: Place, empty_postgres_url: str
) -> None:
    place.use(Settings(database_url=empty_postgres_url))

    refused, migrated, seeded = (place.run(name) for name in ("serve", "migrate", "seed"))

    assert refused.returncode == Exit.UNAVAILABLE
    assert refused.stderr.endswith("migrations; run `promograph migrate` first.\n")
    assert migrated.stdout.startswith("Applied ")
    assert seeded.stdout == "Demo data made: 20,000 codes.\n"
