"""An issuer of tokens with a real server for its public keys, and whoever forges tokens of it."""

import asyncio
import hmac
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.config import Settings

NAME = "https://issuer.example"
AUDIENCE = "promograph"
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One for each name; they take long to make."""
    assert name
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def published(name: str, key: Private, **more: str) -> dict[str, Any]:
    public = key.public_key()
    match public:
        case rsa.RSAPublicKey():
            found = RSAAlgorithm.to_jwk(public, as_dict=True)
        case ec.EllipticCurvePublicKey():
            found = ECAlgorithm.to_jwk(public, as_dict=True)
        case _:
            found = OKPAlgorithm.to_jwk(public, as_dict=True)
    return {**found, "kid": name, "use": "sig", **more}


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """The public key as text, which an attacker knows as well as anybody."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


class Issuer:
    """Publishes `body` and signs what it is told to; `asked` counts how often keys were fetched."""

    def __init__(self) -> None:
        self.body = orjson.dumps({"keys": [published("k1", rsa_key("k1"), alg="RS256")]})
        self.head = b"HTTP/1.1 200 OK"
        self.asked = 0
        self.hanging = False
        self.url = ""

    def publish(self, *keys: dict[str, Any]) -> None:
        self.body = orjson.dumps({"keys": keys})

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if self.hanging:
            await reader.read()
        length = str(len(self.body)).encode()
        writer.write(self.head + b"\r\nContent-Length: " + length + b"\r\n\r\n" + self.body)
        writer.close()

    def settings(self, settings: Settings, **more: str) -> Settings:
        update = {
            "oidc_issuer": NAME,
            "oidc_audience": AUDIENCE,
            "oidc_jwks_url": self.url,
            "oidc_customer_claim": "customer_number",
            **more,
        }
        return settings.model_copy(update=update)


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    server = await asyncio.start_server(issuer.answer, "127.0.0.1", 0)
    issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"
    async with server:
        yield issuer


def claims(**more: object) -> dict[str, Any]:
    """What a token of staff says that is good for an hour; None leaves a claim out."""
    now = int(datetime.now(UTC).timestamp())
    told = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": "auth0|4711",
        "exp": now + 3600,
        "iat": now,
        "scope": "openid codes:read",
        **more,
    }
    return {name: value for name, value in told.items() if value is not None}


def seconds(count: float) -> int:
    """An instant so far from now, as tokens write it."""
    return int(datetime.now(UTC).timestamp()) + int(count)


def signed(
    told: dict[str, Any] | None = None,
    key: Private | None = None,
    algorithm: str = "RS256",
    **head: object,
) -> str:
    headers = {"kid": "k1", **head}
    return jwt.encode(
        claims() if told is None else told, key or rsa_key("k1"), algorithm, headers=headers
    )


def forged(
    head: object, told: object, sign: Callable[[bytes], bytes] = lambda _: b"signature"
) -> str:
    """A token of any form, also those that no library would make."""
    parts = [_encoded(one if isinstance(one, bytes) else orjson.dumps(one)) for one in (head, told)]
    body = b".".join(parts)
    return (body + b"." + _encoded(sign(body))).decode()


def by_hmac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda body: hmac.digest(secret, body, "sha256")


def _encoded(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
