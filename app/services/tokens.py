"""Tokens of an identity provider (OpenID Connect): judged, and read as whose they are."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import jwt

from app.config import Settings
from app.database import Database
from app.domain.claims import OF_CUSTOMERS, find_claim, granted_by
from app.domain.credentials import Customer, Known, Unauthenticated
from app.services.public_keys import ALGORITHMS, PublicKeys

# How far the clocks of the issuer and this machine may be apart.
LEEWAY: Final = timedelta(seconds=30)
MAX_NAME_LENGTH: Final = 100
OF_A_CUSTOMER: Final = "Customer"
_ABSENT: Final = object()

UNREADABLE: Final = "This is neither a key nor a token that can be read."
WRONG_ALGORITHM: Final = "The token is signed by an algorithm that is not accepted."
NO_KEY_NAMED: Final = "The token does not name the key that signed it (kid)."
NO_SUCH_KEY: Final = "The token names a key that its issuer does not publish."
NO_CUSTOMER: Final = "The token is of a customer who is not known here."
LACKS_A_CLAIM: Final = "The token lacks one of the claims exp, iss, aud and sub."
NOT_SIGNED: Final = "The token is not signed by the key that it names."
_SENTENCES: Final[Mapping[type[Exception], str]] = {
    jwt.InvalidSignatureError: NOT_SIGNED,
    jwt.ExpiredSignatureError: "The token has expired.",
    jwt.ImmatureSignatureError: "The token is not valid yet.",
    jwt.InvalidAudienceError: "The token is for another service.",
    jwt.InvalidIssuerError: "The token is of another issuer.",
    jwt.MissingRequiredClaimError: LACKS_A_CLAIM,
}


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens count, for whom they must be made, and which claims say what."""

    issuer: str
    audience: str
    scopes_claim: str
    customer_claim: str


class Tokens:
    """Reads the tokens of one issuer."""

    def __init__(self, database: Database, secret: bytes, keys: PublicKeys, trust: Trust) -> None:
        self._database = database
        self._subject_key = hmac.digest(secret, b"callers by token, version 1", "sha256")
        self._keys = keys
        self._trust = trust

    @classmethod
    def configured(cls, settings: Settings, database: Database, secret: bytes) -> Self | None:
        """None when no issuer is set."""
        if not settings.oidc_issuer:
            return None
        trust = Trust(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_scopes_claim,
            settings.oidc_customer_claim,
        )
        return cls(database, secret, PublicKeys(settings.oidc_jwks_url), trust)

    async def read(self, text: str) -> Known:
        """Return whose the token is.

        Raises Unauthenticated, NotJudged while the issuer's keys are not known, Unavailable.
        """
        name, algorithm = _head(text)
        key = await self._keys.find(name, algorithm)
        if key is None:
            raise Unauthenticated(NO_SUCH_KEY)
        claims = self._claims(text, key)
        subject, ends_at = _subject(claims["sub"]), _instant(claims["exp"])
        scopes = granted_by(find_claim(claims, self._trust.scopes_claim))
        customer = await self._customer(claims)
        return Known(
            id=f"token:{self._digest(subject)}",
            # What is written says who wrote it: of customers never more than an id.
            name=OF_A_CUSTOMER if customer else subject[:MAX_NAME_LENGTH],
            scopes=scopes & OF_CUSTOMERS if customer else scopes,
            customer=customer,
            stays_until=ends_at,
            counts_until=ends_at + LEEWAY,
        )

    def _claims(self, text: str, key: jwt.PyJWK) -> dict[str, Any]:
        """What the token says, once its signature, its times and its addressee are right."""
        return _judged(
            lambda: jwt.decode(
                text,
                key,
                algorithms=[key.algorithm_name],
                audience=self._trust.audience,
                issuer=self._trust.issuer,
                leeway=LEEWAY,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "enforce_minimum_key_length": True,
                },
            )
        )

    def _digest(self, subject: str) -> str:
        """The same for each token of somebody, and nothing that could be read back."""
        told = f"{self._trust.issuer}\0{subject}".encode()
        return hmac.digest(self._subject_key, told, "sha256").hex()[:32]

    async def _customer(self, claims: Mapping[str, Any]) -> Customer | None:
        """Whose own token it is; None for one of staff. Refused when we know no such customer.

        A claim that is there and names nobody is of a customer who has no number yet.
        """
        name = self._trust.customer_claim
        number = find_claim(claims, name, _ABSENT) if name else _ABSENT
        if number is _ABSENT:
            return None
        rows = await self._database.read(
            "SELECT id, number FROM customer WHERE number = $1 AND erased_at IS NULL",
            _number(number),
        )
        if not rows:
            raise Unauthenticated(NO_CUSTOMER)
        return Customer(rows[0]["id"], rows[0]["number"])


def _head(text: str) -> tuple[str, str]:
    """The name of the key and the algorithm, which are nobody's word yet."""
    head = _judged(lambda: jwt.get_unverified_header(text))
    algorithm, name = head.get("alg"), head.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Unauthenticated(WRONG_ALGORITHM)
    if not isinstance(name, str) or not name:
        raise Unauthenticated(NO_KEY_NAMED)
    return name, algorithm


def _judged(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is read; whatever goes wrong with a stranger's text is a refusal of it."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - as said
        for kind, sentence in _SENTENCES.items():
            if isinstance(error, kind):
                raise Unauthenticated(sentence) from None
        raise Unauthenticated(UNREADABLE) from None


def _subject(claim: str) -> str:
    """Whoever it is, by a text that can be stored and read."""
    if not claim.strip() or not claim.isprintable():
        raise Unauthenticated(UNREADABLE)
    return claim


def _instant(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unauthenticated(UNREADABLE) from None


def _number(claim: object) -> str:
    """A customer's number, which some issuers write as a number."""
    if isinstance(claim, bool) or not isinstance(claim, str | int):
        raise Unauthenticated(NO_CUSTOMER)
    number = str(claim)
    if not number.isprintable() or not number.strip():
        raise Unauthenticated(NO_CUSTOMER)
    return number
