"""Transactions that meet at the worst moment, and what would happen without each safeguard.

Two calls are stopped where both have read and neither has written. The right code lets one of them
wait for the other's lock, or find that it lost and decide anew. PostgreSQL only: SQLite has one
writer, so that two never meet.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.config import Settings
from app.database import Database, Statements
from app.database.dialects import POSTGRES, Dialect
from app.database.errors import Conflict
from app.domain.life.book import LostRace
from app.domain.life.calls import Call, IssueNext, Reverse
from app.domain.life.verdicts import Verdict
from app.services import customers
from app.services.consistency import disagreements
from app.services.editing import Stamp
from app.services.life import batch, call_queue, naming, supplying
from app.services.life.batch import Surroundings
from app.services.life.call_queue import answering
from app.services.life.naming import Named
from app.services.life.reading import Reading
from app.services.life.writing import Records, Writer
from tests.making import CALLER, NOW, count_rows, make_campaign, make_group, make_source
from tests.services.living import (
    SUBJECTS,
    made,
    make_code,
    reasons,
    redeem,
    reserve,
)

# Whoever waits for a lock does not come: the others go on without.
PATIENCE = 0.6


@dataclass
class Gate:
    arrived: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Meeting:
    """Stops each transaction where it has read and not decided, and where it has written.

    Only at the first try of each, and never for longer than it takes to see that the others wait
    for a lock. Counts the tries.
    """

    database: Database
    patch: pytest.MonkeyPatch
    expected: int = 0
    tries: int = 0
    gates: dict[str, Gate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        supply, apply = supplying.supply, batch.apply

        async def stopping(*args: Any) -> None:  # noqa: ANN401 - whatever it takes
            await supply(*args)
            if self.gates:
                await self._meet("read")

        async def counting(
            tx: Statements, calls: Sequence[Call], around: Surroundings
        ) -> list[Verdict]:
            self.tries += 1
            verdicts = await apply(tx, calls, around)
            await self._meet("written")
            return verdicts

        self.patch.setattr(supplying, "supply", stopping)
        self.patch.setattr(call_queue, "apply", counting)

    async def _meet(self, place: str) -> None:
        gate = self.gates[place]
        gate.arrived += 1
        if gate.arrived >= self.expected:
            gate.open.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await gate.open.wait()

    async def of(self, *calls: Call) -> list[Verdict]:
        """Answer each call in a transaction of its own, all at the same time."""
        self.expected, self.tries = len(calls), 0
        self.gates = {"read": Gate(), "written": Gate()}
        around = Surroundings(self.database.dialect, lambda: NOW, SUBJECTS)
        answer = answering(self.database, around)
        found = await asyncio.gather(*(answer([call]) for call in calls))
        return [verdict for (verdict,) in found]


@pytest.fixture
async def meeting(
    postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Meeting]:
    database = await Database.open(postgres_settings)
    # Whoever has to open a connection first comes too late.
    await asyncio.gather(*(database.read("SELECT pg_sleep(0.1)") for _ in range(4)))
    yield Meeting(database, monkeypatch)
    await database.close()


def refused(verdicts: Sequence[Verdict]) -> list[str]:
    return sorted(reason for verdict in verdicts for reason in reasons(verdict))


async def holding(database: Database) -> int:
    """How many uses of all codes are taken or held."""
    (row,) = await database.read(
        "SELECT (SELECT COALESCE(SUM(uses), 0) FROM code)"
        " + (SELECT COUNT(*) FROM reservation WHERE ended_at IS NULL)"
    )
    return int(row[0])


Calls = Callable[[str, str], list[Call]]
# Two calls that want the same last use; `one` and `two` are codes.
PAIRS: dict[str, Calls] = {
    "redeem and redeem": lambda one, two: [
        redeem(one, customer="C-1"),
        redeem(two, customer="C-1"),
    ],
    "reserve and reserve": lambda one, two: [
        reserve(one, "s-1", customer="C-1"),
        reserve(two, "s-2", customer="C-1"),
    ],
    "reserve and redeem": lambda one, two: [
        reserve(one, "s-1", customer="C-1"),
        redeem(two, customer="C-1"),
    ],
}


async def know_customer(database: Database) -> None:
    """Two who meet over a new customer would lose that race before any other."""
    async with database.transaction() as tx:
        await customers.recorded(tx, "C-1", Stamp(CALLER, NOW))


async def one_code(database: Database) -> None:
    await know_customer(database)
    await make_code(database, await make_source(database, "FIRST"), max_uses=1)


async def two_codes(database: Database) -> None:
    """Two codes of a group that one customer may use once."""
    await know_customer(database)
    await codes_of_one_group(database)


async def codes_of_one_group(database: Database) -> None:
    campaign_id = await make_source(database, "FIRST")
    group_id = await make_group(database, campaign_id, reuse_per_customer=1)
    for text in ("ONE", "TWO"):
        await make_code(database, campaign_id, text, group_id=group_id)


async def used_and_given_back(database: Database, meeting: Meeting) -> None:
    """The same, when the customer's counter exists already."""
    await two_codes(database)
    (used,) = await meeting.of(redeem("ONE", customer="C-1"))
    await meeting.of(Reverse(caller=CALLER, redemption_id=made(used)))


