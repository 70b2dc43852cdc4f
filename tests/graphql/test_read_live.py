"""Live reservations in Python and in SQL: two wordings of one rule."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest

from app.database import Database, Row
from app.domain.redemptions import ReservationEnd, ReservationFacts, is_live
from app.models import Reservation
from graphql_schema.ids import encode_id
from tests.graphql import shop
from tests.graphql.asking import Asking
from tests.graphql.documents import Dice
from tests.graphql.shop import ACTOR, NOW

TICK = timedelta(microseconds=1)
LONG = timedelta(days=900)
MOMENTS = [NOW - LONG, NOW - TICK, NOW, NOW + TICK, NOW + 2 * LONG]
FIRST_CODE, LAST_CODE = 31, 120
"""Codes of the shop on which nothing is reserved."""
CUSTOMER, OTHER = 1, 2


class Held(NamedTuple):
    code: int
    customer: int | None
    facts: ReservationFacts


def every_combination() -> list[Held]:
    """Each on a code of its own."""
    expiries = (NOW - LONG, NOW - TICK, NOW, NOW + TICK, NOW + LONG)
    ends = (None, NOW - TICK, NOW, NOW + TICK)
    combined = product(expiries, ends, (None, CUSTOMER, OTHER))
    return [
        Held(code, customer, ReservationFacts(expires_at, ended_at))
        for code, (expires_at, ended_at, customer) in enumerate(combined, FIRST_CODE)
    ]


def by_chance() -> list[Held]:
    """Some codes have several, and some have none."""
    return [_held(Dice(seed)) for seed in range(300)]


def _held(dice: Dice) -> Held:
    expires_at = NOW + timedelta(microseconds=dice.below(5) - 2)
    ended_at = NOW + timedelta(microseconds=dice.below(3) - 1) if dice.chance(30) else None
    code = FIRST_CODE + dice.below(1 + LAST_CODE - FIRST_CODE)
    customer = dice.one([None, CUSTOMER, OTHER])
    return Held(code, customer, ReservationFacts(expires_at, ended_at))


TABLES = {"combined": every_combination(), "random": by_chance()}


async def insert(database: Database, table: Sequence[Held]) -> None:
    await shop.fill(database)
    rows = [
        Reservation(
            id=number,
            code_id=held.code,
            customer_id=held.customer,
            holder=f"basket-{number}",
            expires_at=held.facts.expires_at,
            ended_at=held.facts.ended_at,
            end_reason=ReservationEnd.RELEASED if held.facts.ended_at else None,
            actor=ACTOR,
            created_at=NOW,
        )
        for number, held in enumerate(table, 1_000)
    ]
    async with database.transaction() as tx:
        await Reservation.bulk_create(rows, using_db=tx.client)


Counts = Mapping[int, tuple[int, int]]


def right(table: Sequence[Held], now: datetime) -> Counts:
    """By code: the live reservations, and those of the customer."""
    live = [held for held in table if is_live(held.facts, now)]
    return {
        code: (
            sum(held.code == code for held in live),
            sum(held.code == code and held.customer == CUSTOMER for held in live),
        )
        for code in range(FIRST_CODE, LAST_CODE + 1)
    }


async def told(database: Database, now: datetime) -> Counts:
    """The same as the statement counts them."""
    document = """query Q($ids: [ID!]!, $by: CustomerBy) { nodes(ids: $ids) { ... on Code {
        redemptionStatus(customer: $by) { reserved customer { reserved } } } } }"""
    codes = range(FIRST_CODE, LAST_CODE + 1)
    data: Any = await Asking(database, now=now).data(
        document,
        ids=[encode_id("Code", code) for code in codes],
        by={"id": encode_id("Customer", CUSTOMER)},
    )
    found = [node["redemptionStatus"] for node in data["nodes"]]
    return {
        code: (one["reserved"], one["customer"]["reserved"])
        for code, one in zip(codes, found, strict=True)
    }


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
async def test_python_and_sql_agree(database: Database, table: list[Held]) -> None:
    await insert(database, table)
    for now in MOMENTS:
        assert await told(database, now) == right(table, now)
    # At the instant of expiry itself the use is free again.
    assert sum(one for one, _ in right(table, NOW).values()) > 0
    assert right(table, NOW - TICK) != right(table, NOW) != right(table, NOW + TICK)


async def test_every_reservation_says_itself_whether_it_is_live(database: Database) -> None:
    table = TABLES["combined"]
    await insert(database, table)
    document = "query Q($ids: [ID!]!) { nodes(ids: $ids) { ... on Reservation { live } } }"
    ids = [encode_id("Reservation", 1_000 + number) for number in range(len(table))]
    for now in MOMENTS:
        data: Any = await Asking(database, now=now).data(document, ids=ids)
        assert [node["live"] for node in data["nodes"]] == [
            is_live(held.facts, now) for held in table
        ]


@pytest.mark.usefixtures("own_plans")
@pytest.mark.parametrize(
    ("wording", "wrong"),
    [
        (r"expires_at > (?=\$)", "expires_at >= "),
        (r"ended_at IS NULL AND ", ""),
        (r"expires_at > (?=\$)", "expires_at <> "),
        (r"(?<=reservation WHERE )code_id = t\d+\.id AND ", ""),
        (r"(?<=[\dz]) AND customer_id = t\d+\.id(?=\))", ""),
    ],
)
async def test_a_slip_in_the_wording_is_caught(
    database: Database, monkeypatch: pytest.MonkeyPatch, wording: str, wrong: str
) -> None:
    table = TABLES["combined"]
    await insert(database, table)
    read = database.read

    async def slipping(sql: str, *values: object) -> Sequence[Row]:
        assert re.search(wording, sql)
        return await read(re.sub(wording, wrong, sql), *values)

    monkeypatch.setattr(database, "read", slipping)
    assert await told(database, NOW) != right(table, NOW)
