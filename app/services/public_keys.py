"""The public keys of an issuer of tokens: fetched when they are first needed, and kept."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import jwt
import orjson
import structlog

from app.config import is_loopback
from app.domain.credentials import NotJudged

# Those that need the issuer's private key. None that a public key, or no key at all, could forge.
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
_OF_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC:P-256": ("ES256",),
    "EC:P-384": ("ES384",),
    "EC:P-521": ("ES512",),
    "OKP:Ed25519": ("EdDSA",),
}
# A set of this age is fetched anew while the old one still serves.
FRESH_SECONDS: Final = 600.0
# Whatever happens, the issuer is not asked more often.
SPACING_SECONDS: Final = 30.0
TIMEOUT_SECONDS: Final = 5.0
MAX_BYTES: Final = 1_048_576
MAX_KEYS: Final = 100
ISSUER_AWAY: Final = "The issuer of tokens cannot be asked for its keys now; try again in a moment."

log = structlog.get_logger(__name__)

# Each key once for each algorithm that it may be used with.
Keys = Mapping[tuple[str, str], jwt.PyJWK]


class PublicKeys:
    """One per process. Nothing is fetched before somebody shows a token."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: Keys = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, name: str, algorithm: str) -> jwt.PyJWK | None:
        """The key of this name; None when there is none for the algorithm.

        An unknown name may be a new key, so the set is fetched again, and everybody who needs it
        waits for the same answer. While the issuer is away the old set goes on to serve; NotJudged
        when there never was one.
        """
        now = asyncio.get_running_loop().time()
        known = self._keys.get((name, algorithm))
        if known is None:
            if fetching := self._fetch_again(now):
                await asyncio.shield(fetching)
            if self._fetched_at is None:
                raise NotJudged(ISSUER_AWAY)
            return self._keys.get((name, algorithm))
        if self._fetched_at is not None and now - self._fetched_at >= FRESH_SECONDS:
            self._fetch_again(now)
        return known

    def _fetch_again(self, now: float) -> asyncio.Task[None] | None:
        """The fetching that runs or begins now; None when the last one was a moment ago."""
        if self._fetching is not None:
            return self._fetching
        if self._tried_at is not None and now - self._tried_at < SPACING_SECONDS:
            return None
        self._tried_at = now
        self._fetching = asyncio.create_task(self._fetch(), name="public-keys")
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                self._keys = _read(await _body(self._url))
            self._fetched_at = asyncio.get_running_loop().time()
            log.info("public_keys.fetched", count=len({name for name, _ in self._keys}))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the old set serves
            log.warning("public_keys.not_fetched", error=type(error).__name__)
        finally:
            self._fetching = None


async def _body(url: str) -> bytes:
    body = b""
    # A proxy meant for the internet cannot reach this machine.
    async with (
        httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, trust_env=not is_loopback(urlsplit(url).hostname or "")
        ) as client,
        client.stream("GET", url, headers={"accept": "application/json"}) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"status {response.status_code}")
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > MAX_BYTES:
                raise ValueError("too large")
    return body


def _read(body: bytes) -> Keys:
    """The set as far as it can be used; ValueError for what is no set at all, or of no use."""
    document = orjson.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("no set of keys")  # noqa: TRY004 - of a stranger's JSON
    found: dict[tuple[str, str], jwt.PyJWK] = {}
    for entry in entries[:MAX_KEYS]:
        if isinstance(entry, dict) and isinstance(name := entry.get("kid"), str):
            found |= {(name, one): key for one, key in _usable(entry).items()}
    if not found:
        raise ValueError("no usable key")
    return found


def _usable(entry: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    """The key by each algorithm it is for: its own, or all of its type; nothing of a secret one."""
    if entry.get("use", "sig") != "sig" or "d" in entry or "k" in entry:
        return {}
    kind = ":".join(str(entry[part]) for part in ("kty", "crv") if part in entry)
    own = entry.get("alg")
    allowed = [one for one in _OF_TYPES.get(kind, ()) if own in {None, one}]
    try:
        return {one: jwt.PyJWK(entry, one) for one in allowed}
    except jwt.PyJWTError:
        return {}
