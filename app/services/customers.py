"""Customers: told by the shop in batches, recorded when somebody names them, erased for good."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tortoise.expressions import Q

from app.database import Database, Statements, Transaction
from app.database.dialects import Dialect
from app.database.instants import to_json
from app.domain.batches import check_numbers, check_size
from app.domain.callers import Caller
from app.domain.customers import CustomerDraft, CustomerStatus, check_customer, tidied
from app.domain.events import EntityKind
from app.domain.field_checks import storable
from app.domain.lines import trimmed
from app.domain.refusals import Problem, UserErrorCode, refuse_any
from app.models.customer import Customer
from app.services import audit, batches, editing, revisions
from app.services.constraints import explained
from app.services.editing import Stamp, Target

TABLE: Final = batches.Table(
    "customer",
    {
        "login": "text",
        "email": "text",
        "first_name": "text",
        "last_name": "text",
        "type": "text",
        "status": "text",
        "segments": "jsonb",
        "metadata": "jsonb",
    },
    claimed="login",
)
# What revisions keep: all that rules ask for, and never who it is.
_FACTS: Final = ("type", "status", "segments")
# What is left of an erased customer besides number and type.
_NOBODY: Final[dict[str, Any]] = {
    "login": None,
    "email": None,
    "first_name": None,
    "last_name": None,
    "status": CustomerStatus.INACTIVE,
    "segments": [],
    "metadata": {},
}
_FIELD: Final = "customers"
_BY_NUMBER: Final = "SELECT id FROM customer WHERE number = $1"


@dataclass(frozen=True, slots=True)
class CustomerValues:
    """What the shop tells of the customer with this number.

    `values` is named like CustomerDraft: what is left out stays, None clears or brings the default.
    """

    number: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def draft(self) -> CustomerDraft:
        """What a new customer would be, tidied."""
        return tidied(editing.applied(CustomerDraft(), self.values))

    def columns(self) -> dict[str, Any]:
        """What is given, as columns hold it."""
        draft = self.draft()
        return {name: editing.plain(getattr(draft, name)) for name in self.values}


async def upsert(
    database: Database, caller: Caller, customers: Sequence[CustomerValues], now: datetime
) -> list[int]:
    """Insert or change 1 to 100 customers, all or none; return their ids in the order given.

    Equal values change nothing; a change of type, status or segments keeps a revision. KEY_TAKEN
    for a login that another customer has, even one that gives it up in the same batch.
    NOT_EDITABLE for an erased customer. However many rows, the number of statements is the same.
    """
    refuse_any(check_size(len(customers), _FIELD))
    rows = [CustomerValues(trimmed(row.number), row.values) for row in customers]
    problems = list(_check(rows))
    stamp = Stamp(caller, now)
    dialect = database.dialect
    with explained():
        async with database.transaction() as tx:
            new: set[str] = set()
            if not problems:
                numbers = [row.number for row in rows]
                new = await batches.seize(tx, dialect, TABLE, numbers, stamp)
            known = await _read(tx, rows)
            refuse_any([*problems, *_check_known(rows, known)])
            found = {customer.number: customer for customer in known}
            given = [(found[row.number], row.columns()) for row in rows]
            changes = list(batches.changes(TABLE, given, new))
            await _remember(tx, dialect, changes, stamp)
            await batches.write(tx, dialect, TABLE, changes, stamp)
            if changes or new:
                told: dict[str, Any] = {"changed": len(changes), "new": len(new)}
                await audit.record(tx, stamp, "upsertCustomers", **told)
    return [found[row.number].id for row in rows]


async def recorded(tx: Transaction, number: str, stamp: Stamp) -> int:
    """Return the id of the customer with this checked number; an unknown one is recorded.

    An existing one is not locked. A twin that records it at the same time is waited for.
    """
    found: int | None = await tx.fetch_value(_BY_NUMBER, number)
    if found is not None:
        return found
    await tx.execute(
        "INSERT INTO customer (number, actor, created_at, updated_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (number) DO NOTHING",
        number,
        to_json(stamp.caller.actor()),
        stamp.now,
        stamp.now,
    )
    made: int = await tx.fetch_value(_BY_NUMBER, number)
    return made


async def recorded_all(
    tx: Statements, dialect: Dialect, numbers: Iterable[str], stamp: Stamp
) -> dict[str, int]:
    """Return the ids of the customers with these checked numbers, as `recorded` does for one."""
    wanted = set(numbers)
    found = await _ids(tx, dialect, wanted)
    unknown = wanted - found.keys()
    if unknown:
        await batches.seize(tx, dialect, TABLE, unknown, stamp)
        found |= await _ids(tx, dialect, unknown)
    return found


async def erase(database: Database, caller: Caller, target: Target, now: datetime) -> None:
    """Forget for ever who the customer is: login, e-mail, names, segments and metadata go.

    Number and id stay, because orders and redemptions refer to them. To erase again changes
    nothing, whatever version is expected.
    """
    async with database.transaction() as tx:
        customer = await editing.find_and_lock(tx, Customer, target.id)
        if customer.erased_at is not None:
            return
        editing.check_version(customer, target)
        stamp = Stamp(caller, now)
        await revisions.remember(
            tx, stamp, (EntityKind.CUSTOMER, customer.id), _facts(batches.held(TABLE, customer))
        )
        await editing.write(tx, customer, {**_NOBODY, "erased_at": now}, stamp, "erase")


def _check(rows: Sequence[CustomerValues]) -> Iterator[Problem]:
    """Tell what is wrong with the input alone."""
    yield from check_numbers([row.number for row in rows], _FIELD)
    logins: set[str] = set()
    for index, row in enumerate(rows):
        draft = row.draft()
        yield from check_customer(draft, _FIELD, str(index))
        if draft.login in logins:
            message = "An earlier row of this batch has this login."
            yield Problem(UserErrorCode.KEY_TAKEN, message, (_FIELD, str(index), "login"))
        logins.update([draft.login] if draft.login else [])


async def _ids(tx: Statements, dialect: Dialect, numbers: set[str]) -> dict[str, int]:
    rows = await tx.fetch(
        f"SELECT number, id FROM customer WHERE {dialect.among('number', '$1', 'text')}",
        sorted(numbers),
    )
    return {row["number"]: row["id"] for row in rows}


async def _read(tx: Transaction, rows: Sequence[CustomerValues]) -> list[Customer]:
    """Return the customers with these numbers, and those who have one of the logins."""
    # A text that cannot be stored is told by the checks before, and cannot be looked up.
    numbers = [row.number for row in rows if storable(row.number)]
    drafts = [row.draft() for row in rows]
    logins = [draft.login for draft in drafts if draft.login and storable(draft.login)]
    wanted = Q(number__in=numbers) | Q(login__in=logins)
    found: list[Customer] = await Customer.filter(wanted).using_db(tx.client)
    return found


def _check_known(rows: Sequence[CustomerValues], known: Sequence[Customer]) -> Iterator[Problem]:
    """Tell what stands against the input among the stored customers."""
    erased = {customer.number for customer in known if customer.erased_at is not None}
    owners = {customer.login: customer.number for customer in known if customer.login}
    for index, row in enumerate(rows):
        place = (_FIELD, str(index))
        if row.number in erased:
            message = "This customer was erased, and that is final."
            yield Problem(UserErrorCode.NOT_EDITABLE, message, (*place, "number"))
        login = row.draft().login
        if login and owners.get(login, row.number) != row.number:
            message = "Another customer has this login; change that one first."
            yield Problem(UserErrorCode.KEY_TAKEN, message, (*place, "login"))


async def _remember(
    tx: Transaction,
    dialect: Dialect,
    changes: Sequence[batches.Change[Customer]],
    stamp: Stamp,
) -> None:
    """Keep the facts of those for which rules will find other ones; what is new has no past."""
    former = {
        change.row.id: facts
        for change in changes
        if not change.new and (facts := _facts(change.before)) != _facts(change.after)
    }
    await revisions.remember_all(tx, dialect, stamp, EntityKind.CUSTOMER, former)


def _facts(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in _FACTS}
