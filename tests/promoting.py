"""Promotions as they are stored, and changes of them."""

from datetime import timedelta
from typing import Any

from app.database import Database
from app.database.instants import from_json, from_row
from app.services import promotions
from app.services.editing import Target
from tests.making import CALLER, NOW, read_all

LATER = NOW + timedelta(hours=1)


async def stored(database: Database, promotion_id: int) -> dict[str, Any]:
    (row,) = await read_all(database, "SELECT * FROM promotion WHERE id = $1", promotion_id)
    for name in ("applications", "target_segments", "metadata", "actor"):
        row[name] = from_json(row[name])
    for name in ("created_at", "updated_at", "archived_at", "active_from", "active_to"):
        row[name] = from_row(row[name])
    return row


async def groups_of(database: Database, promotion_id: int) -> list[int]:
    rows = await read_all(
        database,
        "SELECT group_id FROM promotion_group WHERE promotion_id = $1 ORDER BY group_id",
        promotion_id,
    )
    return [row["group_id"] for row in rows]


async def versions(database: Database, *group_ids: int) -> list[int]:
    rows = await read_all(database, "SELECT id, version FROM code_group")
    found = {row["id"]: row["version"] for row in rows}
    return [found[number] for number in group_ids]


async def update(
    database: Database,
    promotion_id: int,
    version: int | None,
    **values: Any,  # noqa: ANN401 - any fact
) -> None:
    await promotions.update(database, CALLER, Target(promotion_id, version), values, LATER)
