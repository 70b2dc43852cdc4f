"""Writing batches of rows that the shop knows by a number: each step one statement for all.

Whoever writes such rows takes them in the order of their numbers, old and new ones alike, and then
what they claim from each other, such as logins, in the order of that. So batches that share either
wait for each other but never in a circle. Customers come before orders.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

from app.database import Statements, Transaction
from app.database.dialects import Dialect
from app.database.instants import to_json
from app.models.customer import Customer
from app.models.order import Order
from app.services import editing
from app.services.editing import Stamp

Row = TypeVar("Row", Customer, Order)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a unique `number`, and the PostgreSQL type of each column that changes.

    `claimed` is the column that is unique besides, if there is one.
    """

    name: Literal["customer", "order"]
    columns: Mapping[str, str]
    claimed: str = "id"


@dataclass(frozen=True, slots=True)
class Change(Generic[Row]):
    """The columns of a row before and after; one that was inserted just now stays version 1."""

    row: Row
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    new: bool

    def record(self) -> dict[str, Any]:
        former = self.row.version
        version = former if self.new else former + 1
        return {"id": self.row.id, "former_version": former, "version": version, **self.after}


_VERSIONS: Final = {"id": "bigint", "former_version": "int", "version": "int"}


async def seize(
    tx: Statements, dialect: Dialect, table: Table, numbers: Iterable[str], stamp: Stamp
) -> set[str]:
    """Lock the rows of these numbers, inserting those that are new; return the new numbers.

    New rows have nothing but their number. A twin that inserts one at the same time is waited for,
    and then its row is the one that is locked.
    """
    given = dialect.records("given", {"number": "text"}, "$1")
    # An update that never happens: it locks the row that is in the way, and writes nothing.
    rows = await tx.fetch(
        f'INSERT INTO "{table.name}" AS held (number, actor, created_at, updated_at)'
        f" SELECT given.number, {dialect.cast('$2', 'jsonb')},"
        f" {dialect.cast('$3', 'timestamptz')}, {dialect.cast('$4', 'timestamptz')}"
        f" FROM {given} WHERE TRUE ORDER BY given.number"
        " ON CONFLICT (number) DO UPDATE SET version = held.version WHERE FALSE RETURNING number",
        to_json([{"number": number} for number in sorted(set(numbers))]),
        to_json(stamp.caller.actor()),
        stamp.now,
        stamp.now,
    )
    return {row["number"] for row in rows}


def changes(
    table: Table, given: Iterable[tuple[Row, Mapping[str, Any]]], new: set[str]
) -> Iterator[Change[Row]]:
    """Tell which rows differ from the columns that are given for them; the other columns stay."""
    for row, columns in given:
        before = held(table, row)
        after = {**before, **columns}
        if editing.differ(before, after):
            yield Change(row, before, after, row.number in new)


def held(table: Table, row: Row) -> dict[str, Any]:
    """Return the columns that change, as the row holds them."""
    return {name: getattr(row, name) for name in table.columns}


async def write(
    tx: Transaction, dialect: Dialect, table: Table, changes: Sequence[Change[Any]], stamp: Stamp
) -> None:
    """Write these locked rows, if each still has the version on which its change was decided."""
    if not changes:
        return
    given = dialect.records("given", {**_VERSIONS, **table.columns}, "$1")
    columns = (*table.columns, "version")
    told = (*columns, "actor", "updated_at")
    assigned = ", ".join(f"{name} = excluded.{name}" for name in told)
    # An insert of rows that are all there: it takes them in an order, which no UPDATE does.
    written = await tx.execute(
        f'INSERT INTO "{table.name}" (id, number, created_at, {", ".join(told)})'
        " SELECT former.id, former.number, former.created_at,"
        f" {', '.join(f'given.{column}' for column in columns)},"
        f" {dialect.cast('$2', 'jsonb')}, {dialect.cast('$3', 'timestamptz')}"
        f' FROM {given} JOIN "{table.name}" AS former'
        " ON former.id = given.id AND former.version = given.former_version"
        f" WHERE TRUE ORDER BY given.{table.claimed}"
        f" ON CONFLICT (id) DO UPDATE SET {assigned}",
        to_json([change.record() for change in changes]),
        to_json(stamp.caller.actor()),
        stamp.now,
    )
    if written != len(changes):
        raise editing.stale()
