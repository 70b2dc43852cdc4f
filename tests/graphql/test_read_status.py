"""The status of codes in Python and in SQL: two wordings of one rule."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from app.database import Database
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.status import CodeStatus, StatusFacts, status
from app.models import Code
from app.reading import code_status
from tests.graphql import shop
from tests.graphql.documents import Dice
from tests.graphql.shop import NOW

TICK = timedelta(microseconds=1)
ENDS = [None, NOW - timedelta(days=900), NOW - TICK, NOW, NOW + TICK, NOW + timedelta(days=900)]
MOMENTS = [NOW - TICK, NOW, NOW + TICK, NOW + timedelta(days=901), NOW - timedelta(days=901)]


def every_combination() -> list[StatusFacts]:
    return [
        StatusFacts(
            kind=kind,
            withdrawn_at=NOW if withdrawn else None,
            issued_at=NOW if issued and kind == CampaignKind.VOUCHER else None,
            uses=uses,
            max_uses=max_uses,
            valid_to=ends,
        )
        for kind, withdrawn, issued, (uses, max_uses), ends in product(
            CampaignKind, (True, False), (True, False), ((0, None), (9, None), (0, 1), (1, 1)), ENDS
        )
    ]


def by_chance(seed: int) -> StatusFacts:
    dice = Dice(seed)
    voucher = dice.chance(70)
    max_uses = dice.one([None, 1, 2, 3])
    return StatusFacts(
        kind=CampaignKind.VOUCHER if voucher else CampaignKind.SOURCE,
        withdrawn_at=NOW if dice.chance(20) else None,
        issued_at=NOW if voucher and dice.chance(60) else None,
        uses=dice.below(1 + (max_uses or 5)),
        max_uses=max_uses,
        valid_to=dice.one([None, NOW + timedelta(microseconds=dice.below(2_000_000) - 1_000_000)]),
    )


async def insert(database: Database, table: list[StatusFacts]) -> None:
    codes = [
        Code(
            id=number,
            kind=facts.kind,
            campaign_id=1,
            text=f"C{number:05d}",
            normal_form=f"C{number:05d}",
            valid_to=facts.valid_to,
            max_uses=facts.max_uses,
            uses=facts.uses,
            used_up_at=NOW if facts.max_uses and facts.uses >= facts.max_uses else None,
            issued_at=facts.issued_at,
            available_to=AvailableTo.ANY_CUSTOMER,
            withdrawn_at=facts.withdrawn_at,
            withdrawal_reason="Misprint." if facts.withdrawn_at else None,
            actor=shop.ACTOR,
            created_at=NOW,
            updated_at=NOW,
        )
        for number, facts in enumerate(table)
    ]
    async with database.transaction() as tx:
        await shop.campaigns()[0].save(using_db=tx.client)
        await Code.bulk_create(codes, using_db=tx.client)


async def found(database: Database, statuses: list[CodeStatus], now: datetime) -> set[int]:
    """The codes that SQL finds in any of the statuses."""
    placeholder = "$1::timestamptz" if database.dialect.name == "postgres" else "$1"
    asked: list[datetime] = []

    def given() -> str:
        asked[:] = [now]
        return placeholder

    condition = code_status.any_status(statuses, given)
    rows = await database.read(f"SELECT id FROM code WHERE {condition}", *asked)
    return {row[0] for row in rows}


async def disagreements(database: Database, table: list[StatusFacts]) -> int:
    count = 0
    for now in MOMENTS:
        answers = [status(facts, now) for facts in table]
        for wanted in CodeStatus:
            right = {number for number, answer in enumerate(answers) if answer == wanted}
            count += len(right ^ await found(database, [wanted], now))
    return count


TABLES = {"combined": every_combination(), "random": [by_chance(seed) for seed in range(400)]}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
async def test_python_and_sql_agree(database: Database, table: list[StatusFacts]) -> None:
    await insert(database, table)
    assert {status(facts, NOW) for facts in table} == set(CodeStatus)
    assert await disagreements(database, table) == 0


async def test_several_statuses_are_those_of_each(database: Database) -> None:
    table = TABLES["combined"]
    await insert(database, table)
    for statuses in ([], [CodeStatus.ISSUED, CodeStatus.EXPIRED], list(CodeStatus)):
        right = {number for number, facts in enumerate(table) if status(facts, NOW) in statuses}
        assert await found(database, statuses, NOW) == right
    assert len(await found(database, list(CodeStatus), NOW)) == len(table)


@pytest.mark.parametrize(
    ("wanted", "right", "wrong"),
    [
        (CodeStatus.EXPIRED, "<= {now}", "< {now}"),
        (CodeStatus.ISSUED, "> {now}", ">= {now}"),
        (CodeStatus.ACTIVE, "kind = 'SOURCE' AND COALESCE", "COALESCE"),
        (CodeStatus.CREATED, "withdrawn_at IS NULL AND ", ""),
        (CodeStatus.CREATED, "used_up_at IS NULL AND ", ""),
        (CodeStatus.REDEEMED, "withdrawn_at IS NULL AND ", ""),
        (CodeStatus.WITHDRAWN, "withdrawn_at", "used_up_at"),
    ],
)
async def test_a_slip_in_the_wording_is_caught(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    wanted: CodeStatus,
    right: str,
    wrong: str,
) -> None:
    table = TABLES["combined"]
    await insert(database, table)
    conditions = code_status._CONDITIONS  # noqa: SLF001 - broken on purpose
    assert right in conditions[wanted]
    broken = {**conditions, wanted: conditions[wanted].replace(right, wrong)}
    monkeypatch.setattr(code_status, "_CONDITIONS", broken)
    assert await disagreements(database, table) > 0
