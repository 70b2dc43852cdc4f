"""Open the database for as long as demo data is made or checked."""

from datetime import UTC, datetime

from app.config import Settings
from app.database import Database
from app.services import consistency, demo


async def fill(settings: Settings) -> int:
    """Make the demo data; the number of codes made, 0 when there are campaigns already."""
    database = await Database.open(settings)
    try:
        return await demo.fill(database, datetime.now(UTC))
    finally:
        await database.close()


async def disagreements(settings: Settings) -> list[str]:
    """One sentence for each fact that two tables tell differently."""
    database = await Database.open(settings)
    try:
        return await consistency.disagreements(database)
    finally:
        await database.close()
