"""The facts of a batch, read when its codes are locked."""

from collections.abc import Iterator, Sequence
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
from app.domain.validity_facts import CustomerRules
from app.services.life import rows, surroundings
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
    ) -> None:
        self._tx = tx
        self._dialect = dialect
        self._calls = calls
        self._now = now
        self._facts = Facts()

    async def facts(self, named: Named) -> Facts:
        facts = self._facts
        facts.issuing, facts.baskets = named.issuing, named.baskets
        facts.given_to = named.given_to
        facts.pools, facts.contended = named.pools, named.contended
        facts.texts = named.texts
        await self._read_codes(named.ids)
        await self._read_people()
        await self._read_uses(named)
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

    async def _read_uses(self, named: Named) -> None:
        """Redemptions and reservations that are named, by ids or by order and holder."""
        redemptions, reservations = await self._find_uses()
        redemptions += named.redemptions
        reservations += named.reservations
        for row in await self._by_ids(rows.REDEMPTION, "redemption", redemptions):
            self._facts.redemptions[row["id"]] = rows.redemption(row)
        for row in await self._by_ids(rows.RESERVATION, "reservation", reservations):
            self._facts.reservations[row["id"]] = rows.reservation(row)
        withdrawn = [call.code_id for call in self._calls if isinstance(call, Withdraw)]
        if withdrawn:
            chosen = self._dialect.among("code_id", "$1", "bigint")
            for row in await self._tx.fetch(
                f"SELECT {rows.RESERVATION} FROM reservation"
                f" WHERE {chosen} AND reservation.ended_at IS NULL",
                withdrawn,
            ):
                self._facts.reservations[row["id"]] = rows.reservation(row)

    async def _find_uses(self) -> tuple[list[int], list[int]]:
        """The confirmed redemptions of codes by orders, and what holders have reserved of them.

        Each is found by its unique key. An order that is new has redeemed nothing.
        """
        columns = {"code_id": "bigint", "order_number": "text", "holder": "text"}
        asked = set()
        for call in self._calls:
            if isinstance(call, Redeem | Reserve):
                order = _order(call)
                known = order if order in self._facts.orders else None
                asked.add((self._code_id(call), known, call.holder or call.customer))
        wanted = [one for one in asked if one[1:] != (None, None)]
        if not wanted:
            return [], []
        found = await self._tx.fetch(
            "SELECT (SELECT id FROM redemption WHERE redemption.code_id = asked.code_id"
            " AND redemption.order_number = asked.order_number"
            " AND redemption.state = 'CONFIRMED') AS redemption_id,"
            " (SELECT id FROM reservation WHERE reservation.code_id = asked.code_id"
            " AND reservation.holder = asked.holder"
            " AND reservation.ended_at IS NULL) AS reservation_id"
            f" FROM {self._dialect.records('asked', columns, '$1')}",
            to_json([dict(zip(columns, one, strict=True)) for one in wanted]),
        )
        redemptions = [row["redemption_id"] for row in found if row["redemption_id"] is not None]
        reservations = [row["reservation_id"] for row in found if row["reservation_id"] is not None]
        return redemptions, reservations

    async def _read_shares(self) -> None:
        """How often each named customer has used and holds the code, and codes of its group.

        A customer who is new has done neither.
        """
        facts = self._facts
        asked = {(one.code_id, one.group_id, one.customer_id) for one in facts.redemptions.values()}
        for call in self._calls:
            if isinstance(call, Redeem | Reserve) and call.customer in facts.customers:
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


def meet_new(facts: Facts, customers: Iterator[int], orders: Iterator[int]) -> None:
    """Give who is new the ids under which they will be stored, if they are."""
    for number in sorted(facts.new_customers):
        facts.customers[number] = CustomerRules(next(customers))
    for number in sorted(facts.new_orders):
        facts.orders[number] = OrderRecord(id=next(orders))


def _customer(call: Call) -> str | None:
    number: str | None = getattr(call, "customer", None)
    return number


def _order(call: Call) -> str | None:
    return call.order if isinstance(call, Redeem | CreateCashback) else None
