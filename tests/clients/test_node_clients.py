"""Clients of the npm world, unchanged, against the running service."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients import node
from tests.clients.api import check_progress, socket_url, start_job
from tests.commands import Place, Service

pytestmark = pytest.mark.usefixtures("packages")

WATCH = """subscription Watch($job: ID!) {
  jobProgress(jobId: $job) { sequence status percent inserted }
}"""
COUNT = "{ campaigns { totalCount } }"
JSON = "application/graphql-response+json; charset=utf-8"
EVENTS = "text/event-stream; charset=utf-8"
# Each with the media types of its answers over HTTP.
WATCHING: list[tuple[str, list[str]]] = [
    ("graphqlWs", []),
    ("urqlWs", []),
    ("apolloWs", []),
    ("graphqlSse", [EVENTS]),
    ("urqlSse", [EVENTS]),
    ("urqlFetch", [EVENTS]),
    ("apolloSse", [EVENTS]),
    ("eventSource", [EVENTS]),
]
WATCHED = [
    *(("embedded", *watching) for watching in WATCHING),
    *(("servers", *WATCHING[index]) for index in (0, 3)),
]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without anything in it, for those who write nothing."""
    with Place(tmp_path_factory.mktemp("lasting")).serving() as service:
        yield service


def ask(server: Service, library: str, query: str, **variables: str) -> list[Any]:
    """Each response, then how it ended, then the media types."""
    url = socket_url(server) if library.endswith("Ws") else f"{server.url}/graphql"
    lines = node.run("ask.js", library, url, query, json.dumps(variables)).splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(("server", "library", "types"), WATCHED, indirect=["server"])
def test_a_job_is_watched_to_its_end(server: Service, library: str, types: list[str]) -> None:
    job = start_job(server)
    *events, end, heard = ask(server, library, WATCH, job=job)
    check_progress([event["data"]["jobProgress"] for event in events])
    assert (end, heard) == ("complete", {"types": types})
    assert ask(server, library, WATCH, job=job) == [events[-1], "complete", {"types": types}]


@pytest.mark.parametrize(("library", "types"), WATCHING)
def test_who_cannot_watch_is_told_why(lasting: Service, library: str, types: list[str]) -> None:
    told, *_, heard = ask(lasting, library, WATCH, job="nonsense")
    (error,) = told.get("error") or told["errors"]
    assert error["message"] == "There is no job with this id."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert heard == {"types": types}


@pytest.mark.parametrize(
    ("library", "types"),
    [
        ("graphqlWs", []),
        ("apolloWs", []),
        ("urqlFetch", [JSON]),  # it would take a stream too
        ("apolloHttp", [JSON]),
        ("graphqlSse", [EVENTS]),
        ("apolloSse", [EVENTS]),
        ("eventSource", [EVENTS]),
    ],
)
def test_queries_are_asked_too(lasting: Service, library: str, types: list[str]) -> None:
    response, end, heard = ask(lasting, library, COUNT)
    assert response["data"]["campaigns"]["totalCount"] == 0
    assert (end, heard) == ("complete", {"types": types})


def test_the_audits_of_graphql_over_http(server: Service) -> None:
    """Every MUST, SHOULD and MAY of the published suite; see docs for where drafts differ."""
    results = json.loads(node.run("audit.js", f"{server.url}/graphql"))
    assert len(results) > 60
    assert [result for result in results if result["status"] != "ok"] == []
