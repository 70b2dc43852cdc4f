"""A field whose type and declaration disagree is found at start-up, not by a caller."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.callers import Scope
from app.reading.declarations import Many, One, Order
from app.reading.errors import Misdeclared
from app.reading.filters import archived
from app.reading.kinds import INT, id_of
from app.reading.nouns import READABLES, ROOTS, VALUES, Listed
from graphql_schema.schema import schema
from graphql_schema.sources import connect

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


def test_relations_keep_their_word() -> None:
    """What the checks above rely on: both ways of a relation are declared."""
    assert CODE.fields["campaign"] == One(
        target="Campaign", via="campaign_id", null=False, allow=Scope.CODES_READ
    )
    assert READABLES["Campaign"].fields["codes"] == Many(
        target="Code", on="campaign_id", allow=Scope.CODES_READ
    )
