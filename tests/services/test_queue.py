import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from structlog.testing import capture_logs

from app import queue as queue_module
from app.config import Settings
from app.queue import Changes, Queue, to_bytes
from tests.servers import Valkey


@pytest.fixture(params=["in process", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("redis_url")) if request.param == "redis" else ""


@pytest.fixture
async def queue(url: str) -> AsyncIterator[Queue]:
    opened = await Queue.open(Settings(redis_url=url))
    yield opened
    await opened.close()


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A server that the test may stop and start."""
    with Valkey() as server:
        yield server


async def following(changes: Changes) -> int | None:
    async with asyncio.timeout(10):
        return await anext(changes)


async def test_a_ring_waits_once_for_each_epoch(queue: Queue) -> None:
    for _ in range(2):
        await queue.ring(7, 0)
    await queue.ring(7, 1)
    jobs = await queue.redis.queued_jobs()
    assert [(job.job_id, job.function, list(job.args)) for job in jobs] == [
        ("7:0", "run_job", [7]),
        ("7:1", "run_job", [7]),
    ]


async def test_a_ring_can_wait_for_its_time(queue: Queue) -> None:
    later = datetime.now(UTC) + timedelta(days=30)
    await queue.ring(7, 0, defer_until=later)
    (job,) = await queue.redis.queued_jobs()
    assert job.score == round(later.timestamp() * 1000)


async def test_every_watcher_hears_every_change(queue: Queue) -> None:
    async with queue.watch() as all_jobs, queue.watch(7) as one_job:
        # The first subscription is a gap like any other: read again.
        assert (await following(all_jobs), await following(one_job)) == (None, 7)
        await queue.wake(8)
        await queue.wake(7)
        assert [await following(all_jobs) for _ in range(2)] == [8, 7]
        assert await following(one_job) == 7
    async with queue.watch() as late:
        await queue.wake(9)
        assert await following(late) == 9


async def test_a_slow_watcher_is_told_each_job_once() -> None:
    changes = Changes(None)
    for job_id in (1, 2, 1, 3, 2):
        changes.put(job_id)
    assert [await anext(changes) for _ in range(3)] == [1, 2, 3]


async def test_a_watcher_far_behind_reads_everything_again() -> None:
    changes = Changes(None)
    for job_id in range(5_000):
        changes.put(job_id)
    assert await anext(changes) is None
    changes.put(3)
    assert await anext(changes) == 3


async def test_the_subscription_survives_a_restart(own_valkey: Valkey) -> None:
    queue = await Queue.open(Settings(redis_url=own_valkey.url))
    async with queue.watch() as changes:
        assert await following(changes) is None
        own_valkey.stop()
        # Nothing of this fails its caller.
        await queue.wake(7)
        await queue.ring(7, 0)
        own_valkey.start()
        assert await following(changes) is None
        await queue.wake(8)
        assert await following(changes) == 8
    await queue.close()


async def test_a_lost_subscription_is_told_once_and_its_return_too(
    own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "_RESUBSCRIBE_SECONDS", 0.0)
    tries: asyncio.Queue[None] = asyncio.Queue()
    pubsub = ArqRedis.pubsub

    def noted(redis: ArqRedis) -> PubSub:
        tries.put_nowait(None)
        return pubsub(redis)

    monkeypatch.setattr(ArqRedis, "pubsub", noted)
    queue = await Queue.open(Settings(redis_url=own_valkey.url))
    with capture_logs() as logs:
        async with queue.watch() as changes:
            assert await following(changes) is None
            for _ in range(2):
                own_valkey.stop()
                for _ in range(tries.qsize() + 3):
                    await tries.get()
                own_valkey.start()
                assert await following(changes) is None
    await queue.close()
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("queue.subscription_lost", "warning"),
        ("queue.subscription_back", "info"),
    ] * 2


async def test_a_silent_connection_is_given_up(
    own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "_SILENCE_SECONDS", 0.2)
    queue = await Queue.open(Settings(redis_url=own_valkey.url))
    async with queue.watch() as changes, Redis.from_url(own_valkey.url) as other:
        assert await following(changes) is None
        # Alive, but quiet for longer than the patience: pings are answered, nothing is read again.
        await asyncio.sleep(0.7)
        await queue.wake(1)
        assert await following(changes) == 1
        pid = own_valkey.pid()
        assert pid
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(0.7)
        os.kill(pid, signal.SIGCONT)
        assert await following(changes) is None
        await other.publish("promograph:jobs", "2")
        assert await following(changes) == 2
    await queue.close()


def test_what_json_cannot_say_becomes_text() -> None:
    assert orjson.loads(to_bytes({"r": ValueError("no")})) == {"r": "ValueError('no')"}
