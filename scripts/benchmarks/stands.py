"""What a benchmark runs against: the service as started by a person, and a bare twin database.

Each run's rows go into the twin by one INSERT .. SELECT, into the same table with the same indexes
and constraints and after the same history: what the database alone needs is the limit.
"""

import asyncio
import sqlite3
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types

from app.config import Settings
from app.database import Database
from app.database.migrations import migrate
from app.models import Code
from tests.commands import Place
from tests.servers import Postgres, Valkey

# Rows that the rows of a run refer to, in an order that foreign keys allow.
REFERRED = ("campaign", "file", "job")


def code_columns() -> str:
    """The columns of a code but its id, once a database is open: then models know references."""
    columns = Code._meta.fields_db_projection.values()  # noqa: SLF001 - Tortoise's word for it
    return ", ".join(f'"{column}"' for column in columns if column != "id")


@dataclass(frozen=True)
class Twin(ABC):
    """The database that shows what is possible, through connections set up like the service's."""

    settings: Settings

    @abstractmethod
    async def copy(self, job: int) -> None:
        """Bring the codes that a job made, and what they refer to, into the table `copied`."""

    async def limit(self, job: int) -> float:
        """The seconds that inserting what the job made takes as one statement, commit included."""
        async with self.prepared(job) as database:
            started = time.perf_counter()
            names = code_columns()
            async with database.transaction() as tx:
                await tx.execute(f"INSERT INTO code ({names}) SELECT {names} FROM copied")
            return time.perf_counter() - started

    @asynccontextmanager
    async def prepared(self, job: int) -> AsyncIterator[Database]:
        """The database with what the job made in the table `copied`."""
        await migrate(self.settings)
        await self.copy(job)
        database = await Database.open(self.settings)
        try:
            yield database
        finally:
            await database.close()


@dataclass(frozen=True)
class Stand:
    """A running service and its twin."""

    url: str
    twin: Twin
    pids: Mapping[str, int]
    """The service's processes."""


@dataclass(frozen=True)
class Home:
    """A migrated, empty database, and the place in which the service starts on it."""

    place: Place
    settings: Settings
    programs: Path | None = None
    """Where PostgreSQL's own programs are."""
    pids: Mapping[str, int] = field(default_factory=dict)
    """The servers behind the service."""


@contextmanager
def sqlite_home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        place = Place(Path(name))
        place.run("migrate").check_returncode()
        path = Path(name) / "data" / "promograph.sqlite3"
        yield Home(place, Settings(database_url=f"sqlite://{path}"))


@contextmanager
def postgres_home() -> Iterator[Home]:
    with (
        Postgres(durable=True) as postgres,
        Valkey() as valkey,
        tempfile.TemporaryDirectory(prefix="bench-") as name,
    ):
        place = Place(Path(name))
        settings = Settings(database_url=postgres.url())
        place.use(settings)
        place.environment["PROMOGRAPH_REDIS_URL"] = valkey.url
        place.run("migrate").check_returncode()
        yield Home(place, settings, postgres.binaries, {"postgres": postgres.pid() or 0})


HOMES = {"postgres": postgres_home, "sqlite": sqlite_home}


@contextmanager
def sqlite_stand(environment: Mapping[str, str]) -> Iterator[Stand]:
    with sqlite_home() as home:
        home.place.environment.update(environment)
        with home.place.serving() as service:
            theirs = Settings(database_url=f"sqlite://{home.place.folder / 'twin.sqlite3'}")
            twin = SqliteTwin(theirs, home.settings.sqlite_path)
            yield Stand(service.url, twin, {"service": service.process.pid})


@dataclass(frozen=True)
class SqliteTwin(Twin):
    source: Path

    async def copy(self, job: int) -> None:
        with closing(sqlite3.connect(self.settings.sqlite_path)) as connection:
            connection.execute("ATTACH ? AS source", (str(self.source),))
            for table in REFERRED:
                connection.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM source.{table}")
            connection.execute("DROP TABLE IF EXISTS copied")
            connection.execute("CREATE TABLE copied AS SELECT * FROM source.code LIMIT 0")
            connection.execute(
                "INSERT INTO copied SELECT * FROM source.code"
                " WHERE created_by_job_id = ? ORDER BY id",
                (job,),
            )
            connection.commit()


@contextmanager
def postgres_stand(environment: Mapping[str, str]) -> Iterator[Stand]:
    with postgres_home() as home:
        home.place.environment.update(environment)
        ours = home.settings.database_url
        asyncio.run(_create(ours, "twin"))
        with home.place.serving() as service, home.place.working() as worker:
            twin = Settings(database_url=urlsplit(ours)._replace(path="/twin").geturl())
            pids = {"service": service.process.pid, "worker": worker.pid}
            yield Stand(service.url, PostgresTwin(twin, ours), pids)


async def _create(server: str, database: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {database}")
    await connection.close()


@dataclass(frozen=True)
class PostgresTwin(Twin):
    source: str

    async def copy(self, job: int) -> None:
        source = await asyncpg.connect(self.source)
        twin = await asyncpg.connect(self.settings.database_url)
        try:
            for table in REFERRED:
                last = await twin.fetchval(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
                rows = await source.fetch(f"SELECT * FROM {table} WHERE id > $1", last)
                await _put(twin, table, rows)
            await twin.execute("DROP TABLE IF EXISTS copied")
            await twin.execute("CREATE UNLOGGED TABLE copied (LIKE code)")
            made = "SELECT * FROM code WHERE created_by_job_id = $1 ORDER BY id"
            await _put(twin, "copied", await source.fetch(made, job))
            await twin.execute("ANALYZE copied")
        finally:
            await source.close()
            await twin.close()


async def _put(target: asyncpg.Connection, table: str, rows: list[asyncpg.Record]) -> None:
    if rows:
        await target.copy_records_to_table(table, records=rows, columns=list(rows[0].keys()))
