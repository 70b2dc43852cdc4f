"""Campaigns to import into, files to import, and what the service keeps of them."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from app.domain.callers import Caller, Scope
from graphql_schema.ids import find_id
from tests.graphql.service import Running
from workers.turns import Workshop, take_turn

CREATE = """mutation ($input: CreateCampaignInput!) {
  createCampaign(input: $input) { campaign { id } userErrors { message } }
}"""
ARCHIVE = """mutation ($id: ID!) {
  archiveCampaign(input: {id: $id}) { userErrors { message } }
}"""
ENDED = """query ($id: ID!) { job(id: $id) {
  id status total inserted failed errorCode
  rowResults { nodes { line code outcome messages } }
} }"""
TERMINAL = {"SUCCESS", "WARNINGS", "FAILED", "CANCELLED"}
CSV = b"code\nSUMMER10\nSUMMER20\n"


async def create_campaign(service: Running, key: str = "SUMMER", kind: str = "SOURCE") -> str:
    given: dict[str, Any] = {"kind": kind, "name": key.title(), "key": key}
    if kind == "SOURCE":
        given["firstCode"] = {"code": f"{key}-FIRST"}
    payload = (await service.data(CREATE, input=given))["createCampaign"]
    assert payload["userErrors"] == []
    campaign_id: str = payload["campaign"]["id"]
    return campaign_id


async def archive_campaign(service: Running, campaign_id: str) -> None:
    payload = (await service.data(ARCHIVE, id=campaign_id))["archiveCampaign"]
    assert payload["userErrors"] == []


async def post(
    service: Running,
    content: Any = CSV,  # noqa: ANN401 - whatever httpx can send
    query: str = "campaign=SUMMER",
    **headers: str,
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await service.http.post(
        f"/imports?{query}", content=content, headers={"content-type": "text/csv", **named}
    )


def errors(response: httpx.Response) -> list[tuple[str, str, list[str] | None]]:
    """Code, message and parameter of each error, which carry the id of their request."""
    found = response.json()["errors"]
    ids = {error["extensions"]["requestId"] for error in found}
    assert ids == {response.headers["x-request-id"]}
    assert response.headers["content-type"] == "application/json"
    return [
        (error["extensions"]["code"], error["message"], error["extensions"].get("field"))
        for error in found
    ]


async def job_count(service: Running) -> int:
    count: int = (await service.data("{ jobs { totalCount } }"))["jobs"]["totalCount"]
    return count


async def import_to_the_end(
    service: Running, shop: Workshop, content: bytes, **asked: str
) -> dict[str, Any]:
    """Send a file and return its job when it has ended."""
    query = urlencode({"campaign": "SUMMER", **asked})
    response = await post(service, content, query)
    assert response.status_code == 202, response.text
    return await to_the_end(service, shop, response.json()["job"]["id"])


async def to_the_end(service: Running, shop: Workshop, job_id: str) -> dict[str, Any]:
    """Work on the job, beside the worker that the service itself may have."""
    number = find_id(job_id, "Job")
    assert number is not None
    await take_turn(shop, number)
    job: dict[str, Any] = {"status": None}
    async with asyncio.timeout(30):
        while job["status"] not in TERMINAL:
            await asyncio.sleep(0.02)
            job = (await service.data(ENDED, id=job_id))["job"]
    return job


def allow_only(monkeypatch: pytest.MonkeyPatch, *scopes: Scope) -> None:
    """Let the built-in caller do no more than this."""

    def caller(request_id: str) -> Caller:
        return Caller("demo", "Demo", frozenset(scopes), request_id=request_id)

    monkeypatch.setattr("app.services.callers.demo_caller", caller)
