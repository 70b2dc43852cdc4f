"""What a batch changes, netted to one row a key and written in one order.

Every statement says again on what it was decided. One that finds fewer rows than it was sent has
lost a race: the transaction rolls back, and the calls are decided anew.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from app.database import Statements
from app.database.dialects import Dialect
from app.database.instants import to_json, to_text
from app.domain.life.book import Book, LostRace
from app.domain.life.records import CodeRecord, GroupUse
from app.domain.redemptions import is_live

# What holds uses of `code` at this moment.
LIVE_HOLDS: Final = (
    "SELECT COUNT(*) FROM reservation WHERE reservation.code_id = code.id"
    " AND reservation.ended_at IS NULL AND reservation.expires_at > {now}"
)
Records = Sequence[Mapping[str, Any]]


class Writer:
    """Sends the rows of one kind at a time, and counts what came of them."""

    def __init__(self, tx: Statements, dialect: Dialect, now: datetime) -> None:
        self.tx = tx
        self.dialect = dialect
        self.now = now
        # The instant of every row of the batch, written once.
        self.stamp = to_text(now)

    async def send(self, what: str, sql: str, columns: Mapping[str, str], rows: Records) -> None:
        """Run the statement over `given`, and raise LostRace unless it hits each row once.

        In the text {given} is a FROM item of the rows, and {now} the batch's instant.
        """
        if not rows:
            return
        given = self.dialect.records("given", columns, "$1")
        now = self.dialect.cast("$2", "timestamptz")
        uses_now = "{now}" in sql
        text = sql.replace("{given}", given).replace("{now}", now)
        values = (to_json(rows), self.now) if uses_now else (to_json(rows),)
        written = await self.tx.execute(text, *values)
        if written != len(rows):
            raise LostRace(f"{len(rows) - written} of {len(rows)} rows: {what}")

    async def insert(self, table: str, columns: Mapping[str, str], rows: Records) -> None:
        """Insert the rows in the order given; a twin makes it a lost race."""
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(f'given."{name}"' for name in columns)
        sql = (
            f'INSERT INTO "{table}" ({names}) SELECT {values} FROM {{given}} WHERE TRUE'
            " ON CONFLICT DO NOTHING"
        )
        await self.send(table, sql, columns, rows)


def row_of(columns: Iterable[str]) -> Callable[[object], dict[str, Any]]:
    """Return what makes a row of a record that has these attributes.

    A batch has a row of some fifteen values for each call in several tables: this is much of it.
    """
    names = tuple(columns)
    values = attrgetter(*names)
    return lambda record: dict(zip(names, values(record), strict=True))


async def write_people(writer: Writer, book: Book) -> None:
    """Record new customers and orders, and what orders have learned."""
    facts, at = book.facts, {"created_at": writer.stamp, "updated_at": writer.stamp}
    await writer.insert(
        "customer",
        {"id": "bigint", "number": "text", "actor": "jsonb", **_STAMPS},
        [
            {"id": facts.customers[number].id, "number": number, "actor": actor, **at}
            for number, actor in sorted(book.named.items())
            if number in facts.new_customers
        ],
    )
    ordered = [
        {
            "id": facts.orders[number].id,
            "number": number,
            "customer_id": facts.orders[number].customer_id,
            "store": facts.orders[number].store,
            "application": facts.orders[number].application,
            "version": facts.orders[number].version,
            "actor": actor,
            **at,
        }
        for number, actor in sorted(book.ordered.items())
        if facts.orders[number] != book.read_orders[number] or number in facts.new_orders
    ]
    new = [row for row in ordered if row["number"] in facts.new_orders]
    await writer.insert("order", {**_ORDER, **_STAMPS}, new)
    await writer.send(
        "order",
        'UPDATE "order" SET customer_id = given.customer_id, store = given.store,'
        " application = given.application, version = given.version, actor = given.actor,"
        ' updated_at = {now} FROM {given} WHERE "order".id = given.id'
        ' AND "order".version = given.version - 1',
        _ORDER,
        [row for row in ordered if row["number"] not in facts.new_orders],
    )


async def write_counters(writer: Writer, book: Book) -> None:
    """Count the uses of customers: of groups first, then of codes."""
    await _write_group_counters(writer, book)
    facts = book.facts
    changed = [
        {
            "code_id": code_id,
            "customer_id": customer_id,
            "n": uses - book.read_code_uses.get((code_id, customer_id), 0),
            "cap": facts.codes[code_id].uses_per_customer,
        }
        for (code_id, customer_id), uses in sorted(facts.code_uses.items())
        if uses != book.read_code_uses.get((code_id, customer_id), 0)
    ]
    known = book.read_code_uses
    await writer.send(
        "code_customer",
        "INSERT INTO code_customer (code_id, customer_id, uses, cap)"
        " SELECT code_id, customer_id, n, cap FROM {given} WHERE TRUE ON CONFLICT DO NOTHING",
        _CODE_CUSTOMER,
        [row for row in changed if (row["code_id"], row["customer_id"]) not in known],
    )
    await writer.send(
        "code_customer",
        "UPDATE code_customer SET uses = code_customer.uses + given.n,"
        " cap = CASE WHEN given.n > 0 THEN given.cap ELSE code_customer.cap END FROM {given}"
        " WHERE code_customer.code_id = given.code_id"
        " AND code_customer.customer_id = given.customer_id"
        " AND (given.n < 0 OR given.cap IS NULL OR code_customer.uses + given.n <= given.cap)",
        _CODE_CUSTOMER,
        [row for row in changed if (row["code_id"], row["customer_id"]) in known],
    )


async def _write_group_counters(writer: Writer, book: Book) -> None:
    """A turn that somebody else took in between is a lost race; giving back takes no turn."""
    changed, known = [], book.read_group_uses
    for pair, used in sorted(book.facts.group_uses.items()):
        former = known.get(pair, GroupUse())
        if used != former:
            row = {
                "group_id": pair[0],
                "customer_id": pair[1],
                "n": used.uses - former.uses,
                "turns": used.seq - former.seq,
                "seq": former.seq,
                "cap": book.facts.groups[pair[0]].reuse_per_customer,
            }
            changed.append((pair, row))
    await writer.send(
        "group_customer",
        "INSERT INTO group_customer (group_id, customer_id, uses, cap, seq)"
        " SELECT group_id, customer_id, n, cap, turns FROM {given} WHERE TRUE"
        " ON CONFLICT DO NOTHING",
        _GROUP_CUSTOMER,
        [row for pair, row in changed if pair not in known],
    )
    await writer.send(
        "group_customer",
        "UPDATE group_customer SET uses = group_customer.uses + given.n,"
        " seq = group_customer.seq + given.turns,"
        " cap = CASE WHEN given.n > 0 THEN given.cap ELSE group_customer.cap END FROM {given}"
        " WHERE group_customer.group_id = given.group_id"
        " AND group_customer.customer_id = given.customer_id"
        " AND (given.turns = 0 OR group_customer.seq = given.seq)"
        " AND (given.n <= 0 OR given.cap IS NULL OR group_customer.uses + given.n <= given.cap)",
        _GROUP_CUSTOMER,
        [row for pair, row in changed if pair in known],
    )


async def write_codes(writer: Writer, book: Book) -> None:
    """Count the uses of codes, change codes, and insert those made on demand."""
    facts = book.facts
    former = book.read_codes
    freed = Counter(one.code_id for one in book.ended if is_live(one, writer.now))
    await writer.send(
        "code",
        "UPDATE code SET uses = code.uses + given.n, used_up_at = CASE"
        " WHEN code.uses + given.n >= code.max_uses THEN COALESCE(code.used_up_at, {now}) END"
        " FROM {given} WHERE code.id = given.id AND (given.n < 0 OR"
        " COALESCE(code.uses + given.n <= given.most, TRUE) AND (code.max_uses IS NULL OR"
        f" code.uses + given.n + ({LIVE_HOLDS}) - given.freed <= code.max_uses))",
        {"id": "bigint", "n": "int", "most": "int", "freed": "int"},
        [
            {
                "id": code.id,
                "n": code.uses - former[code.id].uses,
                "most": _most(book, code),
                "freed": freed[code.id],
            }
            for code in sorted(facts.codes.values(), key=_id)
            if code.id in former and code.uses != former[code.id].uses
        ],
    )
    changed = [
        {
            **_changed_code(code),
            "former": former[code.id].version,
            "actor": book.changers[code.id],
        }
        for code in sorted(facts.codes.values(), key=_id)
        if code.id in former and code.version != former[code.id].version
    ]
    assigned = ", ".join(f"{name} = given.{name}" for name in _CODE if name != "id")
    await writer.send(
        "code",
        f"UPDATE code SET {assigned}, actor = given.actor, updated_at = {{now}} FROM {{given}}"
        " WHERE code.id = given.id AND code.version = given.former",
        {**_CODE, "former": "int", "actor": "jsonb"},
        changed,
    )
    await _insert_codes(writer, book)


async def _insert_codes(writer: Writer, book: Book) -> None:
    made = []
    for code_id, supply in sorted(book.made_codes.items()):
        code = book.facts.codes[code_id]
        row = _new_code(code)
        stamps = {"created_at": writer.stamp, "updated_at": writer.stamp}
        texts = {"text": supply.text, "normal_form": supply.normal_form}
        made.append({**row, **texts, **stamps, "actor": book.changers[code_id]})
    columns = {
        **_CODE, **_NEW_CODE, "text": "text", "normal_form": "text", "actor": "jsonb", **_STAMPS,
    }  # fmt: skip
    await writer.insert("code", columns, made)


def _most(book: Book, code: CodeRecord) -> int | None:
    """The most uses that the code's group allows."""
    return None if code.group_id is None else book.facts.groups[code.group_id].total_reuse_per_code


