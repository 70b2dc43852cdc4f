"""A server with one job that changes on demand: ours, or Strawberry's own in front of the same hub.

    python -m scripts.benchmarks.watched ours|plain

It is told what to do by JSON lines and answers each by one, the first unasked: see `Order`.
"""

import asyncio
import gc
import logging
import os
import resource
import socket
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

from app.cli.serving import Protocol
from app.config import Settings
from app.database import Row
from app.domain.callers import demo_caller
from app.domain.campaigns import CampaignDraft, CampaignKind
from app.domain.jobs import JobKind
from app.edge import RequestLog
from app.main import Service
from app.services import campaigns, jobs, progress, watching
from graphql_schema.context import Context
from graphql_schema.execution import Engine
from graphql_schema.ids import encode_id
from graphql_schema.schema import schema
from graphql_schema.sockets import SocketView
from graphql_schema.view import HttpView

CHANGE = """UPDATE job SET processed = processed + 1, progress_sequence = progress_sequence + 1
    WHERE id = $1 RETURNING progress_sequence"""
PAGE_BYTES = resource.getpagesize()


@dataclass(frozen=True)
class Order:
    """Change the job for so long, so often, and tell it at least `spacing` seconds apart."""

    seconds: float
    every: float
    spacing: float


@dataclass(frozen=True)
class Report:
    """What was done: when each change was committed, by its sequence, and how long all took."""

    changes: dict[str, float]
    seconds: float
    reads: int
    cpu_seconds: float
    memory_bytes: int


class Plain(GraphQL[Context, None]):
    """What Strawberry brings, as its documentation sets it up."""

    def __init__(self, service: Service) -> None:
        super().__init__(schema, graphql_ide=None)
        self.service = service

    async def get_context(self, request: Any, response: Any) -> Context:  # noqa: ANN401, ARG002
        return self.service.context("plain", demo_caller())


class Desk:
    """The job, and the hand that changes it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.job = 0
        self.reads = 0

    async def open(self) -> None:
        database, caller, now = self.service.database, demo_caller(), datetime.now(UTC)
        draft = campaigns.NewCampaign(CampaignKind.VOUCHER, CampaignDraft(f"Watched {now}", "UTC"))
        campaign = await campaigns.create(database, caller, draft, now)
        later = now + timedelta(days=1)
        new = jobs.NewJob(JobKind.GENERATE, campaign, params={}, total=10**6, not_before=later)
        async with database.transaction() as tx:
            self.job = await jobs.add(tx, caller, new, now)
        read = database.read

        async def counted(sql: str, *values: object) -> list[Row]:
            self.reads += "progress_sequence" in sql
            return await read(sql, *values)

        database.read = counted

    async def carry_out(self, order: Order) -> Report:
        watching.SPACING_SECONDS = order.spacing
        progress.SPACING_SECONDS = order.spacing
        changes: dict[str, float] = {}
        reads, spent, began = self.reads, cpu_seconds(), time.monotonic()
        while time.monotonic() < began + order.seconds:
            async with self.service.database.transaction() as tx:
                (row,) = await tx.fetch(CHANGE, self.job)
            changes[str(row["progress_sequence"])] = time.monotonic()
            await self.service.queue.wake(self.job)
            await asyncio.sleep(order.every)
        took, spent = time.monotonic() - began, cpu_seconds() - spent
        gc.collect()
        return Report(changes, took, self.reads - reads, spent, memory_bytes())


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


def memory_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def routes(kind: str, service: Service) -> list[Route | WebSocketRoute]:
    if kind == "plain":
        plain = Plain(service)
        return [Route("/graphql", plain), WebSocketRoute("/graphql", plain)]
    engine = Engine(schema, service.settings)
    view = HttpView(engine, service, service.streams)
    sockets = SocketView(engine, service)
    return [Route("/graphql", view), WebSocketRoute("/graphql", sockets)]


async def obey(server: uvicorn.Server, service: Service, port: int) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    desk = Desk(service)
    await desk.open()
    say({"port": port, "job": encode_id("Job", desk.job)})
    while line := await asyncio.to_thread(sys.stdin.readline):
        say(asdict(await desk.carry_out(Order(**orjson.loads(line)))))
    server.should_exit = True


def say(what: dict[str, Any]) -> None:
    print(orjson.dumps(what).decode(), flush=True)


async def main() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    service = Service(Settings(max_event_streams=10**6, keyless=True))
    app = RequestLog(Starlette(routes=routes(sys.argv[1], service), lifespan=service.open))
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        app, http=Protocol, ws="websockets-sansio", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as work:
        work.create_task(server.serve(sockets=[listener]))
        work.create_task(obey(server, service, listener.getsockname()[1]))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
