"""Watching a job from the command line, against the real service."""

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.cli.options import Exit
from tests.commands import COMMAND, Place, Service, free_port

CREATE = """mutation { createCampaign(input: {
  kind: VOUCHER, name: "Autumn", key: "AUTUMN"
}) { campaign { id } userErrors { message } } }"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def create_campaign(service: Service) -> None:
    answer = httpx.post(f"{service.url}/graphql", json={"query": CREATE}, trust_env=False)
    assert answer.json()["data"]["createCampaign"]["userErrors"] == []


def test_codes_are_generated_and_watched_to_the_end(place: Place) -> None:
    with place.serving() as service:
        create_campaign(service)
        place.environment["PROMOGRAPH_URL"] = service.url
        done = place.run("generate", "AUTUMN", "--count", "30000", "--watch", "--json")
        listed = place.run("jobs", "list", "--campaign", "AUTUMN", "--json")
        codes = service.total_of("codes")

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == Exit.DONE
    assert (events[-1]["status"], events[-1]["inserted"]) == ("SUCCESS", 30_000)
    sequences = [int(event["sequence"]) for event in events]
    assert sequences == sorted(set(sequences))
    assert json.loads(listed.stdout)["status"] == "SUCCESS"
    assert codes >= 10_000  # counted to there, and no further


def test_a_watch_outlives_a_killed_service(place: Place) -> None:
    port = free_port()
    place.environment["PROMOGRAPH_URL"] = f"http://127.0.0.1:{port}"
    place.environment["PROMOGRAPH_LEASE_SECONDS"] = "1"
    with place.serving("--port", port) as service:
        create_campaign(service)
        queued = place.run("generate", "AUTUMN", "--count", "100000", "--json")
        job_id = json.loads(queued.stdout)["id"]
        watch = subprocess.Popen(
            [*COMMAND, "jobs", "watch", job_id, "--json"],
            cwd=place.folder,
            env=place.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watch.stdout is not None
        first = json.loads(watch.stdout.readline())
        service.process.send_signal(signal.SIGKILL)
        service.process.wait(10)
    with place.serving("--port", port), watch:
        rest, _ = watch.communicate(timeout=60)

    events = [first, *(json.loads(line) for line in rest.splitlines())]
    assert watch.returncode == Exit.DONE
    assert (events[-1]["status"], events[-1]["inserted"]) == ("SUCCESS", 100_000)
    sequences = [int(event["sequence"]) for event in events]
    assert sequences == sorted(set(sequences))


def test_an_interrupted_watch_leaves_the_job_alone(place: Place) -> None:
    with place.serving() as service:
        create_campaign(service)
        place.environment["PROMOGRAPH_URL"] = service.url
        later = ("--not-before", f"{datetime.now(UTC).year + 5}-01-01T00:00:00Z")
        job_id = json.loads(
            place.run("generate", "AUTUMN", "--count", "1", *later, "--json").stdout
        )["id"]
        with subprocess.Popen(
            [*COMMAND, "jobs", "watch", "--campaign", "AUTUMN"],
            cwd=place.folder,
            env=place.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as watch:
            assert watch.stdout is not None
            assert watch.stdout.readline() == f"{job_id}  GENERATE  PENDING  0 %  0/1\n"
            watch.send_signal(signal.SIGINT)
            assert watch.wait(10) == Exit.INTERRUPTED
        cancelled = place.run("jobs", "cancel", job_id, "--json")
        again = place.run("jobs", "cancel", job_id)
        ended = place.run("jobs", "watch", job_id)

    assert json.loads(cancelled.stdout)["status"] == "CANCELLED"
    assert (again.returncode, again.stderr[:13]) == (Exit.REFUSED, "JOB_FINISHED:")
    assert ended.returncode == Exit.REFUSED
    assert ended.stdout == f"{job_id}  GENERATE  CANCELLED  0 %  0/1\n"


@pytest.mark.parametrize("colour", [True, False])
def test_a_terminal_gets_a_bar(place: Place, colour: bool) -> None:  # noqa: FBT001 - a case
    with place.serving() as service:
        create_campaign(service)
        place.environment |= {"PROMOGRAPH_URL": service.url, "TERM": "xterm-256color"}
        if not colour:
            place.environment["NO_COLOR"] = "1"
        shown = on_a_terminal(place, "generate", "AUTUMN", "--count", "2000", "--watch")

    assert "GENERATE SUCCESS" in shown
    assert "100 %  2,000/2,000" in shown
    assert ("\x1b[38;5;" in shown or "\x1b[3" in shown) is colour


def on_a_terminal(place: Place, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, *COMMAND[1:], *arguments],
        cwd=place.folder,
        env=place.environment,
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # the terminal is gone when the last who holds it is
            while piece := os.read(ours, 4096):
                shown += piece
        assert process.wait(30) == Exit.DONE
    os.close(ours)
    return shown.decode()
