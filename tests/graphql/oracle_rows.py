"""The shop's rows by their types, how one is found, and how a value is shown."""
# ruff: noqa: ANN401 - rows and values of every type pass here

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any

from app.domain import status
from app.reading.nouns import READABLES
from graphql_schema.ids import decode_id
from tests.graphql import shop, shop_keys, shop_life


@cache
def rows() -> Mapping[str, Sequence[Any]]:
    """Made when first asked for: models know their foreign keys once a database is open."""
    return {
        "Campaign": shop.campaigns(),
        "Code": [shop.code(number) for number in range(1, shop.CODES + 1)],
        "Job": shop.jobs(),
        "NumberSeries": shop.series(),
        "ApiKey": shop_keys.keys(),
        "ApiKeySecret": shop_keys.secrets(),
        "AuditEntry": shop_keys.entries(),
        "Attempt": shop_life.attempts(),
        "Cashback": shop_life.cashbacks(),
        "CodeEvent": shop_life.events(),
        "CodeGroup": shop_life.groups(),
        "Customer": shop_life.customers(),
        "Order": shop_life.orders(),
        "Promotion": shop_life.promotions(),
        "Redemption": shop_life.redemptions(),
        "Reservation": shop_life.reservations(),
        "RowResult": shop_life.row_results(),
    }


NOUNS = (
    "Campaign",
    "Code",
    "Job",
    "NumberSeries",
    "ApiKey",
    "ApiKeySecret",
    "AuditEntry",
    "Attempt",
    "Cashback",
    "CodeEvent",
    "CodeGroup",
    "Customer",
    "Order",
    "Promotion",
    "Redemption",
    "Reservation",
    "RowResult",
)


def status_of(row: object) -> status.CodeStatus:
    return status.status(facts(status.StatusFacts, row), shop.NOW)


def facts(kind: type, row: object) -> Any:
    return kind(**{one.name: getattr(row, one.name) for one in fields(kind)})


def snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def plain(value: Any) -> Any:
    """A value as a response shows it."""
    if isinstance(value, datetime):
        return re.sub(
            r"\.?0*\+00:00$", "Z", f"{value.astimezone(UTC).isoformat(timespec='microseconds')}"
        )
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def by_id(target: str, number: int | None) -> Any:
    return next((row for row in rows()[target] if row.id == number), None)


def by_opaque_id(text: str) -> Any:
    found = decode_id(text)
    return found and by_id(*found)


def lists_of(name: str, field: str) -> int:
    """For how many lists inside each other a list counts."""
    readable = READABLES.get(name)
    return 1 if readable is None else getattr(readable.fields[snake(field)], "lists", 1)


def lists_itself(name: str, field: str) -> bool:
    """Whether a field that is no list reads many rows all the same."""
    readable = READABLES.get(name)
    return readable is not None and getattr(readable.fields[snake(field)], "lists", False)
