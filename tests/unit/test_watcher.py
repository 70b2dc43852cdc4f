"""What one subscriber is told: newer states only, the latest of them, and not too often."""

import asyncio
from itertools import pairwise

import pytest

from app.domain.jobs import JobKind, JobPhase, JobProgress, JobStatus
from app.services import watching
from app.services.watching import SPACING_SECONDS, Watcher


def state(sequence: int, job_id: int = 1, status: JobStatus = JobStatus.IN_PROGRESS) -> JobProgress:
    return JobProgress(
        job_id=job_id,
        kind=JobKind.GENERATE,
        sequence=sequence,
        status=status,
        phase=JobPhase.APPLYING,
        total=100,
        parsed=0,
        processed=sequence,
        inserted=sequence,
        updated=0,
        deleted=0,
        withdrawn=0,
        unchanged=0,
        failed=0,
        percent=float(sequence),
        rate=None,
        eta_seconds=None,
        error_code=None,
        error_message=None,
        error_line=None,
        error_column=None,
    )


async def told(watcher: Watcher, count: int) -> list[tuple[int, int]]:
    """Job and sequence of the next states."""
    async with asyncio.timeout(2):
        states = [await watcher.next() for _ in range(count)]
    return [(one.job_id, one.sequence) for one in states]


async def is_silent(watcher: Watcher) -> bool:
    """Nothing is told for longer than two events lie apart."""
    try:
        async with asyncio.timeout(SPACING_SECONDS * 2):
            await watcher.next()
    except TimeoutError:
        return True
    return False


async def test_the_first_state_at_once_then_the_latest() -> None:
    watcher = Watcher()
    watcher.put(state(1))
    assert await told(watcher, 1) == [(1, 1)]
    for sequence in (2, 3, 4):
        watcher.put(state(sequence))
    assert await told(watcher, 1) == [(1, 4)]


async def test_never_back() -> None:
    watcher = Watcher()
    watcher.put(state(5))
    watcher.put(state(4))
    assert await told(watcher, 1) == [(1, 5)]
    watcher.put(state(5))
    watcher.put(state(3))
    assert await is_silent(watcher)


async def test_each_job_on_its_own() -> None:
    watcher = Watcher()
    for job_id in (1, 2, 3):
        watcher.put(state(7, job_id))
    assert await told(watcher, 3) == [(1, 7), (2, 7), (3, 7)]
    watcher.put(state(8, 2))
    watcher.put(state(8, 4))
    assert await told(watcher, 2) == [(4, 8), (2, 8)]


async def quickest(count: int) -> float:
    """The least time between two events of a job that changes all the time."""
    watcher = Watcher()
    loop = asyncio.get_running_loop()
    times = []
    for sequence in range(count):
        watcher.put(state(sequence))
        await watcher.next()
        times.append(loop.time())
    return min(later - earlier for earlier, later in pairwise(times))


async def test_at_most_four_a_second() -> None:
    assert await quickest(4) >= 0.25


async def test_the_measure_notices_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SPACING_SECONDS", 0.1)
    assert await quickest(4) < 0.25


async def test_an_ended_job_is_forgotten() -> None:
    """Or a subscriber to all jobs would remember every job there ever was."""
    watcher = Watcher()
    for job_id in range(50):
        watcher.put(state(1, job_id, JobStatus.SUCCESS))
    assert len(await told(watcher, 50)) == 50
    assert vars(watcher)["_told"] == {}
    assert vars(watcher)["_fresh"] == {}


async def test_a_slow_subscriber_costs_one_state_a_job() -> None:
    watcher = Watcher()
    for sequence in range(1_000):
        watcher.put(state(sequence, sequence % 2))
    assert await told(watcher, 2) == [(0, 998), (1, 999)]
