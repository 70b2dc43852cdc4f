"""The whole path against the model: what is read and written between batches loses nothing."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as examples

from app.config import Settings
from app.database import Database
from app.domain.life.calls import Call
from app.domain.life.verdicts import Verdict
from app.services.consistency import disagreements
from tests.life_model import Code
from tests.life_stories import Telling, shops, stories
from tests.making import make_group, make_source
from tests.services.living import answers, make_code


class Path:
    """Answers each batch in a transaction of its own."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        self.runner = runner
        self.database = database

    def prepare(self, codes: Sequence[Code]) -> list[int]:
        return self.runner.run(self._prepare(codes))

    async def _prepare(self, codes: Sequence[Code]) -> list[int]:
        name = codes[0].name
        campaign_id = await make_source(self.database, f"FIRST{name}", name)
        group = codes[0].group
        assert group is not None
        group_id = await make_group(
            self.database,
            campaign_id,
            total_reuse_per_code=group.total,
            reuse_per_customer=group.per_customer,
        )
        return [
            await make_code(
                self.database,
                campaign_id,
                code.name,
                max_uses=code.max_uses,
                uses_per_customer=code.per_customer,
                valid_to=code.valid_to,
                group_id=group_id if code.group else None,
            )
            for code in codes
        ]

    def answer(self, calls: Sequence[Call], now: datetime) -> list[Verdict]:
        return self.runner.run(answers(self.database, *calls, now=now)) if calls else []


def test_the_path_follows_the_model(settings: Settings, *, long: bool) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(settings))

        @examples(
            max_examples=400 if long else 20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        )
        @given(shop=shops(), story=stories)
        def told(shop: list[Code], story: list[Any]) -> None:
            Telling(Path(runner, database), shop).tell(story)

        told()
        assert runner.run(disagreements(database)) == []
        runner.run(database.close())
