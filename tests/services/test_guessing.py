"""Wrong guesses at codes, counted in this process and in Redis."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis
from structlog.testing import capture_logs

from app import guess_counts
from app.domain.guessing import Tally
from app.services import guessing
from app.services.guessing import TooManyGuesses
from tests.guessing import KEY, MOST, Process, process
from tests.making import NOW
from tests.servers import Valkey

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["in process", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("redis_url")) if request.param == "redis" else ""


@pytest.fixture
async def one(url: str) -> AsyncIterator[Process]:
    async with process(url) as found:
        yield found


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A server that the test may stop and start."""
    with Valkey() as server:
        yield server


async def test_exactly_the_limit_is_let_pass(one: Process) -> None:
    assert [await one.ask() for _ in range(MOST + 2)] == ["unknown"] * MOST + ["refused"] * 2
    assert one.most_looking == 1


async def test_also_when_all_are_asked_for_at_once(one: Process) -> None:
    assert await one.ask_at_once(64) == {"unknown": MOST, "refused": 64 - MOST}
    assert one.most_looking == MOST


async def test_what_is_found_costs_nothing(one: Process) -> None:
    for _ in range(3 * MOST):
        assert await one.ask(known=True) == "found"
    assert await one.ask_at_once(64) == {"unknown": MOST, "refused": 64 - MOST}


async def test_what_is_found_after_misses_neither_counts_nor_forgives(one: Process) -> None:
    for _ in range(MOST - 1):
        await one.ask()
        await one.ask(known=True)
    assert [await one.ask() for _ in range(2)] == ["unknown", "refused"]


async def test_close_to_the_limit_what_is_found_waits_and_is_found(one: Process) -> None:
    for _ in range(MOST - 1):
        await one.ask()
    assert await one.ask_at_once(64, known=True) == {"found": 64}
    # One after the other: each might have been the last miss.
    assert one.most_looking == 1


async def test_waiting_ends_as_soon_as_nothing_can_be_left(one: Process) -> None:
    for _ in range(MOST - 2):
        await one.ask()
    mixed = [one.ask(known=number % 3 == 0) for number in range(30)]
    answers = Counter(await asyncio.gather(*mixed))
    assert answers["unknown"] == 2
    assert answers["found"] + answers["refused"] == 28
    assert answers["found"] >= 1
    assert await one.ask(known=True) == "refused"


async def test_who_has_none_left_is_told_when_there_are_more(one: Process) -> None:
    for _ in range(MOST):
        await one.ask()
    later = NOW + timedelta(minutes=3, seconds=20.5)
    with pytest.raises(TooManyGuesses) as stopped:
        async with one.guesses.guessing(KEY, later):
            pytest.fail("it was looked up")
    assert stopped.value.retry_after == 400
    assert str(stopped.value) == (
        "Too many codes were asked for that cannot be used or do not exist; ask again in"
        " 400 seconds."
    )
    assert await one.ask(now=NOW + 9.99 * MINUTE) == "refused"
    assert await one.ask(now=NOW + 10 * MINUTE) == "unknown"


async def test_what_began_in_the_window_before_does_not_begin_the_counting_anew(
    one: Process,
) -> None:
    """A document with many fields is answered at the instant at which it came."""
    later = NOW + 10 * MINUTE
    for _ in range(MOST):
        assert await one.ask(now=later) == "unknown"
    assert await one.ask(now=NOW) == "refused"
    assert await one.ask(now=later) == "refused"


async def test_several_at_once_are_let_pass_together_or_not_at_all(one: Process) -> None:
    assert [await one.ask(count=4) for _ in range(3)] == ["unknown", "unknown", "refused"]
    assert [await one.ask(count=2), await one.ask(count=1)] == ["unknown", "refused"]


async def test_of_several_only_those_count_that_were_not_told(one: Process) -> None:
    for _ in range(MOST):
        async with one.guesses.guessing(KEY, NOW, 5) as guess:
            guess.told = 5
    async with one.guesses.guessing(KEY, NOW, 9) as guess:
        guess.told = 2
    assert [await one.ask() for _ in range(4)] == ["unknown"] * 3 + ["refused"]


async def test_who_hangs_up_is_counted_and_who_fails_is_not(one: Process) -> None:
    for _ in range(2 * MOST):
        with pytest.raises(ValueError, match="no answer"):
            async with one.guesses.guessing(KEY, NOW):
                raise ValueError("no answer")
    for _ in range(MOST):
        asking = await one.begin(known=True)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert await one.ask(known=True) == "refused"


async def test_who_hangs_up_while_waiting_is_not(one: Process) -> None:
    for _ in range(MOST - 1):
        await one.ask()
    first = await one.begin(known=True)
    second = asyncio.create_task(one.ask())
    third = asyncio.create_task(one.ask())
    await asyncio.sleep(0)
    second.cancel()
    assert await first == "found"
    assert await third == "unknown"
    assert await one.ask() == "refused"


