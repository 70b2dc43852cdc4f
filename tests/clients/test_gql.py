"""Python's gql, unchanged, against the running service."""

from typing import Any

from gql import Client, gql
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from tests.clients.api import check_progress, socket_url, start_job
from tests.commands import Service

WATCH = gql("""subscription ($job: ID!) {
  jobProgress(jobId: $job) { sequence status percent inserted }
}""")


async def watch(server: Service, job: str) -> list[dict[str, Any]]:
    transport = WebsocketsTransport(socket_url(server))
    async with Client(transport=transport) as session:
        WATCH.variable_values = {"job": job}
        return [event["jobProgress"] async for event in session.subscribe(WATCH)]


async def test_gql_watches_a_job_to_its_end(server: Service) -> None:
    job = start_job(server)
    states = await watch(server, job)
    check_progress(states)
    assert await watch(server, job) == states[-1:]


async def test_gql_reads_the_schema_and_checks_its_queries_by_it(server: Service) -> None:
    transport = HTTPXAsyncTransport(f"{server.url}/graphql", trust_env=False)
    client = Client(transport=transport, fetch_schema_from_transport=True)
    async with client as session:
        answer = await session.execute(gql("{ campaigns { totalCount } }"))
        assert answer == {"campaigns": {"totalCount": 0}}
        assert client.schema is not None
        assert client.schema.get_type("JobProgress") is not None
