"""Several processes that guess with one key, all at the same time."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from dataclasses import asdict

from tests.races.guess_process import Plan
from tests.races.life_races import ROOT

PROCESSES = 3
MOST = 100


async def start(plan: Plan) -> Process:
    """A process that has everything open and waits for the word."""
    command = ("-m", "tests.races.guess_process", json.dumps(asdict(plan)))
    found = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert found.stdout is not None
    assert await found.stdout.readline() == b"ready\n"
    return found


async def guessed(redis_url: str) -> Counter[str]:
    """What all processes were told together."""
    plan = Plan(redis_url, MOST, 10 * MOST)
    processes = await asyncio.gather(*(start(plan) for _ in range(PROCESSES)))
    told = await asyncio.gather(*(one.communicate(b"go\n") for one in processes))
    assert [one.returncode for one in processes] == [0] * PROCESSES
    # Before the answers stands what the log says.
    last = (said.splitlines()[-1] for said, _ in told)
    return sum((Counter(json.loads(line)) for line in last), Counter[str]())


async def test_processes_let_exactly_the_limit_pass(redis_url: str) -> None:
    told = await guessed(redis_url)
    # Each but the last may have one left that it did not come to use.
    assert MOST - (PROCESSES - 1) <= told["unknown"] <= MOST
    assert told["found"] > 0
    assert told.total() == PROCESSES * 10 * MOST


async def test_processes_that_count_alone_let_more_pass() -> None:
    told = await guessed("")
    assert told["unknown"] == PROCESSES * MOST
