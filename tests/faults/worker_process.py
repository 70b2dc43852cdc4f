"""A process that works until it is killed: `python -m tests.faults.worker_process SETTINGS`.

On SQLite it is the API process's embedded worker, on PostgreSQL a worker of its own. With a second
argument it works wrongly. `apart`: the rows of a chunk and its count commit one after the other.
`one-by-one`: every statement of an import's chunks commits by itself.
"""

import asyncio
import sys
from datetime import datetime
from typing import TypeVar

from app.config import Settings
from app.database import Database, Row, Statements
from app.database.transaction import Work
from app.domain.jobs import JobKind
from app.queue import Queue
from app.services import leases
from app.services.code_making import CHUNK_ROWS, CodeMaker
from app.services.leases import Gains, Standing
from workers import kinds, main
from workers.embedded import embedded_worker

T = TypeVar("T")
transact = Database.transact


class CursorApart(CodeMaker):
    """The mistake that the checker must catch: between two commits a kill doubles a chunk."""

    async def _make(self, drawn: dict[str, str], missing: int, now: datetime) -> Standing:
        async with self._database.transaction() as tx:
            made = await self._insert(tx, drawn, missing, now)
        await asyncio.sleep(0.1)
        async with self._database.transaction() as tx:
            gains = Gains(processed=made, inserted=made)
            return await leases.commit_progress(tx, self._held, gains, now)


class OneByOne(Statements):
    """The mistake that the checker must catch: a chunk that is killed is there in part."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        await asyncio.sleep(0.01)
        return await transact(self._database, lambda tx: tx.fetch(sql, *values))

    async def execute(self, sql: str, *values: object) -> int:
        await asyncio.sleep(0.01)
        return await transact(self._database, lambda tx: tx.execute(sql, *values))


async def in_parts(self: Database, work: Work[T]) -> T:
    return await work(OneByOne(self))


async def work(settings: Settings) -> None:
    if not settings.embedded:
        await main.run(settings)
        return
    database, queue = await Database.open(settings), await Queue.open(settings)
    async with embedded_worker(database, queue, settings):
        await asyncio.Event().wait()


if __name__ == "__main__":
    if "apart" in sys.argv:
        # Small chunks, so that most of the time lies between the two commits.
        CHUNK_ROWS["postgres"] = 1_000
        kinds.WORK[JobKind.GENERATE] = CursorApart
    if "one-by-one" in sys.argv:
        Database.transact = in_parts  # type: ignore[method-assign]
    asyncio.run(work(Settings.model_validate_json(sys.argv[1])))
