from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.database import Database
from app.queue import Queue
from app.services import import_applying, import_staging
from tests.making import make_group, make_source, read_all
from tests.workers.importing import imported
from workers.turns import Workshop


@pytest.fixture
async def queue(settings: Settings) -> AsyncIterator[Queue]:
    opened = await Queue.open(settings)
    yield opened
    await opened.close()


@pytest.fixture
def shop(database: Database, queue: Queue, settings: Settings) -> Workshop:
    """A worker with patience for the test's machine and none for what waits."""
    quick = settings.model_copy(update={"slice_seconds": 0.05, "reap_seconds": 0.2})
    return Workshop(database, queue, quick)


@pytest.fixture
async def campaign_id(shop: Workshop) -> int:
    """A campaign with the key TYPED, whose codes are imported."""
    return await make_source(shop.database, "TYPED-1", "Typed", "TYPED")


@pytest.fixture
def three_rows_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports commit after every third row."""
    for module in (import_staging, import_applying):
        for name in ("postgres", "sqlite"):
            monkeypatch.setitem(module.CHUNK_ROWS, name, 3)


@pytest.fixture
async def codes(shop: Workshop, campaign_id: int) -> dict[str, int]:
    """Codes with every limit and date; their ids."""
    await make_group(shop.database, campaign_id, "SPRING")
    await make_group(shop.database, campaign_id, "AUTUMN")
    await imported(
        shop,
        "code,group,maximumuses,usespercustomer,validfrom,validto,issuedtocustomerid,availableto\n"
        + "".join(
            f"{name},SPRING,10,2,2026-06-01,2026-06-08,C-1,ONLY_ISSUED_TO\n"
            for name in ("AAA", "BBB", "CCC", "DDD")
        ),
    )
    return {row["text"]: row["id"] for row in await read_all(shop.database, "SELECT * FROM code")}
