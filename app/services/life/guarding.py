"""Calls that name a code by its text are guesses, until the code turns out to exist."""

from dataclasses import dataclass
from datetime import datetime

from app.database import Database
from app.domain.callers import Caller
from app.domain.guessing import is_wrong_guess
from app.domain.levels import Validity, not_found
from app.domain.life.calls import Call, CallByText
from app.domain.life.verdicts import Verdict, discreet, problems
from app.services.guessing import Guesses
from app.services.life import asking
from app.services.life.call_queue import CallQueue
from app.services.life.validating import examine


@dataclass(frozen=True, slots=True)
class Guarded:
    """Asks for callers, and lets them hear what is for their ears."""

    guesses: Guesses
    now: datetime

    async def submit(self, calls: CallQueue, call: Call) -> Verdict:
        """Put a call into the queue. Raises TooManyGuesses before anything is asked of its code."""
        if not isinstance(call, CallByText):
            return discreet(await calls.submit(call), call.caller)
        async with self.guesses.guessing(call.caller, self.now) as guess:
            verdict = discreet(await calls.submit(call), call.caller)
            guess.told = not is_wrong_guess(verdict.problems)
        return verdict

    async def validate(self, database: Database, caller: Caller, given: asking.Given) -> Verdict:
        """Return what redeeming would be answered; Refusal when the input itself is wrong.

        What cannot be a code is as unknown as one that does not exist. It is no guess, because
        nobody learns anything from the answer.
        """
        call = asking.validate(caller, given)
        if call is None:
            return _discreet(not_found(), caller)
        async with self.guesses.guessing(caller, self.now) as guess:
            verdict = _discreet(await examine(database, call, self.now), caller)
            guess.told = not is_wrong_guess(verdict.problems)
        return verdict


def _discreet(found: Validity, caller: Caller) -> Verdict:
    return discreet(Verdict(problems=problems(found), validity=found), caller)
