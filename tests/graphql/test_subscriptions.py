"""jobProgress and jobs over the socket of the whole service, on both databases."""

from typing import Any

import pytest

from app.domain.callers import Caller, Scope
from graphql_schema.ids import encode_id
from tests.graphql.service import Running
from tests.graphql.socket_client import SocketClient
from tests.graphql.writing import CANCEL, GENERATE, LATER, create

PROGRESS = """subscription ($job: ID!) { jobProgress(jobId: $job) {
  jobId kind sequence status phase total parsed processed inserted updated deleted withdrawn
  unchanged failed percent rate etaSeconds errorCode errorMessage
} }"""
JOBS = "subscription ($campaign: ID) { jobs(campaign: $campaign) { jobId status } }"


async def waiting_job(service: Running, campaign: str) -> str:
    """A job that begins in some years."""
    given = {"campaignId": campaign, "count": 10, "notBefore": LATER}
    data = await service.data(GENERATE, input=given)
    job: str = data["generateCodes"]["job"]["id"]
    return job


async def cancel(service: Running, job: str) -> None:
    data = await service.data(CANCEL, input={"id": job})
    assert data["cancelJob"]["userErrors"] == []


async def told(socket: SocketClient) -> dict[str, Any]:
    """The next event of the only operation."""
    message = await socket.receive()
    (event,) = message["payload"]["data"].values()
    assert isinstance(event, dict)
    return event


async def refused(socket: SocketClient) -> tuple[str, str]:
    message = await socket.receive()
    assert message["type"] == "error"
    (error,) = message["payload"]
    return error["extensions"]["code"], error["message"]


class TestJobProgress:
    async def test_from_the_present_state_to_the_end(self, service: Running) -> None:
        job = await waiting_job(service, (await create(service))["id"])
        async with service.socket() as socket:
            await socket.start()
            socket.subscribe("1", PROGRESS, variables={"job": job})
            first = await told(socket)
            assert first == {
                "jobId": job,
                "kind": "GENERATE",
                "sequence": first["sequence"],
                "status": "PENDING",
                "phase": "QUEUED",
                "total": 10,
                **dict.fromkeys(["parsed", "processed", "inserted", "updated", "deleted"], 0),
                **dict.fromkeys(["withdrawn", "unchanged", "failed", "percent"], 0),
                **dict.fromkeys(["rate", "etaSeconds", "errorCode", "errorMessage"]),
            }
            await cancel(service, job)
            last = await told(socket)
            assert (last["status"], last["phase"]) == ("CANCELLED", "DONE")
            assert int(last["sequence"]) > int(first["sequence"])
            assert await socket.receive() == {"id": "1", "type": "complete"}
            socket.subscribe("1", PROGRESS, variables={"job": job})
            assert await told(socket) == last
            assert await socket.receive() == {"id": "1", "type": "complete"}

    @pytest.mark.parametrize("job", ["", "nonsense", encode_id("Job", 99), encode_id("Code", 1)])
    async def test_unknown(self, service: Running, job: str) -> None:
        async with service.socket() as socket:
            await socket.start()
            socket.subscribe("1", PROGRESS, variables={"job": job})
            assert await refused(socket) == ("BAD_USER_INPUT", "There is no job with this id.")

    async def test_aliases_and_fragments(self, service: Running) -> None:
        job = await waiting_job(service, (await create(service))["id"])
        query = f"""subscription {{ job: jobProgress(jobId: "{job}") {{ ...P again: status }} }}
        fragment P on JobProgress {{ status @skip(if: true) __typename }}"""
        async with service.socket() as socket:
            await socket.start()
            socket.subscribe("1", query)
            assert (await socket.receive())["payload"] == {
                "data": {"job": {"__typename": "JobProgress", "again": "PENDING"}}
            }


class TestJobs:
    async def test_of_one_campaign(self, service: Running) -> None:
        ours, other = [(await create(service, name=name))["id"] for name in ("Summer", "Autumn")]
        job, elsewhere = [await waiting_job(service, one) for one in (ours, other)]
        async with service.socket() as socket:
            await socket.start()
            socket.subscribe("1", JOBS, variables={"campaign": ours})
            assert await told(socket) == {"jobId": job, "status": "PENDING"}
            await cancel(service, elsewhere)
            new = await waiting_job(service, ours)
            assert await told(socket) == {"jobId": new, "status": "PENDING"}
            await cancel(service, job)
            assert await told(socket) == {"jobId": job, "status": "CANCELLED"}
            await cancel(service, new)
            assert await told(socket) == {"jobId": new, "status": "CANCELLED"}
            socket.send({"type": "ping"})
            assert await socket.receive() == {"type": "pong"}

    async def test_of_all(self, service: Running) -> None:
        made = [
            await waiting_job(service, (await create(service, name=name))["id"])
            for name in ("Summer", "Autumn")
        ]
        async with service.socket() as socket:
            await socket.start()
            socket.subscribe("1", JOBS)
            assert [(await told(socket))["jobId"] for _ in made] == made

    @pytest.mark.parametrize("campaign", ["nonsense", encode_id("Campaign", 99)])
    async def test_unknown(self, service: Running, campaign: str) -> None:
        async with service.socket() as socket:
            await socket.start()
            socket.subscribe("1", JOBS, variables={"campaign": campaign})
            sentence = "There is no campaign with this id."
            assert await refused(socket) == ("BAD_USER_INPUT", sentence)


async def test_one_field_a_subscription(service: Running) -> None:
    async with service.socket() as socket:
        await socket.start()
        socket.subscribe("1", "subscription { a: jobs { status } b: jobs { status } }")
        code, message = await refused(socket)
        assert code == "BAD_USER_INPUT"
        assert "must select only one top level field" in message


@pytest.mark.parametrize("query", [PROGRESS, JOBS])
async def test_who_may_not_read_jobs_may_not_watch_them(
    service: Running, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    stranger = Caller("stranger", "Stranger", frozenset({Scope.CODES_REDEEM}))
    monkeypatch.setattr("app.services.callers.demo_caller", lambda **_: stranger)
    async with service.socket() as socket:
        await socket.start()
        socket.subscribe("1", query, variables={"job": encode_id("Job", 1)})
        code, message = await refused(socket)
        assert code == "FORBIDDEN"
        assert message.endswith("needs the scope codes:read.")


async def test_who_may_not_write_changes_nothing(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Caller("reader", "Reader", frozenset({Scope.CODES_READ}))
    monkeypatch.setattr("app.services.callers.demo_caller", lambda **_: reader)
    name = {"input": {"name": "Flyers", "mask": "FLY-#"}}
    query = """mutation ($input: CreateNumberSeriesInput!) {
      createNumberSeries(input: $input) { userErrors { code } }
    }"""
    answer = await service.ask(query, **name)
    assert answer["data"] == {"createNumberSeries": None}
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["message"] == "Mutation.createNumberSeries needs the scope campaigns:write."
    counted = await service.data("{ numberSeriesList { totalCount } }")
    assert counted == {"numberSeriesList": {"totalCount": 0}}
