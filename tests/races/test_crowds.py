"""More want it than there is: a use of one code, or a code of one pool, over several processes."""

import pytest

from app.config import Settings
from app.database import Database
from app.services.consistency import disagreements
from tests.making import make_campaign, make_source
from tests.races.crowds import answers, fill_pool, misissued, overdrawn, plans
from tests.services.living import make_code

ISSUERS = 32


async def make_limited(database: Database, most: int) -> None:
    await make_code(database, await make_source(database, "FIRST"), "CROWD", max_uses=most)


async def make_pool(database: Database, size: int) -> int:
    pool = await make_campaign(database)
    await fill_pool(database, pool, size)
    return pool


async def test_a_thousand_uses_are_given_a_thousand_times(
    database: Database, settings: Settings
) -> None:
    most = 1_000
    await make_limited(database, most)
    told = await answers(plans(settings, 3, clients=96, times=1_200, code="CROWD"))
    assert len(told) == 1_200
    assert [fault async for fault in overdrawn(database, "CROWD", most, told)] == []
    assert await disagreements(database) == []


@pytest.mark.timeout(600)
async def test_each_code_of_a_pool_goes_to_one_basket(
    database: Database, settings: Settings, *, long: bool
) -> None:
    size = 10_000 if long else 240
    pool = await make_pool(database, size)
    wanted = size + 20 * ISSUERS if long else size + 80
    told = await answers(plans(settings, 4, clients=ISSUERS, times=wanted, pool=pool))
    assert len(told) == wanted
    assert [fault async for fault in misissued(database, pool, size, told)] == []
    assert await disagreements(database) == []


# What happens to who locks nothing: the same crowds, and the same checks.


async def test_who_reads_decides_and_writes_gives_uses_too_many(
    database: Database, settings: Settings
) -> None:
    most = 50
    await make_limited(database, most)
    crowd = plans(settings, 3, clients=48, times=300, code="CROWD", careless=True)
    found = [fault async for fault in overdrawn(database, "CROWD", most, await answers(crowd))]
    given = int(found[0].removesuffix(f" of {most} uses were given"))
    assert given > most
    assert f"{given} redemptions of {most} are stored" in found


async def test_who_takes_the_oldest_without_a_lock_issues_codes_twice(
    database: Database, settings: Settings
) -> None:
    size = 60
    pool = await make_pool(database, size)
    crowd = plans(settings, 3, clients=ISSUERS + 1, times=180, pool=pool, careless=True)
    found = [fault async for fault in misissued(database, pool, size, await answers(crowd))]
    assert any(fault.endswith("codes were issued twice") for fault in found)
