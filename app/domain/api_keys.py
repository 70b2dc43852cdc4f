"""API keys: what their text looks like, what they grant, and until when."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zlib import crc32

from app.domain.callers import Scope
from app.domain.field_checks import check_instant, check_metadata, check_text, invalid
from app.domain.lines import trimmed
from app.domain.refusals import Problem
from app.domain.roles import SCOPES, Role

MAX_NAME_LENGTH: Final = 100
PREFIX_LENGTH: Final = 10
SECRET_BITS: Final = 256
MAX_OVERLAP_HOURS: Final = 168
OVERLAP_HOURS: Final = 24

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIX_SYMBOLS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_SECRET_LENGTH: Final = 43
_CHECK_LENGTH: Final = 6
KEY_START: Final = "pgk_"
_FORM: Final = re.compile(
    rf"{KEY_START}([0-9a-z]{{{PREFIX_LENGTH}}})_[0-9A-Za-z]{{{_SECRET_LENGTH + _CHECK_LENGTH}}}"
)


def key_text(prefix: str, secret: int) -> str:
    """Return the text of a key: `pgk_`, the public prefix, `_`, the secret and a checksum.

    The checksum is there for typing errors and for scanners of leaked secrets; it proves nothing.
    """
    if not 0 <= secret < 1 << SECRET_BITS:
        raise ValueError(f"A secret has {SECRET_BITS} bits.")
    told = f"{KEY_START}{prefix}_{_base62(secret, _SECRET_LENGTH)}"
    return told + _checksum(told)


def find_prefix(text: str) -> str | None:
    """Return the prefix of what looks like a key, or None: then no database need be asked."""
    form = _FORM.fullmatch(text)
    if form is None or text[-_CHECK_LENGTH:] != _checksum(text[:-_CHECK_LENGTH]):
        return None
    return form[1]


def _checksum(told: str) -> str:
    return _base62(crc32(told.encode()), _CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits


class ApiKeyStatus(StrEnum):
    """Where a key stands; computed when asked, never stored."""

    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    ACTIVE = "ACTIVE"


@dataclass(frozen=True, slots=True)
class ApiKeyEnds:
    revoked_at: datetime | None
    expires_at: datetime | None


def api_key_status(facts: ApiKeyEnds, now: datetime) -> ApiKeyStatus:
    """Return the status at `now`; the first rule that holds wins."""
    if facts.revoked_at is not None:
        return ApiKeyStatus.REVOKED
    if facts.expires_at is not None and now >= facts.expires_at:
        return ApiKeyStatus.EXPIRED
    return ApiKeyStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class ApiKeyRights:
    """What a key was given: a role, or scopes of its own."""

    role: Role | None
    scopes: Sequence[str] | None


def granted(facts: ApiKeyRights) -> list[Scope]:
    """Return every scope that the key grants, in the order in which scopes are declared."""
    held = SCOPES[facts.role] if facts.role is not None else frozenset(facts.scopes or ())
    return [scope for scope in Scope if scope in held]


@dataclass(frozen=True, slots=True)
class ApiKeyDraft:
    """A key to make: exactly one of role and scopes is given."""

    name: str
    role: Role | None = None
    scopes: tuple[Scope, ...] | None = None
    expires_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def tidied(draft: ApiKeyDraft) -> ApiKeyDraft:
    """Trim the name."""
    return replace(draft, name=trimmed(draft.name))


def check_api_key(draft: ApiKeyDraft, now: datetime) -> list[Problem]:
    """Return every reason why this tidied draft cannot be a key.

    Any scope can be given: only `admin` makes keys, and who holds it may do everything.
    """
    return [
        *check_text(draft.name, MAX_NAME_LENGTH, "name"),
        *_check_rights(draft),
        *_check_end(draft.expires_at, now),
        *check_metadata(draft.metadata, "metadata"),
    ]


def _check_rights(draft: ApiKeyDraft) -> Iterator[Problem]:
    if (draft.role is None) == (draft.scopes is None):
        yield invalid("Give the key a role, or scopes of its own: one of the two.", "role")
    elif draft.scopes is not None:
        if not draft.scopes:
            yield invalid("Name at least one scope.", "scopes")
        elif len(set(draft.scopes)) < len(draft.scopes):
            yield invalid("Each scope may be named only once.", "scopes")


def _check_end(expires_at: datetime | None, now: datetime) -> Iterator[Problem]:
    problems = list(check_instant(expires_at, "expiresAt"))
    yield from problems
    if not problems and expires_at is not None and expires_at <= now:
        yield invalid("The end must lie in the future.", "expiresAt")


def check_overlap(hours: int) -> Iterator[Problem]:
    """How long the former secret of a rotated key goes on to work; 0 ends it at once."""
    if not 0 <= hours <= MAX_OVERLAP_HOURS:
        yield invalid(f"Enter 0 to {MAX_OVERLAP_HOURS} hours.", "overlapHours")


def earliest(*ends: datetime | None) -> datetime | None:
    """Return the first of several ends, of which None never comes."""
    return min((end for end in ends if end is not None), default=None)


def overlap_end(now: datetime, hours: int) -> datetime:
    return now + timedelta(hours=hours)
