"""Which work each kind of job is."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from app.database import Database
from app.domain.jobs import JobKind
from app.services.code_making import CodeMaker
from app.services.importing import Importer
from app.services.leases import Claim, Standing
from app.services.withdrawals import Withdrawing


class Work(Protocol):
    """A claimed job that goes on chunk by chunk."""

    async def advance(self, now: datetime) -> Standing:
        """Commit one chunk together with its progress, or raise LeaseLost and commit nothing."""
        ...

    async def abandon(self) -> None:
        """Remove what was kept to go on with: the job is cancelled."""
        ...

    def close(self) -> None:
        """Let go of what is held outside the database; a turn ends so, whatever happened."""
        ...


Start = Callable[[Database, Claim], Work]

WORK: Final[dict[JobKind, Start]] = {
    JobKind.GENERATE: CodeMaker,
    JobKind.IMPORT: Importer,
    JobKind.WITHDRAW: Withdrawing,
}
