import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.database import Database
from app.queue import Queue
from tests.graphql.clock import Clock
from tests.graphql.service import Running, running
from workers.turns import Workshop


@pytest.fixture
def configured(settings: Settings) -> Settings:
    return settings.model_copy(update={"secret": SecretStr("a secret of tests")})


@pytest.fixture
async def service(configured: Settings) -> AsyncIterator[Running]:
    """The service on each database, with the queue and on SQLite the worker in this process."""
    async with running(configured) as found:
        yield found


@pytest.fixture
async def shop(database: Database, configured: Settings) -> AsyncIterator[Workshop]:
    """A worker at the same database, whose turns a test takes itself."""
    queue = await Queue.open(configured)
    yield Workshop(database, queue, configured)
    await queue.close()


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(asyncio.get_running_loop(), monkeypatch)
