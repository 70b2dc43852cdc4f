from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.database import instants

instants_everywhere = st.datetimes(
    min_value=datetime.min + timedelta(days=2),  # noqa: DTZ901 - Hypothesis adds the zone
    max_value=datetime.max - timedelta(days=2),  # noqa: DTZ901 - the same
    timezones=st.timezones(),
)


@given(instants_everywhere)
def test_the_stored_form_is_read_back(instant: datetime) -> None:
    text = instants.to_text(instant)
    assert len(text) == 27
    assert instants.from_row(text) == instant.astimezone(UTC)


@given(instants_everywhere, instants_everywhere)
def test_the_stored_forms_compare_as_the_instants(one: datetime, other: datetime) -> None:
    assert (instants.to_text(one) < instants.to_text(other)) == (
        one.astimezone(UTC) < other.astimezone(UTC)
    )


def test_the_stored_form_is_utc_to_the_microsecond() -> None:
    tokyo = timezone(timedelta(hours=9))
    instant = datetime(2026, 11, 22, 8, 0, 0, 5, tzinfo=tokyo)
    assert instants.to_text(instant) == "2026-11-21T23:00:00.000005Z"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="always aware"):
        instants.to_text(datetime(2026, 11, 22))  # noqa: DTZ001 - what is refused


def test_rows_give_instants_as_they_are_or_as_text() -> None:
    instant = datetime(2026, 11, 22, tzinfo=UTC)
    assert instants.from_row(instant) is instant
    assert instants.from_row("2026-11-22T00:00:00.000000Z") == instant
    assert instants.from_row(None) is None


def test_json_holds_instants_in_the_stored_form() -> None:
    text = instants.to_json({"at": datetime(2026, 11, 22, tzinfo=UTC), "list": ["ä", None]})
    assert text == '{"at":"2026-11-22T00:00:00.000000Z","list":["ä",null]}'
    assert instants.from_json(text) == {"at": "2026-11-22T00:00:00.000000Z", "list": ["ä", None]}
    assert instants.from_json(None) is None


def test_json_of_anything_else_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable: set"):
        instants.to_json({"codes": {1, 2}})
