"""Asking the schema as the edge does, and counting what that asks of the database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import pytest
from graphql import ExecutionResult, execute, parse
from pydantic import SecretStr

from app.config import Settings
from app.database import Database, Row
from app.domain.callers import Caller, Scope
from app.queue import Queue
from app.reading.cursors import Cursors
from app.services.guessing import Guesses
from app.services.life.call_queue import CallQueue
from graphql_schema.context import Context
from graphql_schema.schema import schema
from tests.graphql.shop import NOW

# They are counted where that is tested: nobody asks for so many codes here.
GUESSES = Guesses(Settings(guesses_per_key=0, guesses_per_address=0), b"a secret of tests", None)
CURSORS = Cursors(b"a secret of tests")
EVERYTHING = frozenset(Scope)


@dataclass
class Asking:
    """A caller at one database and instant; `statements` are the reads of what was asked so far."""

    database: Database
    scopes: frozenset[Scope] = EVERYTHING
    statements: list[str] = field(default_factory=list)
    caller_id: str = "test"
    queue: Queue | None = None
    calls: CallQueue | None = None
    settings: Settings | None = None
    now: datetime = NOW

    def context(self) -> Context:
        return Context(
            database=self.database,
            queue=cast("Any", self.queue),
            settings=cast("Any", self.settings),
            progress=cast("Any", None),
            calls=cast("Any", self.calls),
            guesses=GUESSES,
            cursors=CURSORS,
            caller=Caller(self.caller_id, "Test", self.scopes, request_id="test"),
            now=self.now,
            request_id="test",
        )

    async def __call__(self, document: str, **variables: object) -> ExecutionResult:
        answer = execute(
            schema._schema,  # noqa: SLF001 - as the edge executes
            parse(document),
            variable_values=variables,
            context_value=self.context(),
            executor_class=schema.execution_context_class,
        )
        return answer if isinstance(answer, ExecutionResult) else await answer

    async def data(self, document: str, **variables: object) -> Any:  # noqa: ANN401 - the document says
        """The answer of a document that must succeed."""
        result = await self(document, **variables)
        assert result.errors is None, result.errors
        return result.data


@asynccontextmanager
async def writing(
    database: Database, settings: Settings, scopes: frozenset[Scope] = EVERYTHING
) -> AsyncIterator[Asking]:
    """An asking that may write too: jobs have a queue to ring, calls on codes one to wait in."""
    settings = settings.model_copy(update={"secret": SecretStr("a secret of these tests, long")})
    queue = await Queue.open(settings)
    try:
        async with CallQueue.open(database, settings, b"a secret of tests", lambda: NOW) as calls:
            yield Asking(database, scopes, queue=queue, calls=calls, settings=settings)
    finally:
        await queue.close()


def counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """An asking whose statements are noted where they leave for the database."""
    asking = Asking(database)
    read = database.read

    async def noting(sql: str, *values: object) -> Sequence[Row]:
        asking.statements.append(sql)
        return await read(sql, *values)

    monkeypatch.setattr(database, "read", noting)
    return asking
