from dataclasses import dataclass
from datetime import datetime

import strawberry

from app.config import Settings
from app.database import Database
from app.domain.callers import Caller
from app.queue import Queue
from app.reading.cursors import Cursors
from app.services.guessing import Guesses
from app.services.life.call_queue import CallQueue
from app.services.life.guarding import Guarded
from app.services.progress import ProgressHub


@dataclass(frozen=True, slots=True)
class Context:
    """What every resolver of one operation shares; a fresh one is made for each operation."""

    database: Database
    queue: Queue
    settings: Settings
    progress: ProgressHub
    calls: CallQueue
    guesses: Guesses
    cursors: Cursors
    caller: Caller
    now: datetime
    request_id: str

    @property
    def guarded(self) -> Guarded:
        """Through it codes are called by their texts."""
        return Guarded(self.guesses, self.now)


Info = strawberry.Info[Context, None]
