"""Keys by which a caller repeats a request without repeating its effect."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.database import Transaction
from app.database.instants import to_json
from app.domain.field_checks import invalid
from app.domain.refusals import Problem, Refusal, UserErrorCode
from app.services.editing import Stamp

# What ASCII shows: no blanks, no control characters.
_KEY: Final = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Once:
    """One key of one caller for one operation, and what is asked for under it."""

    operation: str
    key: str
    fingerprint: str


def once(operation: str, key: str, asked: Mapping[str, Any]) -> Once:
    """Name a request by its key; two requests are the same when what they ask for is equal."""
    return Once(operation, key, fingerprint(asked))


def fingerprint(asked: Mapping[str, Any]) -> str:
    """Tell requests apart by what they ask for."""
    return hashlib.sha256(to_json(asked).encode()).hexdigest()


def check_key(key: str) -> Iterator[Problem]:
    if _KEY.fullmatch(key) is None:
        yield invalid("Use 1 to 255 visible ASCII characters.", "idempotencyKey")


async def seize(tx: Transaction, stamp: Stamp, request: Once) -> int | None:
    """Take the key for this transaction, or return the id of what its first use has made.

    A twin that is still in flight is waited for. IDEMPOTENCY_KEY_REUSED when the key was used for
    something else. Call `keep` before the commit.
    """
    identity = (stamp.caller.id, request.operation, request.key)
    if await tx.execute(
        "INSERT INTO idempotency (caller_id, operation, key, fingerprint, verdict, created_at)"
        " VALUES ($1, $2, $3, $4, '{}', $5) ON CONFLICT (caller_id, operation, key) DO NOTHING",
        *identity,
        request.fingerprint,
        stamp.now,
    ):
        return None
    (row,) = await tx.fetch(
        "SELECT fingerprint, made_id FROM idempotency"
        " WHERE caller_id = $1 AND operation = $2 AND key = $3",
        *identity,
    )
    if row["fingerprint"] != request.fingerprint:
        message = "This key was used for another request; a new request needs a new key."
        raise Refusal(Problem(UserErrorCode.IDEMPOTENCY_KEY_REUSED, message, ("idempotencyKey",)))
    made_id: int = row["made_id"]
    return made_id


async def keep(tx: Transaction, stamp: Stamp, request: Once, made: tuple[str, int]) -> None:
    """Store what the request has made under the key that this transaction took."""
    await tx.execute(
        "UPDATE idempotency SET made_kind = $4, made_id = $5"
        " WHERE caller_id = $1 AND operation = $2 AND key = $3",
        stamp.caller.id,
        request.operation,
        request.key,
        *made,
    )
