from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.callers import Scope
from app.domain.campaigns import CampaignKind
from app.models import Campaign, Code, NumberSeries
from app.reading import kinds
from app.reading.annotations import kind_of
from app.reading.checks import check_declarations
from app.reading.declarations import (
    OWN,
    Computed,
    Expression,
    Field,
    Listing,
    Many,
    Masked,
    One,
    Order,
    column,
    columns,
    computed,
    readable,
    value,
)
from app.reading.errors import Misdeclared
from app.reading.facts import Declared, Fact, FactRow, FactRows, Itself, Said, required
from app.reading.filters import equality
from app.reading.nouns import READABLES, VALUES
from app.reading.tables import columns_of

LISTING = Listing(orders={"ID": Order(("id",), leads=("number_series_id",))}, filters={})


@dataclass
class Facts:
    kind: CampaignKind
    active_from: datetime | None


def rule(facts: Facts, now: datetime) -> bool | None:
    return None if facts.active_from is None else facts.active_from < now


def timeless(facts: Facts) -> CampaignKind:
    return facts.kind


def declared(
    fields: Mapping[str, Field],
    listing: Listing = LISTING,
    facts: Mapping[str, Declared] | None = None,
) -> str:
    """What the check at start-up says about a campaign with these fields."""
    campaign = readable(
        Campaign, allow=Scope.CODES_READ, fields=fields, listing=listing, facts=facts
    )
    try:
        check_declarations({**READABLES, "Campaign": campaign}, VALUES)
    except Misdeclared as found:
        return str(found)
    return ""


def test_every_declaration_is_sound() -> None:
    check_declarations(READABLES, VALUES)


def test_a_column_takes_kind_and_null_from_its_table() -> None:
    assert column(Campaign, "active_from") == Expression(
        sql="{t}.active_from", kind=kinds.INSTANT, null=True
    )
    found = columns(Campaign, "id kind enabled")
    assert [getattr(one, "kind", None) for one in found.values()] == [
        kinds.id_of("Campaign"),
        kinds.one_of(CampaignKind),
        kinds.BOOL,
    ]


def test_a_rule_says_what_it_requires_and_answers() -> None:
    campaign = readable(
        Campaign,
        allow=Scope.CODES_READ,
        fields={"a": computed(rule), "b": computed(timeless, allow=Scope.ADMIN)},
        listing=LISTING,
    )
    requires = (("kind", kinds.one_of(CampaignKind)), ("active_from", kinds.INSTANT))
    assert campaign.fields["a"] == Computed(
        function=rule,
        facts=Facts,
        needs_now=True,
        kind=kinds.BOOL,
        null=True,
        allow=Scope.CODES_READ,
        requires=requires,
    )
    assert campaign.fields["b"] == Computed(
        function=timeless,
        facts=Facts,
        needs_now=False,
        kind=kinds.one_of(CampaignKind),
        null=False,
        allow=Scope.ADMIN,
        requires=requires,
    )


def test_now_is_given_to_a_rule_that_asks_for_it() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    facts = Facts(CampaignKind.SOURCE, moment)
    assert computed(rule).answer(facts, moment) is False
    assert computed(timeless).answer(facts, moment) == CampaignKind.SOURCE


def test_a_field_without_a_scope_has_its_types() -> None:
    campaign = readable(
        Campaign,
        allow=Scope.CODES_READ,
        fields={"a": column(Campaign, "key"), "b": column(Campaign, "key", allow=Scope.ADMIN)},
        listing=LISTING,
    )
    assert [field.allow for field in campaign.fields.values()] == [Scope.CODES_READ, Scope.ADMIN]
    unscoped = replace(campaign, fields={"a": column(Campaign, "key")})
    with pytest.raises(Misdeclared, match="Campaign: a names no scope"):
        check_declarations({**READABLES, "Campaign": unscoped}, VALUES)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"x": One(target="Code", via="key", null=True)}, "goes by key, which is no such column"),
        ({"x": One(target="Code", via="none", null=True)}, "goes by none, which is no such"),
        ({"x": One(target="Shop", via="key", null=False)}, "leads to Shop, which is not declared"),
        (
            {"x": One(target="NumberSeries", via="number_series_id", null=False)},
            "goes by number_series_id, which is no such column",
        ),
        (
            {"x": One(target="Cashback", back="code_id", null=False)},
            "goes by code_id, which holds no row of Cashback once",
        ),
        (
            {"x": One(target="Code", back="campaign_id", null=True)},
            "goes by campaign_id, which holds no row of Code once",
        ),
        ({"x": Many(target="Code", on="key")}, "goes by key, which is no column of Code"),
        ({"x": Many(target="Code")}, "x is linked in none or several ways"),
        (
            {"x": Many(target="Code", on="campaign_id", listed="applications")},
            "x is linked in none or several ways",
        ),
        ({"x": Many(target="Code", listed="code_ids")}, "goes by code_ids, which is no such"),
        (
            {"x": column(Campaign, "enabled", mask=Masked(Scope.ADMIN, str))},
            "x is masked and no text",
        ),
    ],
)
def test_a_contradiction_is_found_at_start_up(fields: Mapping[str, Field], problem: str) -> None:
    assert problem in declared(fields)


