"""Who asks, at every entrance: what was shown becomes a caller, for as long as it counts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Self

import structlog

from app.config import Settings
from app.database import Database, Statements
from app.domain.callers import Caller, Channel, Scope, demo_caller
from app.domain.credentials import NONE_SHOWN, Known, Shown, Unauthenticated, bearer
from app.services.recognition import Recognition
from app.services.tokens import Tokens

# What stays open is looked after this often: within 5 seconds it is closed when its key has ended.
RECHECK_SECONDS: Final = 3.0
NOTE_SECONDS: Final = 5.0
NOTED_ANEW: Final = timedelta(minutes=1)
_MOST_NOTED: Final = 10_000

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Stay:
    """A socket or a stream that is open: over when its key has ended, or lost a right it had."""

    scopes: frozenset[Scope]
    over: asyncio.Future[None] = field(repr=False)

    def end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


class Callers:
    """One per process. Without keys (`keyless`) who shows nothing is the built-in caller."""

    def __init__(
        self, recognition: Recognition, clock: Callable[[], datetime], *, keyless: bool
    ) -> None:
        self._recognition = recognition
        self._clock = clock
        self._keyless = keyless
        self._staying: dict[str, set[_Stay]] = {}
        # Who looks after those who stay by a text. One for each: an issuer of tokens may be waited
        # for, and nobody else's key lives longer for that.
        self._looking_after: dict[str, asyncio.Task[None]] = {}
        # Key -> when it was last used, as long as that is not stored; and when it was last stored.
        self._used: dict[int, datetime] = {}
        self._noted: dict[int, datetime] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Database, settings: Settings, secret: bytes, clock: Callable[[], datetime]
    ) -> AsyncIterator[Self]:
        """Look after what stays open, and note which keys are used, until the block ends."""
        tokens = Tokens.configured(settings, database, secret)
        recognition = Recognition(database, secret, clock, tokens)
        callers = cls(recognition, clock, keyless=settings.keyless)
        noting = asyncio.create_task(callers._note(database), name="note-uses")
        try:
            yield callers
        finally:
            work = [noting, *callers._looking_after.values()]
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await recognition.close()

    async def identify(self, shown: Shown) -> Caller:
        """Return who asks. Raises Unauthenticated; Unavailable while the database is away."""
        text = bearer(shown)
        if text is None:
            if not self._keyless:
                raise Unauthenticated(NONE_SHOWN, given=False)
            return replace(demo_caller(request_id=shown.request_id), address=shown.address)
        known = await self._recognition.find(text)
        if known.key_id is not None:
            self._used[known.key_id] = self._clock()
        return _caller(known, shown)

    @contextmanager
    def staying(self, shown: Shown, caller: Caller) -> Iterator[asyncio.Future[None]]:
        """For as long as the block lasts: what is done once the caller may not stay.

        However many stay by one key, it is looked up once at a time.
        """
        stay = _Stay(caller.scopes, asyncio.get_running_loop().create_future())
        text = bearer(shown)
        if text is None:
            yield stay.over
            return
        if text not in self._staying:
            self._staying[text] = set()
            looking = asyncio.create_task(self._look_after(text), name="look-after")
            self._looking_after[text] = looking
        self._staying[text].add(stay)
        try:
            yield stay.over
        finally:
            self._staying[text].discard(stay)
            if not self._staying[text]:
                del self._staying[text]
                self._looking_after.pop(text).cancel()

    async def _look_after(self, text: str) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            await self._recheck(text)

    async def _recheck(self, text: str) -> None:
        scopes: frozenset[Scope] | None = None
        try:
            known = await self._recognition.find_anew(text)
        except Unauthenticated:
            pass
        except Exception as error:  # noqa: BLE001 - who cannot be asked about may stay until then
            log.warning("callers.not_rechecked", error=type(error).__name__)
            return
        else:
            if known.stays_until is None or known.stays_until > self._clock():
                scopes = known.scopes
        for stay in self._staying[text]:
            if scopes is None or not stay.scopes <= scopes:
                stay.end()

    async def _note(self, database: Database) -> None:
        while True:
            await asyncio.sleep(NOTE_SECONDS)
            try:
                await self.note_uses(database)
            except Exception as error:  # noqa: BLE001 - nobody waits for it, and it is tried again
                log.warning("callers.not_noted", error=type(error).__name__)

    async def note_uses(self, database: Database) -> None:
        """Store when keys were last used: of each at most once a minute, whoever else does too."""
        due = {key: at for key, at in self._used.items() if self._is_due(key, at)}
        if not due:
            return

        async def work(tx: Statements) -> None:
            for key_id, used_at in due.items():
                await tx.execute(
                    "UPDATE api_key SET last_used_at = $2"
                    " WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)",
                    key_id,
                    used_at,
                    used_at - NOTED_ANEW,
                )

        await database.transact(work)
        for key_id, used_at in due.items():
            self._noted[key_id] = used_at
            if self._used[key_id] == used_at:
                del self._used[key_id]
        while len(self._noted) > _MOST_NOTED:
            del self._noted[next(iter(self._noted))]

    def _is_due(self, key_id: int, used_at: datetime) -> bool:
        noted_at = self._noted.get(key_id)
        return noted_at is None or used_at - noted_at >= NOTED_ANEW


def _caller(known: Known, shown: Shown) -> Caller:
    return Caller(
        id=known.id,
        name=known.name,
        scopes=known.scopes,
        channel=Channel.API,
        acting_for=known.customer.id if known.customer else None,
        request_id=shown.request_id,
        address=shown.address,
        ends_at=known.stays_until,
        customer_number=known.customer.number if known.customer else None,
    )
