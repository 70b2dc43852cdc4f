"""Every list of a row, every filter that narrows one, and every order: each is led by an index."""

import re
from collections.abc import AsyncIterator, Iterator
from itertools import product
from typing import NamedTuple

import pytest

from app import models
from app.config import Settings
from app.database import Database
from app.database.schema import Index, PrimaryKey
from app.reading.declarations import Many, Readable
from app.reading.filters import Equals
from app.reading.nouns import READABLES, ROOTS, Listed
from graphql_schema.ids import encode_id
from tests.graphql.explaining import explained, steps
from tests.graphql.oracle import OWNERS

pytestmark = pytest.mark.usefixtures("own_plans")

HUGE, SMALL, ROWS = 3, 200, 6_000
PARENTS = range(1, 11)
"""The huge ones and some of the small."""
PAGE = 10
AT = "TIMESTAMPTZ '2026-11-22T12:00Z'"
ACTOR = """'{"name": "Test"}'::jsonb"""
EDITED = "actor, created_at, updated_at"
EDIT = f"{ACTOR}, {AT}, {AT}"
TABLES = {
    "number_series": (f"id, name, mask, {EDITED}", f"n, 'N' || n, '#', {EDIT}"),
    "campaign": (
        f"id, kind, key, name, time_zone, generate_using, number_series_id, {EDITED}",
        f"n, 'VOUCHER', 'K' || n, 'N' || n, 'UTC', 'NUMBER_SERIES', place, {EDIT}",
    ),
    "job": ("id, kind, campaign_id, queued_at, actor", f"n, 'GENERATE', place, {AT}, {ACTOR}"),
    "code_group": (
        f"id, campaign_id, name, key, activation, {EDITED}",
        f"n, place, 'N' || n, 'K' || n, 'OWN_RANGE', {EDIT}",
    ),
    "promotion": (
        f"id, name, campaign_id, discount_kind, {EDITED}",
        f"n, 'N' || n, place, 'FREE_SHIPPING', {EDIT}",
    ),
    "customer": (f"id, number, email, {EDITED}", f"n, 'C' || n, 'e' || place, {EDIT}"),
    '"order"': (f"id, number, customer_id, {EDITED}", f"n, 'O' || n, place, {EDIT}"),
    "code": (
        (
            "id, kind, campaign_id, group_id, issued_to_id, created_by_job_id, text, normal_form,"
            " issued_at, issue_reference, created_at, updated_at"
        ),
        (
            f"n, 'VOUCHER', place, place, place, place, 'CODE' || n, 'CODE' || n, {AT},"
            f" 'R' || place, {AT}, {AT}"
        ),
    ),
    "redemption": (
        "id, code_id, campaign_id, customer_id, order_id, order_number, state, redeemed_at, actor",
        f"n, place, 1, place, place, 'O' || n, 'CONFIRMED', {AT}, {ACTOR}",
    ),
    "reservation": (
        "id, code_id, customer_id, holder, expires_at, actor, created_at",
        f"n, place, place, 'H' || n, {AT}, {ACTOR}, {AT}",
    ),
    "cashback": (
        f"id, code_id, earning_order_id, customer_id, maximum_minor, currency, {EDITED}",
        f"n, n, place, place, 1, 'EUR', {EDIT}",
    ),
    "code_event": (
        "id, code_id, campaign_id, kind, at, actor",
        f"n, place, 1, 'ISSUED', {AT}, {ACTOR}",
    ),
    "attempt": (
        "id, caller_id, subject, code_id, customer_id, operation, reasons, minute, at, actor",
        f"n, 'demo', 'S' || n, place, place, 'redeemCode', 'EXPIRED', {AT}, {AT}, {ACTOR}",
    ),
    "api_key": (f"id, name, role, {EDITED}", f"n, 'N' || n, 'ADMIN', {EDIT}"),
    "api_key_secret": (
        "id, api_key_id, prefix, digest, created_at, expires_at, actor",
        f"n, place, 'P' || n, 'D', {AT}, {AT}, {ACTOR}",
    ),
    "audit_entry": (
        "id, at, caller_id, operation, entity, actor",
        f"n, {AT}, 'K' || place, 'O' || place, 'Campaign:' || place, {ACTOR}",
    ),
    "row_result": ("job_id, row, line, outcome", "place, n, n, 'INSERTED'"),
}
# Every twentieth row is one of a small place.
PLACED = f"""(SELECT n, CASE WHEN n % 20 = 0 THEN {HUGE} + 1 + n / 20 % {SMALL}
    ELSE 1 + n % {HUGE} END AS place FROM generate_series(1, {ROWS}) n) placed"""
TEXTS = {
    "campaign_key": "k10",
    "email": "e10",
    "issue_reference": "R10",
    "caller": "K10",
    "operation": "O10",
    "entity": encode_id("Campaign", 10),
}


class Case(NamedTuple):
    """`way` is the index that must lead to the rows by `lead`; without one, any in their order."""

    document: str
    table: str
    way: str | None
    lead: str | None
    most: int


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def shown(target: Readable) -> str:
    return f"{{ nodes {{ {'id' if 'id' in target.fields else 'row'} }} }}"


def index_of(target: Readable, lead: str) -> str:
    """The index that goes by the lead and then in the order that lists have without asking."""
    wanted = [lead, *next(iter(target.listing.orders.values())).columns]
    meta = getattr(models, target.name)._meta  # noqa: SLF001 - Tortoise's documented metadata
    whole = (None, f"{lead} IS NOT NULL")
    return next(
        str(one.name)
        for one in (*meta.indexes, *meta.constraints)
        if (isinstance(one, Index) and one.fields == wanted and one.where in whole)
        or (isinstance(one, PrimaryKey) and list(one.fields) == wanted)
    )


