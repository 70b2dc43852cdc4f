"""The commands that run the service and prepare its data, as a person starts them."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from app.cli.options import Exit
from tests.commands import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_first_start_has_demo_data_and_a_second_keeps_it(place: Place) -> None:
    with place.serving("--demo") as service:
        assert service.said.startswith("Demo data made: 20,000 codes.\n")
        assert service.total_of("campaigns") == 12
        assert service.stop(signal.SIGINT) == Exit.DONE
    with place.serving("--demo") as service:
        keys, ready = service.said.splitlines()[:2]
        assert keys.startswith("API keys were made before, and are not shown again: ")
        assert ready.startswith("Promograph is ready on http://127.0.0.1:")
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
    sentence = f"Port {port} on 127.0.0.1 cannot be used: Address already in use."
    assert (done.stdout, done.stderr) == ("", f"{sentence} Choose another with --port.\n")
