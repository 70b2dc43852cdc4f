"""Whose a key or token is: asked of the database, and remembered for some seconds."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.database import Database
from app.domain.api_keys import KEY_START, find_prefix
from app.domain.credentials import UNKNOWN, Known, Unauthenticated
from app.services.api_keys import find_holder
from app.services.tokens import Tokens

# How old an answer may be: what is revoked must have stopped to count within 5 seconds.
KEPT_SECONDS: Final = 4.0
MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was found, or why it is refused, and when that was asked."""

    asked_at: float
    known: Known | None
    refused: str = UNKNOWN

    def told(self) -> Known:
        if self.known is None:
            raise Unauthenticated(self.refused)
        return self.known


class Recognition:
    """The one memory of a process for texts that were shown, by their hashes.

    What is known and what is refused are kept apart, so that wrong texts crowd no right one out.
    Those who show the same text at the same moment share one look-up; a text that cannot be a key
    costs none.
    """

    def __init__(
        self,
        database: Database,
        secret: bytes,
        clock: Callable[[], datetime],
        tokens: Tokens | None = None,
    ) -> None:
        self._database = database
        self._secret = secret
        self._clock = clock
        self._tokens = tokens
        self._known: OrderedDict[bytes, _Answer] = OrderedDict()
        self._refused: OrderedDict[bytes, _Answer] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[_Answer]] = {}

    async def find(self, text: str) -> Known:
        """Whose the text is. Raises Unauthenticated, or Unavailable with the database."""
        mark = hashlib.sha256(text.encode()).digest()
        answer = self._kept(mark)
        if answer is None:
            if not self._is_token(text) and find_prefix(text) is None:
                raise Unauthenticated(UNKNOWN)
            # A look-up serves all who wait for it, so nobody who goes away ends it.
            answer = await asyncio.shield(self._asking.get(mark) or self._ask(mark, text))
        known = answer.told()
        known.check(self._clock())
        return known

    async def find_anew(self, text: str) -> Known:
        """The same, never from memory, which learns the answer."""
        answer = await asyncio.shield(self._ask(hashlib.sha256(text.encode()).digest(), text))
        known = answer.told()
        known.check(self._clock())
        return known

    async def close(self) -> None:
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    def _kept(self, mark: bytes) -> _Answer | None:
        answer = self._known.get(mark) or self._refused.get(mark)
        oldest = asyncio.get_running_loop().time() - KEPT_SECONDS
        return answer if answer is not None and answer.asked_at >= oldest else None

    def _ask(self, mark: bytes, text: str) -> asyncio.Task[_Answer]:
        task = asyncio.create_task(self._answer(mark, text), name="whose-key")
        self._asking[mark] = task

        def ended(task: asyncio.Task[_Answer]) -> None:
            if self._asking.get(mark) is task:
                del self._asking[mark]
            if not task.cancelled():
                task.exception()  # whoever asked may be gone; then nobody else would look at it

        task.add_done_callback(ended)
        return task

    async def _answer(self, mark: bytes, text: str) -> _Answer:
        asked_at = asyncio.get_running_loop().time()
        try:
            answer = _Answer(asked_at, await self._look_up(text))
        except Unauthenticated as refused:
            answer = _Answer(asked_at, None, refused.sentence)
        self._remember(mark, answer)
        return answer

    def _is_token(self, text: str) -> bool:
        return self._tokens is not None and not text.startswith(KEY_START)

    async def _look_up(self, text: str) -> Known:
        if self._tokens is not None and self._is_token(text):
            return await self._tokens.read(text)
        holder = await find_holder(self._database, self._secret, text, self._clock())
        if holder is None:
            raise Unauthenticated(UNKNOWN)
        return Known(
            id=holder.caller_id,
            name=holder.name,
            scopes=holder.scopes,
            key_id=holder.key_id,
            stays_until=holder.ends_at,
            counts_until=holder.ends_at,
        )

    def _remember(self, mark: bytes, answer: _Answer) -> None:
        """A later answer takes the place of an earlier one, also of one that came too late."""
        former = self._known.pop(mark, None) or self._refused.pop(mark, None)
        if former is not None and former.asked_at > answer.asked_at:
            answer = former
        kept = self._refused if answer.known is None else self._known
        kept[mark] = answer
        if len(kept) > MOST_KEPT:
            kept.popitem(last=False)