async def test_who_hangs_up_when_its_turn_comes_leaves_it_to_others(one: Process) -> None:
    for _ in range(MOST - 1):
        await one.ask()
    async with one.guesses.guessing(KEY, NOW) as guess:
        waiting = asyncio.create_task(one.ask())
        await asyncio.sleep(0)
        guess.told = 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert [await one.ask() for _ in range(2)] == ["unknown", "refused"]


async def test_keys_are_counted_apart_and_an_address_over_all_keys(url: str) -> None:
    async with process(url, guesses_per_key=3, guesses_per_address=5) as one:
        here = [replace(KEY, id=f"key:{number}", address="192.0.2.1") for number in range(4)]
        asked = [await one.ask(caller) for caller in [here[0]] * 4 + [here[1]] * 3]
        assert asked == ["unknown"] * 3 + ["refused"] + ["unknown"] * 2 + ["refused"]
        # The address has none left, whichever key is shown; elsewhere the keys have.
        assert await one.ask(here[2], known=True) == "refused"
        there = [replace(caller, address="192.0.2.2") for caller in here]
        assert [await one.ask(caller) for caller in there[:3]] == ["refused", "unknown", "unknown"]
        # Who comes from nowhere, such as the command line, has a key all the same.
        assert await one.ask(replace(here[3], address=None)) == "unknown"


async def test_what_one_count_refuses_costs_nothing_of_the_other(url: str) -> None:
    async with process(url, guesses_per_key=2, guesses_per_address=3) as one:
        here = replace(KEY, address="192.0.2.1")
        assert [await one.ask(here) for _ in range(9)] == ["unknown"] * 2 + ["refused"] * 7
        other = replace(here, id="key:2")
        assert [await one.ask(other) for _ in range(2)] == ["unknown", "refused"]


async def test_a_host_cannot_change_the_address_that_is_counted(url: str) -> None:
    async with process(url, guesses_per_key=0, guesses_per_address=3) as one:
        hosts = [replace(KEY, address=f"2001:db8:0:1:{number:x}::") for number in range(1, 5)]
        answers = [await one.ask(host) for host in hosts]
        assert answers == ["unknown"] * 3 + ["refused"]


async def test_0_lets_everything_pass(url: str) -> None:
    async with process(url, guesses_per_key=0) as one:
        caller = replace(KEY, address="192.0.2.1")
        assert {await one.ask(caller) for _ in range(3 * MOST)} == {"unknown"}


async def test_whoever_asked_last_is_remembered(
    one: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "MOST_SUBJECTS", 3)
    for _ in range(MOST):
        await one.ask()
        for number in range(2):
            await one.ask(replace(KEY, id=f"other:{number}"))
    assert await one.ask() == "refused"
    assert len(one.guesses._purses) == 3  # noqa: SLF001 - what is kept is not to be seen outside


async def test_it_is_said_once_who_guesses(one: Process) -> None:
    with capture_logs() as logs:
        for _ in range(MOST + 5):
            await one.ask()
    assert logs == [
        {
            "event": "guesses.spent",
            "log_level": "warning",
            "caller": "key:1",
            "counted_by": "key",
            "most": MOST,
        }
    ]


# Several processes on one Redis


async def test_processes_never_let_more_pass_than_one(redis_url: str) -> None:
    async with process(redis_url) as one, process(redis_url) as other:
        answers = await one.ask_at_once(40) + await other.ask_at_once(40)
        assert answers == {"unknown": MOST, "refused": 80 - MOST}
    async with process(redis_url) as third:
        assert await third.ask() == "refused"


async def test_at_the_same_time(redis_url: str) -> None:
    async with process(redis_url) as one, process(redis_url) as other:
        first, second = await asyncio.gather(one.ask_at_once(40), other.ask_at_once(40))
        assert (first + second)["unknown"] == MOST


async def test_a_process_keeps_one_for_itself_and_gives_back_the_rest(redis_url: str) -> None:
    async with process(redis_url) as one, process(redis_url) as other:
        assert await one.ask_at_once(MOST, known=True) == {"found": MOST}
        assert await other.ask() == "refused"
        await one.guesses.trim()
        later = NOW + timedelta(seconds=1)
        answers = [await other.ask(now=later) for _ in range(MOST)]
        assert answers == ["unknown"] * (MOST - 1) + ["refused"]
        assert [await one.ask(now=later) for _ in range(2)] == ["unknown", "refused"]


async def test_it_gives_back_by_itself(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "TRIM_SECONDS", 0.01)
    async with process(redis_url) as one:
        assert one.counts is not None
        await one.ask_at_once(MOST, known=True)
        await one.counts.given_back.wait()
        with Redis.from_url(redis_url) as redis:
            (name,) = redis.keys("promograph:guesses:*")
            assert redis.get(name) == b"1"


