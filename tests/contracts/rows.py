"""One valid row of every table, and others that may stand beside it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.database import Transaction

Values = dict[str, Any]

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
ACTOR = {"caller": "test", "channel": "API"}

_WRITTEN: Values = {"actor": ACTOR, "created_at": NOW}
_EDITED: Values = {**_WRITTEN, "updated_at": NOW}

# In an order in which each row finds those it refers to.
VALID: dict[str, Values] = {
    "number_series": {"id": 1, "name": "Letters", "mask": "L-000#", **_EDITED},
    "campaign": {
        "id": 1,
        "kind": "VOUCHER",
        "key": "SPRING",
        "name": "Spring",
        "time_zone": "UTC",
        **_EDITED,
    },
    "code_group": {
        "id": 1,
        "campaign_id": 1,
        "name": "Friends",
        "key": "FRIENDS",
        "activation": "OWN_RANGE",
        **_EDITED,
    },
    "promotion": {"id": 1, "name": "Free shipping", "discount_kind": "FREE_SHIPPING", **_EDITED},
    "promotion_group": {"id": 1, "promotion_id": 1, "group_id": 1},
    "customer": {"id": 1, "number": "C-1", "login": "ada", **_EDITED},
    "order": {"id": 1, "number": "O-1", **_EDITED},
    "file": {"id": 1, "content_type": "text/csv", "expires_at": LATER, **_WRITTEN},
    "file_chunk": {"file_id": 1, "number": 0, "data": b"code\n"},
    "job": {
        "id": 1,
        "kind": "IMPORT",
        "campaign_id": 1,
        "sequence": 1,
        "queued_at": NOW,
        "actor": ACTOR,
    },
    "import_row": {"job_id": 1, "row": 1, "line": 2, "normal_form": "SPRING1", "data": {}},
    "row_result": {"job_id": 1, "row": 1, "line": 2, "outcome": "INSERTED"},
    "code": {
        "id": 1,
        "kind": "VOUCHER",
        "campaign_id": 1,
        "text": "spring-1",
        "normal_form": "SPRING1",
        "basket_key": "basket 1",
        **_EDITED,
    },
    "code_customer": {"code_id": 1, "customer_id": 1, "uses": 1},
    "group_customer": {"group_id": 1, "customer_id": 1, "uses": 1},
    "redemption": {
        "id": 1,
        "code_id": 1,
        "campaign_id": 1,
        "order_id": 1,
        "order_number": "O-1",
        "state": "CONFIRMED",
        "redeemed_at": NOW,
        "actor": ACTOR,
    },
    "reservation": {"id": 1, "code_id": 1, "holder": "C-1", "expires_at": LATER, **_WRITTEN},
    "cashback": {
        "id": 1,
        "code_id": 1,
        "earning_order_id": 1,
        "customer_id": 1,
        "maximum_minor": 500,
        "currency": "EUR",
        **_EDITED,
    },
    "code_event": {
        "id": 1,
        "code_id": 1,
        "campaign_id": 1,
        "kind": "ISSUED",
        "at": NOW,
        "actor": ACTOR,
    },
    "attempt": {
        "id": 1,
        "caller_id": "shop",
        "subject": "1",
        "operation": "redeem",
        "reasons": "EXPIRED",
        "minute": NOW,
        "at": NOW,
        "actor": ACTOR,
    },
    "audit_entry": {
        "id": 1,
        "at": NOW,
        "caller_id": "key:1",
        "operation": "updateCampaign",
        "actor": ACTOR,
    },
    "revision": {
        "id": 1,
        "kind": "CODE",
        "entity_id": 1,
        "ended_at": NOW,
        "facts": {"maxUses": 1},
        "actor": ACTOR,
    },
    "outbox": {"id": 1, "kind": "issued", "payload": {"code": 1}, "created_at": NOW},
    "idempotency": {
        "id": 1,
        "caller_id": "shop",
        "operation": "redeem",
        "key": "k-1",
        "fingerprint": "f",
        "verdict": {"ok": True},
        "created_at": NOW,
    },
    "api_key": {"id": 1, "name": "Shop", "role": "STOREFRONT", **_EDITED},
    "api_key_secret": {
        "id": 1,
        "api_key_id": 1,
        "prefix": "abcdefghij",
        "digest": "0" * 64,
        **_WRITTEN,
    },
}

# What another row must have of its own: `{}` is its number.
_OWN: dict[str, Values] = {
    "number_series": {"name": "Series {}"},
    "campaign": {"key": "CAMPAIGN-{}", "name": "Campaign {}"},
    "code_group": {"name": "Group {}", "key": "GROUP-{}"},
    "promotion": {"name": "Promotion {}"},
    "promotion_group": {"promotion_id": 2},
    "customer": {"number": "C-{}", "login": "login {}"},
    "order": {"number": "O-{}"},
    "file_chunk": {"number": 1},
    "job": {"sequence": 2},
    "import_row": {"row": 2, "normal_form": "SPRING{}"},
    "row_result": {"row": 2},
    "code": {"text": "spring-{}", "normal_form": "SPRING{}", "basket_key": "basket {}"},
    "code_customer": {"customer_id": 2},
    "group_customer": {"customer_id": 2},
    "redemption": {"order_id": 2, "order_number": "O-2"},
    "reservation": {"holder": "C-2"},
    "cashback": {"code_id": 2},
    "attempt": {"reasons": "WITHDRAWN"},
    "idempotency": {"key": "k-2"},
    "api_key": {"name": "Shop {}"},
    "api_key_secret": {"prefix": "abcdefghi{}", "expires_at": LATER},
}


def another(table: str, number: int, /, **changes: object) -> Values:
    """Return a row that may stand beside the first one, with some columns changed."""
    own = {
        column: value.format(number) if isinstance(value, str) else value
        for column, value in _OWN.get(table, {}).items()
    }
    own_id = {"id": number} if "id" in VALID[table] else {}
    return {**VALID[table], **own_id, **own, **changes}


async def insert(tx: Transaction, table: str, values: Values) -> None:
    columns = ", ".join(f'"{column}"' for column in values)
    places = ", ".join(f"${n}" for n, _ in enumerate(values, 1))
    await tx.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({places})', *values.values())


async def insert_two_of_each(tx: Transaction) -> None:
    for table, values in VALID.items():
        await insert(tx, table, values)
        await insert(tx, table, another(table, 2))
