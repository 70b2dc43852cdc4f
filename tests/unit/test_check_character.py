from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.check_character import (
    ALPHABET,
    check_character,
    check_column,
    is_intact,
    weighted_value,
)

SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SAMPLES = ("ABCDEFGHJKLM", "PRZMX7Q4WZ9T", "222222222222", "ZZ2", "7" * 40, "Q3X9" * 9)


def unweighted(symbols: str) -> str:
    """A broken check: the plain sum of all values, which no swap can change."""
    total = 0
    for symbol in symbols:
        total ^= ALPHABET.index(symbol)
    return ALPHABET[total]


def constant(_symbols: str) -> str:
    """A broken check: always the same character."""
    return "2"


def wrong_symbols(code: str, symbols: str = ALPHABET) -> Iterator[str]:
    for place, right in enumerate(code):
        for wrong in symbols:
            if wrong != right:
                yield code[:place] + wrong + code[place + 1 :]


def swaps(code: str) -> Iterator[str]:
    for place, (left, right) in enumerate(pairwise(code)):
        if left != right:
            yield code[:place] + right + left + code[place + 2 :]


def unnoticed(check: Callable[[str], str], mistakes: Iterator[str]) -> int:
    return sum(check(mistake[:-1]) == mistake[-1] for mistake in mistakes)


@pytest.mark.parametrize(
    ("symbols", "check"), [("ABCDEFGHJKLM", "R"), ("PRZMX7Q4WZ9T", "G"), ("222222222222", "2")]
)
def test_known_check_characters(symbols: str, check: str) -> None:
    assert check_character(symbols) == check
    assert is_intact(symbols + check)


@pytest.mark.parametrize("symbols", SAMPLES)
def test_every_wrong_symbol_at_every_place_is_noticed(symbols: str) -> None:
    code = symbols + check_character(symbols)
    mistakes = list(wrong_symbols(code))
    assert len(mistakes) == 31 * len(code)
    assert unnoticed(check_character, iter(mistakes)) == 0


@pytest.mark.parametrize("left", ALPHABET)
def test_every_swap_of_every_two_neighbours_is_noticed(left: str) -> None:
    for right in ALPHABET:
        for around in ("", "7", "Q4WZ"):
            symbols = around + left + right + around
            code = symbols + check_character(symbols)
            assert unnoticed(check_character, swaps(code)) == 0


def test_every_swap_with_the_check_character_is_noticed() -> None:
    for first in ALPHABET:
        for last in ALPHABET:
            code = first + last + check_character(first + last)
            assert unnoticed(check_character, swaps(code)) == 0


def test_the_trials_catch_broken_checks() -> None:
    plain = "ABCDEFGHJKLM"
    assert unnoticed(unweighted, swaps(plain + unweighted(plain))) == 12
    assert unnoticed(constant, wrong_symbols(plain + constant(plain))) == 31 * 12


@given(st.text(st.sampled_from("0123456789"), min_size=1, max_size=18))
def test_a_number_notices_every_wrong_digit_and_every_swap(number: str) -> None:
    code = number + check_character(number)
    wrong = (mistake for mistake in wrong_symbols(code, "0123456789") if mistake[-1] == code[-1])
    assert unnoticed(check_character, wrong) == 0
    inside = (swap for swap in swaps(number))
    assert all(check_character(swap) != code[-1] for swap in inside)


@pytest.mark.parametrize(("symbol", "look_alike"), [("0", "O"), ("1", "I"), ("0", "Q"), ("1", "L")])
def test_look_alikes_are_told_apart(symbol: str, look_alike: str) -> None:
    assert check_character(f"VIP{symbol}7") != check_character(f"VIP{look_alike}7")


def test_only_four_pairs_share_a_value() -> None:
    pairs = {
        (symbol, other)
        for symbol in SYMBOLS
        for other in SYMBOLS
        if symbol < other and check_character(symbol) == check_character(other)
    }
    assert pairs == {("0", "X"), ("1", "W"), ("I", "V"), ("O", "Y")}


@given(st.text(st.sampled_from(SYMBOLS), min_size=1, max_size=99))
def test_the_check_is_the_sum_of_weighted_values(symbols: str) -> None:
    total = 0
    for distance, symbol in enumerate(reversed(symbols), start=1):
        total ^= weighted_value(symbol, distance)
    assert ALPHABET[total] == check_character(symbols)


@given(
    st.integers(1, 70).flatmap(
        lambda width: st.lists(
            st.text(st.sampled_from(SYMBOLS), min_size=width, max_size=width), max_size=9
        )
    )
)
def test_columns_give_the_same_characters_as_codes(rows: list[str]) -> None:
    width = len(rows[0]) if rows else 1
    columns = ["".join(row[place] for row in rows).encode() for place in range(width)]
    assert check_column(columns).decode() == "".join(check_character(row) for row in rows)


def test_a_single_symbol_or_none_is_judged_too() -> None:
    assert is_intact("2")
    assert not is_intact("3")
    assert not is_intact("")
    assert not is_intact("ABCDEFGHJKLMO")
