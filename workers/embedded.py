import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.config import Settings
from app.database import Database
from app.queue import Queue
from workers.service import serve
from workers.turns import Workshop


@asynccontextmanager
async def embedded_worker(
    database: Database, queue: Queue, settings: Settings
) -> AsyncIterator[None]:
    """Run the worker in this process and event loop; leaving finishes the chunks in hand."""
    shop = Workshop(database, queue, settings)
    serving = asyncio.create_task(serve(shop), name="embedded-worker")
    try:
        yield
    finally:
        shop.stopping.set()
        await serving
