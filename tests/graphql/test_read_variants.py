"""Readings that are broken on purpose: each must give an answer that the oracle does not give."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from app.database import Database, Row
from app.domain.callers import Scope
from app.reading import paging, plan
from app.reading.caching import Bounded
from app.reading.declarations import Expression, Order
from app.reading.nouns import READABLES
from graphql_schema.selections import Selecting, Site
from tests.graphql import shop
from tests.graphql.asking import EVERYTHING, Asking
from tests.graphql.documents import expected
from tests.graphql.oracle import Oracle

pytestmark = pytest.mark.usefixtures("own_plans")

Break = Callable[[pytest.MonkeyPatch, Database], None]
TRIES = 100


def sql_changed(pattern: str, replacement: str) -> Break:
    def apply(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
        read = database.read

        async def reading(sql: str, *values: object) -> Sequence[Row]:
            return await read(re.sub(pattern, replacement, sql), *values)

        monkeypatch.setattr(database, "read", reading)

    return apply


def tie_break_dropped(monkeypatch: pytest.MonkeyPatch, _database: Database) -> None:
    orders = READABLES["Job"].listing.orders
    monkeypatch.setitem(orders, "QUEUED_AT", Order(("queued_at",)))


def one_row_too_many(monkeypatch: pytest.MonkeyPatch, _database: Database) -> None:
    window = paging._window  # noqa: SLF001 - broken on purpose

    def wider(arguments: paging.PageArguments) -> tuple[bool, int, str | None]:
        backward, size, cursor = window(arguments)
        return backward, size + 1, cursor

    monkeypatch.setattr(paging, "_window", wider)


def filters_missing_from_the_shape(monkeypatch: pytest.MonkeyPatch, _database: Database) -> None:
    class Forgetful(paging.PageShape):
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Forgetful)

        def __hash__(self) -> int:
            return 0

    monkeypatch.setattr(paging, "PageShape", Forgetful)


def aliases_share_a_site(monkeypatch: pytest.MonkeyPatch, _database: Database) -> None:
    def site(self: Selecting, site: Site) -> int:
        places = [one.place for one in self.sites]
        if site.place in places:
            return places.index(site.place)
        self.sites.append(site)
        return len(self.sites) - 1

    monkeypatch.setattr(Selecting, "site", site)


def mask_skipped(monkeypatch: pytest.MonkeyPatch, _database: Database) -> None:
    fields: Any = READABLES["Code"].fields
    declared = fields["code"]
    assert isinstance(declared, Expression)
    monkeypatch.setitem(fields, "code", replace(declared, mask=None))


def archived_not_hidden(monkeypatch: pytest.MonkeyPatch, _database: Database) -> None:
    filters: Any = READABLES["Campaign"].listing.filters
    monkeypatch.setitem(filters, "archived", replace(filters["archived"], absent=None))


VARIANTS: dict[str, Break] = {
    "order dropped": sql_changed(r" ORDER BY [A-Za-z_, ]*(?= LIMIT)", ""),
    "order reversed": sql_changed(r"ASC(?= LIMIT)", "DESC"),
    "seek includes its place": sql_changed(r"\) ([<>]) \(", r") \1= ("),
    "count of the page": sql_changed(r"LIMIT 10001", "LIMIT 3"),
    "parent forgotten": sql_changed(r"campaign_id [<>]?= t\d+\.id", "campaign_id IS NOT NULL"),
    "to-one by another column": sql_changed(r"(?<=\.id = )t\d+\.\w+_id\b", "1"),
    "tie-break dropped": tie_break_dropped,
    "first + 1": one_row_too_many,
    "aliases share a site": aliases_share_a_site,
    "mask skipped": mask_skipped,
    "archived not hidden": archived_not_hidden,
}


async def is_caught(database: Database) -> bool:
    """Whether one of some random documents gets an answer that differs from the oracle's."""
    for seed in range(TRIES):
        reveals = seed % 2 == 0
        document, answer = expected(seed, reveals=reveals)
        asking = Asking(database, EVERYTHING if reveals else EVERYTHING - {Scope.CODES_REVEAL})
        result = await asking(document.text, **document.variables)
        if orjson.dumps(result.data) != answer:
            return True
    return False


async def test_a_sound_reading_passes(database: Database) -> None:
    await shop.fill(database)
    assert not await is_caught(database)


@pytest.mark.parametrize("name", list(VARIANTS))
async def test_a_broken_reading_is_caught(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await shop.fill(database)
    VARIANTS[name](monkeypatch, database)
    assert await is_caught(database)


async def test_a_shape_without_its_filters_is_caught(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    document = "query Q($where: CodeWhere) { codes(where: $where) { totalCount } }"
    given: list[dict[str, object]] = [{}, {"where": {"codePrefix": "S1"}}]
    right = [Oracle()(document, **variables).data for variables in given]
    sound = [await Asking(database).data(document, **variables) for variables in given]
    assert sound == right
    filters_missing_from_the_shape(monkeypatch, database)
    monkeypatch.setattr(plan, "_statements", Bounded(1_000, 10**7))
    broken = [(await Asking(database)(document, **variables)).data for variables in given]
    assert broken != right
