"""API keys: made, rotated, revoked, and recognised. Their text is told once and kept nowhere."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from app.database import Database, Row, Transaction
from app.database.instants import from_json, from_row
from app.domain.api_keys import (
    OVERLAP_HOURS,
    PREFIX_LENGTH,
    PREFIX_SYMBOLS,
    SECRET_BITS,
    ApiKeyDraft,
    ApiKeyEnds,
    ApiKeyRights,
    ApiKeyStatus,
    api_key_status,
    check_api_key,
    check_overlap,
    earliest,
    find_prefix,
    granted,
    key_text,
    overlap_end,
    tidied,
)
from app.domain.callers import Caller, Scope
from app.domain.field_checks import storable
from app.domain.lines import trimmed
from app.domain.refusals import Problem, Refusal, UserErrorCode, refuse_any
from app.domain.roles import Role
from app.models.api_key import ApiKey, ApiKeySecret
from app.services import editing
from app.services.constraints import API_KEY_NAME_TAKEN, explained
from app.services.editing import Stamp, Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """A key and its text, which nobody can tell again."""

    key_id: int
    # Not in the representation, which ends up in logs.
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who may ask with a text: the key, what it grants, and when the text ceases to count."""

    key_id: int
    name: str
    scopes: frozenset[Scope]
    ends_at: datetime | None

    @property
    def caller_id(self) -> str:
        return caller_id(self.key_id)


@dataclass(frozen=True, slots=True)
class Overview:
    """What may be known of a key; `prefixes` are of the texts that count now."""

    key_id: int
    name: str
    role: Role | None
    scopes: Sequence[Scope]
    status: ApiKeyStatus
    expires_at: datetime | None
    last_used_at: datetime | None
    prefixes: list[str]


def caller_id(key_id: int) -> str:
    """What stands for the key wherever it asks and writes; rotating does not change it."""
    return f"key:{key_id}"


async def create(
    database: Database, secret: bytes, caller: Caller, draft: ApiKeyDraft, now: datetime
) -> Told:
    """Make a key. NAME_TAKEN while another one of this name is not revoked."""
    with explained():
        async with database.transaction() as tx:
            told = await add(tx, secret, draft, Stamp(caller, now))
    log.info("api_key.created", key_id=told.key_id, caller=caller.id)
    return told


async def add(tx: Transaction, secret: bytes, draft: ApiKeyDraft, stamp: Stamp) -> Told:
    """Make a key within a transaction; refuses as `create` does."""
    draft = tidied(draft)
    problems = check_api_key(draft, stamp.now)
    refuse_any([*problems, *await _check_name(tx, draft.name)])
    key = await editing.create(tx, ApiKey, editing.columns(draft), stamp)
    return Told(key.id, await _add_secret(tx, secret, key.id, stamp))


async def rotate(
    database: Database,
    secret: bytes,
    stamp: Stamp,
    target: Target,
    overlap_hours: int = OVERLAP_HOURS,
) -> Told:
    """Give the key a new text; those it had end after the overlap, if they do not end before.

    The key remains the same caller. NOT_EDITABLE when it is revoked or has expired.
    """
    now = stamp.now
    async with database.transaction() as tx:
        key = await _lock(tx, target)
        if key.expires_at is not None and key.expires_at <= now:
            raise _not_editable("It has expired; make a new key.")
        refuse_any(check_overlap(overlap_hours))
        # No text ends before it began, though another machine's clock may have been ahead.
        await tx.execute(
            "UPDATE api_key_secret"
            " SET expires_at = CASE WHEN created_at > $2 THEN created_at ELSE $2 END"
            " WHERE api_key_id = $1 AND (expires_at IS NULL OR expires_at > $2)",
            key.id,
            overlap_end(now, overlap_hours),
        )
        text = await _add_secret(tx, secret, key.id, stamp)
        await editing.write(tx, key, {}, stamp, "rotate")
    log.info("api_key.rotated", key_id=key.id, caller=stamp.caller.id)
    return Told(key.id, text)


async def revoke(database: Database, caller: Caller, target: Target, now: datetime) -> None:
    """Let no text of the key count any more, for ever. NOT_EDITABLE when it is revoked already."""
    async with database.transaction() as tx:
        key = await _lock(tx, target)
        await editing.write(tx, key, {"revoked_at": now}, Stamp(caller, now), "revoke")
    log.info("api_key.revoked", key_id=key.id, caller=caller.id)


