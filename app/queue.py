"""Rings the workers and wakes the watchers. Only news: the job's row in the database is the truth.

Redis when a URL is set, else an in-process Redis behind the same client, so that there is one path.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, Self

import orjson
import structlog
from arq.connections import ArqRedis
from fakeredis import FakeServer
from fakeredis.aioredis import FakeAsyncRedisConnection
from redis.asyncio import ConnectionPool
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.config import Settings

RUN_JOB: Final = "run_job"
RING_QUEUE: Final = "promograph:rings"
_CHANNEL: Final = "promograph:jobs"
# A watcher that is this many jobs behind reads everything again instead.
_MOST_PENDING: Final = 1_000
# A connection that stays silent this long is asked for a sign of life, then given up.
_SILENCE_SECONDS: Final = 5.0
_RESUBSCRIBE_SECONDS: Final = 0.5
_FAILURES: Final = (RedisError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


class Changes:
    """What one watcher has not read yet: each changed job once, however often it changed.

    Yields job ids. None stands for "any job may have changed": read everything again.
    """

    def __init__(self, only: int | None) -> None:
        self._only = only
        self._pending: dict[int | None, None] = {}
        self._bell = asyncio.Event()

    def put(self, job_id: int) -> None:
        if self._only is not None and self._only != job_id:
            return
        if len(self._pending) >= _MOST_PENDING:
            self.put_everything()
        elif None not in self._pending:
            self._pending[job_id] = None
            self._bell.set()

    def put_everything(self) -> None:
        self._pending = {self._only: None}
        self._bell.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> int | None:
        while not self._pending:
            self._bell.clear()
            await self._bell.wait()
        job_id = next(iter(self._pending))
        del self._pending[job_id]
        return job_id


class Queue:
    """The process's one door to Redis; nothing here fails its caller.

    A lost ring is found by the reaper, a lost wake by the watcher's next reading.
    """

    def __init__(self, redis: ArqRedis) -> None:
        self.redis = redis
        self._watchers: set[Changes] = set()
        self._listener: asyncio.Task[None] | None = None
        self._lost = False

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Connects at first use, so that the service starts while Redis is away."""
        if settings.redis_url:
            pool = ConnectionPool.from_url(settings.redis_url, **_connection_options())
        else:
            pool = ConnectionPool(connection_class=FakeAsyncRedisConnection, server=FakeServer())
        return cls(
            ArqRedis(
                pool,
                job_serializer=to_bytes,
                job_deserializer=orjson.loads,
                default_queue_name=RING_QUEUE,
            )
        )

    async def close(self) -> None:
        # The Redis client may swallow a cancellation that comes together with a time-out.
        while self._listener is not None and not self._listener.done():
            self._listener.cancel()
            await asyncio.wait({self._listener}, timeout=_RESUBSCRIBE_SECONDS)
        await self.redis.aclose(close_connection_pool=True)

    async def ring(self, job_id: int, epoch: int, defer_until: datetime | None = None) -> None:
        """Ask any worker to look at the job, now or later. A ring that still waits is not repeated.

        The epoch is part of the ring's name: whoever took the job over or let it go can ring
        again, though the ring that started the work is not finished yet.
        """
        try:
            await self.redis.enqueue_job(
                RUN_JOB, job_id, _job_id=f"{job_id}:{epoch}", _defer_until=defer_until
            )
        except _FAILURES as error:
            log.warning("queue.ring_lost", job_id=job_id, error=repr(error))

    async def wake(self, job_id: int) -> None:
        """Tell every watcher, in whatever process, that the job changed."""
        try:
            await self.redis.publish(_CHANNEL, str(job_id))
        except _FAILURES as error:
            log.warning("queue.wake_lost", job_id=job_id, error=repr(error))

    @contextlib.asynccontextmanager
    async def watch(self, only: int | None = None) -> AsyncIterator[Changes]:
        """Follow one job or all of them; all watchers of the process share one subscription.

        Read the state after entering: what changes from then on is yielded. After any gap of the
        connection, the first one included, every watcher is told to read again.
        """
        changes = Changes(only)
        self._watchers.add(changes)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="queue-listener")
        try:
            yield changes
        finally:
            self._watchers.discard(changes)

    async def _listen(self) -> None:
        """Keep the subscription; its loss and its return are told once, however long it takes."""
        while True:
            try:
                async with self.redis.pubsub() as subscription:
                    await subscription.subscribe(_CHANNEL)
                    await self._hear(subscription)
            except _FAILURES as error:
                if not self._lost:
                    log.warning("queue.subscription_lost", error=repr(error))
                self._lost = True
            await asyncio.sleep(_RESUBSCRIBE_SECONDS)

    async def _hear(self, subscription: PubSub) -> None:
        """Fan messages out until the connection gives no sign of life."""
        silent = False
        while True:
            message = await subscription.get_message(timeout=_SILENCE_SECONDS)
            if message is None and silent:
                raise RedisTimeoutError("no answer to a ping on the subscription")
            silent = message is None
            if message is None:
                await subscription.ping()
            elif message["type"] == "subscribe":
                if self._lost:
                    log.info("queue.subscription_back")
                self._lost = False
                for changes in self._watchers:
                    changes.put_everything()
            elif message["type"] == "message":
                job_id = int(message["data"])
                for changes in self._watchers:
                    changes.put(job_id)


def to_bytes(message: dict[str, object]) -> bytes:
    """JSON for arq; what JSON cannot say (a failed ring's exception) becomes its text."""
    return orjson.dumps(message, default=repr)


def _connection_options() -> dict[str, object]:
    """Bounded waits, and a few quick retries that bridge a restart of Redis."""
    return {
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError],
    }
