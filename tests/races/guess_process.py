"""One of several processes that guess with one key: `python -m tests.races.guess_process PLAN`.

It prints how many of its guesses were told to be unknown, found or refused.
"""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass

from tests.guessing import process

CLIENTS = 64


@dataclass(frozen=True)
class Plan:
    """`times` guesses are made by many clients at once; each third code exists."""

    redis_url: str
    most: int
    times: int


async def main(plan: Plan) -> None:
    async with process(plan.redis_url, guesses_per_key=plan.most) as one:
        print("ready", flush=True)  # noqa: T201 - its parent reads it
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        answers: Counter[str] = Counter()
        numbers = iter(range(plan.times))

        async def guess() -> None:
            for number in numbers:
                answers[await one.ask(known=number % 3 == 0)] += 1

        await asyncio.gather(*(guess() for _ in range(CLIENTS)))
        print(json.dumps(answers))  # noqa: T201 - as above


if __name__ == "__main__":
    asyncio.run(main(Plan(**json.loads(sys.argv[1]))))
