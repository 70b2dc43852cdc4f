"""The composition root: settings -> resources, engine, routes. Nothing imports this module."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, cast

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from app.config import Settings
from app.database import Database
from app.database.errors import NotMigratedError
from app.database.migrations import migrate, pending, require
from app.domain.callers import Caller
from app.edge import LoopbackOnly, Objection, RequestLog, refusal
from app.guess_counts import GuessCounts
from app.logs import configure_logs
from app.peers import Peers
from app.queue import Queue
from app.reading.cursors import Cursors
from app.routes.imports import ImportRoutes
from app.secret import load_secret
from app.services.callers import Callers
from app.services.guessing import Guesses
from app.services.life.call_queue import CallQueue
from app.services.progress import ProgressHub
from graphql_schema.context import Context
from graphql_schema.execution import Engine
from graphql_schema.schema import schema
from graphql_schema.sockets import SocketView
from graphql_schema.streams import Streams
from graphql_schema.view import HttpView
from workers.embedded import embedded_worker

CHECK_SECONDS: Final = 2.0
WELCOME: Final = """Promograph: promotion codes, campaigns and their live progress, over GraphQL.

  POST /graphql       queries and mutations, as JSON: {"query": "{ campaigns { totalCount } }"}
  GET  /graphql       queries: ?query={campaigns{totalCount}}
  POST, GET /graphql  subscriptions, as Server-Sent Events: Accept: text/event-stream
  WS   /graphql       everything, by the protocol graphql-transport-ws
  POST /imports       a file of codes: ?campaign=KEY, the body is the file; answers with the job
  GET  /imports/ID    how that job stands; its failed rows as a file at /imports/ID/failed
  GET  /imports/schema/FORMAT, /imports/sample/FORMAT   what such files look like: csv, json, xml
  GET  /health/live   whether the process answers
  GET  /health/ready  whether it can work: database, migrations, redis

/graphql and files of codes ask for a key: Authorization: Bearer KEY. A demo asks for none.
"""

log = structlog.get_logger(__name__)


class Service:
    """What the process holds open while it serves."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database: Database
        self.queue: Queue
        self.progress: ProgressHub
        self.calls: CallQueue
        self.guesses: Guesses
        self.cursors: Cursors
        self.callers: Callers
        self.peers = Peers(settings.trusted_proxies)
        self.streams = Streams(settings.max_event_streams)
        self._migrated = False

    @asynccontextmanager
    async def open(self, _app: Starlette) -> AsyncIterator[dict[str, Any]]:
        """Everything that serving needs, opened in this order and closed in the reverse one.

        The server is handed the streams, because only it knows when to close them: before it waits
        for requests to end, and so before the lifespan does.
        """
        settings = self.settings
        secret = load_secret(settings)
        self.cursors = Cursors(secret)
        await self._check_migrations()
        async with AsyncExitStack() as stack:
            self.database = await Database.open(settings)
            stack.push_async_callback(self.database.close)
            self.queue = await Queue.open(settings)
            stack.push_async_callback(self.queue.close)
            self.progress = await stack.enter_async_context(
                ProgressHub.open(self.database, self.queue, _now)
            )
            self.guesses = await stack.enter_async_context(
                Guesses.open(settings, secret, GuessCounts.of(self.queue.redis, settings))
            )
            self.calls = await stack.enter_async_context(
                CallQueue.open(self.database, settings, secret, _now)
            )
            self.callers = await stack.enter_async_context(
                Callers.open(self.database, settings, secret, _now)
            )
            if settings.embedded:
                await stack.enter_async_context(
                    embedded_worker(self.database, self.queue, settings)
                )
            log.info("serving", embedded=settings.embedded)
            yield {"streams": self.streams}
            log.info("stopping")

    async def _check_migrations(self) -> None:
        """An embedded database is brought up to date; a server's is its operator's business."""
        if self.settings.embedded:
            await migrate(self.settings)
        else:
            await require(self.settings)

    def context(self, request_id: str, caller: Caller) -> Context:
        return Context(
            database=self.database,
            queue=self.queue,
            settings=self.settings,
            progress=self.progress,
            calls=self.calls,
            guesses=self.guesses,
            cursors=self.cursors,
            caller=caller,
            now=_now(),
            request_id=request_id,
        )

    async def ready(self, _request: Request) -> Response:
        """200 when work can be done, else 503, with the state of each part."""
        checks = {
            "database": await _succeeds(self.database.ping),
            "migrations": await _succeeds(self._ask_migrations),
            "redis": await _succeeds(self.queue.redis.ping),
        }
        ready = all(checks.values())
        return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)

    async def _ask_migrations(self) -> None:
        """Asked until nothing is lacking: no running program's database loses migrations."""
        if not self._migrated and await pending(self.settings):
            raise NotMigratedError
        self._migrated = True


async def _succeeds(check: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever it is, this part does not work
        log.warning("not_ready", error=type(error).__name__)
        return False
    return True


def _now() -> datetime:
    return datetime.now(UTC)


async def _live(_request: Request) -> Response:
    return JSONResponse({"live": True})


async def _welcome(_request: Request) -> Response:
    return PlainTextResponse(WELCOME)


async def _not_here(request: Request, error: Exception) -> Response:
    stop = cast("HTTPException", error)  # the only kind it is registered for
    sentence = f"{stop.detail}: GET / tells what is served."
    objection = Objection(stop.status_code, "BAD_USER_INPUT", sentence)
    return refusal(objection, request.scope, stop.headers)


def create_app(settings: Settings | None = None) -> Starlette:
    """The service as an ASGI application.

    A server calls it without settings: then the environment's hold, and the log is set up too.
    """
    if settings is None:
        settings = Settings()
        configure_logs(settings)
    service = Service(settings)
    engine = Engine(schema, settings)
    app = Starlette(
        routes=[
            Route("/", _welcome, methods=["GET"]),
            Route("/graphql", HttpView(engine, service, service.streams)),
            WebSocketRoute("/graphql", SocketView(engine, service)),
            *ImportRoutes(engine, service, _now).all(),
            Route("/health/live", _live, methods=["GET"]),
            Route("/health/ready", service.ready, methods=["GET"]),
        ],
        middleware=[
            Middleware(RequestLog),
            *([Middleware(LoopbackOnly, settings=settings)] if settings.keyless else []),
            *_cors(settings),
        ],
        exception_handlers={HTTPException: _not_here},
        lifespan=service.open,
    )
    # `/graphql/` is an address like any other at which nothing is.
    app.router.redirect_slashes = False
    return app


def _cors(settings: Settings) -> list[Middleware]:
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=[
                "authorization",
                "content-disposition",
                "content-type",
                "idempotency-key",
                "x-request-id",
            ],
            expose_headers=[
                "content-disposition",
                "location",
                "retry-after",
                "www-authenticate",
                "x-request-id",
            ],
        )
    ]
