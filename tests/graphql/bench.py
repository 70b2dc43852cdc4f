"""A schema that does on demand what resolvers can do: answer, fail, wait, stream, and be wrong."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import strawberry

from app.config import Settings
from app.database import Database
from app.database.errors import Conflict, Unavailable
from app.domain.callers import Caller, Scope
from app.peers import Peers
from app.queue import Queue
from app.reading.cursors import Cursors
from app.reading.errors import BadArgument, NotAllowed
from app.services.callers import Callers
from app.services.progress import ProgressHub
from app.services.recognition import Recognition
from graphql_schema.context import Context, Info
from graphql_schema.errors import bad_input

PRIVATE = "SUMMER-7F3K of jane@example.org"


@dataclass
class Doings:
    """What the resolvers did, for tests to look at and to wait for."""

    started: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    contexts: list[Context] = field(default_factory=list)
    writes: int = 0
    events_made: int = 0


# Each test has its own: see the fixture of this name.
doings = Doings()


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, info: Info, name: str = "you") -> str:
        doings.contexts.append(info.context)
        return f"Hello {name}"

    @strawberry.field
    def number(self, value: int) -> int:
        """The value as it is: what does not fit an Int is this resolver's mistake."""
        return value * 2

    @strawberry.field
    def nothing(self) -> str:
        return None  # type: ignore[return-value]  # the mistake that a test is about

    @strawberry.field
    def fail(self, how: str = "bug") -> str | None:
        match how:
            case "api":
                raise bad_input("Say it differently.")
            case "argument":
                raise BadArgument("This cursor is not one of this list.")
            case "scope":
                raise NotAllowed("Code.text", Scope.CODES_REVEAL)
            case "unavailable":
                raise Unavailable(PRIVATE)
            case "conflict":
                raise Conflict(PRIVATE)
        raise RuntimeError(PRIVATE) from ValueError(PRIVATE)

    @strawberry.field
    async def wait(self) -> str:
        """Until it is released, or the operation is cancelled."""
        doings.started.set()
        try:
            await doings.released.wait()
        except asyncio.CancelledError:
            doings.cancelled.set()
            raise
        return "waited"

    @strawberry.field
    def deep(self, levels: int) -> strawberry.scalars.JSON:
        value: object = 1
        for _ in range(levels):
            value = [value]
        return strawberry.scalars.JSON(value)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def write(self) -> int:
        doings.writes += 1
        return doings.writes


@strawberry.type
class Counted:
    number: int

    def __hash__(self) -> int:
        return self.number

    @strawberry.field
    def broken(self) -> int | None:
        raise RuntimeError(PRIVATE)

    @strawberry.field
    def made(self) -> int:
        """How often an event was resolved, over all subscribers."""
        doings.events_made += 1
        return doings.events_made


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int, then: str = "end") -> AsyncGenerator[Counted, None]:
        """Count, then end, wait or fail."""
        doings.started.set()
        try:
            for number in range(1, to + 1):
                yield Counted(number=number)
            if then == "wait":
                await doings.released.wait()
            elif then == "fail":
                raise bad_input("It cannot go on.")
            elif then == "break":
                raise RuntimeError(PRIVATE)
        except asyncio.CancelledError:
            doings.cancelled.set()
            raise


schema = strawberry.Schema(Query, Mutation, Subscription)


@asynccontextmanager
async def contexts(settings: Settings) -> AsyncIterator["MakeContexts"]:
    """Real contexts over a real database."""
    database = await Database.open(settings)
    queue = await Queue.open(settings)
    try:
        async with ProgressHub.open(database, queue, now) as progress:
            recognition = Recognition(database, b"test", now)
            callers = Callers(recognition, now, keyless=True)
            yield MakeContexts(database, queue, settings, progress, callers)
    finally:
        await queue.close()
        await database.close()


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class MakeContexts:
    database: Database
    queue: Queue
    settings: Settings
    progress: ProgressHub
    callers: Callers
    peers: Peers = field(default_factory=Peers)

    def context(self, request_id: str, caller: Caller) -> Context:
        return Context(
            database=self.database,
            queue=self.queue,
            settings=self.settings,
            progress=self.progress,
            calls=cast("Any", None),
            guesses=cast("Any", None),
            cursors=Cursors(b"test"),
            caller=caller,
            now=now(),
            request_id=request_id,
        )
