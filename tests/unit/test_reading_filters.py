"""What a list's arguments come to, before any database is asked."""

from typing import Any

import pytest

from app.domain.callers import Scope
from app.domain.redemptions import RedemptionState
from app.domain.status import CodeStatus
from app.reading.code_status import Status
from app.reading.cursors import Cursors
from app.reading.declarations import Many
from app.reading.errors import BadArgument, NotAllowed
from app.reading.filters import (
    Among,
    Compare,
    Filled,
    OneOf,
    archived,
    instants,
    prefix_range,
    texts,
)
from app.reading.kinds import TEXT
from app.reading.nouns import READABLES
from app.reading.nouns.code import find_normal_form
from app.reading.paging import SIZE, BoundSite, PageArguments, PageShape, Place, bind_page

CURSORS = Cursors(b"test")
EVERYTHING = frozenset(Scope)


def bound(target: str = "Code", scopes: frozenset[Scope] = EVERYTHING, **given: Any) -> BoundSite:  # noqa: ANN401 - any arguments
    place = Place("Query.x", READABLES[target])
    return bind_page(place, PageArguments(**given), scopes, CURSORS)


def shape(site: BoundSite) -> PageShape:
    assert isinstance(site.shape, PageShape)
    return site.shape


def test_operators_split_text_from_values() -> None:
    assert Compare("a = {0}", TEXT).bind(7) == (None, (7,))
    assert Among("a").bind(("x", "y")) == (None, (["x", "y"],))
    assert [Filled("a").bind(value) for value in (True, False)] == [(True, ()), (False, ())]
    assert prefix_range("S") == ("S", "S\U0010ffff")
    assert set(texts("a").operators) == {"eq", "in", "starts_with"}
    assert set(instants("a").operators) == {"gte", "lt"}
    assert archived().absent is False


def test_words_of_an_enum_are_part_of_the_text() -> None:
    both = [RedemptionState.REVERSED, RedemptionState.CONFIRMED]
    assert OneOf("a").bind(both) == (("CONFIRMED", "REVERSED"), ())
    assert OneOf("a").bind(RedemptionState.REVERSED) == (("REVERSED",), ())


def test_statuses_are_part_of_the_text_in_one_order() -> None:
    both = [CodeStatus.ISSUED, CodeStatus.CREATED]
    assert Status().bind(both) == Status().bind([*reversed(both), *both])
    assert Status().bind(CodeStatus.ISSUED) == ((CodeStatus.ISSUED,), ())
    assert Status().bind([]) == ((), ())


def test_equal_requests_have_one_shape_and_their_own_values() -> None:
    first = bound(where={"campaign": 1, "campaign_key": "A"}, first=5)
    second = bound(where={"campaign_key": "B", "campaign": 2}, first=7)
    assert first.shape == second.shape
    assert [site.values[SIZE] for site in (first, second)] == [6, 8]
    assert first.values["where", "campaign", "", 0] == 1
    assert second.values["where", "campaign_key", "", 0] == "B"


@pytest.mark.parametrize(
    "given",
    [
        {"where": {"campaign": 1}},
        {"where": {"status": {"eq": CodeStatus.ISSUED}}},
        {"where": {"status": {"in": [CodeStatus.ISSUED, CodeStatus.CREATED]}}},
        {"where": {"issue_reference": {"eq": "a"}}},
        {"where": {"issue_reference": {"in": ["a"]}}},
        {"order": "CODE"},
        {"order": "ID", "descending": True},
        {"last": 20},
        {"after": CURSORS.encode("Query.x ID ASC", [1])},
    ],
)
def test_what_changes_the_text_changes_the_shape(given: dict[str, Any]) -> None:
    assert bound(**given).shape != bound().shape


def test_the_narrowest_column_leads() -> None:
    job, campaign = {"created_by_job": 1}, {"campaign_key": "A"}
    assert shape(bound(where={"status": {"eq": CodeStatus.ISSUED}})).lead is None
    assert shape(bound(where={"issue_reference": {"in": ["a"]}})).lead is None
    assert shape(bound(where=campaign)).lead == "campaign_id"
    assert shape(bound(where={**campaign, **job})).lead == "created_by_job_id"
    below = Place("Campaign.codes", READABLES["Code"], Many(target="Code", on="campaign_id"))
    nested = bind_page(below, PageArguments(where=job), EVERYTHING, CURSORS)
    assert shape(nested).lead == "campaign_id"


def test_a_null_is_no_condition() -> None:
    where = {"campaign": None, "status": {"eq": None, "in": None}, "code": None}
    assert bound(where=where).shape == bound().shape


def test_lists_hide_archived_rows_unless_asked() -> None:
    hidden, shown, both = (
        shape(bound("Campaign", where=where)).conditions
        for where in ({}, {"archived": True}, {"archived": None})
    )
    assert [one.choice for one in hidden] == [False]
    assert [one.choice for one in shown] == [True]
    assert both == ()


def test_jobs_come_newest_first() -> None:
    default, asked = shape(bound("Job")), shape(bound("Job", order="QUEUED_AT"))
    assert (default.order, default.descending) == ("QUEUED_AT", True)
    assert (asked.order, asked.descending) == ("QUEUED_AT", False)


def test_a_cursor_carries_instants() -> None:
    after = CURSORS.encode("Query.x QUEUED_AT DESC", ["2026-03-01T08:00:00.5Z", 4])
    values = bound("Job", after=after).values
    assert str(values["seek", 0]) == "2026-03-01 08:00:00.500000+00:00"
    assert values["seek", 1] == 4


def test_guessing_needs_the_right_to_see() -> None:
    viewer = frozenset({Scope.CODES_READ})
    for given in ({"order": "CODE"}, {"where": {"code_prefix": "S"}}):
        with pytest.raises(NotAllowed, match="needs the scope codes:reveal"):
            bound(scopes=viewer, **given)
    bound(scopes=viewer, where={"code": "S", "code_prefix": None})


def test_what_is_no_code_is_found_nowhere() -> None:
    assert find_normal_form("no code: é") is None
    assert bound(where={"code": "é"}).values["where", "code", "", 0] == ""
    for prefix, ends in [
        ("su-m", ("SUM", "SUM\U0010ffff")),
        ("s", ("S", "S\U0010ffff")),
        ("", ("", "\U0010ffff")),
        ("é", ("", "")),
    ]:
        values = bound(where={"code_prefix": prefix}).values
        assert (
            values["where", "code_prefix", "", 0],
            values["where", "code_prefix", "", 1],
        ) == ends


def test_a_page_has_one_direction() -> None:
    with pytest.raises(BadArgument, match="not for both"):
        bound(first=1, before="x")
