import pytest

from app.database import Database
from app.domain.refusals import Refusal
from app.models.code_group import CodeGroup
from app.models.number_series import NumberSeries
from app.services import editing
from app.services.editing import Stamp, Target
from tests.making import CALLER, NOW, make_campaign, make_group, make_series, snapshot


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        ({"a": 1}, {"a": True}),
        ({"a": [{"b": 0}]}, {"a": [{"b": False}]}),
        ({"a": None}, {}),
        (["a", "b"], ("b", "a")),
    ],
)
def test_what_is_stored_differently_differs(one: object, other: object) -> None:
    assert editing.differ(one, other)
    assert editing.differ(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        ({"a": 1, "b": True}, {"b": True, "a": 1}),
        (["a", {"b": None}], ("a", {"b": None})),
    ],
)
def test_what_is_stored_alike_does_not(one: object, other: object) -> None:
    assert not editing.differ(one, other)


async def write_after_another(database: Database, series_id: int) -> None:
    async with database.transaction() as tx:
        row = await editing.lock(tx, NumberSeries, Target(series_id, 1))
        await tx.execute("UPDATE number_series SET version = 2 WHERE id = $1", series_id)
        await editing.write(tx, row, {"name": "Late"}, Stamp(CALLER, NOW))


async def test_a_write_reasserts_the_version_it_was_decided_on(database: Database) -> None:
    series_id = await make_series(database)
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await write_after_another(database, series_id)
    assert [problem.code for problem in refused.value.problems] == ["STALE_VERSION"]
    assert await snapshot(database) == before


async def write_all_after_another(database: Database, ids: list[int]) -> None:
    async with database.transaction() as tx:
        rows = [await editing.lock(tx, CodeGroup, Target(number)) for number in ids]
        await tx.execute("UPDATE code_group SET version = 2 WHERE id = $1", ids[1])
        await editing.write_all(tx, database.dialect, rows, {}, Stamp(CALLER, NOW))


async def test_a_write_of_many_reasserts_each_version(database: Database) -> None:
    campaign_id = await make_campaign(database)
    ids = [await make_group(database, campaign_id) for _ in range(3)]
    before = await snapshot(database)
    with pytest.raises(Refusal) as refused:
        await write_all_after_another(database, ids)
    assert [problem.code for problem in refused.value.problems] == ["STALE_VERSION"]
    assert await snapshot(database) == before
