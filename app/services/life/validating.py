"""What redeeming would be answered now, without asking for it: nothing is locked or stored."""

from datetime import datetime
from itertools import repeat

from app.database import Database, Row, Statements
from app.domain.levels import Validity
from app.domain.life import uses
from app.domain.life.book import Book, Ids
from app.domain.life.calls import Redeem
from app.domain.validity_facts import NEW
from app.services.life import naming
from app.services.life.reading import Reading, meet_new


class _Reads(Statements):
    """Statements outside of a transaction, each of which reads what stands at its moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        return await self._database.read(sql, *values)

    async def execute(self, sql: str, *values: object) -> int:
        raise AssertionError(f"validating changes nothing: {sql}, {len(values)} values")


async def examine(database: Database, call: Redeem, now: datetime) -> Validity:
    """Return what the rules say."""
    reads, dialect = _Reads(database), database.dialect
    named = await naming.find(reads, dialect, [call])
    facts = await Reading(reads, dialect, [call], now).facts(named)
    # Somebody new is told apart from everybody else, and no more: nothing is stored.
    meet_new(facts, repeat(NEW), repeat(NEW))
    nothing = iter(())
    return uses.examine(Book(facts, Ids(nothing, nothing, nothing, nothing)), call, now)
