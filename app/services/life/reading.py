"""The facts of a batch, read when its codes are locked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from app.database import Row, Statements
from app.database.dialects import Dialect
from app.database.instants import from_json, to_json
from app.domain.life import verdicts
from app.domain.life.book import Facts, Kept
from app.domain.life.calls import Call, CreateCashback, Redeem, Reserve, Withdraw
from app.domain.life.records import GroupUse, OrderRecord
from app.domain.life.verdicts import Made, MadeKind
from app.domain.validity_facts import NEW, CustomerRules
from app.services.life import fresh_ids, rows, surroundings
from app.services.life.naming import Named

NO_CODE: Final = 0
LIVE: Final = "reservation.ended_at IS NULL AND reservation.expires_at > "


class Reading:
    """Reads what the calls are about, at one moment, each kind of row by one statement."""

    def __init__(
        self,
        tx: Statements,
        dialect: Dialect,
        calls: Sequence[Call],
        now: datetime,
        *,
        storing: bool = True,
    ) -> None:
        self._tx = tx
        self._dialect = dialect
        self._calls = calls
        self._now = now
        self._storing = storing
        self._facts = Facts()

    async def facts(self, named: Named) -> Facts:
        facts = self._facts
        facts.issuing, facts.baskets = named.issuing, named.baskets
        facts.pools, facts.contended = named.pools, named.contended
        facts.texts = named.texts
        await self._read_codes(named.ids)
        await self._read_people()
        if self._storing:
            await self._meet_new()
        else:
            self._imagine_new()
        await self._read_redemptions(named.redemptions)
        await self._read_reservations(named.reservations)
        await self._read_shares()
        await self._read_keys()
        await self._read_cashbacks(named)
        await surroundings.read(self._tx, self._dialect, facts, list(named.wanted))
        return facts

    async def _by_ids(self, columns: str, table: str, ids: Sequence[int]) -> list[Row]:
        if not ids:
            return []
        chosen = self._dialect.among("id", "$1", "bigint")
        return await self._tx.fetch(f'SELECT {columns} FROM "{table}" WHERE {chosen}', ids)

    async def _read_codes(self, ids: Sequence[int]) -> None:
        chosen = self._dialect.among("id", "$1", "bigint")
        reserved = f"SELECT COUNT(*) FROM reservation WHERE code_id = code.id AND {LIVE}$2"
        for row in await self._tx.fetch(
            f"SELECT {rows.CODE}, ({reserved}) AS reserved FROM code WHERE {chosen}",
            ids,
            self._now,
        ):
            self._facts.reserved[row["id"]] = row["reserved"]
            self._facts.codes[row["id"]] = rows.code(row)

    async def _read_people(self) -> None:
        """Customers and orders by their numbers, and which of them are new."""
        facts = self._facts
        numbers = sorted({number for call in self._calls if (number := _customer(call))})
        chosen = self._dialect.among("number", "$1", "text")
        if numbers:
            columns = "SELECT id, number, status, segments FROM customer"
            for row in await self._tx.fetch(f"{columns} WHERE {chosen}", numbers):
                facts.customers[row["number"]] = rows.customer(row)
        orders = sorted({number for call in self._calls if (number := _order(call))})
        if orders:
            columns = f'SELECT {rows.ORDER} FROM "order"'
            for row in await self._tx.fetch(f"{columns} WHERE {chosen}", orders):
                facts.orders[row["number"]] = rows.order(row)
        facts.new_customers = set(numbers) - facts.customers.keys()
        facts.new_orders = set(orders) - facts.orders.keys()

    async def _meet_new(self) -> None:
        """Draw the ids under which new customers and orders will be stored, if they are."""
        facts = self._facts
        counts = {"customer": len(facts.new_customers), "order": len(facts.new_orders)}
        fresh = await fresh_ids.draw(self._tx, self._dialect, counts)
        for number in sorted(facts.new_customers):
            facts.customers[number] = CustomerRules(next(fresh["customer"]))
        for number in sorted(facts.new_orders):
            facts.orders[number] = OrderRecord(id=next(fresh["order"]))

    def _imagine_new(self) -> None:
        """Tell a new customer apart from everybody else, for rules alone: nothing is stored."""
        for number in self._facts.new_customers:
            self._facts.customers[number] = CustomerRules(NEW)

    async def _read_redemptions(self, ids: Sequence[int]) -> None:
        """Those that are named, and the confirmed ones of named codes by named orders."""
        asked = {
            (self._code_id(call), call.order)
            for call in self._calls
            if isinstance(call, Redeem) and call.order
        }
        for row in await self._by_ids(rows.REDEMPTION, "redemption", ids):
            self._facts.redemptions[row["id"]] = rows.redemption(row)
        await self._read_asked(
            "redemption",
            rows.REDEMPTION,
            "redemption.order_number = asked.name AND redemption.state = 'CONFIRMED'",
            asked,
        )

    async def _read_reservations(self, ids: Sequence[int]) -> None:
        """Those that are named, those of named holders, and all of codes that are withdrawn."""
        asked = {
            (self._code_id(call), holder)
            for call in self._calls
            if isinstance(call, Redeem | Reserve) and (holder := call.holder or call.customer)
        }
        for row in await self._by_ids(rows.RESERVATION, "reservation", ids):
            self._facts.reservations[row["id"]] = rows.reservation(row)
        await self._read_asked(
            "reservation",
            rows.RESERVATION,
            "reservation.holder = asked.name AND reservation.ended_at IS NULL",
            asked,
        )
        withdrawn = [call.code_id for call in self._calls if isinstance(call, Withdraw)]
        if withdrawn:
            chosen = self._dialect.among("code_id", "$1", "bigint")
            for row in await self._tx.fetch(
                f"SELECT {rows.RESERVATION} FROM reservation"
                f" WHERE {chosen} AND reservation.ended_at IS NULL",
                withdrawn,
            ):
                self._facts.reservations[row["id"]] = rows.reservation(row)

    async def _read_asked(
        self, table: str, columns: str, condition: str, asked: set[tuple[int, str]]
    ) -> None:
        """Rows of a code by a name, each found by its unique key."""
        if not asked:
            return
        given = self._dialect.records("asked", {"code_id": "bigint", "name": "text"}, "$1")
        found = await self._tx.fetch(
            f"SELECT (SELECT id FROM {table} WHERE {table}.code_id = asked.code_id"
            f" AND {condition}) AS id FROM {given}",
            to_json([{"code_id": code_id, "name": name} for code_id, name in sorted(asked)]),
        )
        ids = [row["id"] for row in found if row["id"] is not None]
        for row in await self._by_ids(columns, table, ids):
            if table == "redemption":
                self._facts.redemptions[row["id"]] = rows.redemption(row)
            else:
                self._facts.reservations[row["id"]] = rows.reservation(row)

    async def _read_shares(self) -> None:
        """How often each named customer has used and holds the code, and codes of its group."""
        facts = self._facts
        asked = {(one.code_id, one.group_id, one.customer_id) for one in facts.redemptions.values()}
        for call in self._calls:
            if isinstance(call, Redeem | Reserve) and call.customer:
                code_id = self._code_id(call)
                code = facts.codes.get(code_id)
                group_id = code.group_id if code else None
                asked.add((code_id, group_id, facts.customers[call.customer].id))
        known = [one for one in asked if one[2] is not None]
        if not known:
            return
        columns = {"code_id": "bigint", "group_id": "bigint", "customer_id": "bigint"}
        live = f"FROM reservation WHERE {LIVE}{self._dialect.cast('$2', 'timestamptz')}"
        mine = "customer_id = asked.customer_id"
        of_group = f"FROM group_customer WHERE group_id = asked.group_id AND {mine}"
        for row in await self._tx.fetch(
            "SELECT asked.code_id, asked.group_id, asked.customer_id,"
            f" (SELECT uses FROM code_customer WHERE code_id = asked.code_id AND {mine}) AS uses,"
            f" (SELECT COUNT(*) {live} AND code_id = asked.code_id AND {mine}) AS reserved,"
            f" (SELECT uses {of_group}) AS group_uses, (SELECT seq {of_group}) AS group_seq,"
            f" (SELECT COUNT(*) {live} AND group_id = asked.group_id AND {mine}) AS group_reserved"
            f" FROM {self._dialect.records('asked', columns, '$1')}",
            to_json([dict(zip(columns, one, strict=True)) for one in known]),
            self._now,
        ):
            self._keep_share(row)

    def _keep_share(self, row: Row) -> None:
        of_code = (row["code_id"], row["customer_id"])
        of_group = (row["group_id"] or 0, row["customer_id"])
        self._facts.code_reserved[of_code] = row["reserved"]
        self._facts.group_reserved[of_group] = row["group_reserved"]
        if row["uses"] is not None:
            self._facts.code_uses[of_code] = row["uses"]
        if row["group_uses"] is not None:
            self._facts.group_uses[of_group] = GroupUse(row["group_uses"], row["group_seq"])

    async def _read_keys(self) -> None:
        """What was answered before under the keys of this batch."""
        columns = {"caller_id": "text", "operation": "text", "key": "text"}
        asked = {(call.caller.id, call.operation, call.key) for call in self._calls if call.key}
        if not asked:
            return
        same = " AND ".join(f"idempotency.{name} = asked.{name}" for name in columns)
        names = ", ".join(f"idempotency.{name}" for name in columns)
        for row in await self._tx.fetch(
            f"SELECT {names}, fingerprint, verdict, made_kind, made_id"
            f" FROM {self._dialect.records('asked', columns, '$1')} JOIN idempotency ON {same}",
            to_json([dict(zip(columns, one, strict=True)) for one in asked]),
        ):
            made = row["made_kind"] and Made(MadeKind(row["made_kind"]), row["made_id"])
            verdict = verdicts.from_json(from_json(row["verdict"]), made or None)
            key = (row["caller_id"], row["operation"], row["key"])
            self._facts.keys[key] = Kept(row["fingerprint"], verdict)

    async def _read_cashbacks(self, named: Named) -> None:
        chosen = self._dialect.among("code_id", "$1", "bigint")
        found: list[Any] = await self._tx.fetch(
            f"SELECT {rows.CASHBACK} FROM cashback WHERE {chosen}", named.ids
        )
        self._facts.cashbacks = {row["id"]: rows.cashback(row) for row in found}

    def _code_id(self, call: Redeem | Reserve) -> int:
        """The code's id; of one that does not exist, an id that no row has.

        So the same is asked of the database for both, and its time tells nobody which it was.
        """
        return self._facts.texts.get(call.code, NO_CODE)


def _customer(call: Call) -> str | None:
    number: str | None = getattr(call, "customer", None)
    return number


def _order(call: Call) -> str | None:
    return call.order if isinstance(call, Redeem | CreateCashback) else None