@pytest.mark.parametrize("pair", PAIRS)
async def test_one_use_of_one_code(meeting: Meeting, pair: str) -> None:
    await one_code(meeting.database)
    verdicts = await meeting.of(*PAIRS[pair]("SUMMER10", "SUMMER10"))
    assert refused(verdicts) in (["FULLY_REDEEMED"], ["RESERVED"])
    # One waited for the other's lock, and read after it: nothing had to be decided anew.
    assert meeting.tries == 2
    assert await holding(meeting.database) == 1
    assert await disagreements(meeting.database) == []


@pytest.mark.parametrize("pair", PAIRS)
async def test_one_use_of_a_customer_over_two_codes(meeting: Meeting, pair: str) -> None:
    await two_codes(meeting.database)
    verdicts = await meeting.of(*PAIRS[pair]("ONE", "TWO"))
    assert refused(verdicts) == ["GROUP_LIMIT_REACHED"]
    # Nobody locks the customer: who lost decided anew.
    assert meeting.tries == 3
    assert await holding(meeting.database) == 1
    assert await disagreements(meeting.database) == []


@pytest.mark.parametrize("pair", PAIRS)
async def test_one_use_of_somebody_who_is_new_to_both(meeting: Meeting, pair: str) -> None:
    """Nothing is looked up of a customer who is new: another who records the same one wins."""
    await codes_of_one_group(meeting.database)
    verdicts = await meeting.of(*PAIRS[pair]("ONE", "TWO"))
    assert refused(verdicts) == ["GROUP_LIMIT_REACHED"]
    assert meeting.tries == 3
    assert await holding(meeting.database) == 1
    assert await disagreements(meeting.database) == []


async def test_an_order_that_is_new_to_both(meeting: Meeting) -> None:
    await one_code(meeting.database)
    await make_code(meeting.database, 1, "TWO")
    one, two = await meeting.of(redeem(order="O-1"), redeem("TWO", order="O-1"))
    assert made(one) != made(two)
    assert meeting.tries == 3
    assert await disagreements(meeting.database) == []


@pytest.mark.parametrize("pair", PAIRS)
async def test_the_same_with_a_counter_that_exists(meeting: Meeting, pair: str) -> None:
    await used_and_given_back(meeting.database, meeting)
    verdicts = await meeting.of(*PAIRS[pair]("ONE", "TWO"))
    assert refused(verdicts) == ["GROUP_LIMIT_REACHED"]
    assert meeting.tries == 3
    assert await holding(meeting.database) == 1
    assert await disagreements(meeting.database) == []


async def test_a_twin_in_flight_waits_for_the_first(meeting: Meeting) -> None:
    await one_code(meeting.database)
    first, second = await meeting.of(redeem(key="k-1"), redeem(key="k-1"))
    assert made(first) == made(second)
    assert {first.replayed, second.replayed} == {False, True}
    assert meeting.tries == 2


