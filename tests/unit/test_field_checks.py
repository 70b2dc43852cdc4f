import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.field_checks import (
    check_instant,
    check_labels,
    check_limit,
    check_metadata,
    check_range,
    check_text,
    storable,
)
from app.domain.refusals import Problem, UserErrorCode

NOW = datetime(2026, 3, 25, tzinfo=UTC)


UNSEEN = [" ", "\t\n", "\u200b", "\u200b \ufeff\u00ad", "\u2028", "\u202e", "\u3164", "\u2800"]
UNSEEN += ["\U000e0041", "\ufe0f\u200d"]
TOO_LARGE = "A JSON number is too large to be kept exactly; send it as text."
CONTROLS = ["\t", "\n", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\u202e", "\u2066", "\u2069"]


def messages(problems: Iterable[Problem]) -> list[str]:
    return [problem.message for problem in problems]


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "\u00fc" * 5,
        "\U0001f600",
        # Joiners and marks that shape a word or a picture.
        "\u0645\u06cc\u200c\u0634",
        "\U0001f469\u200d\U0001f4bb",
        "a\u00a0b",
    ],
)
def test_texts_in_bounds_are_accepted(text: str) -> None:
    assert list(check_text(text, 5, "name")) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Enter 1 to 5 characters."),
        ("abcdef", "Enter 1 to 5 characters."),
        *((unseen, "Enter 1 to 5 characters.") for unseen in UNSEEN),
        *(
            (f"a{control}b", "The text holds a control character; leave it out.")
            for control in CONTROLS
        ),
        ("a\0b", "The text holds a character that cannot be stored."),
        ("a\ud83d", "The text holds a character that cannot be stored."),
    ],
)
def test_texts_that_cannot_be_kept_are_refused(text: str, message: str) -> None:
    assert list(check_text(text, 5, "name")) == [
        Problem(UserErrorCode.INVALID_VALUE, message, ("name",))
    ]


@given(st.text(st.characters(codec=None), max_size=20))
def test_storable_means_utf_8_without_nul(text: str) -> None:
    encodable = text.encode("utf-8", "replace").decode() == text
    assert storable(text) == (encodable and "\0" not in text)


@pytest.mark.parametrize("limit", [None, 1, 2_147_483_647])
def test_limits_are_positive_or_absent(limit: int | None) -> None:
    assert list(check_limit(limit, "maximumUses")) == []


@pytest.mark.parametrize("limit", [0, -1, 2_147_483_648])
def test_limits_out_of_range_are_refused(limit: int) -> None:
    assert list(check_limit(limit, "maximumUses")) == [
        Problem(
            UserErrorCode.INVALID_VALUE,
            "Enter 1 to 2,147,483,647, or nothing for no limit.",
            ("maximumUses",),
        )
    ]


@pytest.mark.parametrize(
    ("start", "end"),
    [(None, None), (NOW, None), (None, NOW), (NOW, NOW + timedelta(microseconds=1))],
)
def test_ranges_may_be_open(start: datetime | None, end: datetime | None) -> None:
    assert list(check_range(start, end, ("activeFrom",), ("activeTo",))) == []


@pytest.mark.parametrize("end", [NOW, NOW - timedelta(seconds=1)])
def test_an_empty_range_is_refused(end: datetime) -> None:
    assert list(check_range(NOW, end, ("activeFrom",), ("activeTo",))) == [
        Problem(
            UserErrorCode.VALID_TO_BEFORE_FROM, "The end must lie after the start.", ("activeTo",)
        )
    ]


def test_a_range_of_impossible_instants_is_not_compared() -> None:
    naive = NOW.replace(tzinfo=None)
    problems = list(check_range(naive, NOW, ("activeFrom",), ("activeTo",)))
    assert [problem.field for problem in problems] == [("activeFrom",)]
    assert messages(problems) == ["Say the offset from UTC: 2026-06-01T00:00:00Z."]


@pytest.mark.parametrize("year", [1900, 2026, 9998])
def test_instants_fit_every_zone(year: int) -> None:
    edge = datetime(year, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    assert list(check_instant(edge, "at")) == []
    assert edge.astimezone(UTC) == edge


@pytest.mark.parametrize("year", [1, 1899, 9999])
def test_instants_at_the_ends_of_time_are_refused(year: int) -> None:
    edge = datetime(year, 12, 31, tzinfo=UTC)
    assert messages(check_instant(edge, "at")) == ["Enter a year from 1900 to 9998."]


def test_labels_in_bounds_are_accepted() -> None:
    assert list(check_labels([f"shop-{number}" for number in range(100)], "applications")) == []
    assert list(check_labels(["x" * 100], "applications")) == []
    assert list(check_labels([], "applications")) == []


@pytest.mark.parametrize(
    ("labels", "fields"),
    [
        (["a"] * 101, [("applications",)]),
        (["web", "web"], [("applications",)]),
        (
            ["", "web", "x" * 101, "web"],
            [("applications", "0"), ("applications", "2"), ("applications",)],
        ),
    ],
)
def test_each_bad_label_is_named(labels: list[str], fields: list[tuple[str, ...]]) -> None:
    problems = list(check_labels(labels, "applications"))
    assert [problem.field for problem in problems] == fields


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"a": [1, -2.5, True, None, "\u00fc", {"b": []}]},
        {"n": 2**53 - 1, "x": 2.0**53 - 1, "tiny": 5e-324},
        nested(20),
        {"a": "x" * (4096 - len('{"a":""}'))},
    ],
)
def test_json_objects_are_kept(metadata: Mapping[str, Any]) -> None:
    assert list(check_metadata(metadata, "metadata")) == []


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"a": "x" * (4097 - len('{"a":""}'))}, "At most 4,096 bytes of JSON, not 4,097."),
        ({"a": "\u00fc" * 2048}, "At most 4,096 bytes of JSON, not 4,104."),
        (nested(21), "The JSON is nested more than 20 deep."),
        (nested(900), "The JSON is nested more than 20 deep."),
        ({"a\0": 1}, "The JSON holds a text that cannot be stored."),
        ({"a": ["\ud800"]}, "The JSON holds a text that cannot be stored."),
        ({"a": {1: 2}}, "The JSON holds a text that cannot be stored."),
        ({"a": float("nan")}, "JSON knows no infinity and no NaN."),
        ({"a": float("-inf")}, "JSON knows no infinity and no NaN."),
        ({"a": 2**53}, TOO_LARGE),
        ({"a": [-(2**53)]}, TOO_LARGE),
        # How a longer integer arrives.
        ({"a": 1.2345678901234568e29}, TOO_LARGE),
        ({"a": {1, 2}}, "A set is no JSON value."),
        ({"a": NOW}, "A datetime is no JSON value."),
    ],
)
def test_what_json_or_a_database_cannot_hold_is_refused(
    metadata: Mapping[str, Any], message: str
) -> None:
    assert list(check_metadata(metadata, "metadata")) == [
        Problem(UserErrorCode.INVALID_VALUE, message, ("metadata",))
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_accepted_metadata_comes_back_equal(metadata: dict[str, Any]) -> None:
    if not list(check_metadata(metadata, "metadata")):
        text = json.dumps(metadata, allow_nan=False)
        assert json.loads(text) == metadata
        assert "\\u0000" not in text
