"""Bringing an import to its end: its file is staged, then what is staged is applied."""

from datetime import datetime

from app.database import Database
from app.domain.jobs import JobPhase
from app.services import import_staging
from app.services.import_applying import Applying
from app.services.import_staging import Staging, options_of
from app.services.leases import Claim, Standing


class Importer:
    """The work of one claim."""

    def __init__(self, database: Database, held: Claim) -> None:
        self._database = database
        self._held = held
        self._staging: Staging | None = None
        self._applying: Applying | None = None
        if held.phase == JobPhase.PARSING:
            self._staging = Staging(database, held)
        else:
            self._applying = Applying(database, held, options_of(held))

    async def abandon(self) -> None:
        """Remove what is staged and will not be applied."""
        await import_staging.clear(self._database, self._held.job_id)

    def close(self) -> None:
        if self._staging is not None:
            self._staging.close()

    async def advance(self, now: datetime) -> Standing:
        """Stage one chunk, or apply one."""
        if self._applying is not None:
            return await self._applying.advance(now)
        assert self._staging is not None  # noqa: S101 - there is one or the other
        standing = await self._staging.advance(now)
        if self._staging.options is not None:
            self._applying = Applying(self._database, self._held, self._staging.options)
            self.close()
        return standing
