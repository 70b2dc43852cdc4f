"""API keys for tests, made as an administrator makes them, beside whoever is served by them."""

from datetime import UTC, datetime

from app.database import Database
from app.database.instants import from_row
from app.domain.api_keys import ApiKeyDraft
from app.domain.callers import demo_caller
from app.domain.roles import Role
from app.services import api_keys
from app.services.api_keys import Told
from app.services.editing import Target

ADMIN = demo_caller()
# No more than this lies between the end of a key and the end of what it opened.
PROMISED_SECONDS = 5.0


def now() -> datetime:
    return datetime.now(UTC)


class Hand:
    """Makes keys and ends them."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self.database = database
        self._secret = secret

    async def create(self, role: Role = Role.SUPPORT, expires_at: datetime | None = None) -> Told:
        draft = ApiKeyDraft(f"Desk {role} {now()}", role, expires_at=expires_at)
        return await api_keys.create(self.database, self._secret, ADMIN, draft, now())

    async def revoke(self, key: Told) -> None:
        await api_keys.revoke(self.database, ADMIN, Target(key.key_id), now())

    async def give_role(self, key: Told, role: Role) -> None:
        """What no mutation does: a key's role is fixed. A release may change what roles grant."""
        async with self.database.transaction() as tx:
            await tx.execute("UPDATE api_key SET role = $2 WHERE id = $1", key.key_id, role.value)

    async def last_used_at(self, key: Told) -> datetime | None:
        (row,) = await self.database.read(
            "SELECT last_used_at FROM api_key WHERE id = $1", key.key_id
        )
        return from_row(row["last_used_at"])


def bearer(key: Told | str) -> str:
    return f"Bearer {key if isinstance(key, str) else key.text}"


def misspelt(key: Told) -> str:
    """One character of the secret is another one, so that the checksum no longer fits."""
    return key.text[:20] + ("a" if key.text[20] != "a" else "b") + key.text[21:]