async def test_what_is_found_asks_redis_once(redis_url: str) -> None:
    async with process(redis_url) as one:
        assert one.counts is not None
        for _ in range(100):
            await one.ask(known=True)
        assert one.counts.asked == 1
        # A crowd asks once more, together.
        for _ in range(10):
            await one.ask_at_once(MOST, known=True)
        assert one.counts.asked == 2


async def test_who_has_none_left_asks_redis_once_a_second(redis_url: str) -> None:
    async with process(redis_url) as one:
        assert one.counts is not None
        await one.ask_at_once(64)
        before = one.counts.asked
        for _ in range(100):
            assert await one.ask() == "refused"
        assert one.counts.asked == before
        await one.ask(now=NOW + timedelta(seconds=1))
        # Once to ask, and once to take back that it was counted.
        assert one.counts.asked == before + 2


async def test_redis_knows_nobody_and_forgets_everything(redis_url: str) -> None:
    caller = replace(KEY, address="192.0.2.77")
    async with process(redis_url, guesses_per_address=20) as one:
        await one.ask(caller)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        names = sorted(redis.keys("*"))
        (by_address, by_key) = names
        assert by_address.startswith("promograph:guesses:address:")
        # Twenty bits: there are never more than so many.
        assert len(by_address.split(":")[3]) <= 5
        assert by_key.startswith("promograph:guesses:key:")
        assert not any("192" in name or "key:1:" in name for name in names)
        assert [redis.get(name) for name in names] == ["1", "1"]
        assert all(1_190 < redis.ttl(name) <= 1_200 for name in names)


# Without Redis


async def test_without_redis_each_process_counts_for_itself(own_valkey: Valkey) -> None:
    async with process(own_valkey.url) as one, process(own_valkey.url) as other:
        assert [await one.ask() for _ in range(3)] == ["unknown"] * 3
        own_valkey.stop()
        began = asyncio.get_running_loop().time()
        answers = [await one.ask() for _ in range(MOST - 2)]
        assert answers == ["unknown"] * (MOST - 3) + ["refused"]
        assert [await other.ask() for _ in range(MOST + 1)] == ["unknown"] * MOST + ["refused"]
        assert asyncio.get_running_loop().time() - began < 4 * guess_counts.PATIENCE_SECONDS


async def test_a_silent_redis_is_waited_for_once(own_valkey: Valkey) -> None:
    async with process(own_valkey.url) as one:
        assert await one.ask() == "unknown"
        pid = own_valkey.pid()
        assert pid
        os.kill(pid, signal.SIGSTOP)
        clock = asyncio.get_running_loop().time
        took = []
        for _ in range(5):
            began = clock()
            assert await one.ask() == "unknown"
            took.append(clock() - began)
        os.kill(pid, signal.SIGCONT)
    assert guess_counts.PATIENCE_SECONDS <= max(took) < 3 * guess_counts.PATIENCE_SECONDS
    assert sum(took) - max(took) < guess_counts.PATIENCE_SECONDS / 2


async def test_when_redis_is_back_it_learns_what_was_counted_alone(
    own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guess_counts, "PAUSE_SECONDS", 0.0)
    with capture_logs() as logs:
        async with process(own_valkey.url) as one, process(own_valkey.url) as other:
            own_valkey.stop()
            assert [await one.ask() for _ in range(7)] == ["unknown"] * 7
            own_valkey.start()
            assert await one.ask() == "unknown"
            answers = [await other.ask() for _ in range(4)]
            assert answers == ["unknown"] * 2 + ["refused"] * 2
    assert [line["event"] for line in logs] == [
        "guesses.counted_alone",
        "guesses.counted_together",
        "guesses.spent",
    ]


async def test_a_process_that_stops_waits_for_nobody(own_valkey: Valkey) -> None:
    async with process(own_valkey.url) as one:
        pid = own_valkey.pid()
        assert pid
        os.kill(pid, signal.SIGSTOP)
        asking = asyncio.create_task(one.ask())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await one.guesses.close()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        os.kill(pid, signal.SIGCONT)


# What the counting is for: without it, the tests above fail.


async def test_counted_after_the_answer_all_of_a_crowd_pass(
    one: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a miss were counted when it is known, and not while it is looked up."""
    free = property(lambda tally: max(tally.granted - tally.missed, 1))
    monkeypatch.setattr(Tally, "free", free)
    answers = await one.ask_at_once(64)
    assert answers["unknown"] > MOST
    assert one.most_looking > MOST


async def test_without_giving_back_a_crowd_that_finds_everything_spends_the_limit(
    one: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(tally: Tally, count: int, missed: int) -> None:
        settle(tally, count, missed or count)

    settle = Tally.settle
    monkeypatch.setattr(Tally, "settle", careless)
    assert await one.ask_at_once(64, known=True) == {"found": MOST, "refused": 64 - MOST}
