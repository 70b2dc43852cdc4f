"""Green and red in Python and in SQL: two wordings of one rule."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.database import Database
from app.domain.campaigns import CampaignKind
from app.domain.levels import ValidityStatus
from app.domain.promotions import DiscountKind, GroupActivation
from app.domain.validity import validity_status
from app.domain.validity_facts import Gate, PromotionRules, SwitchFacts
from app.models import Campaign, Code, CodeGroup, Promotion, PromotionGroup
from app.reading import code_validity
from tests.graphql import shop
from tests.graphql.asking import Asking
from tests.graphql.documents import Dice
from tests.graphql.shop import ACTOR, NOW

TICK = timedelta(microseconds=1)
MOMENTS = [NOW - TICK, NOW, NOW + TICK, NOW - timedelta(days=900), NOW + timedelta(days=900)]
STAMPS: dict[str, Any] = {"actor": ACTOR, "created_at": NOW, "updated_at": NOW}
WORLDS, APART = 40, 100
CAMPAIGNS, GROUPS, PROMOTIONS = 4, 5, 5


@dataclass
class World:
    """Some campaigns, groups and promotions by chance, and a code for each way to be driven."""

    number: int
    campaigns: dict[int, Gate] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    promotions: dict[int, tuple[Gate, int | None]] = field(default_factory=dict)
    links: set[tuple[int, int]] = field(default_factory=set)
    codes: dict[int, tuple[int, int | None]] = field(default_factory=dict)

    def facts(self, code: int) -> SwitchFacts:
        campaign, group = self.codes[code]
        linked = [number for number, of in sorted(self.links) if of == group]
        own = [number for number, (_, of) in self.promotions.items() if of == campaign]
        driven = [self.promotions[number] for number in linked or own]
        rules = [
            PromotionRules(gate, None if bundle is None else self.campaigns[bundle])
            for gate, bundle in driven
        ]
        return SwitchFacts(self.campaigns[campaign], tuple(rules))


def world(number: int) -> World:
    dice, base = Dice(number), number * APART
    made = World(number)

    def gate(place: int) -> Gate:
        ends = [None, NOW + TICK, NOW + 2 * TICK, NOW]
        starts = [None, NOW - TICK, NOW, NOW + TICK]
        start, end = dice.one(starts), dice.one(ends)
        ordered = start is None or end is None or start < end
        return Gate(base + place, dice.chance(75), start, end if ordered else None)

    made.campaigns = {base + place: gate(place) for place in range(CAMPAIGNS)}
    of = list(made.campaigns)
    made.groups = {base + place: dice.one(of) for place in range(GROUPS)}
    made.promotions = {
        base + place: (gate(place), dice.one([None, *of[:-1]])) for place in range(PROMOTIONS)
    }
    made.links = {
        (promotion, group)
        for group in list(made.groups)[1:]
        for promotion in made.promotions
        if dice.chance(30)
    }
    ways = [*((of, group) for group, of in made.groups.items()), *((one, None) for one in of)]
    made.codes = {base + place: way for place, way in enumerate(ways)}
    return made


def columns(gate: Gate) -> dict[str, Any]:
    bounds = {"active_from": gate.active_from, "active_to": gate.active_to}
    return {"id": gate.id, "name": f"Gate {gate.id}", "enabled": gate.enabled, **bounds, **STAMPS}


async def store(database: Database, worlds: list[World]) -> None:
    campaigns = [
        Campaign(kind=CampaignKind.SOURCE, key=f"K{gate.id}", time_zone="UTC", **columns(gate))
        for one in worlds
        for gate in one.campaigns.values()
    ]
    groups = [
        CodeGroup(
            id=number,
            key=f"G{number}",
            name=f"G{number}",
            activation=GroupActivation.OWN_RANGE,
            campaign_id=campaign,
            **STAMPS,
        )
        for one in worlds
        for number, campaign in one.groups.items()
    ]
    promotions = [
        Promotion(campaign_id=bundle, discount_kind=DiscountKind.FREE_SHIPPING, **columns(gate))
        for one in worlds
        for gate, bundle in one.promotions.values()
    ]
    links = [
        PromotionGroup(promotion_id=promotion, group_id=group)
        for one in worlds
        for promotion, group in sorted(one.links)
    ]
    codes = [
        Code(
            id=number,
            kind=CampaignKind.SOURCE,
            campaign_id=campaign,
            group_id=group,
            text=f"C{number:05d}",
            normal_form=f"C{number:05d}",
            **STAMPS,
        )
        for one in worlds
        for number, (campaign, group) in one.codes.items()
    ]
    async with database.transaction() as tx:
        for rows in (campaigns, groups, promotions, links, codes):
            await type(rows[0]).bulk_create(rows, using_db=tx.client)  # type: ignore[arg-type]  # rows of one model each


async def found(database: Database, status: ValidityStatus, now: datetime) -> set[int]:
    """The codes that SQL finds in this colour."""
    placeholder = "$1::timestamptz" if database.dialect.name == "postgres" else "$1"
    condition = code_validity.in_colour(status, lambda: placeholder)
    return {row[0] for row in await database.read(f"SELECT id FROM code WHERE {condition}", now)}


async def disagreements(database: Database, worlds: list[World]) -> int:
    count = 0
    for now in MOMENTS:
        told = {code: validity_status(one.facts(code), now) for one in worlds for code in one.codes}
        for status in ValidityStatus:
            right = {code for code, answer in told.items() if answer == status}
            count += len(right ^ await found(database, status, now))
    return count


async def test_python_and_sql_agree(database: Database) -> None:
    worlds = [world(number) for number in range(1, WORLDS + 1)]
    told = [validity_status(one.facts(code), NOW) for one in worlds for code in one.codes]
    assert min(told.count(status) for status in ValidityStatus) > len(told) / 10
    await store(database, worlds)
    assert await disagreements(database, worlds) == 0


def without(text: str) -> Callable[[str], str]:
    return lambda green: green.replace(text, "")


def instead(right: str, wrong: str) -> Callable[[str], str]:
    return lambda green: green.replace(right, wrong)


SLIPS: dict[str, Callable[[str], str]] = {
    "begins too late": instead("<= {now}", "< {now}"),
    "ends too late": instead("> {now}", ">= {now}"),
    "promotions that are off": without("p.enabled IS NOT FALSE AND "),
    "campaigns that are off": without("c.enabled IS NOT FALSE AND "),
    "an open end is none": instead("> {now} IS NOT FALSE", "> {now}"),
    "any owner": without(f"WHEN campaign_id NOT IN ({code_validity.OWNERS}) THEN FALSE"),
    "any bundle": without(f" AND {code_validity.ACTIVE.format(t='c')}"),
    "groups that have promotions": instead(code_validity.DRIVING, code_validity.GROUPS),
    "a campaign without promotions": instead("ELSE TRUE", "ELSE FALSE"),
    "a campaign with promotions": instead(f"campaign_id IN ({code_validity.CAMPAIGNS})", "TRUE"),
}


@pytest.mark.parametrize("name", list(SLIPS))
async def test_a_slip_in_the_wording_is_caught(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    worlds = [world(number) for number in range(1, WORLDS + 1)]
    await store(database, worlds)
    slipped = SLIPS[name](code_validity.GREEN)
    assert slipped != code_validity.GREEN
    monkeypatch.setattr(code_validity, "GREEN", slipped)
    assert await disagreements(database, worlds) > 0


async def test_the_filter_and_the_field_agree(database: Database) -> None:
    await shop.fill(database)
    document = """query ($colour: ValidityStatus) {
      codes(where: {validity: $colour}, first: 100) { totalCount nodes { id validityStatus } } }"""
    asking = Asking(database)
    totals = 0
    for colour in ValidityStatus:
        page = (await asking.data(document, colour=colour.value))["codes"]
        assert {node["validityStatus"] for node in page["nodes"]} == {colour}
        assert page["totalCount"] > 10
        totals += page["totalCount"]
    assert totals == shop.CODES