def led(document: str, target: Readable, lead: str, parents: int = 1) -> Case:
    index = index_of(target, lead)
    return Case(document, target.table.strip('"'), index, lead, parents * (PAGE + 1))


def lists() -> Iterator[tuple[str, Case]]:
    """The lists that rows of another type hold by their id."""
    for noun in READABLES.values():
        ids = ", ".join(f'"{encode_id(noun.name, number)}"' for number in PARENTS)
        for name, field in noun.fields.items():
            if isinstance(field, Many) and field.on is not None:
                target = READABLES[field.target]
                rows = f"{camel(name)}(first: {PAGE}) {shown(target)}"
                document = f"{{ nodes(ids: [{ids}]) {{ ... on {noun.name} {{ {rows} }} }} }}"
                yield f"{noun.name}.{name}", led(document, target, field.on, len(PARENTS))


def filters() -> Iterator[tuple[str, Case]]:
    """The filters that hold a leading column to one value."""
    for field, target, name, word, operator in equalities():
        held = operator.kind.target
        value = f'"{encode_id(held, PARENTS[-1]) if held else TEXTS[name]}"'
        where = f"{camel(name)}: {f'{{{word}: {value}}}' if word else value}"
        document = f"{{ {field}(where: {{{where}}}, first: {PAGE}) {shown(target)} }}"
        yield f"{field} by {name}", led(document, target, operator.column)


def equalities() -> Iterator[tuple[str, Readable, str, str, Equals]]:
    for field, target in listed():
        for name, declared in target.listing.filters.items():
            for word, operator in declared.operators.items():
                if isinstance(operator, Equals) and operator.column in target.listing.leads:
                    yield field, target, name, word, operator


def listed() -> Iterator[tuple[str, Readable]]:
    for name, root in ROOTS.items():
        if isinstance(root, Listed):
            yield camel(name), READABLES[root.target]


def orders() -> Iterator[tuple[str, Case]]:
    """The orders of everything, both ways."""
    for field, target in listed():
        for order, direction in product(target.listing.orders, ("ASC", "DESC")):
            asked = f"orderBy: {{field: {order}, direction: {direction}}}, first: {PAGE}"
            document = f"{{ {field}({asked}) {shown(target)} }}"
            case = Case(document, target.table.strip('"'), None, None, PAGE + 1)
            yield f"{field} in the order {order} {direction}", case


CASES = dict((*lists(), *filters(), *orders()))
DROP = "DROP INDEX redemption_by_customer"
WITHOUT_AN_INDEX = {"Customer.redemptions", "redemptions by customer"}
"""The cases that notice when this index is gone."""


@pytest.fixture
async def filled(postgres_settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(postgres_settings)
    async with database.transaction() as tx:
        for table, (columns, values) in TABLES.items():
            await tx.execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {PLACED}")
        await tx.execute("ANALYZE")
    yield database
    await database.close()


async def strays_of_postgres(database: Database, patch: pytest.MonkeyPatch) -> set[str]:
    """The cases that read by another index, or pass over rows of others."""
    found = set()
    for name, case in CASES.items():
        read = await explained(database, patch, case.document, case.table)
        by_index = read.indexes == {case.way} if case.way else "Seq Scan" not in read.indexes
        if not by_index or read.rows > case.most:
            found.add(name)
    return found


async def strays_of_sqlite(database: Database, patch: pytest.MonkeyPatch) -> set[str]:
    """The cases that go another way, or sort; this database decides without looking at rows."""
    found = set()
    for name, case in CASES.items():
        taken = await steps(database, patch, case.document)
        own = [step for step in taken if re.match(rf"(SCAN|SEARCH) {case.table}\b", step)]
        # A key of several columns is an index without a name of ours there.
        index = (case.way or "").replace(f"{case.table}_pkey", f"sqlite_autoindex_{case.table}_1")
        way = f" USING INDEX {index} ({case.lead}=?)"
        direct = case.way is None or (len(own) == 1 and own[0].endswith(way))
        if not direct or not own or any("B-TREE" in step for step in taken):
            found.add(name)
    return found


def test_the_cases_are_all_there_are() -> None:
    assert {name for name, _ in lists()} == {f"{noun}.{field}" for noun, field in OWNERS}
    assert {name for name, _ in filters()} == {
        "auditEntries by caller",
        "auditEntries by entity",
        "auditEntries by operation",
        "codeGroups by campaign",
        "codes by campaign",
        "codes by campaign_key",
        "codes by created_by_job",
        "codes by group",
        "codes by issue_reference",
        "codes by issued_to",
        "customers by email",
        "jobs by campaign",
        "orders by customer",
        "promotions by campaign",
        "redemptions by code",
        "redemptions by customer",
        "redemptions by order",
    }


async def test_postgres_reads_no_row_of_others(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await strays_of_postgres(filled, monkeypatch) == set()
    async with filled.transaction() as tx:
        await tx.execute(DROP)
    assert await strays_of_postgres(filled, monkeypatch) == WITHOUT_AN_INDEX


@pytest.mark.parametrize("gone", [False, True])
async def test_sqlite_goes_to_the_rows_and_sorts_nothing(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, *, gone: bool
) -> None:
    database = await Database.open(sqlite_settings)
    if gone:
        async with database.transaction() as tx:
            await tx.execute(DROP)
    strays = await strays_of_sqlite(database, monkeypatch)
    assert strays == (WITHOUT_AN_INDEX if gone else set())
    await database.close()
