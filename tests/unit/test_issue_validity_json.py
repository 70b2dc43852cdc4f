from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.durations import Duration
from app.domain.issue_validity import (
    CalendarUnit,
    FixedDates,
    FixedPeriod,
    IssuedCodeValidity,
    NoDates,
    RelativeEnd,
    Weekday,
)
from app.domain.issue_validity_json import from_json, to_json
from app.domain.refusals import Refusal, UserErrorCode

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"kind": "NONE"}, NoDates()),
        ({"kind": "FIXED_PERIOD", "period": "P7D"}, FixedPeriod(Duration(days=7))),
        (
            {"kind": "FIXED_PERIOD", "period": "P1M", "delay": "PT36H"},
            FixedPeriod(Duration(months=1), Duration(hours=36)),
        ),
        ({"kind": "FIXED_DATES", "validTo": "2026-06-01T00:00:00Z"}, FixedDates(None, JUNE)),
        (
            {
                "kind": "FIXED_DATES",
                "validFrom": "2026-06-01T00:00:00Z",
                "validTo": "2026-07-01T00:00:00.000001Z",
            },
            FixedDates(JUNE, JULY + timedelta(microseconds=1)),
        ),
        (
            {"kind": "RELATIVE_END", "unit": "WEEK", "offset": 0, "weekStart": "MONDAY"},
            RelativeEnd(CalendarUnit.WEEK),
        ),
        (
            {"kind": "RELATIVE_END", "unit": "DAY", "offset": 36_499, "minimumRemaining": "P1D"},
            RelativeEnd(CalendarUnit.DAY, 36_499, minimum_remaining=Duration(days=1)),
        ),
    ],
)
def test_each_kind_has_one_stored_form(values: dict[str, Any], setting: IssuedCodeValidity) -> None:
    assert from_json(values) == setting
    assert to_json(setting) == values
    assert all(type(value) in {str, int} for value in to_json(setting).values())


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        (None, NoDates()),
        ({"kind": "NONE", "period": None, "offset": None}, NoDates()),
        ({"kind": "RELATIVE_END", "unit": "YEAR"}, RelativeEnd(CalendarUnit.YEAR)),
        (
            {"kind": "RELATIVE_END", "unit": "WEEK", "weekStart": Weekday.SUNDAY},
            RelativeEnd(CalendarUnit.WEEK, 0, Weekday.SUNDAY),
        ),
        (
            {"kind": "FIXED_PERIOD", "period": Duration(days=1), "delay": "P0D"},
            FixedPeriod(Duration(days=1), Duration()),
        ),
        (
            {
                "kind": "FIXED_DATES",
                "validFrom": datetime(2026, 6, 1, 2, tzinfo=timezone(timedelta(hours=2))),
                "validTo": "2026-07-01T02:00:00+02:00",
            },
            FixedDates(JUNE, JULY),
        ),
    ],
)
def test_defaults_nulls_and_values_already_understood(
    values: Mapping[str, Any] | None, setting: IssuedCodeValidity
) -> None:
    assert from_json(values) == setting


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, ["kind"]),
        ({"kind": "FOREVER"}, ["kind"]),
        ({"kind": ["NONE"]}, ["kind"]),
        ({"kind": "NONE", "period": "P1D", "color": "red"}, ["color", "period"]),
        ({"kind": "FIXED_PERIOD"}, ["period"]),
        ({"kind": "FIXED_PERIOD", "period": "P0D"}, ["period"]),
        ({"kind": "FIXED_PERIOD", "period": 7}, ["period"]),
        ({"kind": "FIXED_PERIOD", "period": "1 week", "delay": "P200Y"}, ["period", "delay"]),
        ({"kind": "FIXED_PERIOD", "period": "P1D", "unit": "DAY"}, ["unit"]),
        ({"kind": "FIXED_DATES"}, ["validTo"]),
        ({"kind": "FIXED_DATES", "validFrom": "soon", "validTo": 5}, ["validFrom", "validTo"]),
        ({"kind": "FIXED_DATES", "validTo": "2026-06-01"}, ["validTo"]),
        ({"kind": "FIXED_DATES", "validTo": "0001-01-01T00:00:00+14:00"}, ["validTo"]),
        ({"kind": "FIXED_DATES", "validTo": "9999-12-31T23:59:59-14:00"}, ["validTo"]),
        ({"kind": "RELATIVE_END"}, ["unit"]),
        ({"kind": "RELATIVE_END", "unit": "HOUR"}, ["unit"]),
        ({"kind": "RELATIVE_END", "unit": "MONTH", "weekStart": "SUNDAY"}, ["weekStart"]),
        ({"kind": "RELATIVE_END", "unit": "WEEK", "weekStart": "FUNDAY"}, ["weekStart"]),
        ({"kind": "RELATIVE_END", "unit": "DAY", "offset": -1}, ["offset"]),
        ({"kind": "RELATIVE_END", "unit": "DAY", "offset": 36_500}, ["offset"]),
        ({"kind": "RELATIVE_END", "unit": "YEAR", "offset": 10**400}, ["offset"]),
        ({"kind": "RELATIVE_END", "unit": "DAY", "offset": True}, ["offset"]),
        ({"kind": "RELATIVE_END", "unit": "DAY", "offset": "1"}, ["offset"]),
        (
            {"kind": "RELATIVE_END", "unit": "DAY", "offset": 0.5, "minimumRemaining": "x"},
            ["offset", "minimumRemaining"],
        ),
    ],
)
def test_every_problem_is_told_under_its_field(values: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Refusal) as caught:
        from_json(values, "issuedCodeValidity")
    assert [problem.field for problem in caught.value.problems] == [
        ("issuedCodeValidity", name) for name in fields
    ]
    assert {problem.code for problem in caught.value.problems} == {UserErrorCode.INVALID_VALUE}


@pytest.mark.parametrize("valid_from", ["2026-06-01T00:00:00Z", "2026-06-01T00:00:01Z"])
def test_dates_in_the_wrong_order_are_refused(valid_from: str) -> None:
    values = {"kind": "FIXED_DATES", "validFrom": valid_from, "validTo": "2026-06-01T00:00:00Z"}
    with pytest.raises(Refusal) as caught:
        from_json(values, "issuedCodeValidity")
    (problem,) = caught.value.problems
    assert problem.code is UserErrorCode.VALID_TO_BEFORE_FROM
    assert problem.field == ("issuedCodeValidity", "validTo")


def test_messages_say_what_to_enter() -> None:
    with pytest.raises(Refusal) as caught:
        from_json({"kind": "RELATIVE_END", "unit": "DAY", "offset": -1, "period": "P1D"})
    assert [problem.message for problem in caught.value.problems] == [
        "period has no meaning for RELATIVE_END; leave it out.",
        "Enter how many DAYs later, 0 or more, within 100 years.",
    ]


NAMES = ["kind", "period", "delay", "validFrom", "validTo", "unit", "offset", "weekStart"]
VALUES = (
    st.none()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["NONE", "FIXED_PERIOD", "FIXED_DATES", "RELATIVE_END", "P1D", "WEEK"])
    | st.sampled_from(["MONDAY", "2026-06-01T00:00:00Z", JULY])
    | st.lists(st.integers(), max_size=1)
)


@given(st.dictionaries(st.sampled_from([*NAMES, "minimumRemaining"]), VALUES))
def test_any_json_is_a_setting_or_refused(values: dict[str, Any]) -> None:
    try:
        setting = from_json(values)
    except Refusal:
        return
    assert from_json(to_json(setting)) == setting
