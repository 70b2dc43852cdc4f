"""Who wrote what, for admins: one entry for each write that no event of a code tells of."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.database import Transaction
from app.models.history import AuditEntry

if TYPE_CHECKING:
    from app.services.editing import Stamp

Entity = tuple[str, int]
"""A type and a row of it."""


def shown(columns: Iterable[str]) -> list[str]:
    """The fields that changed, as callers know them."""
    return sorted(_camel(name) for name in columns)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


async def record(
    tx: Transaction,
    stamp: "Stamp",
    operation: str,
    entity: Entity | None = None,
    **data: object,
) -> None:
    """Tell of a write, in its transaction; `operation` is the mutation by which it is asked for.

    `data` names and counts; it holds no value that was written, so it gives nothing away, and
    erasing somebody leaves nothing of them here.
    """
    await AuditEntry.create(
        using_db=tx.client,
        at=stamp.now,
        caller_id=stamp.caller.id,
        acting_for_id=stamp.caller.acting_for,
        operation=operation,
        entity=entity and f"{entity[0]}:{entity[1]}",
        data=data,
        actor=stamp.caller.actor(),
    )
