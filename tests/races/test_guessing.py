"""Several processes that guess with one key, all at the same time."""

import json
from collections import Counter
from dataclasses import asdict

from tests.races.crowds import said
from tests.races.guess_process import Plan

PROCESSES = 3
MOST = 100


async def guessed(redis_url: str) -> Counter[str]:
    """What all processes were told together."""
    plan = asdict(Plan(redis_url, MOST, 10 * MOST))
    told = await said("tests.races.guess_process", [plan] * PROCESSES)
    # Before the answers stands what the log says.
    return sum((Counter(json.loads(lines[-1])) for lines in told), Counter[str]())


async def test_processes_let_exactly_the_limit_pass(redis_url: str) -> None:
    told = await guessed(redis_url)
    # Each but the last may have one left that it did not come to use.
    assert MOST - (PROCESSES - 1) <= told["unknown"] <= MOST
    assert told["found"] > 0
    assert told.total() == PROCESSES * 10 * MOST


async def test_processes_that_count_alone_let_more_pass() -> None:
    told = await guessed("")
    assert told["unknown"] == PROCESSES * MOST
