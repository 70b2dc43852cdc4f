"""A field whose type and declaration disagree is found at start-up, not by a caller."""

from dataclasses import replace
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.domain.callers import Scope
from app.reading.declarations import Many, One, Order
from app.reading.errors import Misdeclared
from app.reading.facts import Argument, Way
from app.reading.filters import archived
from app.reading.kinds import INT, TEXT, id_of, value_of
from app.reading.nouns import READABLES, ROOTS, VALUES, Listed, Named
from app.reading.nouns.customer import CUSTOMER_BY
from graphql_schema.queries import Query
from graphql_schema.scalars import SCALARS
from graphql_schema.schema import schema
from graphql_schema.sources import by_key, connect

CODE: Any = READABLES["Code"]
JOB: Any = READABLES["Job"]


def problems() -> str:
    with pytest.raises(Misdeclared) as found:
        connect(schema._schema)  # noqa: SLF001 - graphql-core's schema
    return str(found.value)


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("suspended", {"null": True}, "Boolean! in GraphQL, and bool or null here"),
        ("suspended", {"kind": INT}, "Boolean! in GraphQL, and int here"),
        ("maximum_uses", {"null": False}, "Int in GraphQL, and int here"),
        ("id", {"kind": id_of("Job")}, ""),
        ("suspended", {"allow": Scope.ADMIN}, "can be refused, so it must be nullable"),
        ("campaign", {"target": "Job"}, "Campaign! in GraphQL"),
        ("created_by_job", {"null": False, "via": "campaign_id"}, "Job in GraphQL"),
    ],
)
def test_a_field_that_disagrees_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, change: dict[str, Any], problem: str
) -> None:
    monkeypatch.setitem(CODE.fields, name, replace(CODE.fields[name], **change))
    if problem:
        assert f"Code.{name} " in problems()
        assert problem in problems()
    else:
        connect(schema._schema)  # noqa: SLF001 - as above


def test_what_may_be_refused_may_be_null(monkeypatch: pytest.MonkeyPatch) -> None:
    field = CODE.fields["maximum_uses"]
    monkeypatch.setitem(CODE.fields, "maximum_uses", replace(field, allow=Scope.ADMIN, null=False))
    connect(schema._schema)  # noqa: SLF001 - as above


def test_a_field_on_one_side_only_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CODE.fields, "shop", CODE.fields["kind"])
    assert "Code.shop is not on both sides" in problems()
    monkeypatch.delitem(CODE.fields, "shop")
    monkeypatch.delitem(CODE.fields, "kind")
    assert "Code.kind is not on both sides" in problems()


def test_a_value_with_other_fields_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fields: Any = VALUES["JobProgress"].fields
    monkeypatch.setitem(fields, "percent", (INT, False))
    assert "JobProgress.percent is Float! in GraphQL, and int here" in problems()
    monkeypatch.setitem(fields, "mood", (INT, False))
    assert "JobProgress has other fields in GraphQL" in problems()


def test_roots_and_lists_are_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    roots: Any = ROOTS
    monkeypatch.setitem(roots, "shops", Listed("Code"))
    assert "Query has no field for shops" in problems()
    monkeypatch.delitem(roots, "shops")
    monkeypatch.setitem(roots, "codes", Listed("Job"))
    assert "Query.codes is CodeConnection! in GraphQL" in problems()


def test_filters_and_orders_are_those_that_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(JOB.listing.filters, "archived", archived())
    assert "Query.jobs offers other filters in GraphQL" in problems()
    assert "Campaign.jobs offers other filters in GraphQL" in problems()
    monkeypatch.delitem(JOB.listing.filters, "archived")
    monkeypatch.setitem(JOB.listing.orders, "ID", Order(("id",)))
    assert "Query.jobs offers other orders in GraphQL" in problems()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"plain": {}, "requires": ()}, "Code.validity has other arguments in GraphQL"),
        ({"plain": {"application": str, "x": str}}, "Code.validity has other arguments in GraphQL"),
        ({"arguments": {}}, "Code.validity has other arguments in GraphQL"),
        (
            {"arguments": {}, "plain": {"application": str, "customer": str}},
            "Code.validity(customer:) is no text in GraphQL",
        ),
    ],
)
def test_plain_arguments_are_on_both_sides(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], problem: str
) -> None:
    monkeypatch.setitem(CODE.fields, "validity", replace(CODE.fields["validity"], **change))
    assert problem in problems()


