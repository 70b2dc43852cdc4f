from collections import defaultdict
from collections.abc import Iterator, Mapping

from app.database import Statements
from app.database.dialects import Dialect


async def draw(
    tx: Statements, dialect: Dialect, counts: Mapping[str, int]
) -> dict[str, Iterator[int]]:
    """Return so many ids of each table that nobody else will use, rising in each.

    Drawn while codes are locked, so that what is decided later on a code has the larger id.
    """
    wanted = {table: count for table, count in counts.items() if count}
    found: dict[str, list[int]] = defaultdict(list)
    if wanted:
        selects = (dialect.fresh_ids(table, f"${n}") for n, table in enumerate(wanted, 1))
        for row in await tx.fetch(" UNION ALL ".join(selects), *wanted.values()):
            found[row["name"]].append(row["id"])
    return {table: iter(sorted(found[table])) for table in counts}