async def test_twins_of_an_unknown_code_are_told_apart_by_their_key(meeting: Meeting) -> None:
    await one_code(meeting.database)
    verdicts = await meeting.of(redeem("NOSUCH", "k-1"), redeem("NOSUCH", "k-1"))
    assert refused(verdicts) == ["NOT_FOUND", "NOT_FOUND"]
    assert {verdict.replayed for verdict in verdicts} == {False, True}
    # There was no row to lock, so one of them lost.
    assert meeting.tries == 3
    assert await count_rows(meeting.database, "idempotency") == 1


async def test_baskets_that_meet_get_different_codes_and_twins_the_same(meeting: Meeting) -> None:
    database = meeting.database
    campaign_id = await make_campaign(database)
    for text in ("ONE", "TWO"):
        await make_code(database, campaign_id, text, kind="VOUCHER")

    def issue(basket: str, key: str) -> IssueNext:
        return IssueNext(caller=CALLER, campaign_id=campaign_id, reference=basket, key=key)

    first, twin = await meeting.of(issue("B-1", "n-1"), issue("B-1", "n-2"))
    assert made(first) == made(twin)
    (other,) = await meeting.of(issue("B-2", "n-3"))
    assert made(other) != made(first)
    assert await count_rows(database, "code_event") == 2


async def test_a_code_that_somebody_may_still_get_is_waited_for(meeting: Meeting) -> None:
    """The last code of a pool is passed by while another holds it, but not called used up."""
    database = meeting.database
    campaign_id = await make_campaign(database)
    await make_code(database, campaign_id, "LAST", kind="VOUCHER")
    calls = [
        IssueNext(caller=CALLER, campaign_id=campaign_id, reference=basket, key=basket)
        for basket in ("B-1", "B-2")
    ]
    verdicts = await meeting.of(*calls)
    assert refused(verdicts) == ["NO_CODE_AVAILABLE"]
    assert meeting.tries > 2


# What each safeguard is for: without it, the tests above fail.


async def test_without_the_lock_a_use_is_held_twice(meeting: Meeting) -> None:
    """The condition counts in the statement that inserts, which cannot see the other's row."""
    meeting.patch.setattr(type(POSTGRES), "lock", "")
    await one_code(meeting.database)
    verdicts = await meeting.of(*PAIRS["reserve and reserve"]("SUMMER10", "SUMMER10"))
    assert refused(verdicts) == []
    assert await holding(meeting.database) == 2


async def test_without_the_lock_conditions_still_keep_the_uses(meeting: Meeting) -> None:
    meeting.patch.setattr(type(POSTGRES), "lock", "")
    await one_code(meeting.database)
    verdicts = await meeting.of(*PAIRS["redeem and redeem"]("SUMMER10", "SUMMER10"))
    assert refused(verdicts) == ["FULLY_REDEEMED"]
    # But one of them had decided wrongly, and was lucky to be told.
    assert meeting.tries == 3


@pytest.mark.parametrize("pair", PAIRS)
async def test_without_conditions_a_customer_uses_two_codes(meeting: Meeting, pair: str) -> None:
    async def careless(
        writer: Writer, what: str, sql: str, columns: dict[str, str], rows: Records
    ) -> None:
        with suppress(LostRace):
            await send(writer, what, sql, columns, rows)

    send = Writer.send
    meeting.patch.setattr(Writer, "send", careless)
    await two_codes(meeting.database)
    verdicts = await meeting.of(*PAIRS[pair]("ONE", "TWO"))
    assert refused(verdicts) == []
    assert await holding(meeting.database) == 2


async def test_reservations_without_a_turn_pass_each_other(meeting: Meeting) -> None:
    async def without_turns(
        writer: Writer, what: str, sql: str, columns: dict[str, str], rows: Records
    ) -> None:
        if what != "group_customer":
            await send(writer, what, sql, columns, rows)

    send = Writer.send
    meeting.patch.setattr(Writer, "send", without_turns)
    await two_codes(meeting.database)
    verdicts = await meeting.of(*PAIRS["reserve and reserve"]("ONE", "TWO"))
    assert refused(verdicts) == []
    assert await holding(meeting.database) == 2


