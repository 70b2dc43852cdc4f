"""Calls that name a code by its text are guesses, until the code turns out to exist."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.database import Database
from app.domain.callers import Caller
from app.domain.guessing import is_wrong_guess
from app.domain.levels import Validity, not_found
from app.domain.life.calls import Call, CallByText
from app.domain.life.verdicts import Verdict, discreet, problems
from app.domain.refusals import UserErrorCode
from app.services.guessing import Guesses
from app.services.life import asking
from app.services.life.call_queue import CallQueue
from app.services.life.validating import examine

STEP_SECONDS: Final = 0.02
"""Well above what reading and judging a code takes on a machine that is not overrun."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """Asks for callers, and lets them hear what is for their ears."""

    guesses: Guesses
    now: datetime

    async def submit(self, calls: CallQueue, call: Call) -> Verdict:
        """Put a call into the queue. Raises TooManyGuesses before anything is asked of its code."""
        if not isinstance(call, CallByText):
            return discreet(await calls.submit(call), call.caller)
        started = _time()
        async with self.guesses.guessing(call.caller, self.now) as guess:
            verdict = discreet(await calls.submit(call), call.caller)
            guess.told = not is_wrong_guess(verdict.problems)
        await _in_step(verdict, started)
        return verdict

    async def validate(self, database: Database, caller: Caller, given: asking.Given) -> Verdict:
        """Return what redeeming would be answered; Refusal when the input itself is wrong.

        What cannot be a code is as unknown as one that does not exist. It is no guess, because
        nobody learns anything from the answer.
        """
        call = asking.validate(caller, given)
        if call is None:
            return _discreet(not_found(), caller)
        started = _time()
        async with self.guesses.guessing(caller, self.now) as guess:
            verdict = _discreet(await examine(database, call, self.now), caller)
            guess.told = not is_wrong_guess(verdict.problems)
        await _in_step(verdict, started)
        return verdict


def _discreet(found: Validity, caller: Caller) -> Verdict:
    return discreet(Verdict(problems=problems(found), validity=found), caller)


async def _in_step(verdict: Verdict, started: float) -> None:
    """Answer what may not be told at a whole number of steps after it was asked.

    A code that exists takes longer to read and to judge than one that does not, by a tenth of the
    time: enough to tell them apart by asking often.
    """
    if any(one.code == UserErrorCode.CODE_NOT_APPLICABLE for one in verdict.problems):
        await asyncio.sleep(STEP_SECONDS - (_time() - started) % STEP_SECONDS)


def _time() -> float:
    return asyncio.get_running_loop().time()
