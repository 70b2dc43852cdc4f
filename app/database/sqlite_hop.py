"""A whole transaction in one call into the writer's thread.

Of an ordinary one each statement goes there and comes back, and waits for the interpreter's lock
on both ways: with short statements that takes longer than SQLite.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from app.database.engine import Row
from app.database.sqlite_connection import change, fetch, translated
from app.database.transaction import Statements, Work

T = TypeVar("T")


class Hop(Statements):
    """Statements that run where they are awaited, which is in the writer's thread.

    `inside` returns the connection, or refuses when this transaction is over.
    """

    def __init__(self, inside: Callable[[], sqlite3.Connection]) -> None:
        self._inside = inside
        self._context = copy_context()
        self._abandoned = False

    def run(self, raw: sqlite3.Connection, work: Work[T]) -> T:
        """Begin, work, commit. What an error leaves open is for the caller to roll back."""
        self._heed()
        self._at_once(change, raw, "BEGIN IMMEDIATE", ())
        result = self._context.run(_drive, work, self)
        self._at_once(change, self._here(), "COMMIT", ())
        return result

    def abandon(self) -> None:
        """Run no statement any more, no COMMIT either: whoever waited was cancelled."""
        self._abandoned = True

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        return self._at_once(fetch, self._here(), sql, values)

    async def execute(self, sql: str, *values: object) -> int:
        return self._at_once(change, self._here(), sql, values)

    def _at_once(
        self,
        run: Callable[[sqlite3.Connection, str, Sequence[object]], T],
        raw: sqlite3.Connection,
        sql: str,
        values: Sequence[object],
    ) -> T:
        try:
            return translated(raw, partial(run, raw, sql, values))
        finally:
            # Interrupted means cancelled, not failed: no `except Exception` may go on from it.
            self._heed()

    def _here(self) -> sqlite3.Connection:
        self._heed()
        return self._inside()

    def _heed(self) -> None:
        if self._abandoned:
            raise asyncio.CancelledError


def _drive(work: Work[T], statements: Statements) -> T:
    """Run to the end without an event loop: what awaits nothing but a hop never pauses."""
    running: Coroutine[Any, Any, T] = work(statements)
    try:
        running.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        running.close()
    raise RuntimeError("in `transact` await the statements it gives you, and nothing else")
