"""One SQLite connection in its own thread, safe to cancel, with errors that mean something."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar, cast

import aiosqlite

from app.database import instants
from app.database.engine import Row, finish
from app.database.errors import Conflict, ConstraintKind, ConstraintViolated, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DOWN = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
}
_PRIMARY_CODE = 0xFF
_NAMED_UNIQUE = re.compile(r'CONSTRAINT "?(\w+)"? UNIQUE\s*\(([^)]*)\)', re.IGNORECASE)


class SqliteConnection(aiosqlite.Connection):
    """Between two calls nothing runs: a cancelled call is interrupted and awaited.

    Stock aiosqlite leaves a cancelled statement running in its thread, so that the next one, of
    another task, finds itself inside a transaction that nobody owns.
    """

    stopped: asyncio.Future[None] | None = None

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        # A process that dies of an error must not wait for connections that nobody closed.
        self._thread.daemon = True

    @classmethod
    async def open(cls, path: str, pragmas: Mapping[str, object]) -> "SqliteConnection":
        connection = cls(partial(_connect, path, pragmas))
        try:
            return await finish(_opened(connection))
        except asyncio.CancelledError:
            # It opened all the same, and nobody else knows of it.
            await finish(connection.close())
            raise

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection itself, for the functions that `call` runs in its thread."""
        return self._conn

    async def fetch(self, sql: str, values: Sequence[object]) -> list[Row]:
        return await self._run(fetch, self._conn, sql, values)

    async def change(self, sql: str, values: Sequence[object]) -> int:
        """Return how many rows the statement changed."""
        return await self._run(change, self._conn, sql, values)

    async def call(self, work: Callable[[], T], abandon: Callable[[], None]) -> T:
        """Run it in the thread. When cancelled, call `abandon`, and interrupt until it is out."""
        try:
            result: T = await super()._execute(translated, self._conn, work)  # type: ignore[no-untyped-call]  # aiosqlite leaves it open
        except asyncio.CancelledError:
            abandon()
            await finish(self._silence())
            raise
        return result

    async def _run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.call(partial(fn, *args, **kwargs), _nothing)

    # aiosqlite's own methods all pass here.
    _execute = _run

    def stop(self) -> asyncio.Future[None] | None:
        self.stopped = super().stop()
        return self.stopped

    async def _silence(self) -> None:
        """Interrupt the abandoned call until the thread is free."""
        idle = asyncio.ensure_future(super()._execute(_nothing))  # type: ignore[no-untyped-call]  # the same
        while not idle.done():
            self._conn.interrupt()
            await asyncio.wait({idle}, timeout=0.02)
        await idle


async def _opened(connection: SqliteConnection) -> SqliteConnection:
    try:
        await connection
    except Exception:
        # aiosqlite stops the thread but does not wait for it.
        await cast("asyncio.Future[None]", connection.stopped)
        raise
    return connection


def _connect(path: str, pragmas: Mapping[str, object]) -> sqlite3.Connection:
    try:
        raw = sqlite3.connect(path, isolation_level=None, cached_statements=1024)
    except sqlite3.Error as exc:
        raise _meaning(None, exc) from exc
    try:
        raw.row_factory = sqlite3.Row
        for name, value in pragmas.items():
            raw.execute(f"PRAGMA {name} = {value}")
    except sqlite3.Error as exc:
        raw.close()
        raise _meaning(None, exc) from exc
    return raw


def bound(values: Sequence[object]) -> dict[str, object]:
    """Bind by number: SQLite reads `$1` as the name `1`, and a name may be used twice."""
    return {str(number): _bind(value) for number, value in enumerate(values, 1)}


def _bind(value: object) -> object:
    if isinstance(value, dict | list | tuple):
        return instants.to_json(value)
    return value


# Replaces Tortoise's adapter, which writes another form: instants of models and of raw statements
# are bound here.
sqlite3.register_adapter(datetime, instants.to_text)


def _nothing() -> None:
    """Run after all that was queued before."""


def fetch(raw: sqlite3.Connection, sql: str, values: Sequence[object]) -> list[Row]:
    return raw.execute(sql, bound(values)).fetchall()


def change(raw: sqlite3.Connection, sql: str, values: Sequence[object]) -> int:
    """Return how many rows the statement changed."""
    before = raw.total_changes
    raw.execute(sql, bound(values)).fetchall()
    return raw.total_changes - before


def translated(raw: sqlite3.Connection, work: Callable[[], T]) -> T:
    try:
        return work()
    except sqlite3.Error as exc:
        meaning = _meaning(raw, exc)
        if meaning is exc:
            raise
        raise meaning from exc


def _meaning(raw: sqlite3.Connection | None, exc: sqlite3.Error) -> Exception:
    code = getattr(exc, "sqlite_errorcode", 0) & _PRIMARY_CODE
    if code == sqlite3.SQLITE_CONSTRAINT and raw:
        return _violated(raw, str(exc))
    if code in _BUSY:
        return Conflict("the database is busy")
    if code in _DOWN:
        return Unavailable(f"SQLite cannot work: {exc.sqlite_errorname}")
    return exc


def _violated(raw: sqlite3.Connection, message: str) -> ConstraintViolated:
    rule, _, subject = message.partition(" constraint failed")
    subject = subject.removeprefix(": ")
    match rule:
        case "UNIQUE":
            return ConstraintViolated(_unique_name(raw, subject), ConstraintKind.UNIQUE)
        case "NOT NULL":
            name = f"{subject.replace('.', '_')}_not_null"
            return ConstraintViolated(name, ConstraintKind.NOT_NULL)
        case "FOREIGN KEY":
            return ConstraintViolated("foreign_key", ConstraintKind.FOREIGN_KEY)
        case _:
            return ConstraintViolated(subject, ConstraintKind.CHECK)


def _unique_name(raw: sqlite3.Connection, subject: str) -> str:
    """Return what PostgreSQL calls the constraint; SQLite names its columns only."""
    if subject.startswith("index "):
        return subject.removeprefix("index ").strip("'")
    table = subject.partition(".")[0]
    columns = [column.partition(".")[2] for column in subject.split(", ")]
    for index in raw.execute(f'PRAGMA index_list("{table}")').fetchall():
        if index["unique"] and columns == _columns(raw, index["name"]):
            if index["origin"] == "c":
                return str(index["name"])
            if index["origin"] == "u":
                return _written_name(raw, table, columns) or f"{table}_{'_'.join(columns)}_key"
    return f"{table}_pkey"


def _columns(raw: sqlite3.Connection, index: str) -> list[str]:
    return [row["name"] for row in raw.execute(f'PRAGMA index_info("{index}")').fetchall()]


def _written_name(raw: sqlite3.Connection, table: str, columns: list[str]) -> str | None:
    """Look up a constraint that the table names; SQLite keeps the name in its text alone."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    (text,) = raw.execute(query, [table]).fetchone()
    for name, listed in _NAMED_UNIQUE.findall(text):
        if [column.strip(' "') for column in listed.split(",")] == columns:
            return str(name)
    return None
