"""Writes with which the client tests begin, sent as plain HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.commands import Service

CODES = 100_000
CREATE = """mutation { createCampaign(input: {kind: VOUCHER, name: "Summer", key: "SUMMER"}) {
  campaign { id } userErrors { code }
} }"""
GENERATE = """mutation ($campaign: ID!, $count: Int!, $notBefore: DateTime) {
  generateCodes(input: {campaignId: $campaign, count: $count, notBefore: $notBefore}) {
    job { id } userErrors { code }
  }
}"""


def ask(server: Service, query: str, **variables: object) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    answer = httpx.post(f"{server.url}/graphql", json=body, trust_env=False).json()
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


def start_job(server: Service) -> str:
    """The id of a job that makes CODES codes in a new campaign, and leaves time to watch it."""
    campaign = ask(server, CREATE)["createCampaign"]["campaign"]["id"]
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    made = ask(server, GENERATE, campaign=campaign, count=CODES, notBefore=soon)
    job: str = made["generateCodes"]["job"]["id"]
    return job


def check_progress(states: list[dict[str, Any]]) -> None:
    """From the present state to done, never back, the end once and last.

    The job waits for those who watch, but a client may be long in starting.
    """
    sequences = [int(state["sequence"]) for state in states]
    assert sequences == sorted(set(sequences))
    statuses = [state["status"] for state in states]
    assert statuses[0] in {"PENDING", "IN_PROGRESS"}
    assert set(statuses[1:-1]) == {"IN_PROGRESS"}
    assert statuses[-1] == "SUCCESS"
    assert states[-1]["inserted"] == CODES
    assert states[-1]["percent"] == 100
    inserted = [state["inserted"] for state in states]
    assert inserted == sorted(inserted)


def socket_url(server: Service) -> str:
    return f"{server.url.replace('http', 'ws', 1)}/graphql"
