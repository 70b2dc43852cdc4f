"""curl, as people type it: streams of events in a terminal."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.api import check_progress, start_job
from tests.commands import Place, Service
from tests.routes.filling import CREATE

README = (Path(__file__).parents[2] / "README.md").read_text()
WATCH = 'subscription { jobProgress(jobId: "JOB") { sequence status percent inserted } }'


@pytest.fixture(autouse=True)
def _curl_is_here() -> None:
    assert shutil.which("curl"), "No curl here: install the package of this name."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Service]:
    with Place(tmp_path).serving() as service:
        yield service


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """Name and data of each event; comments say nothing."""
    while frame := list(takewhile(lambda line: line != "\n", lines)):
        if frame != [":\n"]:
            name, data = frame
            text = data.removeprefix("data:").strip()
            yield name.removeprefix("event: ").strip(), json.loads(text) if text else None


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_curl_watches_a_job_to_its_end(server: Service, method: str) -> None:
    query = WATCH.replace("JOB", start_job(server))
    asked = {
        "POST": ["-H", "Content-Type: application/json", "-d", json.dumps({"query": query})],
        "GET": ["-G", "--data-urlencode", f"query={query}"],
    }[method]
    url = f"{server.url}/graphql"
    command = ["curl", "-sS", "-N", "-H", "Accept: text/event-stream", *asked, url]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    *told, last = events(iter(answer.stdout.splitlines(keepends=True)))
    assert last == ("complete", None)
    assert {name for name, _ in told} == {"next"}
    check_progress([data["data"]["jobProgress"] for _, data in told])


def test_the_command_of_the_readme(server: Service) -> None:
    found = re.search(r"^curl -N .*?[^\\]\n", README, re.DOTALL | re.MULTILINE)
    assert found is not None
    command = found[0].replace("http://127.0.0.1:8420", server.url)
    with subprocess.Popen(
        shlex.split(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as curl:
        assert curl.stdout is not None
        job = start_job(server)
        statuses = []
        for name, response in events(curl.stdout):
            assert name == "next"
            state = response["data"]["jobs"]
            assert state["jobId"] == job
            statuses.append(state["status"])
            if statuses[-1] == "SUCCESS":
                break
        curl.terminate()
    assert list(dict.fromkeys(statuses)) == ["PENDING", "IN_PROGRESS", "SUCCESS"]


def test_a_file_is_sent_by_the_command_of_the_readme(server: Service, tmp_path: Path) -> None:
    given = {"kind": "SOURCE", "name": "C", "key": "CREATORS", "firstCode": {"code": "FIRST"}}
    body = {"query": CREATE, "variables": {"input": given}}
    httpx.post(f"{server.url}/graphql", json=body, trust_env=False).raise_for_status()
    found = re.search(r"^curl -T .*$", README, re.MULTILINE)
    assert found is not None
    command = shlex.split(found[0].replace("http://127.0.0.1:8420", server.url))
    (tmp_path / "codes.csv").write_text("code\nCURLED-1\n")
    answer = subprocess.run(
        [*command, "-sS"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    job = json.loads(answer.stdout)["job"]
    assert (job["fileName"], job["campaign"]) == ("codes.csv", {"key": "CREATORS"})
