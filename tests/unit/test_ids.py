from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reading.nouns import NODES
from graphql_schema.ids import LARGEST, decode_id, encode_id, find_id

TYPES = st.sampled_from(sorted(NODES))


@given(TYPES, st.integers(0, LARGEST))
def test_an_id_leads_back(type_name: str, number: int) -> None:
    assert decode_id(encode_id(type_name, number)) == (type_name, number)


def test_an_id_is_of_one_type() -> None:
    text = encode_id("Job", 42)
    assert text == "MTpKb2I6NDI"
    assert [find_id(text, name) for name in ("Job", "Code")] == [42, None]
    assert find_id("nonsense", "Job") is None


@given(st.text(max_size=40))
def test_any_other_text_is_none(text: str) -> None:
    found = decode_id(text)
    assert found is None or encode_id(*found) == text


@pytest.mark.parametrize(
    "plain",
    [
        "1:Job:042",
        "2:Job:42",
        "1:Shop:42",
        "1:Job:",
        "1:Job:-1",
        "1:Job:\u0664\u0662",
        f"1:Job:{LARGEST + 1}",
        "1:Job:4 2",
        "1:Job",
        "",
        "1:Job:" + "9" * 5000,
    ],
)
def test_what_was_not_made_here_is_no_id(plain: str) -> None:
    assert decode_id(urlsafe_b64encode(plain.encode()).decode().rstrip("=")) is None
    assert decode_id("MTpKb2I6NDI=") is None
