import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reading.cursors import Cursors
from app.reading.errors import BadArgument

CURSORS = Cursors(b"a secret")
PLACES = st.lists(st.integers(-(2**53), 2**53) | st.text(max_size=20), min_size=1, max_size=3)


@given(st.text(max_size=20), PLACES)
def test_a_cursor_leads_back_to_its_place(binding: str, place: list[int | str]) -> None:
    assert CURSORS.decode(binding, CURSORS.encode(binding, place)) == place


@given(PLACES, st.data())
def test_any_other_text_is_refused(place: list[int | str], data: st.DataObject) -> None:
    cursor = CURSORS.encode("here", place)
    at = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.sampled_from("Aa0-_=é ").filter(lambda one: one != cursor[at]))
    for text in (cursor[:at] + character + cursor[at + 1 :], cursor[:at], cursor + character):
        with pytest.raises(BadArgument):
            CURSORS.decode("here", text)


def test_a_cursor_belongs_to_its_list_and_secret() -> None:
    cursor = CURSORS.encode("Query.codes ID ASC", [7])
    for binding, cursors in [
        ("Query.codes ID DESC", CURSORS),
        ("Campaign.codes ID ASC", CURSORS),
        ("Query.codes ID ASC", Cursors(b"another")),
    ]:
        with pytest.raises(BadArgument):
            cursors.decode(binding, cursor)
