from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.check_character import ALPHABET, check_character, is_intact
from app.domain.code_text import normal_form
from app.domain.mask_rendering import Entropy, preview, render
from app.domain.masks import Mask, MaskError, parse


def counting(start: int = 0) -> Entropy:
    """Bytes that go round all 256 values, so that every value comes equally often."""
    position = start

    def draw(count: int) -> bytes:
        nonlocal position
        position += count
        return bytes(value % 256 for value in range(position - count, position))

    return draw


def no_entropy(count: int) -> bytes:
    raise AssertionError(f"{count} random bytes were drawn for nothing")


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    fixed = st.text(st.sampled_from("AZio019 -_."), max_size=4)
    variable = st.sampled_from(["?", "??", "????", "000#", "#"])
    text = "".join(draw(st.lists(fixed | variable, min_size=1, max_size=8)))
    text += draw(st.sampled_from(["", "!", "!-X"])) + draw(st.sampled_from(["", "~AEU", "~234567"]))
    try:
        return parse(text)
    except MaskError:
        return parse("VIP-00000#-????!")


def test_a_number_is_padded_and_outgrows_its_padding_uncut() -> None:
    codes = render(parse("PROMO-00000#"), [42, 999_999, 1_000_000, 7, 10**17], no_entropy)
    assert codes.texts == [
        "PROMO-000042",
        "PROMO-999999",
        "PROMO-1000000",
        "PROMO-000007",
        "PROMO-100000000000000000",
    ]
    assert codes.normal_forms == [text.replace("-", "") for text in codes.texts]


def test_random_symbols_and_check_character_take_their_places() -> None:
    codes = render(parse("vip-0#.??-?! x"), [7, 8], counting())
    assert codes.texts == [
        f"vip-07.23-4{check_character('VIP07234')} x",
        f"vip-08.56-7{check_character('VIP08567')} x",
    ]
    assert codes.normal_forms == [
        f"VIP07234{check_character('VIP07234')}X",
        f"VIP08567{check_character('VIP08567')}X",
    ]


def test_the_known_check_characters_are_rendered() -> None:
    chosen = bytes(ALPHABET.index(symbol) for symbol in "ABCDEFGHJKLMPRZMX7Q4WZ9T222222222222")
    codes = render(parse("????-????-????!"), range(3), lambda count: chosen[:count])
    assert codes.texts == ["ABCD-EFGH-JKLMR", "PRZM-X7Q4-WZ9TG", "2222-2222-22222"]


def test_without_a_series_the_numbers_are_only_counted() -> None:
    assert render(parse("AB???"), [-5, 10**30], counting()).texts == ["AB234", "AB567"]


def test_nothing_asked_nothing_rendered() -> None:
    for text in ("AB00#", "????!", "????!~A", "00#??!~A"):
        codes = render(parse(text), [], no_entropy)
        assert (codes.texts, codes.normal_forms) == ([], [])


@pytest.mark.parametrize("number", [-1, 10**18])
def test_numbers_out_of_range_are_an_error_of_the_program(number: int) -> None:
    with pytest.raises(ValueError, match="at most 18 digits"):
        render(parse("AB00#"), [1, number], no_entropy)


@given(masks(), st.lists(st.integers(0, 10**18 - 1) | st.integers(0, 2000), max_size=20))
def test_normal_forms_are_those_of_the_shown_texts(mask: Mask, numbers: list[int]) -> None:
    codes = render(mask, numbers, counting(len(numbers)))
    assert len(codes.texts) == len(numbers)
    assert codes.normal_forms == [normal_form(text) for text in codes.texts]


@given(masks(), st.lists(st.integers(0, 10**18 - 1), unique=True, max_size=20))
def test_every_place_shows_what_the_mask_says(mask: Mask, numbers: list[int]) -> None:
    for number, text in zip(numbers, render(mask, numbers, counting()).texts, strict=True):
        shown = iter(text)
        numeral = f"{number:0{mask.padding or 1}d}"
        for cell in mask.cells:
            if cell == "#":
                assert "".join(next(shown) for _ in numeral) == numeral
            elif cell in "?!":
                assert next(shown) in mask.alphabet
            else:
                assert next(shown) == cell
        assert next(shown, None) is None


@given(masks(), st.lists(st.integers(0, 10**6), max_size=20))
def test_every_check_character_fits_what_stands_before_it(mask: Mask, numbers: list[int]) -> None:
    fixed_after = normal_form("AAA" + mask.cells.partition("!")[2])[3:]
    if mask.has_check:
        for normal in render(mask, numbers, counting()).normal_forms:
            assert is_intact(normal.removesuffix(fixed_after))


@given(st.lists(st.integers(0, 10**18 - 1), unique=True, max_size=30))
def test_different_numbers_give_different_codes(numbers: list[int]) -> None:
    codes = render(parse("9-0#-?"), numbers, bytes)
    assert len(set(codes.normal_forms)) == len(numbers)


def symbols_drawn(text: str, count: int) -> Counter[str]:
    return Counter("".join(render(parse(text), range(count), counting()).texts))


@pytest.mark.parametrize(
    ("text", "usable"), [("????", 256), ("????~A", 248), ("????~AEU", 232), ("????~ABC2", 252)]
)
def test_every_symbol_is_drawn_equally_often(text: str, usable: int) -> None:
    alphabet = parse(text).alphabet
    # So many codes that the bytes went round a whole number of times.
    drawn = symbols_drawn(text, usable)
    assert drawn == dict.fromkeys(alphabet, 4 * usable // len(alphabet))


def test_the_trial_of_evenness_catches_a_plain_remainder() -> None:
    remainders = Counter(value % 29 for value in range(256))
    assert set(remainders.values()) == {8, 9}


def test_a_mask_with_excluded_symbols_never_shows_them_in_its_check_character() -> None:
    texts = render(parse("??-??!~23456789ABCDEFG"), range(500), counting()).texts
    assert {text[-1] for text in texts} <= set("HJKLMNPQRSTUVWXYZ")
    assert all(is_intact(text.replace("-", "")) for text in texts)


def test_redrawn_codes_keep_their_numbers_in_order() -> None:
    numbers = [5, 4, 300, 2, 1, 12_345] * 20
    texts = render(parse("00#-??!~23456789ABCDEFG"), numbers, counting()).texts
    assert [int(text.partition("-")[0]) for text in texts] == numbers


def test_a_whole_request_of_codes_is_distinct_and_whole() -> None:
    codes = render(parse("000#-??!"), range(100_000), counting())
    assert len(set(codes.normal_forms)) == 100_000
    assert all(map(is_intact, codes.normal_forms))


def test_a_preview_shows_samples_capacity_bits_and_warnings() -> None:
    shown = preview(parse("AB-???"), range(2), counting(), codes=2)
    assert shown.mask == "AB-???"
    assert shown.samples == ["AB-234", "AB-567"]
    assert shown.capacity == 32_768
    assert shown.random_bits == 15.0
    assert [warning.message for warning in shown.warnings] == [
        "About 1 guess in 16,384 hits a code; add ? for random symbols."
    ]


def test_a_preview_of_a_series_starts_where_it_is_told() -> None:
    shown = preview(parse("PROMO-00000#"), range(42, 44), no_entropy)
    assert shown.samples == ["PROMO-000042", "PROMO-000043"]
    assert (shown.capacity, shown.random_bits) == (None, 0.0)
    assert [warning.code.value for warning in shown.warnings] == ["CODE_GUESSABLE"]
