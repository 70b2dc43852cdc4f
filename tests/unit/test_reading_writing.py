import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models import Campaign
from app.reading import kinds
from app.reading.dialects import (
    ARGUMENTS,
    DIALECTS,
    POSTGRES,
    SQLITE,
    instant,
    instant_of_postgres,
    instant_of_sqlite,
)
from app.reading.errors import Misdeclared
from app.reading.kinds import Kind, sorted_json
from app.reading.readers import flatten
from app.reading.tables import columns_of
from app.reading.writing import Level, Writing


def built(text: str) -> object:
    """What a database answers to nested `json_array(..)` of words."""
    return orjson.loads(
        re.sub(r"(\w+_)", r'"\1"', text.replace("json_array(", "[")).replace(")", "]")
    )


def depth_of(text: str, word: str) -> int:
    before = text[: text.index(word)]
    return before.count("(") - before.count(")")


def test_a_fact_speaks_of_its_row_the_instant_and_what_is_named() -> None:
    writing = Writing(POSTGRES, (), lambda _target, _id: "")
    found = writing.fact("{t}.a < {now} AND {who} = {t}.b", "t7", {"who": "t8"})
    assert found == "t7.a < $1::timestamptz AND t8.id = t7.b"
    assert writing.fact("{who_row}.status", "t7", {"who": "t8"}) == "t8.status"
    # The instant is bound once, and only where it is spoken of.
    assert writing.fact("{now}", "t9", {}) == "$1::timestamptz"
    assert Writing(POSTGRES, (), lambda _target, _id: "").fact("{t}.a", "t1", {}) == "t1.a"
    assert len(writing.parameters) == 1
    with pytest.raises(KeyError, match="who"):
        writing.fact("{who}", "t9", {})


@given(st.integers(0, 400), st.integers(0, 120))
def test_slots_find_their_values_however_long_the_row(values: int, nested: int) -> None:
    level = Level()
    slots = {f"v{n}_": level.slot(f"v{n}_") for n in range(values)}
    slots |= {f"n{n}_": level.nest(f"n{n}_") for n in range(nested)}
    row = built(level.row(SQLITE))
    unpack = level.unpack()
    assert isinstance(row, list)
    assert len(row) <= ARGUMENTS
    flat = row if unpack is None else unpack(row)
    assert [flat[slot] for slot in slots.values()] == list(slots)


def test_lists_stay_at_the_top_of_a_long_row() -> None:
    level = Level()
    for number in range(200):
        level.slot(f"v{number}_")
    level.nest("list_")
    text = level.row(SQLITE)
    assert (depth_of(text, "v0_"), depth_of(text, "list_")) == (2, 1)


def test_equal_expressions_share_a_slot() -> None:
    level = Level()
    assert [level.slot("a"), level.slot("b"), level.slot("a")] == [0, 1, 0]
    assert [level.nest("x"), level.nest("y"), level.nest("x")] == [-1, -2, -1]


def test_flatten_leaves_what_is_not_chunked() -> None:
    row = [[1, 2], [3], ["a", "list"]]
    assert flatten(2)(row) == [1, 2, 3, ["a", "list"]]
    assert row == [[1, 2], [3], ["a", "list"]]


def test_equal_values_share_a_parameter() -> None:
    writing = Writing(POSTGRES, (), lambda name, number: f"{name} {number}")
    assert writing.parameter(0, ("size",), kinds.INT) == "$1::bigint"
    assert writing.now() == "$2::timestamptz"
    assert writing.parameter(0, ("size",), kinds.INT) == "$1::bigint"
    assert writing.parameter(1, ("size",), None) == "$3"
    assert list(writing.parameters) == [(0, ("size",)), (-1, ("now",)), (1, ("size",))]
    assert SQLITE.parameter(4, kinds.INSTANT) == "$4"


@pytest.mark.parametrize(
    ("postgres", "sqlite", "shown"),
    [
        ("2026-03-01T08:00:00+00:00", "2026-03-01T08:00:00.000000Z", "2026-03-01T08:00:00Z"),
        ("2026-03-01T08:00:00.5+00:00", "2026-03-01T08:00:00.500000Z", "2026-03-01T08:00:00.5Z"),
        (
            "2026-03-01T08:00:10.000001+00:00",
            "2026-03-01T08:00:10.000001Z",
            "2026-03-01T08:00:10.000001Z",
        ),
    ],
)
def test_an_instant_is_shown_alike(postgres: str, sqlite: str, shown: str) -> None:
    assert (instant_of_postgres(postgres), instant_of_sqlite(sqlite)) == (shown, shown)
    assert instant(postgres) == instant(sqlite) == instant(shown)


def test_both_databases_have_words() -> None:
    assert DIALECTS == {"postgres": POSTGRES, "sqlite": SQLITE}


def test_json_has_one_order_of_keys() -> None:
    assert str(sorted_json({"b": [{"d": 1, "c": 2}], "a": None})) == (
        "{'a': None, 'b': [{'c': 2, 'd': 1}]}"
    )


def test_kinds_have_names_for_messages() -> None:
    assert [str(kind) for kind in (kinds.INT, kinds.id_of("Job"))] == ["int", "id Job"]


def test_a_column_of_an_unknown_type_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[type, Kind] = {}
    monkeypatch.setattr("app.reading.tables._KINDS", known)
    with pytest.raises(Misdeclared, match="Planned reads know no kind for"):
        columns_of(Campaign)
