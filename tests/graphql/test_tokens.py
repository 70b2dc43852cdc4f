"""Tokens of an identity provider: who is let in by one, as whom, and which are forged or wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from jwt.algorithms import RSAAlgorithm
from pydantic import SecretStr
from structlog.testing import capture_logs

from app.config import Settings
from app.domain.credentials import OVER, TOO_LONG, UNKNOWN
from app.services import public_keys, tokens
from app.services.callers import RECHECK_SECONDS
from app.services.public_keys import FRESH_SECONDS, ISSUER_AWAY, SPACING_SECONDS
from app.services.recognition import KEPT_SECONDS
from tests import issuer as issuers
from tests.graphql.clock import Clock
from tests.graphql.service import Running, running
from tests.graphql.test_entrances import SECRET, WRONG_SHOWN, ask, error, greeted
from tests.graphql.test_subscriptions import JOBS
from tests.issuer import (
    Issuer,
    by_hmac,
    claims,
    ec_key,
    ed_key,
    forged,
    issuing,
    pem,
    published,
    rsa_key,
    seconds,
    signed,
)

CAMPAIGNS = "{ campaigns { totalCount } }"
NONE_YET = {"data": {"campaigns": {"totalCount": 0}}}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as found:
        yield found


@pytest.fixture
async def service(
    sqlite_settings: Settings,
    issuer: Issuer,
    clock: Clock,  # noqa: ARG001 - it outlives what goes by it
) -> AsyncIterator[Running]:
    """On one database: tokens of staff are judged without asking it."""
    update = {"secret": SecretStr(SECRET), "keyless": False}
    async with running(issuer.settings(sqlite_settings.model_copy(update=update))) as found:
        yield found


async def show(service: Running, token: str, query: str = CAMPAIGNS) -> httpx.Response:
    return await ask(service, query, f"Bearer {token}")


async def refused(service: Running, token: str, sentence: str) -> None:
    response = await show(service, token)
    assert error(response) == (401, "UNAUTHENTICATED", sentence)
    assert response.headers["www-authenticate"] == WRONG_SHOWN


class TestWhoIsLetIn:
    async def test_a_start_asks_the_issuer_nothing(self, service: Running, issuer: Issuer) -> None:
        assert issuer.asked == 0
        assert (await show(service, signed())).json() == NONE_YET
        assert issuer.asked == 1

    @pytest.mark.parametrize(
        ("key", "algorithm"),
        [
            (rsa_key("k1"), "RS256"),
            (rsa_key("k1"), "RS512"),
            (rsa_key("k1"), "PS256"),
            (ec_key(), "ES256"),
            (ed_key(), "EdDSA"),
        ],
    )
    async def test_by_each_kind_of_key(
        self, service: Running, issuer: Issuer, key: issuers.Private, algorithm: str
    ) -> None:
        """A key that names no algorithm is for all of its type."""
        issuer.publish(published("k1", key))
        assert (await show(service, signed(key=key, algorithm=algorithm))).json() == NONE_YET

    @pytest.mark.parametrize(
        "make",
        [
            lambda: claims(aud=["other", "promograph"]),
            lambda: claims(exp=seconds(-20)),
            lambda: claims(nbf=seconds(20), iat=seconds(20)),
            lambda: claims(scope=None, exp=seconds(3600) + 0.5, roles="x", iat=None),
        ],
    )
    async def test_within_the_leeway_of_clocks(
        self, service: Running, make: Callable[[], dict[str, Any]]
    ) -> None:
        response = await show(service, signed(make()), "{ __typename }")
        assert response.json() == {"data": {"__typename": "Query"}}

    async def test_over_a_socket_until_it_ends(self, service: Running, clock: Clock) -> None:
        token = signed(claims(exp=seconds(2)))
        async with service.socket() as socket:
            shown = {"authorization": f"Bearer {token}"}
            assert await greeted(socket, shown) == {"type": "connection_ack"}
            socket.subscribe("1", JOBS)
            await asyncio.sleep(2)
            clock.forward(RECHECK_SECONDS)
            assert await socket.closed() == (4403, OVER)

    async def test_keys_count_as_well_and_are_no_tokens(
        self, service: Running, issuer: Issuer
    ) -> None:
        await refused(service, "pgk_a.b.c", UNKNOWN)
        assert issuer.asked == 0


def by_public_key(body: bytes) -> bytes:
    return by_hmac(pem(rsa_key("k1")))(body)


def rsa_sign(body: bytes) -> bytes:
    algorithm = RSAAlgorithm(RSAAlgorithm.SHA256)
    return algorithm.sign(body, rsa_key("k1"))


def signed_raw(**more: object) -> str:
    """Signed by the issuer itself, whatever it says."""
    return forged(RS256, json.dumps({**claims(), **more}).encode(), rsa_sign)


RS256 = {"alg": "RS256", "kid": "k1", "typ": "JWT"}
FORGERIES: dict[str, tuple[Callable[[], str], str]] = {
    "algorithm none": (
        lambda: forged({"alg": "none", "kid": "k1"}, claims(), lambda _: b""),
        tokens.WRONG_ALGORITHM,
    ),
    "algorithm None in other letters": (
        lambda: forged({"alg": "nOnE", "kid": "k1"}, claims(), lambda _: b""),
        tokens.WRONG_ALGORITHM,
    ),
    "no algorithm": (lambda: forged({"kid": "k1"}, claims()), tokens.WRONG_ALGORITHM),
    "an algorithm that is a list": (
        lambda: forged({"alg": ["RS256"], "kid": "k1"}, claims()),
        tokens.WRONG_ALGORITHM,
    ),
    "HS256 by the public key": (
        lambda: forged({"alg": "HS256", "kid": "k1"}, claims(), by_public_key),
        tokens.WRONG_ALGORITHM,
    ),
    "HMAC by the public key under another name": (
        lambda: forged(RS256, claims(), by_public_key),
        tokens.NOT_SIGNED,
    ),
    "another's key": (lambda: signed(key=rsa_key("k2")), tokens.NOT_SIGNED),
    "swapped keys": (
        lambda: signed(key=rsa_key("k2"), kid="k1", jwk=published("k1", rsa_key("k2"))),
        tokens.NOT_SIGNED,
    ),
    "a key of another type": (
        lambda: signed(key=ec_key(), algorithm="ES256"),
        tokens.NO_SUCH_KEY,
    ),
    "an algorithm that the key is not for": (
        lambda: signed(algorithm="RS512"),
        tokens.NO_SUCH_KEY,
    ),
    "a key that nobody published": (
        lambda: signed(key=rsa_key("k2"), kid="k2", jku="https://evil.example/jwks.json"),
        tokens.NO_SUCH_KEY,
    ),
    "no key named": (lambda: forged({"alg": "RS256"}, claims()), tokens.NO_KEY_NAMED),
    "an empty name": (lambda: forged({**RS256, "kid": ""}, claims()), tokens.NO_KEY_NAMED),
    "a name that is a number": (lambda: forged({**RS256, "kid": 1}, claims()), tokens.UNREADABLE),
    "no signature": (lambda: signed().rpartition(".")[0] + ".", tokens.NOT_SIGNED),
    "a changed claim": (
        lambda: ".".join(
            (
                signed().split(".")[0],
                forged(RS256, claims(scope="ADMIN")).split(".")[1],
                signed().split(".")[2],
            )
        ),
        tokens.NOT_SIGNED,
    ),
    "another audience": (
        lambda: signed(claims(aud="other")),
        "The token is for another service.",
    ),
    "an audience that begins alike": (
        lambda: signed(claims(aud="promographs")),
        "The token is for another service.",
    ),
    "no audience": (lambda: signed(claims(aud=None)), tokens.LACKS_A_CLAIM),
    "another issuer": (
        lambda: signed(claims(iss="https://evil.example")),
        "The token is of another issuer.",
    ),
    "an issuer that begins alike": (
        lambda: signed(claims(iss=f"{issuers.NAME}/")),
        "The token is of another issuer.",
    ),
    "no issuer": (lambda: signed(claims(iss=None)), tokens.LACKS_A_CLAIM),
    "no end": (lambda: signed(claims(exp=None)), tokens.LACKS_A_CLAIM),
    "no subject": (lambda: signed(claims(sub=None)), tokens.LACKS_A_CLAIM),
    "expired": (lambda: signed(claims(exp=seconds(-3600))), "The token has expired."),
    "expired beyond the leeway": (
        lambda: signed(claims(exp=seconds(-40))),
        "The token has expired.",
    ),
    "not yet valid": (lambda: signed(claims(nbf=seconds(3600))), "The token is not valid yet."),
    "not yet valid beyond the leeway": (
        lambda: signed(claims(nbf=seconds(40))),
        "The token is not valid yet.",
    ),
    "issued in the future": (
        lambda: signed(claims(iat=seconds(40))),
        "The token is not valid yet.",
    ),
    "a subject that cannot be stored": (lambda: signed(claims(sub="a\0b")), tokens.UNREADABLE),
    "a subject of half a character": (lambda: signed_raw(sub="\ud800"), tokens.UNREADABLE),
    "a blank subject": (lambda: signed(claims(sub=" ")), tokens.UNREADABLE),
    "a subject that is a number": (lambda: signed_raw(sub=7), tokens.UNREADABLE),
    "an end that is no number": (lambda: signed_raw(exp="soon"), tokens.UNREADABLE),
    "an end beyond all time": (lambda: signed_raw(exp=10**30), tokens.UNREADABLE),
    "two parts": (lambda: "aaaa.bbbb", tokens.UNREADABLE),
    "five parts, encrypted": (lambda: "a.b.c.d.e", tokens.UNREADABLE),
    "no JSON": (lambda: forged(b"{", b"{"), tokens.UNREADABLE),
    "a head that is a list": (lambda: forged([], claims()), tokens.UNREADABLE),
    "a head without a bottom": (lambda: forged(b"[" * 5_000, claims()), tokens.UNREADABLE),
    "claims that are a list": (
        lambda: forged(RS256, [], rsa_sign),
        tokens.UNREADABLE,
    ),
    "critical extensions": (lambda: signed(crit=["exp2"], exp2=1), tokens.UNREADABLE),
    "a text": (lambda: "x", tokens.UNREADABLE),
    "8 KB and more": (lambda: signed(claims(more="x" * 8_000)), TOO_LONG),
    "1 MB": (lambda: "a." + "x" * 1_000_000 + ".c", TOO_LONG),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_what_is_forged_or_wrong_is_refused(service: Running, name: str) -> None:
    """By one answer, without a word of it in the log, and never by a failure of ours."""
    make, sentence = FORGERIES[name]
    token = make()
    with capture_logs() as logs:
        response = await show(service, token)
    assert error(response) == (401, "UNAUTHENTICATED", sentence)
    assert response.headers["www-authenticate"] == WRONG_SHOWN
    told = repr(logs) + response.text + repr(response.headers)
    assert not any(len(part) > 8 and part in told for part in token.split("."))
    assert "auth0" not in told


async def test_the_same_token_without_the_flaw_is_taken(service: Running) -> None:
    """So that what is refused above is refused for its flaw."""
    assert (await show(service, signed_raw())).json() == NONE_YET


async def told(logs: list[Any], event: str) -> None:
    """Keys are fetched anew beside whoever asks; the log tells when that is done."""
    async with asyncio.timeout(10):
        while event not in {line["event"] for line in logs}:  # noqa: ASYNC110 - as said
            await asyncio.sleep(0.01)


class TestTheIssuersKeys:
    async def test_a_new_key_is_fetched_at_most_every_thirty_seconds(
        self, service: Running, issuer: Issuer, clock: Clock
    ) -> None:
        await show(service, signed())
        new = signed(key=rsa_key("k2"), kid="k2")
        issuer.publish(published("k1", rsa_key("k1")), published("k2", rsa_key("k2")))
        for _ in range(3):
            await refused(service, new, tokens.NO_SUCH_KEY)
            clock.forward(KEPT_SECONDS)
        assert issuer.asked == 1
        clock.forward(SPACING_SECONDS)
        assert (await show(service, new)).json() == NONE_YET
        assert (await show(service, signed())).json() == NONE_YET
        assert issuer.asked == 2

    async def test_many_at_once_fetch_once(self, service: Running, issuer: Issuer) -> None:
        shown = [signed(claims(jti=str(number))) for number in range(20)]
        answers = await asyncio.gather(*(show(service, token) for token in shown))
        assert [answer.json() for answer in answers] == [NONE_YET] * 20
        assert issuer.asked == 1

    async def test_while_the_issuer_is_away_the_old_keys_serve(
        self, service: Running, issuer: Issuer, clock: Clock
    ) -> None:
        await show(service, signed())
        for head, body in ((b"HTTP/1.1 500 Oops", b""), (b"HTTP/1.1 200 OK", b"no json")):
            issuer.head, issuer.body = head, body
            clock.forward(FRESH_SECONDS)
            with capture_logs() as logs:
                assert (await show(service, signed())).json() == NONE_YET
                await told(logs, "public_keys.not_fetched")
        assert issuer.asked == 3
        assert (await show(service, signed())).json() == NONE_YET

    async def test_a_key_that_is_no_longer_published_ends(
        self, service: Running, issuer: Issuer, clock: Clock
    ) -> None:
        await show(service, signed())
        issuer.publish(published("k2", rsa_key("k2")))
        clock.forward(FRESH_SECONDS)
        with capture_logs() as logs:
            await show(service, signed())
            await told(logs, "public_keys.fetched")
        clock.forward(KEPT_SECONDS)
        await refused(service, signed(), tokens.NO_SUCH_KEY)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"{}",
            b'{"keys": 1}',
            b'{"keys": [1, {}, {"kid": "k1"}]}',
            b'{"keys": [{"kid": "k1", "kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}',
            b'{"keys": [{"kid": "k1", "kty": "RSA", "n": "!", "e": "AQAB"}]}',
            b'{"keys": [], "more": "' + b"x" * 2_000_000 + b'"}',
        ],
    )
    async def test_keys_that_are_of_no_use(
        self, service: Running, issuer: Issuer, clock: Clock, body: bytes
    ) -> None:
        """Then nobody can be judged: try again, which fetches again after a while."""
        issuer.body, good = body, issuer.body
        for _ in range(2):
            response = await show(service, signed())
            assert error(response) == (503, "UNAVAILABLE", ISSUER_AWAY)
        assert issuer.asked == 1
        issuer.body = good
        clock.forward(SPACING_SECONDS)
        assert (await show(service, signed())).json() == NONE_YET

    @pytest.mark.parametrize("kind", ["private", "secret", "encryption"])
    async def test_keys_that_prove_nothing(
        self, service: Running, issuer: Issuer, kind: str
    ) -> None:
        key = published("k1", rsa_key("k1"))
        match kind:
            case "private":
                key["d"] = "AQAB"
            case "secret":
                key |= {"kty": "oct", "k": "c2VjcmV0"}
            case _:
                key["use"] = "enc"
        issuer.publish(key, published("k2", rsa_key("k2")))
        await refused(service, signed(), tokens.NO_SUCH_KEY)

    async def test_an_issuer_that_never_answers_holds_nobody_up_for_long(
        self, service: Running, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(public_keys, "TIMEOUT_SECONDS", 0.2)
        issuer.hanging = True
        response = await show(service, signed())
        assert error(response) == (503, "UNAVAILABLE", ISSUER_AWAY)
        async with service.socket() as socket:
            await socket.accepted()
            shown = {"authorization": f"Bearer {signed()}"}
            socket.send({"type": "connection_init", "payload": shown})
            assert (await socket.closed())[0] == 1013
