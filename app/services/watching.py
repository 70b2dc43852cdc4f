import asyncio
from dataclasses import dataclass, field
from typing import Final

from app.domain.jobs import JobProgress, terminal

# At most four events a second for one job.
SPACING_SECONDS: Final = 0.25


class Watcher:
    """What one subscriber has not been told yet: of each job the latest state and no other.

    So a slow subscriber costs the memory of one state a job, and delays nobody.
    """

    def __init__(self) -> None:
        self._fresh: dict[int, JobProgress] = {}
        self._told: dict[int, tuple[int, float]] = {}
        self._bell = asyncio.Event()

    def put(self, state: JobProgress) -> None:
        """Keep the state unless the subscriber knows it, or a newer one, already."""
        sequence, _ = self._told.get(state.job_id, (-1, 0.0))
        waiting = self._fresh.get(state.job_id)
        if state.sequence > max(sequence, waiting.sequence if waiting else -1):
            self._fresh[state.job_id] = state
            self._bell.set()

    async def next(self) -> JobProgress:
        """Wait for the next state that may be told: newer than the last, and not too soon."""
        while True:
            self._bell.clear()
            now = asyncio.get_running_loop().time()
            ready_at = {job_id: self._ready_at(job_id) for job_id in self._fresh}
            job_id = min(ready_at, key=ready_at.__getitem__, default=None)
            if job_id is not None and ready_at[job_id] <= now:
                return self._take(job_id, now)
            await self._wait(None if job_id is None else ready_at[job_id] - now)

    def _ready_at(self, job_id: int) -> float:
        told = self._told.get(job_id)
        return told[1] + SPACING_SECONDS if told else 0.0

    def _take(self, job_id: int, now: float) -> JobProgress:
        state = self._fresh.pop(job_id)
        if terminal(state.status):
            self._told.pop(job_id, None)
        else:
            self._told[job_id] = (state.sequence, now)
        return state

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return


@dataclass
class Horizon:
    """What is news to those who watch campaigns: jobs beyond `newest`, and the ends of live ones.

    It lasts from the first who watches until the last has left. Then a new one takes its place,
    whatever is still being read for the old one.
    """

    live: set[int] = field(default_factory=set)
    newest: int | None = None
