"""What every edit of a noun does: lock the row, know its version, write only what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from tortoise.models import Model

from app.database import Transaction
from app.database.dialects import Dialect
from app.domain.callers import Caller
from app.domain.field_checks import storable
from app.domain.refusals import Problem, Refusal, UserErrorCode
from app.models.api_key import ApiKey
from app.models.campaign import Campaign
from app.models.code import Code
from app.models.code_group import CodeGroup
from app.models.customer import Customer
from app.models.editable import Editable
from app.models.number_series import NumberSeries
from app.models.promotion import Promotion
from app.services import audit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Noun = TypeVar("Noun", Campaign, CodeGroup, NumberSeries, Promotion)
Made = TypeVar("Made", ApiKey, Campaign, CodeGroup, NumberSeries, Promotion)
Row = TypeVar("Row", ApiKey, Campaign, Code, CodeGroup, Customer, NumberSeries, Promotion)
Draft = TypeVar("Draft", bound="DataclassInstance")
Versioned: TypeAlias = Editable | Code


@dataclass(frozen=True, slots=True)
class Target:
    """The row to change, and the version on which the change was decided; None is any version."""

    id: int
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who changes, and when."""

    caller: Caller
    now: datetime


async def lock(tx: Transaction, noun: type[Noun], target: Target) -> Noun:
    """Return the row, locked until the transaction ends, or refuse the change.

    NOT_FOUND; NOT_EDITABLE when it is archived; STALE_VERSION when somebody else was faster.
    """
    row = await find_and_lock(tx, noun, target.id)
    if row.archived_at is not None:
        raise Refusal(
            Problem(UserErrorCode.NOT_EDITABLE, "It is archived, and that is final.", ("id",))
        )
    check_version(row, target)
    return row


async def find_and_lock(tx: Transaction, noun: type[Row], row_id: int) -> Row:
    """Return the row, locked until the transaction ends, whatever its state; or NOT_FOUND."""
    rows = noun.filter(id=row_id).using_db(tx.client).select_for_update(no_key=True)
    row = await rows.first()
    if row is None:
        raise Refusal(Problem(UserErrorCode.NOT_FOUND, "There is nothing with this id.", ("id",)))
    return row


def check_version(row: Versioned, target: Target) -> None:
    """Refuse with STALE_VERSION what was decided on another version of the locked row."""
    if target.expected_version not in (None, row.version):
        raise stale()


def applied(draft: Draft, values: Mapping[str, Any]) -> Draft:
    """Return the draft with these values. None clears: back to the default, or empty text."""
    cleared = {name: default for name, default in _defaults(draft).items() if name in values}
    given = {name: value for name, value in values.items() if value is not None}
    return replace(draft, **{**cleared, **given})


def _defaults(draft: "DataclassInstance") -> dict[str, Any]:
    defaults: dict[str, Any] = {}
    for field in fields(draft):
        if field.default is not MISSING:
            defaults[field.name] = field.default
        else:
            factory = field.default_factory
            defaults[field.name] = "" if factory is MISSING else factory()
    return defaults


def drafted(draft: type[Draft], row: Model, **others: object) -> Draft:
    """Return the facts of a row as the draft of its noun, named like columns but for `others`."""
    names = [field.name for field in fields(draft)]
    values = {name: others[name] if name in others else getattr(row, name) for name in names}
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return draft(**{**values, **lists})


def columns(draft: "DataclassInstance") -> dict[str, Any]:
    """Return the facts of a draft as columns hold them."""
    return {field.name: plain(getattr(draft, field.name)) for field in fields(draft)}


def facts(draft: type["DataclassInstance"], row: Model) -> dict[str, Any]:
    """Return what a revision keeps of a row: all that rules and readers of the past ask for.

    The free metadata is not among it.
    """
    kept = [field.name for field in fields(draft) if field.name != "metadata"]
    return {name: plain(getattr(row, name)) for name in (*kept, "archived_at")}


def changes(before: "DataclassInstance", after: "DataclassInstance") -> dict[str, Any]:
    """Return what differs, as columns hold it."""
    return {
        field.name: plain(getattr(after, field.name))
        for field in fields(after)
        if differ(getattr(before, field.name), getattr(after, field.name))
    }


def differ(one: object, other: object) -> bool:
    """Whether two values are stored differently: to Python alone, 1 and true are equal."""
    return _told_apart(one) != _told_apart(other)


def _told_apart(value: object) -> object:
    match value:
        case bool():
            return (bool, value)
        case Mapping():
            return {name: _told_apart(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_told_apart(inner) for inner in value]
        case _:
            return value


def plain(value: object) -> object:
    """Return a draft's value as a column holds it."""
    match value:
        case tuple():
            return list(value)
        case Mapping():
            return dict(value)
        case _:
            return value


async def check_free(tx: Transaction, column: str, text: str, taken: Problem) -> list[Problem]:
    """Look whether a row has the text in this unique `table.column` already.

    A text that cannot be stored is told by the checks of the draft, and cannot be looked up.
    """
    table, _, _ = column.partition(".")
    found = storable(text) and await tx.fetch_value(
        f"SELECT 1 FROM {table} WHERE {column} = $1", text
    )
    return [taken] if found else []


async def create(
    tx: Transaction, noun: type[Made], values: Mapping[str, Any], stamp: Stamp
) -> Made:
    """Insert a row, in its first version."""
    row = await noun.create(
        using_db=tx.client,
        **values,
        actor=stamp.caller.actor(),
        created_at=stamp.now,
        updated_at=stamp.now,
    )
    await audit.record(tx, stamp, f"create{noun.__name__}", (noun.__name__, row.pk))
    return row


async def write(
    tx: Transaction, row: Editable, values: Mapping[str, Any], stamp: Stamp, verb: str = "update"
) -> None:
    """Write one version of a row more, if it still has the version at which it was locked."""
    rows = type(row).filter(id=row.pk, version=row.version).using_db(tx.client)
    written = await rows.update(
        **values, version=row.version + 1, actor=stamp.caller.actor(), updated_at=stamp.now
    )
    if not written:
        raise stale()
    noun = type(row).__name__
    verb = "archive" if "archived_at" in values else verb
    await audit.record(tx, stamp, f"{verb}{noun}", (noun, row.pk), fields=audit.shown(values))


async def write_all(
    tx: Transaction,
    dialect: Dialect,
    rows: Sequence[Versioned],
    values: Mapping[str, Any],
    stamp: Stamp,
) -> None:
    """Do as `write` for one or more rows of one noun, archived or not, in one statement."""
    table = rows[0]._meta.db_table  # noqa: SLF001 - Tortoise's metadata
    columns = {**values, "actor": stamp.caller.actor(), "updated_at": stamp.now}
    assigned = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 1))
    held = dialect.rows("held", {"id": "bigint", "version": "int"}, first=len(columns) + 1)
    written = await tx.execute(
        f"UPDATE {table} SET {assigned}, version = {table}.version + 1 FROM {held}"
        f" WHERE {table}.id = held.id AND {table}.version = held.version",
        *columns.values(),
        [row.pk for row in rows],
        [row.version for row in rows],
    )
    check_written(written, len(rows))


def check_written(written: int, rows: int) -> None:
    """Refuse with STALE_VERSION when a statement did not find every row as it was locked."""
    if written != rows:
        raise stale()


def stale() -> Refusal:
    """Return the refusal of what was decided on a version that is no longer the row's."""
    return Refusal(
        Problem(
            UserErrorCode.STALE_VERSION,
            "Somebody else has changed it since it was read; read it again and decide anew.",
            ("expectedVersion",),
        )
    )
