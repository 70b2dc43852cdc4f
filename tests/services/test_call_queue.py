"""Who shares a transaction, who waits, and that nobody is harmed by a neighbour."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from app.config import Settings
from app.database import Database
from app.database.errors import Conflict, ConstraintKind, ConstraintViolated, Unavailable
from app.domain.life.book import LostRace
from app.domain.life.calls import Call, Redeem
from app.domain.life.verdicts import Made, MadeKind, Verdict
from app.services.life import batch, call_queue
from app.services.life.batch import Surroundings
from app.services.life.call_queue import CallQueue, answering
from tests.making import NOW, count_rows, make_source
from tests.services.living import SUBJECTS, made, make_code, redeem

SECRET = b"a secret of tests"


class Answers:
    """Answers batches when it is told to, and notes which calls came together."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gates: list[asyncio.Event] = []
        self.poison = "POISON"

    async def __call__(self, calls: Sequence[Call]) -> list[Verdict]:
        names = [call.code for call in calls if isinstance(call, Redeem)]
        self.batches.append(names)
        gate = asyncio.Event()
        self.gates.append(gate)
        await gate.wait()
        if self.poison in names:
            raise ZeroDivisionError(self.poison)
        return [Verdict(Made(MadeKind.REDEMPTION, number)) for number, _ in enumerate(calls)]

    def open_all(self) -> None:
        for gate in self.gates:
            gate.set()


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def submit(queue: CallQueue, *names: str) -> list[asyncio.Task[Verdict]]:
    return [asyncio.create_task(queue.submit(redeem(name))) for name in names]


async def finish(answers: Answers, *tasks: asyncio.Task[Verdict]) -> list[Verdict]:
    while not all(task.done() for task in tasks):
        answers.open_all()
        await asyncio.sleep(0)
    return [task.result() for task in tasks]


async def test_a_call_alone_starts_at_once() -> None:
    answers = Answers()
    queue = CallQueue(answers)
    tasks = submit(queue, "A")
    await turns()
    assert answers.batches == [["A"]]
    assert await finish(answers, *tasks) == [Verdict(Made(MadeKind.REDEMPTION, 0))]


async def test_who_comes_in_the_same_turn_comes_along_and_later_ones_together() -> None:
    answers = Answers()
    queue = CallQueue(answers)
    tasks = submit(queue, "A", "B", "A")
    await turns()
    tasks += submit(queue, "C")
    await turns()
    tasks += submit(queue, "D")
    await turns()
    assert answers.batches == [["A", "B", "A"]]
    await finish(answers, *tasks)
    assert answers.batches == [["A", "B", "A"], ["C", "D"]]


async def test_a_second_batch_runs_for_a_crowd_of_other_codes_only() -> None:
    answers = Answers()
    queue = CallQueue(answers)
    tasks = submit(queue, "A")
    await turns()
    fifteen = [f"B{number}" for number in range(15)]
    tasks += submit(queue, *fifteen, *["A"] * 20)
    await turns()
    assert answers.batches == [["A"]]
    tasks += submit(queue, "C")
    await turns()
    assert answers.batches == [["A"], [*fifteen, "C"]]
    # Two are enough, however many wait.
    tasks += submit(queue, *(f"D{number}" for number in range(200)))
    await turns()
    assert len(answers.batches) == 2
    await finish(answers, *tasks)
    assert len(answers.batches[2]) == call_queue.MOST_IN_BATCH
    assert sorted(name for found in answers.batches for name in found) == sorted(
        ["A"] * 21 + fifteen + ["C"] + [f"D{number}" for number in range(200)]
    )


async def test_calls_on_one_code_stay_in_order() -> None:
    answers = Answers()
    queue = CallQueue(answers)
    tasks = submit(queue, *["A"] * 300)
    await finish(answers, *tasks)
    assert [len(found) for found in answers.batches] == [128, 128, 44]


async def test_too_many_that_wait_are_refused_and_nobody_else() -> None:
    answers = Answers()
    queue = CallQueue(answers)
    tasks = submit(queue, "A")
    await turns()
    tasks += submit(queue, *["A"] * call_queue.MOST_WAITING)
    await turns()
    with pytest.raises(Unavailable, match="1000 calls wait already"):
        await queue.submit(redeem("A"))
    assert len(await finish(answers, *tasks)) == call_queue.MOST_WAITING + 1


async def test_who_goes_away_cancels_nothing() -> None:
    answers = Answers()
    queue = CallQueue(answers)
    gone, stays = submit(queue, "A", "B")
    await turns()
    gone.cancel()
    late, waits = submit(queue, "A", "C")
    await turns()
    late.cancel()
    await finish(answers, stays, waits)
    assert gone.cancelled()
    assert late.cancelled()
    # What was asked for is done, though nobody listens.
    assert answers.batches == [["A", "B"], ["A", "C"]]


