"""The shop's keys, of every role, with scopes of their own, ending, revoked, rotated; its audit."""

from datetime import timedelta
from typing import Any

from app.domain.roles import Role
from app.models import ApiKey, ApiKeySecret, AuditEntry
from tests.graphql.shop_stamps import ACTOR, NOW, every, stamps

KEYS, SECRETS, ENTRIES = 9, 20, 24
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


def entries() -> list[AuditEntry]:
    """Some written at the same moment, some of many rows, some of what is gone."""
    operations = ["updateCampaign", "deleteCode", "upsertOrders"]
    entities = ["Campaign:2", "Code:999", None]
    return [
        AuditEntry(
            id=number,
            at=NOW - timedelta(minutes=number // 3),
            caller_id=f"key:{number % 4}",
            acting_for_id=every(number, 5, 1 + number % 4),
            operation=operations[number % 3],
            entity=entities[number % 3],
            data={"fields": ["name", "enabled"]} if number % 3 == 0 else {},
            actor={**ACTOR, "caller": f"key:{number % 4}", "requestId": every(number, 2, "r-1")},
        )
        for number in range(1, ENTRIES + 1)
    ]
