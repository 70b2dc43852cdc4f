"""Bring a database to the schema of this version.

A model changes, then `tortoise -c app.database.migrations.TORTOISE makemigrations` writes the
migration. Only `migrate` carries migrations out: Tortoise's own command would leave out the
constraints, and two of them at once collide.
"""

import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from tortoise.connection import ConnectionHandler
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.migration import Migration
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps

from app.config import Settings
from app.database.database import MIGRATIONS, MODELS
from app.database.engine import finish
from app.database.errors import NotMigratedError
from app.database.migration_session import MigrationSession, PostgresSession, SqliteSession
from app.database.schema_editors import (
    DeclaredSchemaEditor,
    DeclaredSqliteSchemaEditor,
    PostgresSchemaEditor,
)

APPS: dict[str, dict[str, Any]] = {
    "models": {"models": [MODELS], "migrations": MIGRATIONS, "default_connection": "default"}
}
# What Tortoise's command reads; writing a migration asks no database.
TORTOISE = {"connections": {"default": "sqlite://:memory:"}, "apps": APPS}


async def migrate(settings: Settings, target: str | None = None) -> list[str]:
    """Apply the migrations that the database lacks, up to `target`; return their names.

    Any number of processes may call it at once: one works, the others wait and find nothing left.
    Each migration and the note that it was applied commit together.
    """
    async with _session(settings) as session:
        if not _lacking(await session.applied(), target):
            return []
        async with session.alone():
            return await _Executor(session).catch_up(target)


async def pending(settings: Settings) -> list[str]:
    """Return the migrations that the database lacks; changes nothing."""
    async with _session(settings) as session:
        return _lacking(await session.applied())


async def require(settings: Settings) -> None:
    """Raise NotMigratedError when the database lacks migrations; changes nothing."""
    if lacking := await pending(settings):
        raise NotMigratedError(
            f"The database lacks {len(lacking)} migrations; run `promograph migrate` first."
        )


def names() -> list[str]:
    """Return the migrations of this version in their order, without loading them."""
    path = import_module(MIGRATIONS).__path__
    return sorted(module.name for module in pkgutil.iter_modules(path) if module.name[0].isdigit())


def _lacking(applied: set[str], target: str | None = None) -> list[str]:
    return [name for name in names() if name not in applied and (target is None or name <= target)]


@asynccontextmanager
async def _session(settings: Settings) -> AsyncIterator[MigrationSession]:
    kind = SqliteSession if settings.embedded else PostgresSession
    session = await kind.open(settings)
    try:
        yield session
    finally:
        await finish(session.close())


class _Executor(MigrationExecutor):
    """Tortoise's order and states, with our editors and one transaction for each migration."""

    def __init__(self, session: MigrationSession) -> None:
        super().__init__(session, APPS)
        self._session = session
        sqlite = isinstance(session, SqliteSession)
        kind = DeclaredSqliteSchemaEditor if sqlite else PostgresSchemaEditor
        self._editor: DeclaredSchemaEditor = kind(session)

    async def catch_up(self, target: str | None) -> list[str]:
        await self.recorder.ensure_schema(self._editor)
        await self.loader.build_graph()
        applied = await self._session.applied()
        # No connections of its own: the states must not reach for a database that is open.
        state = State(models={}, apps=StateApps(connections=ConnectionHandler()))
        done = []
        for key in self._full_plan():
            migration = self.loader.disk_migrations[key]
            if key.name in applied:
                await migration.apply(state, dry_run=True)
            elif target is None or key.name <= target:
                await self._apply(migration, state)
                done.append(key.name)
        return done

    async def _apply(self, migration: Migration, state: State) -> None:
        async with self._session.transaction():
            await migration.apply(state, schema_editor=self._editor)
            await self.recorder.record_applied(migration.app_label, migration.name)
