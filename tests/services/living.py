"""Calls on codes as the queue hands them on, answered in batches; and codes to call for."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from app.database import Database, Row, Statements
from app.domain.campaigns import CampaignKind
from app.domain.life.calls import Call, Redeem, Reserve
from app.domain.life.verdicts import Verdict
from app.domain.money import Money
from app.models.code import Code
from app.services.life.batch import Surroundings, apply
from app.services.life.subjects import Subjects
from tests.making import ACTOR, CALLER, NOW

OTHER_CALLER = replace(CALLER, id="others", name="Others")
SUBJECTS = Subjects(b"a secret of tests")


async def answers(database: Database, *calls: Call, now: datetime = NOW) -> list[Verdict]:
    """Answer the calls in one batch."""
    around = Surroundings(database.dialect, lambda: now, SUBJECTS)

    async def work(tx: Statements) -> list[Verdict]:
        return await apply(tx, calls, around)

    return await database.transact(work)


class Noting(Statements):
    """Notes the text of each statement."""

    def __init__(self, tx: Statements) -> None:
        self._tx = tx
        self.asked: list[str] = []

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        self.asked.append(sql)
        return await self._tx.fetch(sql, *values)

    async def execute(self, sql: str, *values: object) -> int:
        self.asked.append(sql)
        return await self._tx.execute(sql, *values)


async def noted(database: Database, *calls: Call) -> tuple[list[Verdict], list[str]]:
    """Answer the calls in one batch; the statements of it, too."""
    around = Surroundings(database.dialect, lambda: NOW, SUBJECTS)

    async def work(tx: Statements) -> tuple[list[Verdict], list[str]]:
        noting = Noting(tx)
        return await apply(noting, calls, around), noting.asked

    return await database.transact(work)


async def answer(database: Database, call: Call, now: datetime = NOW) -> Verdict:
    (verdict,) = await answers(database, call, now=now)
    return verdict


def redeem(code: str = "SUMMER10", key: str | None = None, **values: Any) -> Redeem:  # noqa: ANN401 - any field of the call
    return Redeem(**{"caller": CALLER, "code": code, "key": key, **values})


def reserve(code: str = "SUMMER10", holder: str = "s-1", **values: Any) -> Reserve:  # noqa: ANN401 - any field of the call
    return Reserve(**{"caller": CALLER, "code": code, "holder": holder, "seconds": 900, **values})


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def made(verdict: Verdict) -> int:
    """The id of what an accepted call has made."""
    assert verdict.problems == ()
    assert verdict.made is not None
    return verdict.made.id


def told(verdict: Verdict) -> list[tuple[str, str]]:
    """Code and field of each problem."""
    return [(problem.code.value, ".".join(problem.field)) for problem in verdict.problems]


def reasons(verdict: Verdict) -> list[str]:
    return [problem.code.value for problem in verdict.problems]


async def make_code(
    database: Database,
    campaign_id: int,
    text: str = "SUMMER10",
    **values: Any,  # noqa: ANN401 - any column of a code
) -> int:
    """A code with these columns; of a source campaign unless the kind says otherwise."""
    usual = {"kind": CampaignKind.SOURCE, "text": text, "normal_form": text, "actor": ACTOR}
    async with database.transaction() as tx:
        row = await Code.create(
            using_db=tx.client,
            **{**usual, "created_at": NOW, "updated_at": NOW, **values},
            campaign_id=campaign_id,
        )
    made: int = row.id
    return made


async def read_code(database: Database, code_id: int) -> dict[str, Any]:
    (row,) = await database.read("SELECT * FROM code WHERE id = $1", code_id)
    return dict(row)
