"""The counters of the demo company, summed up from its redemptions and reservations."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from app.domain.redemptions import RedemptionState
from app.services.demo.tables import Row, Tables


def count(tables: Tables) -> None:
    """Set what the redemptions that were not reversed add up to."""
    _count_uses(tables)
    _count_customers(tables)


def _count_uses(tables: Tables) -> None:
    codes = {row["id"]: row for row in tables.rows["code"]}
    for redemption in sorted(tables.rows["redemption"], key=lambda row: row["redeemed_at"]):
        if redemption["state"] == RedemptionState.CONFIRMED:
            code = codes[redemption["code_id"]]
            code["uses"] += 1
            if code["uses"] == code["max_uses"]:
                code["used_up_at"] = redemption["redeemed_at"]


def _count_customers(tables: Tables) -> None:
    """Counters of customers on codes and on groups: a reversal lowers one, but keeps its row."""
    by_code, by_group, turns = Counter[Any](), Counter[Any](), Counter[Any]()
    for redemption in tables.rows["redemption"]:
        confirmed = redemption["state"] == RedemptionState.CONFIRMED
        if redemption["customer_id"] is not None:
            by_code[redemption["code_id"], redemption["customer_id"]] += confirmed
    for use in tables.rows["redemption"] + tables.rows["reservation"]:
        pair = use["group_id"], use["customer_id"]
        if None not in pair:
            by_group[pair] += use.get("state") == RedemptionState.CONFIRMED
            turns[pair] += 1
    caps = {row["id"]: row["uses_per_customer"] for row in tables.rows["code"]}
    _add_counters(tables, "code_customer", by_code, caps)
    caps = {row["id"]: row["reuse_per_customer"] for row in tables.rows["code_group"]}
    for counter in _add_counters(tables, "group_customer", by_group, caps):
        counter["seq"] = turns[counter["group_id"], counter["customer_id"]]


def _add_counters(
    tables: Tables, table: str, uses: Counter[Any], caps: Mapping[int, int | None]
) -> list[Row]:
    column = table.replace("_customer", "_id")
    return [
        tables.add(
            table,
            **{column: owner_id},
            customer_id=customer_id,
            uses=count,
            cap=caps[owner_id],
        )
        for (owner_id, customer_id), count in uses.items()
    ]