async def test_one_bad_call_fails_alone() -> None:
    answers = Answers()
    queue = CallQueue(answers)
    names = [f"A{number}" for number in range(63)]
    tasks = submit(queue, *names[:31], "POISON", *names[31:])
    while not all(task.done() for task in tasks):
        answers.open_all()
        await asyncio.sleep(0)
    failed = [task for task in tasks if task.exception()]
    assert failed == [tasks[31]]
    assert isinstance(failed[0].exception(), ZeroDivisionError)
    # Seven halvings find it.
    assert len(answers.batches) == 13


async def test_an_error_of_the_database_is_told_to_everybody_at_once() -> None:
    async def away(_calls: Sequence[Call]) -> list[Verdict]:
        raise Unavailable("gone")

    queue = CallQueue(away)
    tasks = submit(queue, "A", "B")
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, Unavailable)


async def test_the_end_answers_those_who_wait_and_refuses_new_ones() -> None:
    answers = Answers()
    queue = CallQueue(answers)
    tasks = submit(queue, "A")
    await turns()
    tasks += submit(queue, "A", "B")
    await turns()
    draining = asyncio.create_task(queue.drain())
    await turns()
    with pytest.raises(Unavailable, match="the service stops"):
        await queue.submit(redeem("C"))
    assert not draining.done()
    await finish(answers, *tasks)
    await draining
    assert answers.batches == [["A"], ["A", "B"]]


@pytest.fixture
async def queue(database: Database, settings: Settings) -> AsyncIterator[CallQueue]:
    async with CallQueue.open(database, settings, SECRET, lambda: NOW) as opened:
        yield opened


async def test_a_poisoned_call_among_many_on_the_database(
    database: Database, queue: CallQueue
) -> None:
    campaign_id = await make_source(database, "FIRST")
    await make_code(database, campaign_id, max_uses=40)
    # What the entrance would not let in: a text that no database can hold.
    poison = redeem(metadata={"bad": "\ud800"})
    calls = [redeem(key=f"k-{number}") for number in range(63)]
    outcomes = await asyncio.gather(
        *(queue.submit(call) for call in [*calls[:20], poison, *calls[20:]]),
        return_exceptions=True,
    )
    errors = [one for one in outcomes if isinstance(one, Exception)]
    assert len(errors) == 1
    assert not isinstance(errors[0], Conflict | Unavailable)
    verdicts = [one for one in outcomes if isinstance(one, Verdict)]
    assert sum(not verdict.problems for verdict in verdicts) == 40
    assert await count_rows(database, "redemption") == 40
    again = await asyncio.gather(*(queue.submit(call) for call in calls))
    assert [one.made for one in again] == [one.made for one in verdicts]
    assert all(one.replayed for one in again)


@pytest.mark.parametrize(
    "error",
    [
        LostRace("a row"),
        Conflict("busy"),
        Unavailable("cut"),
        ConstraintViolated("redemption_order_key", ConstraintKind.UNIQUE),
    ],
)
async def test_what_passes_is_tried_again(
    database: Database, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_code(database, await make_source(database, "FIRST"))
    apply, tries = batch.apply, 0

    async def failing(*args: object) -> list[Verdict]:
        nonlocal tries
        tries += 1
        answers = await apply(*args)  # type: ignore[arg-type]
        if tries < 3:
            raise error
        return answers

    monkeypatch.setattr(call_queue, "apply", failing)
    answer = answering(database, Surroundings(database.dialect, lambda: NOW, SUBJECTS))
    (verdict,) = await answer([redeem()])
    assert made(verdict)
    assert tries == 3
    assert await count_rows(database, "redemption") == 1


async def test_what_never_passes_is_a_conflict_in_the_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def losing(*_args: object) -> list[Verdict]:
        nonlocal tries
        tries += 1
        raise LostRace("again")

    monkeypatch.setattr(call_queue, "apply", losing)
    monkeypatch.setattr(call_queue, "_PAUSE_SECONDS", 0.0001)
    answer = answering(database, Surroundings(database.dialect, lambda: NOW, SUBJECTS))
    with pytest.raises(Conflict, match="again"):
        await answer([redeem()])
    assert tries == call_queue.MOST_TRIES


async def test_a_broken_rule_is_a_fault_and_is_not_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaking(*_args: object) -> list[Verdict]:
        raise ConstraintViolated("code_uses_within_limit", ConstraintKind.CHECK)

    monkeypatch.setattr(call_queue, "apply", breaking)
    answer = answering(database, Surroundings(database.dialect, lambda: NOW, SUBJECTS))
    with pytest.raises(ConstraintViolated):
        await answer([redeem()])
