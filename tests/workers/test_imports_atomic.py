"""An import that stops at any statement goes on as if it had not; and what happens without care."""

from collections.abc import Callable, Coroutine
from functools import partial
from itertools import count
from typing import Any, TypeVar

import pytest

from app.database import Database, Row, Statements
from app.database.errors import Unavailable
from app.database.transaction import Work
from app.services import import_applying, import_staging, reaping
from tests.workers.importing import enter, finished, imported
from tests.workers.mixed import Mixed
from workers.turns import Workshop, take_turn, utc_now

pytestmark = pytest.mark.usefixtures("campaign_id")

T = TypeVar("T")
# An import of two chunks has fewer statements.
MOST_STATEMENTS = 60
# What comes before are chunks that are staged.
APPLIED_FROM = 12


class Watched(Statements):
    """Statements before each of which something else happens."""

    def __init__(self, inner: Statements, before: Callable[[], None]) -> None:
        self._inner = inner
        self._before = before

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        self._before()
        return await self._inner.fetch(sql, *values)

    async def execute(self, sql: str, *values: object) -> int:
        self._before()
        return await self._inner.execute(sql, *values)


class OneByOne(Statements):
    """What no transaction may be: each of its statements commits by itself."""

    def __init__(self, alone: Callable[[Work[Any]], Coroutine[Any, Any, Any]]) -> None:
        self._alone = alone

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        rows: list[Row] = await self._alone(lambda tx: tx.fetch(sql, *values))
        return rows

    async def execute(self, sql: str, *values: object) -> int:
        changed: int = await self._alone(lambda tx: tx.execute(sql, *values))
        return changed


@pytest.fixture(autouse=True)
def one_cycle_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (import_staging, import_applying):
        monkeypatch.setattr(module, "CHUNK_ROWS", {"postgres": 8, "sqlite": 8})


async def stopped(shop: Workshop, number: int, *, one_by_one: bool = False) -> list[str] | None:
    """What is wrong when the worker is lost at this statement; None when there are fewer."""
    file = Mixed(f"f{number}", 2)
    await imported(shop, file.before)
    job_id = await enter(shop, file.content)
    statements = count(1)
    transact = Database.transact

    def stop() -> None:
        if next(statements) == number:
            raise Unavailable("connection lost")

    async def stopping(self: Database, work: Work[T]) -> T:
        if one_by_one:
            return await work(Watched(OneByOne(partial(transact, self)), stop))
        return await transact(self, lambda tx: work(Watched(tx, stop)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "transact", stopping)
        await take_turn(shop, job_id)
    if next(statements) <= number:
        return None
    await reaping.reap(shop.database, shop.queue, utc_now() + shop.lease)
    await finished(shop, job_id)
    return await file.violations(shop.database, job_id)


async def test_an_import_that_stops_at_any_statement_goes_on_as_if_it_had_not(
    shop: Workshop,
) -> None:
    for number in range(1, MOST_STATEMENTS):
        found = await stopped(shop, number)
        if found is None:
            break
        assert (number, found) == (number, [])
    # Two chunks are staged, their end is noted, two are applied.
    assert 25 < number < MOST_STATEMENTS - 1


@pytest.mark.parametrize("first", [1, APPLIED_FROM])
async def test_that_a_chunk_commits_in_parts_would_be_seen(shop: Workshop, first: int) -> None:
    for number in range(first, MOST_STATEMENTS):
        if await stopped(shop, number, one_by_one=True):
            return
    raise AssertionError("nothing is seen")


async def test_that_duplicates_are_not_found_would_be_seen(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    insertion = import_staging._insertion_of_duplicates  # noqa: SLF001 - taken away
    monkeypatch.setattr(
        import_staging,
        "_insertion_of_duplicates",
        lambda dialect: f"{insertion(dialect)} AND FALSE",
    )
    file = Mixed("f", 2)
    await imported(shop, file.before)
    found = await imported(shop, file.content)
    assert "numbers" in await file.violations(shop.database, found.job["id"])
