"""Storing rows made in memory: a statement a table, the rows as one JSON text."""

from collections.abc import Iterator, Mapping

from app.database import Transaction
from app.database.dialects import Dialect
from app.database.instants import to_json
from app.services.demo.tables import Row

# Every table in an order that foreign keys allow, with the ids to keep ready where others refer to
# its rows; ids left over are gaps and harm nobody.
IDS = {
    "number_series": 10,
    "campaign": 50,
    "code_group": 50,
    "promotion": 50,
    "promotion_group": 0,
    "job": 50,
    "customer": 500,
    "order": 800,
    "code": 20_000,
    "redemption": 1_000,
    "reservation": 200,
    "code_customer": 0,
    "group_customer": 0,
    "cashback": 0,
    "code_event": 8_000,
    "revision": 0,
    "outbox": 0,
    "attempt": 0,
    "import_row": 0,
    "row_result": 0,
}
CHUNK = 5_000


async def reserve_ids(tx: Transaction, dialect: Dialect) -> dict[str, Iterator[int]]:
    """Take ids that nobody else gets, whoever writes at the same time."""
    return {
        table: iter(await _reserve(tx, dialect, table, count))
        for table, count in IDS.items()
        if count
    }


async def _reserve(tx: Transaction, dialect: Dialect, table: str, count: int) -> list[int]:
    if dialect.name == "postgres":
        rows = await tx.fetch(
            f"SELECT nextval(pg_get_serial_sequence('\"{table}\"', 'id'))"
            " FROM generate_series(1, $1::int)",
            count,
        )
        return [row[0] for row in rows]
    last = await tx.fetch_value("SELECT seq FROM sqlite_sequence WHERE name = $1", table) or 0
    return list(range(last + 1, last + 1 + count))


async def store(tx: Transaction, dialect: Dialect, rows: Mapping[str, list[Row]]) -> None:
    for table in IDS:
        for first in range(0, len(rows[table]), CHUNK):
            chunk = rows[table][first : first + CHUNK]
            await tx.execute(_insert(dialect, table, list(chunk[0])), to_json(chunk))


def _insert(dialect: Dialect, table: str, columns: list[str]) -> str:
    """All rows of a table have the same columns, those of the first."""
    names = ", ".join(f'"{column}"' for column in columns)
    if dialect.name == "postgres":
        source = f'json_populate_recordset(NULL::"{table}", $1::json)'
        return f'INSERT INTO "{table}" ({names}) SELECT {names} FROM {source}'
    values = ", ".join(f"value ->> '{column}'" for column in columns)
    return f'INSERT INTO "{table}" ({names}) SELECT {values} FROM json_each($1)'
