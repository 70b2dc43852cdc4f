"""The API killed while clients watch: they come back by themselves and hear the truth."""

import json
import signal
from pathlib import Path

import pytest

from tests.clients import node
from tests.clients.api import CODES, start_job
from tests.clients.test_node_clients import EVENTS, WATCH
from tests.commands import Place, free_port

pytestmark = pytest.mark.usefixtures("packages")


@pytest.mark.parametrize("library", ["graphqlSse", "apolloSse", "eventSource"])
def test_a_stream_goes_on_after_the_service_was_killed(tmp_path: Path, library: str) -> None:
    place, port = Place(tmp_path), free_port()
    place.environment["PROMOGRAPH_LEASE_SECONDS"] = "1"
    with place.serving("--port", port) as service:
        job = json.dumps({"job": start_job(service)})
        watch = node.start("ask.js", library, f"{service.url}/graphql", WATCH, job)
        assert watch.stdout is not None
        states = [json.loads(watch.stdout.readline())["data"]["jobProgress"]]
        while states[-1]["inserted"] == 0:
            states.append(json.loads(watch.stdout.readline())["data"]["jobProgress"])
        service.process.send_signal(signal.SIGKILL)
        service.process.wait(10)
    assert 0 < states[-1]["inserted"] < CODES
    with place.serving("--port", port), watch:
        rest, _ = watch.communicate(timeout=60)

    *events, end, heard = [json.loads(line) for line in rest.splitlines()]
    states += [event["data"]["jobProgress"] for event in events]
    sequences = [int(state["sequence"]) for state in states]
    assert sequences == sorted(sequences)
    assert [state["status"] for state in states].count("SUCCESS") == 1
    assert (states[-1]["status"], states[-1]["inserted"]) == ("SUCCESS", CODES)
    assert (end, heard) == ("complete", {"types": [EVENTS]})