async def test_a_key_looked_up_before_the_lock_is_not_found(meeting: Meeting) -> None:
    async def early(tx: Statements, dialect: Dialect, calls: Sequence[Call]) -> Named:
        reading = Reading(tx, dialect, calls, NOW)
        await read_keys(reading)
        named = await lock(tx, dialect, calls)
        found[id(tx)] = reading._facts.keys  # noqa: SLF001 - the same
        return named

    async def remembering(reading: Reading) -> None:
        reading._facts.keys = found[id(reading._tx)]  # noqa: SLF001 - the same

    found: dict[int, Any] = {}
    lock, read_keys = naming.lock, Reading._read_keys  # noqa: SLF001 - broken on purpose
    meeting.patch.setattr(naming, "lock", early)
    meeting.patch.setattr(Reading, "_read_keys", remembering)
    await one_code(meeting.database)
    await meeting.of(redeem(key="k-1"), redeem(key="k-1"))
    # UNIQUE refused what had been decided twice: the test of twins counts two tries.
    assert meeting.tries == 3


async def test_facts_read_by_the_locking_statement_are_older_than_the_lock(
    meeting: Meeting,
) -> None:
    async def find(
        tx: Statements, dialect: Dialect, calls: Sequence[Call], locking: str = ""
    ) -> Named:
        counted = "(SELECT COUNT(*) FROM reservation WHERE code_id = code.id AND ended_at IS NULL)"
        rows = await tx.fetch(
            f"SELECT id, {counted} AS reserved FROM code ORDER BY id{locking}",
        )
        stale[id(tx)] = {row["id"]: row["reserved"] for row in rows}
        return await right(tx, dialect, calls, locking)

    async def read_codes(reading: Reading, ids: Sequence[int]) -> None:
        await read(reading, ids)
        for code_id, count in stale[id(reading._tx)].items():  # noqa: SLF001 - broken on purpose
            reading._facts.reserved[code_id] = count  # noqa: SLF001 - the same

    stale: dict[int, dict[int, int]] = {}
    right, read = naming.find, Reading._read_codes  # noqa: SLF001 - the same
    meeting.patch.setattr(naming, "find", find)
    meeting.patch.setattr(Reading, "_read_codes", read_codes)
    await one_code(meeting.database)
    await meeting.of(*PAIRS["reserve and reserve"]("SUMMER10", "SUMMER10"))
    # The condition refused it: the test of one code counts two tries.
    assert meeting.tries == 3
    assert await holding(meeting.database) == 1


async def test_locks_in_any_order_wait_in_a_circle(meeting: Meeting) -> None:
    """In the order of ids they never do."""
    database = meeting.database
    campaign_id = await make_source(database, "FIRST")
    texts = [f"CODE{number}" for number in range(100)]
    for text in texts:
        await make_code(database, campaign_id, text)

    async def lock(order: str) -> None:
        async with database.transaction() as tx:
            await tx.fetch(f"SELECT id FROM code ORDER BY id {order} LIMIT 50{POSTGRES.lock}")
            await asyncio.sleep(PATIENCE)
            await tx.fetch(f"SELECT id FROM code ORDER BY id {order}{POSTGRES.lock}")

    outcomes = await asyncio.gather(lock("ASC"), lock("DESC"), return_exceptions=True)
    assert [type(one) for one in outcomes].count(Conflict) == 1
    forth, back = [redeem(text) for text in texts], [redeem(text) for text in texts[::-1]]
    around = Surroundings(database.dialect, lambda: NOW, SUBJECTS)

    async def answer(calls: Sequence[Call]) -> list[Verdict]:
        async def work(tx: Statements) -> list[Verdict]:
            return await batch.apply(tx, calls, around)

        return await database.transact(work)

    tasks: list[Awaitable[list[Verdict]]] = [answer(calls) for calls in [forth, back] * 3]
    verdicts = [verdict for found in await asyncio.gather(*tasks) for verdict in found]
    assert refused(verdicts) == []
    assert await holding(database) == 600
