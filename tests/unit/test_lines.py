import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lines import trimmed, trimmed_or_none


@pytest.mark.parametrize(
    "text",
    [
        " Summer\n",
        "\ufeffSummer",
        "\u200bSummer\u200b",
        "\u200e \u00a0Summer\u3000\u00ad\u2060\t",
        "\u061c\u200fSummer\u2028\u180e",
    ],
)
def test_what_surrounds_a_line_goes(text: str) -> None:
    assert trimmed(text) == "Summer"


@pytest.mark.parametrize(
    "text",
    [
        "Summer  Sale",
        "summer",
        # Persian needs the joiner's opposite, families their joiners, hearts and flags their ends.
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "I \u2764\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",
        # No letter is exchanged for one that only looks or sounds alike.
        "\uff33ummer \ufb01",
    ],
)
def test_what_belongs_to_it_stays(text: str) -> None:
    assert trimmed(text) == text


def test_an_accent_apart_becomes_part_of_its_letter() -> None:
    assert trimmed("Cafe\u0301") == trimmed("Caf\u00e9") == "Caf\u00e9"


def test_no_white_space_is_forgotten() -> None:
    assert trimmed("".join(filter(str.isspace, map(chr, range(0x110000))))) == ""


@pytest.mark.parametrize("text", [None, "", " ", "\u200b \ufeff"])
def test_a_line_of_nothing_is_none(text: str | None) -> None:
    assert trimmed_or_none(text) is None
    assert trimmed_or_none(" a ") == "a"


@given(
    st.text(st.sampled_from("a\u0301 \u200b\ufeff\u200d\u00e9\u1100\u1161"), max_size=8) | st.text()
)
def test_once_is_enough(text: str) -> None:
    once = trimmed(text)
    assert trimmed(once) == once
    assert unicodedata.is_normalized("NFC", once)