@pytest.mark.parametrize(
    ("listing", "problem"),
    [
        (Listing(orders={"A": Order(("active_from", "id"))}, filters={}), "the order A has nulls"),
        (Listing(orders={"A": Order(("created_at",))}, filters={}), "the order A has nulls"),
        (Listing(orders={"A": Order(())}, filters={}), "the order A has nulls"),
        (Listing(orders={"A": Order(("id",), shows="secret")}, filters={}), "gives away secret"),
        (
            Listing(orders={"A": Order(("key",), leads=("number_series_id",))}, filters={}),
            "Campaign: no index goes by number_series_id and then in the order A",
        ),
        (
            Listing(orders={"A": Order(("key",)), **LISTING.orders}, filters={}),
            "the order A is what lists have without asking, and lacks a lead",
        ),
        (
            Listing(orders={"A": Order(("key",))}, filters={}),
            "NumberSeries: campaigns goes by number_series_id, which leads no order of Campaign",
        ),
        (
            Listing(
                orders=LISTING.orders,
                filters={"a": replace(equality("key", kinds.TEXT), shows="secret")},
            ),
            "gives away secret",
        ),
    ],
)
def test_orders_are_total_and_secrets_are_fields(listing: Listing, problem: str) -> None:
    assert problem in declared({}, listing)
    assert declared({}) == ""


def test_what_is_no_column_cannot_be_declared() -> None:
    @dataclass
    class Wrong:
        nonsense: int

    def wrong(facts: Wrong) -> int:
        return facts.nonsense

    wrong.__annotations__["facts"] = Wrong
    with pytest.raises(Misdeclared, match="Campaign has no column nonsense"):
        column(Campaign, "nonsense")
    with pytest.raises(Misdeclared, match=r"Wrong\.nonsense is no fact of Campaign"):
        declared({"x": computed(wrong)})


def test_a_fact_is_declared_or_a_column_in_the_order_of_the_rule() -> None:
    count = Fact(sql="(SELECT 1)", kind=kinds.INT)
    rows = FactRows(model=Campaign, facts=Facts, sources=[("campaign r", "TRUE")])
    found = columns_of(Campaign)

    @dataclass
    class Wanted:
        counted: int
        kind: CampaignKind
        others: tuple[Facts, ...]

    stated: dict[str, Declared] = {"others": rows, "counted": count}
    kind = kinds.one_of(CampaignKind)
    assert required(Campaign, found, Wanted, stated) == (
        ("counted", count),
        ("kind", kind),
        ("others", rows),
    )
    assert rows.requires == (("kind", kind), ("active_from", kinds.INSTANT))
    # What is declared comes before the column of its name.
    assert dict(required(Campaign, found, Facts, {"kind": count}))["kind"] == count
    with pytest.raises(Misdeclared) as missing:
        required(Campaign, found, Wanted, {"counted": count})
    assert str(missing.value) == "Wanted.others is no fact of Campaign."


@dataclass
class Series:
    last_number: int


@dataclass
class Nested:
    own: Facts
    applications: tuple[str, ...]
    series: Series | None
    wanted: str | None
    uses: int = 5


USES = Fact(sql="{customer}", kind=kinds.INT, by="customer")
STATED: dict[str, Declared] = {"wanted": Said("wanted"), "uses": USES}


