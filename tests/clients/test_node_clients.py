"""Clients of the npm world, unchanged, against the running service."""

import json

import pytest

from tests.clients import node
from tests.clients.api import check_progress, socket_url, start_job
from tests.commands import Service

pytestmark = pytest.mark.usefixtures("packages")


def test_graphql_ws_watches_a_job_to_its_end(server: Service) -> None:
    job = start_job(server)
    lines = node.run("watch_job.js", socket_url(server), job).splitlines()
    *events, last = [json.loads(line) for line in lines]
    check_progress([event["data"]["jobProgress"] for event in events])
    assert last == "complete"
    again = node.run("watch_job.js", socket_url(server), job).splitlines()
    assert [json.loads(line) for line in again] == [events[-1], "complete"]


def test_graphql_ws_is_told_why_it_cannot_watch(server: Service) -> None:
    (line,) = node.run("watch_job.js", socket_url(server), "nonsense").splitlines()
    (error,) = json.loads(line)["error"]
    assert error["message"] == "There is no job with this id."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_graphql_ws_asks_queries_too(server: Service) -> None:
    answers = node.run("ask.js", socket_url(server), "{ campaigns { totalCount } }")
    assert json.loads(answers) == [{"data": {"campaigns": {"totalCount": 0}}}]


def test_the_audits_of_graphql_over_http(server: Service) -> None:
    """Every MUST, SHOULD and MAY of the published suite; see docs for where drafts differ."""
    results = json.loads(node.run("audit.js", f"{server.url}/graphql"))
    assert len(results) > 60
    assert [result for result in results if result["status"] != "ok"] == []
