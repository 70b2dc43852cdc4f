from collections.abc import Sequence
from datetime import datetime

from app.database import Database
from app.domain.api_keys import ApiKeyDraft
from app.domain.callers import operator
from app.domain.roles import Role
from app.services import api_keys
from app.services.editing import Stamp


async def make(database: Database, secret: bytes, now: datetime) -> Sequence[tuple[Role, str]]:
    """Make a key for each role, and tell their texts, which nobody can tell again.

    Only where there never was a key: one that somebody revoked does not come back.
    """
    async with database.transaction() as tx:
        if await tx.fetch_value("SELECT id FROM api_key LIMIT 1") is not None:
            return []
        stamp = Stamp(operator(), now)
        drafts = [ApiKeyDraft(f"Demo {role.lower()}", role) for role in Role]
        told = [await api_keys.add(tx, secret, draft, stamp) for draft in drafts]
    return list(zip(Role, [one.text for one in told], strict=True))