def _id(code: CodeRecord) -> int:
    return code.id


_STAMPS: Final = {"created_at": "timestamptz", "updated_at": "timestamptz"}
_ORDER: Final = {
    "id": "bigint",
    "number": "text",
    "customer_id": "bigint",
    "store": "text",
    "application": "text",
    "version": "int",
    "actor": "jsonb",
}
_CODE_CUSTOMER: Final = {"code_id": "bigint", "customer_id": "bigint", "n": "int", "cap": "int"}
_GROUP_CUSTOMER: Final = {
    "group_id": "bigint",
    "customer_id": "bigint",
    "n": "int",
    "turns": "int",
    "seq": "bigint",
    "cap": "int",
}
_CODE: Final = {
    "id": "bigint",
    "issued_at": "timestamptz",
    "issue_reference": "text",
    "issued_store": "text",
    "issued_by_id": "bigint",
    "issued_to_id": "bigint",
    "available_to": "text",
    "basket_key": "text",
    "valid_from": "timestamptz",
    "valid_to": "timestamptz",
    "suspended_at": "timestamptz",
    "suspension_reason": "text",
    "withdrawn_at": "timestamptz",
    "withdrawal_reason": "text",
    "version": "int",
}
_NEW_CODE: Final = {
    "kind": "text",
    "campaign_id": "bigint",
    "max_uses": "int",
    "uses_per_customer": "int",
}
_changed_code: Final = row_of(_CODE)
_new_code: Final = row_of({**_CODE, **_NEW_CODE})
