"""The API keys of an open database, as commands see them: by name, and as plain facts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.cli import opening
from app.config import Settings
from app.database import Database
from app.database.instants import to_text
from app.domain.api_keys import ApiKeyDraft
from app.domain.callers import operator
from app.domain.refusals import Problem, Refusal, UserErrorCode
from app.secret import load_secret
from app.services import api_keys
from app.services.api_keys import Told
from app.services.editing import Stamp, Target

Facts = dict[str, Any]
T = TypeVar("T")


async def use(settings: Settings, work: Callable[["Keyring"], Awaitable[T]]) -> T:
    """Open the database for this work. Raises SecretMissing, or the Refusal of the work."""
    secret = load_secret(settings)
    async with opening.opened(settings) as database:
        return await work(Keyring(database, secret, datetime.now(UTC)))


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys as they are at `now`. What is written here is signed by the operator."""

    database: Database
    secret: bytes
    now: datetime

    async def create(self, draft: ApiKeyDraft) -> Facts:
        told = await api_keys.create(self.database, self.secret, operator(), draft, self.now)
        return await self._told(told)

    async def rotate(self, named: str, overlap_hours: int) -> Facts:
        target, stamp = await self._target(named), Stamp(operator(), self.now)
        told = await api_keys.rotate(self.database, self.secret, stamp, target, overlap_hours)
        return await self._told(told)

    async def revoke(self, named: str) -> Facts:
        target = await self._target(named)
        await api_keys.revoke(self.database, operator(), target, self.now)
        return await self._facts(target.id)

    async def overview(self) -> list[Facts]:
        return [_facts(one) for one in await api_keys.overview(self.database, self.now)]

    async def _told(self, told: Told) -> Facts:
        return {**await self._facts(told.key_id), "secret": told.text}

    async def _facts(self, key_id: int) -> Facts:
        keys = await api_keys.overview(self.database, self.now)
        return next(_facts(one) for one in keys if one.key_id == key_id)

    async def _target(self, named: str) -> Target:
        key_id = await api_keys.find_named(self.database, named)
        if key_id is None:
            # Not quoted: it may be a whole text that was pasted by mistake.
            message = "No key that is not revoked has this name or prefix."
            raise Refusal(Problem(UserErrorCode.NOT_FOUND, message))
        return Target(key_id)


def _facts(key: api_keys.Overview) -> Facts:
    return {
        "caller": api_keys.caller_id(key.key_id),
        "name": key.name,
        "status": key.status,
        "role": key.role,
        "scopes": list(key.scopes),
        "prefixes": key.prefixes,
        "expiresAt": key.expires_at and to_text(key.expires_at),
        "lastUsedAt": key.last_used_at and to_text(key.last_used_at),
    }
