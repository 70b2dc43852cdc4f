"""The guesses that all processes have taken together, counted in Redis.

A count is asked for in one round trip and never waited for long: who is not answered in time counts
for itself, and nobody asks again for a moment.
"""

import asyncio
from typing import Final, Self

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from app.config import Settings

_PREFIX: Final = "promograph:guesses:"
# Nobody who redeems a code waits longer than this for a Redis that does not answer.
PATIENCE_SECONDS: Final = 0.1
PAUSE_SECONDS: Final = 1.0
_FAILURES: Final = (RedisError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


class GuessCounts:
    """Counts by names that do not tell whom they count; forgotten `lasts` seconds after use."""

    def __init__(self, redis: ArqRedis, lasts: int) -> None:
        self._redis = redis
        self._lasts = lasts
        self._away_until = 0.0
        self._away = False

    @classmethod
    def of(cls, redis: ArqRedis, settings: Settings) -> Self | None:
        """None when every guess is made in this process, and counted there."""
        if not settings.redis_url:
            return None
        return cls(redis, 2 * settings.guess_window_seconds)

    async def add(self, name: str, count: int) -> int | None:
        """Raise a count, or lower it; return what it comes to. None: Redis cannot be asked now."""
        clock = asyncio.get_running_loop().time
        if clock() < self._away_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                taken = await self._add(_PREFIX + name, count)
        except _FAILURES as error:
            self._away_until = clock() + PAUSE_SECONDS
            if not self._away:
                log.warning("guesses.counted_alone", error=repr(error))
            self._away = True
            return None
        if self._away:
            log.info("guesses.counted_together")
        self._away = False
        return taken

    async def _add(self, key: str, count: int) -> int:
        # Together, so that no count stays for ever, whatever breaks off.
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.incrby(key, count)
            pipe.expire(key, self._lasts)
            taken, _ = await pipe.execute()
        return int(taken)
