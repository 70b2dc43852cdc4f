"""Changes of one promotion, or of the promotions of one group, at the same time."""

import asyncio

from app.database import Database
from app.models.promotion import Promotion
from app.services import editing
from app.services.editing import Target
from tests.making import make_campaign, make_group, make_promotion, read_revisions
from tests.promoting import groups_of, stored, update, versions


async def test_changes_of_groups_at_once_keep_every_group_true(database: Database) -> None:
    """Two promotions swap groups in opposite order; each group's facts name who it had."""
    campaign_id = await make_campaign(database)
    first, second = [await make_group(database, campaign_id) for _ in range(2)]
    ids = [await make_promotion(database) for _ in range(6)]
    await asyncio.gather(
        *(
            update(database, number, None, group_ids=(first, second) if n % 2 else (second, first))
            for n, number in enumerate(ids)
        )
    )
    assert await versions(database, first, second) == [7, 7]
    for group_id in (first, second):
        had = [
            len(row["facts"]["promotion_ids"])
            for row in await read_revisions(database)
            if (row["kind"], row["entity_id"]) == ("CODE_GROUP", group_id)
        ]
        assert had == [0, 1, 2, 3, 4, 5]


async def test_groups_that_come_between_are_not_lost_unseen(database: Database) -> None:
    campaign_id = await make_campaign(database)
    first, second = [await make_group(database, campaign_id) for _ in range(2)]
    promotion_id = await make_promotion(database)
    async with database.transaction() as tx:
        await editing.lock(tx, Promotion, Target(promotion_id))
        waiting = asyncio.create_task(update(database, promotion_id, None, group_ids=(second,)))
        await asyncio.sleep(0.2)
        await tx.execute(
            "INSERT INTO promotion_group (promotion_id, group_id) VALUES ($1, $2)",
            promotion_id,
            first,
        )
    await waiting
    assert await groups_of(database, promotion_id) == [second]
    assert await versions(database, first, second) == [2, 2]


async def test_changes_at_once_that_name_no_version_are_all_made(database: Database) -> None:
    campaign_id = await make_campaign(database)
    ids = [await make_group(database, campaign_id) for _ in range(4)]
    promotion_id = await make_promotion(database, group_ids=ids[:1])
    await asyncio.gather(
        *(update(database, promotion_id, None, group_ids=[number]) for number in ids[1:] * 4)
    )
    (held,) = await groups_of(database, promotion_id)
    moves = [
        row["facts"]["group_ids"]
        for row in await read_revisions(database)
        if row["kind"] == "PROMOTION"
    ]
    assert all(len(groups) == 1 for groups in moves)
    assert (await stored(database, promotion_id))["version"] == 1 + len(moves)
    gained = {number: sum(groups == [number] for groups in [*moves, [held]]) for number in ids}
    assert await versions(database, *ids) == [
        1 + 2 * gained[number] - (number == held) for number in ids
    ]
