from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.database import Statements, Transaction
from app.database.dialects import Dialect
from app.database.instants import from_row, to_json
from app.domain.events import EntityKind
from app.models.history import Revision
from app.services.editing import Stamp


async def remember(
    tx: Transaction, stamp: Stamp, entity: tuple[EntityKind, int], facts: Mapping[str, Any]
) -> None:
    """Keep the facts of an entity as they were until now; call it with the entity's row locked.

    An entity's revisions end in the order in which they were written, even when the clock that
    gave `now` lags behind an earlier one.
    """
    kind, entity_id = entity
    last = await tx.fetch_value(
        "SELECT MAX(ended_at) FROM revision WHERE kind = $1 AND entity_id = $2",
        kind.value,
        entity_id,
    )
    await Revision.create(
        using_db=tx.client,
        kind=kind,
        entity_id=entity_id,
        ended_at=max(stamp.now, from_row(last) or stamp.now),
        facts=dict(facts),
        actor=stamp.caller.actor(),
    )


async def remember_all(
    tx: Statements,
    dialect: Dialect,
    stamp: Stamp,
    kind: EntityKind,
    facts: Mapping[int, Mapping[str, Any]],
) -> None:
    """Keep the facts of many entities of a kind by their ids, as `remember` does for one."""
    actor = stamp.caller.actor()
    rows = [{"id": number, "facts": kept, "actor": actor} for number, kept in facts.items()]
    await remember_rows(tx, dialect, kind, rows, stamp.now)


async def remember_rows(
    tx: Statements,
    dialect: Dialect,
    kind: EntityKind,
    rows: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Keep rows of `id`, `facts` and `actor`, in this order, as they were until now."""
    if not rows:
        return
    given = dialect.records("given", {"id": "bigint", "facts": "jsonb", "actor": "jsonb"}, "$1")
    instant = dialect.cast("$3", "timestamptz")
    later = (
        "(SELECT MAX(ended_at) FROM revision"
        f" WHERE kind = $2 AND entity_id = given.id AND ended_at > {instant})"
    )
    await tx.execute(
        "INSERT INTO revision (kind, entity_id, ended_at, facts, actor)"
        f" SELECT {dialect.cast('$2', 'text')}, given.id, COALESCE({later}, {instant}),"
        f" given.facts, given.actor FROM {given}",
        to_json(rows),
        kind.value,
        now,
    )
