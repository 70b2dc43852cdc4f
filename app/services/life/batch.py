"""One transaction for all calls that wait: lock, read, decide, write."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.database import Statements
from app.database.dialects import Dialect
from app.domain.life.book import Book, Ids
from app.domain.life.calls import Call, CreateCashback, IssueNext, Redeem, Reserve
from app.domain.life.deciding import decide
from app.domain.life.verdicts import Verdict
from app.services.idempotency import fingerprint
from app.services.life import fresh_ids, naming, supplying, writing, writing_history, writing_uses
from app.services.life.reading import Reading, meet_new
from app.services.life.subjects import Subjects
from app.services.life.writing import Writer

Clock = Callable[[], datetime]
_MAKES: Final = {
    Redeem: "redemption",
    Reserve: "reservation",
    CreateCashback: "cashback",
    IssueNext: "code",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a batch needs besides its transaction."""

    dialect: Dialect
    clock: Clock
    subjects: Subjects


async def apply(tx: Statements, calls: Sequence[Call], around: Surroundings) -> list[Verdict]:
    """Answer every call, in the order given, and write what they change.

    `now` is taken when the codes are locked, so that what waited is judged by the time it is done.
    Raises LostRace when somebody else was faster on what is not locked: call it again in a new
    transaction.
    """
    dialect = around.dialect
    named = await naming.lock(tx, dialect, calls)
    now = around.clock()
    facts = await Reading(tx, dialect, calls, now).facts(named)
    await supplying.supply(tx, dialect, facts, named, now)
    made = Counter(_MAKES[type(call)] for call in calls if type(call) in _MAKES)
    people = {"customer": len(facts.new_customers), "order": len(facts.new_orders)}
    tables = {**dict.fromkeys(_MAKES.values(), 0), **made, **people, "code_event": len(calls)}
    ids = await fresh_ids.draw(tx, dialect, tables)
    meet_new(facts, ids["customer"], ids["order"])
    own = Ids(ids["code"], ids["redemption"], ids["reservation"], ids["cashback"])
    book = Book(facts, own)
    verdicts = [decide(book, call, fingerprint(call.asked()), now) for call in calls]
    writer = Writer(tx, dialect, now)
    await writing.write_people(writer, book)
    await writing.write_counters(writer, book)
    await writing.write_codes(writer, book)
    await writing_uses.write_cashbacks(writer, book)
    await writing_uses.write_uses(writer, book)
    await writing_history.write_keys(writer, book)
    await writing_history.write_revisions(writer, book)
    await writing_history.write_events(writer, book, ids["code_event"])
    await writing_history.write_attempts(writer, book, around.subjects)
    return verdicts