def test_a_list_of_values_is_one_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    fields: Any = VALUES["Validity"].fields
    monkeypatch.setitem(fields, "levels", (value_of("CheckedLevel"), False))
    assert "Validity.levels is [CheckedLevel!]! in GraphQL, and value" in problems()


OTHER_WAYS: dict[str, dict[str, Way]] = {
    "one more": {**CUSTOMER_BY.ways, "phone": Way("{0}", TEXT)},
    "one less": {name: way for name, way in CUSTOMER_BY.ways.items() if name != "email"},
    "another": {
        ("phone" if name == "email" else name): way for name, way in CUSTOMER_BY.ways.items()
    },
}


@pytest.mark.parametrize("ways", OTHER_WAYS.values(), ids=OTHER_WAYS.keys())
def test_a_row_can_be_named_in_the_ways_that_are_offered(
    monkeypatch: pytest.MonkeyPatch, ways: dict[str, Way]
) -> None:
    other = replace(CUSTOMER_BY, ways=ways)
    roots: Any = ROOTS
    monkeypatch.setitem(roots, "customer", Named(other))
    for name in ("redemption_status", "related_orders", "redeemable", "validity"):
        field = CODE.fields[name]
        monkeypatch.setitem(CODE.fields, name, replace(field, arguments={"customer": other}))
    assert set(problems().split("; ")) == {
        "Query.customer(by:) offers other ways in GraphQL",
        "Code.redemption_status(customer:) offers other ways in GraphQL",
        "Code.related_orders(customer:) offers other ways in GraphQL",
        "Code.redeemable(customer:) offers other ways in GraphQL",
        "Code.validity(customer:) offers other ways in GraphQL",
    }


@pytest.mark.parametrize("arguments", [{}, {"who": CUSTOMER_BY}])
def test_a_field_has_the_arguments_that_name_its_rows(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Argument]
) -> None:
    for name in ("redemption_status", "related_orders"):
        monkeypatch.setitem(CODE.fields, name, replace(CODE.fields[name], arguments=arguments))
    assert {problem for problem in problems().split("; ") if "arguments" in problem} == {
        "Code.redemption_status has other arguments in GraphQL",
        "Code.related_orders has other arguments in GraphQL",
    }


def test_a_field_without_such_arguments_offers_none(monkeypatch: pytest.MonkeyPatch) -> None:
    field = CODE.fields["status"]
    monkeypatch.setitem(CODE.fields, "status", replace(field, arguments={"customer": CUSTOMER_BY}))
    assert "Code.status has other arguments in GraphQL" in problems()
    monkeypatch.setitem(CODE.fields, "status", field)
    campaign = READABLES["Campaign"]
    listed: Any = campaign.fields["codes"]
    fields: Any = campaign.fields
    monkeypatch.setitem(fields, "codes", replace(listed, arguments={"customer": CUSTOMER_BY}))
    assert "Campaign.codes has other arguments in GraphQL" in problems()


def test_what_needs_another_scope_to_be_named_may_be_null(monkeypatch: pytest.MonkeyPatch) -> None:
    named = replace(CODE.fields["status"], arguments={"customer": CUSTOMER_BY})
    monkeypatch.setitem(CODE.fields, "status", named)
    assert "Code.status can be refused, so it must be nullable" in problems()


def test_a_schema_without_mutations_is_connected_too() -> None:
    readable = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
    connect(readable._schema)  # noqa: SLF001 - as above
    assert readable._schema.mutation_type is None  # noqa: SLF001 - as above
    code: Any = readable._schema.type_map["Code"]  # noqa: SLF001 - as above
    assert {field.resolve for field in code.fields.values()} == {by_key}


def test_relations_keep_their_word() -> None:
    """What the checks above rely on: both ways of a relation are declared."""
    assert CODE.fields["campaign"] == One(
        target="Campaign", via="campaign_id", null=False, allow=Scope.CODES_READ
    )
    assert READABLES["Campaign"].fields["codes"] == Many(
        target="Code", on="campaign_id", allow=Scope.CODES_READ
    )
