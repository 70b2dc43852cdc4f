from fractions import Fraction
from itertools import product

import pytest

from app.domain.check_character import ALPHABET, check_character
from app.domain.mask_capacity import (
    MaskWarningCode,
    capacity,
    check_capacity,
    guess_chance,
    random_bits,
    random_space,
    warnings,
)
from app.domain.masks import SEPARATORS, Mask, parse
from app.domain.refusals import UserErrorCode

MANY_EXCLUDED = "23456789ABCDEF"
# Ten symbols are left, which makes chances round numbers.
TEN_LEFT = ALPHABET[10:]


def counted(mask: Mask) -> int:
    """Count the codes of a small mask one by one."""
    found = 0
    for symbols in product(mask.alphabet, repeat=mask.random_count):
        filling = iter(symbols)
        cells = [cell for cell in mask.cells.partition("!")[0] if cell not in SEPARATORS]
        code = "".join(next(filling) if cell == "?" else cell.upper() for cell in cells)
        found += check_character(code) in mask.alphabet
    return found


@pytest.mark.parametrize(
    ("text", "codes", "bits"),
    [
        ("????-????-????!", 2**60, 60.0),
        ("AB?", 32, 5.0),
        ("???~" + ALPHABET[2:], 8, 3.0),
        ("?" * 100, 2**500, 500.0),
    ],
)
def test_capacity_is_exact(text: str, codes: int, bits: float) -> None:
    assert (capacity(parse(text)), random_bits(parse(text))) == (codes, bits)


@pytest.mark.parametrize(
    "text",
    [f"A?!~{MANY_EXCLUDED}", f"?a-0?!.X~{MANY_EXCLUDED}", "Z??7!~AEU", "?-?O?!~23456789ABCD"],
)
def test_capacity_counts_only_codes_whose_check_character_is_allowed(text: str) -> None:
    mask = parse(text)
    assert capacity(mask) == counted(mask)
    assert random_space(mask) < len(mask.alphabet) ** mask.random_count


def test_a_series_has_no_capacity_but_a_random_part_beside_each_number() -> None:
    assert capacity(parse("00000#")) is None
    assert random_space(parse("00000#")) == 1
    assert random_bits(parse("00000#")) == 0.0
    assert capacity(parse("000#-????!")) is None
    assert random_space(parse("000#-????!")) == 2**20


def test_beside_a_number_excluded_symbols_leave_at_least_this_many() -> None:
    mask = parse("0#??!~AEU")
    least = min(counted(parse(f"{number:02d}??!~AEU")) for number in range(100))
    assert random_space(mask) == 29 * 26
    assert random_space(mask) <= least


@pytest.mark.parametrize(
    ("text", "codes", "chance"),
    [
        ("????", 0, Fraction(0)),
        ("????", 1024, Fraction(1, 1024)),
        ("???", 10**9, Fraction(1)),
        ("000#????", 0, Fraction(0)),
        ("000#????", 1, Fraction(1, 2**20)),
        ("000#????", 100_000, Fraction(1, 2**20)),
        ("000#", 5, Fraction(1)),
    ],
)
def test_the_chance_of_a_guess(text: str, codes: int, chance: Fraction) -> None:
    assert guess_chance(parse(text), codes) == chance


@pytest.mark.parametrize(
    ("text", "existing", "count"),
    [
        ("????-????-????!", 10**9, 100_000),
        # 2^20 codes: 1,048 are just below 1 in 1,000.
        ("????", 0, 1_048),
        ("????", 1_000, 48),
        (f"???~{TEN_LEFT}", 0, 1),
        ("000#", 10**9, 100_000),
        ("000#??", 10**9, 100_000),
    ],
)
def test_codes_that_fit_and_are_safe_are_accepted(text: str, existing: int, count: int) -> None:
    assert list(check_capacity(parse(text), existing, count)) == []


@pytest.mark.parametrize(
    ("text", "existing", "count"),
    [
        ("????", 0, 1_049),
        ("????", 1_000, 49),
        (f"???~{TEN_LEFT}", 0, 2),
        # 32 codes: half of what is left, whatever the chance.
        ("AB?", 0, 17),
        ("AB?", 40, 1),
        ("000#?", 0, 1),
    ],
)
def test_too_many_codes_for_a_mask_are_refused(text: str, existing: int, count: int) -> None:
    (problem,) = check_capacity(parse(text), existing, count)
    assert problem.code is UserErrorCode.MASK_CAPACITY_EXCEEDED
    assert problem.field == ("count",)


@pytest.mark.parametrize(("count", "reason"), [(16, "1 guess"), (17, "half of the 32")])
def test_half_of_the_free_space_is_the_most(count: int, reason: str) -> None:
    (problem,) = check_capacity(parse("AB?"), 0, count)
    assert reason in problem.message


def test_what_is_left_counts_not_the_whole() -> None:
    (problem,) = check_capacity(parse("AB?"), 30, 2)
    assert problem.message == (
        "2 codes are more than half of the 2 that this mask has left; use a mask with more random "
        "symbols ?, or ask for fewer codes."
    )


@pytest.mark.parametrize(
    ("text", "codes", "codes_of_warnings"),
    [
        ("????-????-????!", 10**12, []),
        ("????-????-????!", 2 * 10**12, [MaskWarningCode.GUESS_CHANCE_HIGH]),
        ("????", 1, []),
        (f"??????~{TEN_LEFT}", 1, []),
        (f"??????~{TEN_LEFT}", 2, [MaskWarningCode.GUESS_CHANCE_HIGH]),
        ("????", 2, [MaskWarningCode.GUESS_CHANCE_HIGH]),
        ("000#???", 1, [MaskWarningCode.GUESS_CHANCE_HIGH]),
        ("000#????", 10**9, []),
        ("000#", 0, [MaskWarningCode.CODE_GUESSABLE]),
        ("000#!", 10**9, [MaskWarningCode.CODE_GUESSABLE]),
    ],
)
def test_what_can_be_guessed_is_warned_of(
    text: str, codes: int, codes_of_warnings: list[MaskWarningCode]
) -> None:
    assert [warning.code for warning in warnings(parse(text), codes)] == codes_of_warnings


def test_warnings_say_what_to_do() -> None:
    (guessable,) = warnings(parse("000#"), 1)
    assert "# is the number of a series, not a random symbol" in guessable.message
    (likely,) = warnings(parse("????"), 2)
    assert likely.message == "About 1 guess in 524,288 hits a code; add ? for random symbols."
