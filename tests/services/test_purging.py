from datetime import timedelta

import pytest

from app.database import Database
from app.services import purging
from app.services.purging import ATTEMPTS_KEPT, RESULTS_KEPT, Purged
from tests.making import NOW, make_source, read_all

ROWS = 'SELECT job_id, "row" FROM {} ORDER BY job_id, "row"'
NOTHING = Purged(0, 0, 0)


async def make_import(database: Database, campaign_id: int, job_id: int, rows: int) -> None:
    """An import that ended now, with results, the last row failed."""
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO job (id, kind, status, phase, campaign_id, queued_at, finished_at, actor)"
            " VALUES ($1, 'IMPORT', 'WARNINGS', 'DONE', $2, $3, $4, '{}')",
            job_id, campaign_id, NOW, NOW,
        )  # fmt: skip
        for row in range(1, rows + 1):
            await tx.execute(
                'INSERT INTO row_result (job_id, "row", line, outcome) VALUES ($1, $2, $3, $4)',
                job_id, row, row, "FAILED" if row == rows else "INSERTED",
            )  # fmt: skip
        await tx.execute(
            'INSERT INTO import_row (job_id, "row", line, data) VALUES ($1, $2, 1, \'{}\')',
            job_id, rows,
        )  # fmt: skip


async def make_attempt(database: Database, number: int, days: int) -> None:
    at = NOW + timedelta(days=days)
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO attempt (caller_id, subject, operation, reasons, minute, at, actor)"
            " VALUES ('till', $1, 'REDEEM', 'EXPIRED', $2, $3, '{}')",
            str(number), at, at,
        )  # fmt: skip


@pytest.mark.parametrize("batch", [2, 1_000])
async def test_results_of_imports_go_after_30_days(
    database: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(purging, "_BATCH_ROWS", batch)
    campaign_id = await make_source(database)
    await make_import(database, campaign_id, 1, 5)
    await make_import(database, campaign_id, 2, 1)
    just_before = NOW + RESULTS_KEPT - timedelta(microseconds=1)
    assert await purging.purge(database, just_before) == NOTHING
    assert len(await read_all(database, ROWS.format("row_result"))) == 6
    assert await purging.purge(database, NOW + RESULTS_KEPT) == Purged(0, 2, 0)
    assert await read_all(database, ROWS.format("row_result")) == []
    assert await read_all(database, ROWS.format("import_row")) == []
    assert len(await read_all(database, "SELECT id FROM job")) == 2
    assert await purging.purge(database, NOW + RESULTS_KEPT) == NOTHING


async def test_attempts_go_after_90_days(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "_BATCH_ROWS", 2)
    for number, days in enumerate([0, 0, 0, 1]):
        await make_attempt(database, number, days)
    assert await purging.purge(database, NOW + ATTEMPTS_KEPT) == Purged(0, 0, 3)
    assert [row["subject"] for row in await read_all(database, "SELECT * FROM attempt")] == ["3"]
