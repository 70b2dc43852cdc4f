from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.queue import Queue


@pytest.fixture
async def queue(settings: Settings) -> AsyncIterator[Queue]:
    opened = await Queue.open(settings)
    yield opened
    await opened.close()
