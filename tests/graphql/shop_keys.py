"""The shop's keys: of every role, with scopes of their own, ending, revoked, rotated."""

from datetime import timedelta
from typing import Any

from app.domain.roles import Role
from app.models import ApiKey, ApiKeySecret
from tests.graphql.shop_stamps import ACTOR, NOW, every, stamps

KEYS, SECRETS = 9, 20
OWN = [["admin"], ["customers:read", "codes:read"], ["codes:redeem"]]


def keys() -> list[ApiKey]:
    """Revoked ones share a name with one that counts."""
    roles: list[Any] = [None, *Role]
    return [
        ApiKey(
            id=number,
            name=f"Key {number % 4 if number % 3 == 0 else number}",
            role=roles[number % 6],
            scopes=every(number, 6, OWN[number % 3]),
            expires_at=every(number, 2, NOW + timedelta(days=number - 4)),
            revoked_at=every(number, 3, NOW),
            last_used_at=every(number, 4, NOW - timedelta(minutes=number)),
            **stamps(number),
        )
        for number in range(1, KEYS + 1)
    ]


def secrets() -> list[ApiKeySecret]:
    """Of each key the last one lasts."""
    return [
        ApiKeySecret(
            id=number,
            api_key_id=1 + number % KEYS,
            prefix=f"prefix{number:04d}",
            digest=f"{number:064x}",
            created_at=NOW - timedelta(days=SECRETS - number),
            expires_at=None if number > SECRETS - KEYS else NOW - timedelta(hours=number - 5),
            actor=ACTOR,
        )
        for number in range(1, SECRETS + 1)
    ]
