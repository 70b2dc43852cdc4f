"""The shop's one moment, and what every row that somebody wrote carries."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 22, 12, 0, 0, 250_000, UTC)
ACTOR = {"caller": "demo", "name": "Demo", "channel": "API", "actingFor": None, "requestId": None}


def stamps(number: int) -> dict[str, Any]:
    made = NOW - timedelta(days=40, seconds=number // 3)
    return {
        "actor": ACTOR,
        "version": 1 + number % 3,
        "metadata": {"z": number, "a": {"b": [1, "ü"]}} if number % 2 else {},
        "created_at": made,
        "updated_at": made + timedelta(microseconds=number * 500),
    }


def every(number: int, step: int, value: Any) -> Any:  # noqa: ANN401 - stands for any column
    return value if number % step == 0 else None
