"""jobProgress and jobs over Server-Sent Events of the whole service, on both databases."""

from typing import Any

import orjson
import pytest

from app.config import Settings
from app.domain.callers import Caller, Scope
from app.edge import RequestLog
from app.services.progress import ProgressHub
from graphql_schema.execution import Engine
from graphql_schema.ids import encode_id
from graphql_schema.schema import schema
from graphql_schema.streams import Streams
from graphql_schema.view import HttpView
from tests.graphql import bench
from tests.graphql.service import Running
from tests.graphql.stream_client import EVENTS, StreamClient
from tests.graphql.test_subscriptions import JOBS, PROGRESS, cancel, waiting_job
from tests.graphql.writing import create


async def told(client: StreamClient) -> dict[str, Any]:
    """The next event of the only field."""
    answer = await client.event()
    assert answer.keys() == {"data"}
    (event,) = answer["data"].values()
    assert isinstance(event, dict)
    return event


def failure(answer: dict[str, Any]) -> tuple[str, str]:
    assert answer.keys() == {"errors"}
    (error,) = answer["errors"]
    return error["extensions"]["code"], error["message"]


async def test_from_the_present_state_to_the_end(service: Running) -> None:
    """By POST and by GET; who comes late hears the end alone."""
    job = await waiting_job(service, (await create(service))["id"])
    async with (
        service.stream(PROGRESS, job=job) as posted,
        service.stream(PROGRESS, job=job).by_get() as got,
    ):
        first = await told(await posted.started())
        assert (first["jobId"], first["status"], first["phase"]) == (job, "PENDING", "QUEUED")
        assert await told(await got.started()) == first
        await cancel(service, job)
        last = await told(posted)
        assert (last["status"], last["phase"]) == ("CANCELLED", "DONE")
        assert int(last["sequence"]) > int(first["sequence"])
        assert await told(got) == last
        await posted.completed()
        await got.completed()
    async with service.stream(PROGRESS, job=job) as again:
        assert await told(await again.started()) == last
        await again.completed()


async def test_jobs_of_one_campaign(service: Running) -> None:
    ours, other = [(await create(service, name=name))["id"] for name in ("Summer", "Autumn")]
    job, elsewhere = [await waiting_job(service, one) for one in (ours, other)]
    async with service.stream(JOBS, campaign=ours) as client:
        await client.started()
        assert await told(client) == {"jobId": job, "status": "PENDING"}
        await cancel(service, elsewhere)
        await cancel(service, job)
        assert await told(client) == {"jobId": job, "status": "CANCELLED"}
        assert (client.complete, client.unread()) == (False, 0)


async def test_a_stream_begins_though_there_is_nothing_to_tell(service: Running) -> None:
    async with service.stream(JOBS) as client:
        await client.started()


@pytest.mark.parametrize(
    ("query", "variables", "sentence"),
    [
        (PROGRESS, {"job": "nonsense"}, "There is no job with this id."),
        (PROGRESS, {"job": encode_id("Code", 1)}, "There is no job with this id."),
        (JOBS, {"campaign": "nonsense"}, "There is no campaign with this id."),
    ],
)
async def test_what_is_no_id_begins_no_stream(
    service: Running, query: str, variables: dict[str, str], sentence: str
) -> None:
    async with service.stream(query, **variables) as client:
        assert (await client.head())[0] == 200
        assert failure(await client.event()) == ("BAD_USER_INPUT", sentence)
        await client.completed()
    both = f"{EVENTS}, application/graphql-response+json"
    async with service.stream(query, both, **variables) as client:
        assert (await client.head())[0] == 400
        assert failure(orjson.loads(await client.rest())) == ("BAD_USER_INPUT", sentence)


@pytest.mark.parametrize(
    ("query", "variables", "sentence"),
    [
        (PROGRESS, {"job": encode_id("Job", 99)}, "There is no job with this id."),
        (JOBS, {"campaign": encode_id("Campaign", 99)}, "There is no campaign with this id."),
    ],
)
async def test_what_is_not_there_ends_the_stream(
    service: Running, query: str, variables: dict[str, str], sentence: str
) -> None:
    async with service.stream(query, **variables) as client:
        await client.started()
        assert failure(await client.event()) == ("BAD_USER_INPUT", sentence)
        await client.completed()


@pytest.mark.parametrize("query", [PROGRESS, JOBS])
async def test_who_may_not_read_jobs_may_not_watch_them(
    service: Running, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    stranger = Caller("stranger", "Stranger", frozenset({Scope.CODES_REDEEM}))
    monkeypatch.setattr("app.services.callers.demo_caller", lambda **_: stranger)
    job = encode_id("Job", 1)
    async with service.stream(query, job=job) as client:
        assert (await client.head())[0] == 200
        code, message = failure(await client.event())
        assert code == "FORBIDDEN"
        assert message.endswith("needs the scope codes:read.")
        await client.completed()
    both = f"{EVENTS}, application/graphql-response+json"
    async with service.stream(query, both, job=job) as client:
        assert (await client.head())[0] == 403
        assert failure(orjson.loads(await client.rest()))[0] == "FORBIDDEN"


def watchers(hub: ProgressHub) -> int:
    kept = (*hub._by_job.values(), *hub._by_campaign.values())  # noqa: SLF001 - what a process keeps
    return sum(map(len, kept))


async def test_who_hangs_up_leaves_nothing_behind(service: Running, settings: Settings) -> None:
    job = await waiting_job(service, (await create(service))["id"])
    streams = Streams(10)
    async with bench.contexts(settings) as contexts:
        view = RequestLog(HttpView(Engine(schema, settings), contexts, streams))
        given = {"job": job}
        clients = [StreamClient(view, query=PROGRESS, variables=given) for _ in range(4)]
        clients.append(StreamClient(view, query=JOBS))
        for client in clients:
            await client.__aenter__()
            await told(await client.started())
        assert (watchers(contexts.progress), len(streams)) == (5, 5)
        for left, client in enumerate(clients, start=1):
            await client.__aexit__(None, None, None)
            assert (watchers(contexts.progress), len(streams)) == (5 - left, 5 - left)
