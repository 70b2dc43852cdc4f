import asyncio
import signal

import structlog

from app.config import Settings
from app.database import Database
from app.database.migrations import require
from app.queue import Queue
from workers.service import serve
from workers.turns import Workshop

log = structlog.get_logger(__name__)


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish the chunks in hand and let the jobs go."""
    if settings.embedded:
        raise SystemExit("With the embedded database `promograph serve` is the worker too.")
    if not settings.redis_url:
        raise SystemExit("A worker hears the API through Redis: set PROMOGRAPH_REDIS_URL.")
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await require(settings)
    database = await Database.open(settings)
    queue = await Queue.open(settings)
    log.info("serving")
    try:
        await serve(Workshop(database, queue, settings, stopping))
    finally:
        log.info("stopping")
        await queue.close()
        await database.close()
