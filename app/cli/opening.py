"""Open the database for as long as a command works in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from app.cli.options import Exit
from app.cli.stopping import stop
from app.config import Settings
from app.database import Database
from app.database.migrations import migrate, require
from app.services import api_keys, consistency, demo, purging
from app.services.purging import Purged


async def bring_up_to_date(settings: Settings) -> None:
    """Migrate the embedded database; NotMigratedError when a server's lacks migrations."""
    if settings.embedded:
        await migrate(settings)
    else:
        await require(settings)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    await bring_up_to_date(settings)
    database = await Database.open(settings)
    try:
        yield database
    finally:
        await database.close()


async def anybody_can_ask(settings: Settings) -> bool:
    """Whether there is a key that counts."""
    async with opened(settings) as database:
        return await api_keys.any_live(database, datetime.now(UTC))


async def fill(settings: Settings) -> int:
    """Make the demo data; the number of codes made, 0 when there are campaigns already."""
    async with opened(settings) as database:
        return await demo.fill(database, datetime.now(UTC))


async def disagreements(settings: Settings) -> list[str]:
    """One sentence for each fact that two tables tell differently."""
    if settings.embedded and not settings.sqlite_path.exists():
        stop(Exit.UNAVAILABLE, f"There is no database {settings.sqlite_path}; nothing to check.")
    async with opened(settings) as database:
        return await consistency.disagreements(database)


async def purge(settings: Settings) -> Purged:
    """Remove what is kept for a time only."""
    async with opened(settings) as database:
        return await purging.purge(database, datetime.now(UTC))