async def find_holder(database: Database, secret: bytes, text: str, now: datetime) -> Holder | None:
    """Return whose key the text is; None when it is no key, or none that counts at `now`."""
    prefix = find_prefix(text)
    if prefix is None:
        return None
    rows = await database.read(
        "SELECT api_key.id, name, role, scopes, digest, revoked_at,"
        " api_key.expires_at AS key_ends, api_key_secret.expires_at AS text_ends"
        " FROM api_key_secret JOIN api_key ON api_key.id = api_key_id WHERE prefix = $1",
        prefix,
    )
    for row in rows:
        ends_at = earliest(from_row(row["key_ends"]), from_row(row["text_ends"]))
        genuine = hmac.compare_digest(row["digest"], digest(secret, text))
        over = row["revoked_at"] is not None or (ends_at is not None and ends_at <= now)
        if genuine and not over:
            return Holder(row["id"], row["name"], frozenset(granted(_rights(row))), ends_at)
    return None


async def find_named(database: Database, named: str) -> int | None:
    """Return the id of the key, not revoked, that has this name, or a text with this prefix."""
    named = trimmed(named)
    if not storable(named):
        return None
    rows = await database.read(
        "SELECT id, 0 AS way FROM api_key WHERE name = $1 AND revoked_at IS NULL"
        " UNION SELECT api_key.id, 1 FROM api_key_secret JOIN api_key ON api_key.id = api_key_id"
        " WHERE prefix = $2 AND revoked_at IS NULL ORDER BY way",
        named,
        named.removeprefix("pgk_"),
    )
    return rows[0]["id"] if rows else None


async def overview(database: Database, now: datetime) -> list[Overview]:
    """Return every key in the order in which they were made, with the prefixes that count."""
    rows = await database.read(
        "SELECT api_key.id, name, role, scopes, revoked_at, api_key.expires_at, last_used_at,"
        " prefix, api_key_secret.expires_at AS text_ends"
        " FROM api_key JOIN api_key_secret ON api_key_id = api_key.id"
        " ORDER BY api_key.id, api_key_secret.id"
    )
    found: dict[int, Overview] = {}
    for row in rows:
        one = found.setdefault(row["id"], _overview(row, now))
        text_ends = from_row(row["text_ends"])
        if one.status is ApiKeyStatus.ACTIVE and (text_ends is None or text_ends > now):
            one.prefixes.append(row["prefix"])
    return list(found.values())


def _overview(row: Row, now: datetime) -> Overview:
    ends = ApiKeyEnds(from_row(row["revoked_at"]), from_row(row["expires_at"]))
    return Overview(
        key_id=row["id"],
        name=row["name"],
        role=_role(row),
        scopes=granted(_rights(row)),
        status=api_key_status(ends, now),
        expires_at=ends.expires_at,
        last_used_at=from_row(row["last_used_at"]),
        prefixes=[],
    )


def _role(row: Row) -> Role | None:
    return None if row["role"] is None else Role(row["role"])


def _rights(row: Row) -> ApiKeyRights:
    return ApiKeyRights(_role(row), from_json(row["scopes"]))


async def any_live(database: Database, now: datetime) -> bool:
    """Whether anybody can ask with a key at `now`."""
    rows = await database.read(
        "SELECT 1 FROM api_key WHERE revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > $1) LIMIT 1",
        now,
    )
    return bool(rows)


def digest(secret: bytes, text: str) -> str:
    """What a text is recognised by: worth nothing to who knows it but not the service's secret."""
    key = hmac.digest(secret, b"digests of API keys, version 1", "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


async def _add_secret(tx: Transaction, secret: bytes, key_id: int, stamp: Stamp) -> str:
    prefix = "".join(secrets.choice(PREFIX_SYMBOLS) for _ in range(PREFIX_LENGTH))
    text = key_text(prefix, secrets.randbits(SECRET_BITS))
    await ApiKeySecret.create(
        using_db=tx.client,
        api_key_id=key_id,
        prefix=prefix,
        digest=digest(secret, text),
        created_at=stamp.now,
        actor=stamp.caller.actor(),
    )
    return text


async def _lock(tx: Transaction, target: Target) -> ApiKey:
    key = await editing.find_and_lock(tx, ApiKey, target.id)
    if key.revoked_at is not None:
        raise _not_editable("It is revoked, and that is final.")
    editing.check_version(key, target)
    return key


def _not_editable(message: str) -> Refusal:
    return Refusal(Problem(UserErrorCode.NOT_EDITABLE, message, ("id",)))


async def _check_name(tx: Transaction, name: str) -> list[Problem]:
    """The name of a revoked key is free again; a text that cannot be stored cannot be looked up."""
    if not storable(name):
        return []
    taken = await tx.fetch_value(
        "SELECT 1 FROM api_key WHERE name = $1 AND revoked_at IS NULL", name
    )
    return [API_KEY_NAME_TAKEN] if taken else []
