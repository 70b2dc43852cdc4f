from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.database import Transaction
from app.models.history import Outbox


async def announce(tx: Transaction, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Store a message to the outside in the transaction of what it tells: both or neither."""
    await Outbox.create(using_db=tx.client, kind=kind, payload=dict(payload), created_at=now)