def nested(facts: Nested) -> bool:
    return facts.wanted in facts.applications


def test_facts_may_be_those_of_other_rows_and_of_dataclasses_within() -> None:
    row = FactRow(model=NumberSeries, facts=Series, via="number_series_id")
    stated: dict[str, Declared] = {"series": row, **STATED}
    assert required(Campaign, columns_of(Campaign), Nested, stated) == (
        ("own", Itself(Facts, required(Campaign, columns_of(Campaign), Facts, {}))),
        ("applications", kinds.TEXTS),
        ("series", row),
        ("wanted", Said("wanted")),
        # What nobody names is what the dataclass says.
        ("uses", replace(USES, absent=5)),
    )
    assert row.requires == (("last_number", kinds.INT),)


@pytest.mark.parametrize(
    ("way", "sound"),
    [
        ({"via": "number_series_id"}, True),
        ({"via": "number_series_id", "null": False}, False),
        ({"via": "nonsense"}, False),
        ({"via": "key"}, False),
        ({"back": "name"}, True),
        ({"back": "name", "null": False}, False),
        ({"back": "mask"}, False),
        ({"by": "customer"}, True),
        ({"by": "customer", "null": False}, False),
        ({"by": "customer", "via": "number_series_id"}, False),
        ({}, False),
    ],
)
def test_facts_of_another_row_are_found_in_one_way(way: dict[str, Any], *, sound: bool) -> None:
    row = FactRow(model=NumberSeries, facts=Series, **way)
    facts: dict[str, Declared] = {"series": row, **STATED}
    rule = computed(nested, plain={"wanted": str})
    expected = "" if sound else "Campaign: x finds its series in no way, or in several"
    assert declared({"x": rule}, facts=facts) == expected


def test_facts_repeat_only_what_the_field_can_be_told() -> None:
    row = FactRow(model=NumberSeries, facts=Series, via="number_series_id")
    facts: dict[str, Declared] = {"series": row, **STATED}
    problem = "Campaign: x repeats wanted, which is no plain argument of it"
    assert declared({"x": computed(nested)}, facts=facts) == problem


def test_a_rule_needs_facts() -> None:
    def simple(kind: int) -> int:
        return kind

    with pytest.raises(Misdeclared, match="The first parameter of simple is not a dataclass"):
        computed(simple)


def test_an_answer_needs_a_declared_value() -> None:
    def answers(facts: Facts) -> Facts:
        return facts

    assert "answers value Facts, which is not declared" in declared({"x": computed(answers)})


def test_kinds_are_read_from_annotations() -> None:
    assert kind_of(int | None) == (kinds.INT, True)
    assert kind_of(list[str]) == (kinds.TEXTS, False)
    assert kind_of(list[str] | None) == (kinds.TEXTS, True)
    assert kind_of(list[CampaignKind]) == (kinds.some_of(CampaignKind), False)
    assert kind_of(str, kinds.DURATION) == (kinds.DURATION, False)
    assert kind_of(Facts) == (kinds.value_of("Facts"), False)
    assert kind_of(tuple[Facts, ...]) == (kinds.values_of("Facts"), False)
    assert value(Facts, kind=kinds.TEXT).fields["kind"] == (kinds.TEXT, False)
    for annotation in (bytes, int | str, list[int]):
        with pytest.raises(Misdeclared, match="is no kind of value"):
            kind_of(annotation)


def test_what_is_told_to_who_writes_is_the_rows_own() -> None:
    """No relation, nothing with arguments, nothing that needs another scope."""

    def told(names: str) -> frozenset[str]:
        declared = readable(
            Code,
            allow=Scope.CODES_READ,
            fields={
                **columns(Code, "id text"),
                "secret": column(Code, "metadata", allow=Scope.ADMIN),
                "campaign": One(target="Campaign", via="campaign_id", null=False),
            },
            listing=LISTING,
            told={Scope.CODES_ISSUE: names},
        )
        return declared.told[Scope.CODES_ISSUE]

    assert told(OWN) == {"id", "text"}
    assert told("text") == {"text"}
    for names in ("secret", "text campaign", "nonsense"):
        with pytest.raises(Misdeclared, match="cannot be told: it is not the row's own"):
            told(names)
