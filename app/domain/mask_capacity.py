"""How many codes a mask can tell apart, and how easily one of them is guessed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final

from app.domain.check_character import ALPHABET, weighted_value
from app.domain.masks import SEPARATORS, Mask
from app.domain.refusals import Problem, UserErrorCode

WARN_ABOVE: Final = Fraction(1, 1_000_000)
REFUSE_ABOVE: Final = Fraction(1, 1_000)


class MaskWarningCode(StrEnum):
    """Why the codes of a mask are less safe than they could be."""

    CODE_GUESSABLE = "CODE_GUESSABLE"
    GUESS_CHANCE_HIGH = "GUESS_CHANCE_HIGH"


@dataclass(frozen=True, slots=True)
class MaskWarning:
    code: MaskWarningCode
    message: str


def capacity(mask: Mask) -> int | None:
    """Return how many codes the mask can render; None with a series, whose numbers never end."""
    return None if mask.has_series else random_space(mask)


def random_bits(mask: Mask) -> float:
    """Return the bits that somebody who knows the mask and the number has to guess."""
    return math.log2(random_space(mask))


@lru_cache(maxsize=256)
def random_space(mask: Mask) -> int:
    """Return how many random parts stand beside one number, or in all without a series.

    Exact, except where a series, a check character and excluded symbols meet: the check character
    then depends on the number, and the count that every number reaches is returned.
    """
    symbols, places = len(mask.alphabet), mask.random_count
    if not mask.has_check or mask.alphabet == ALPHABET:
        return int(symbols**places)
    if mask.has_series:
        return int(symbols ** (places - 1) * (2 * symbols - len(ALPHABET)))
    return _count_with_allowed_check(mask)


def guess_chance(mask: Mask, codes: int) -> Fraction:
    """Return the chance that one guess hits one of so many codes of this mask.

    The check character makes guessing no harder, and numbers of a series are taken as known.
    """
    live = min(codes, 1) if mask.has_series else codes
    return min(Fraction(live, random_space(mask)), Fraction(1))


def check_capacity(mask: Mask, existing: int, count: int) -> Iterator[Problem]:
    """Tell why `count` more codes beside the `existing` ones would not fit or not be safe.

    More than half of the free space would make drawing slow; over 1 in 1,000 guesses would hit. A
    mask without a random part is never refused: its codes are meant to be guessable.
    """
    if not mask.random_count:
        return
    free = None if mask.has_series else random_space(mask) - existing
    if free is not None and 2 * count > free:
        yield _exceeded(
            f"{count:,} codes are more than half of the {max(free, 0):,} that this mask has left"
        )
    elif guess_chance(mask, existing + count) > REFUSE_ABOVE:
        yield _exceeded("More than 1 guess in 1,000 would hit a code")


def warnings(mask: Mask, codes: int) -> list[MaskWarning]:
    """Return what the owner of so many codes of this mask should know."""
    if not mask.random_count:
        return [
            MaskWarning(
                MaskWarningCode.CODE_GUESSABLE,
                "Whoever knows one code knows the next: # is the number of a series, not a random "
                "symbol. Add ? for random symbols, or limit what a code is worth.",
            )
        ]
    chance = guess_chance(mask, codes)
    if chance <= WARN_ABOVE:
        return []
    return [
        MaskWarning(
            MaskWarningCode.GUESS_CHANCE_HIGH,
            f"About 1 guess in {int(1 / chance):,} hits a code; add ? for random symbols.",
        )
    ]


def _exceeded(reason: str) -> Problem:
    return Problem(
        UserErrorCode.MASK_CAPACITY_EXCEEDED,
        f"{reason}; use a mask with more random symbols ?, or ask for fewer codes.",
        ("count",),
    )


def _count_with_allowed_check(mask: Mask) -> int:
    """Count the random parts whose check character is not excluded, by the check values so far."""
    before_check = mask.cells.partition("!")[0]
    cells = [cell.upper() for cell in before_check if cell not in SEPARATORS]
    counts = [1] + [0] * (len(ALPHABET) - 1)
    for distance, cell in enumerate(reversed(cells), start=1):
        choices = mask.alphabet if cell == "?" else cell
        extended = [0] * len(ALPHABET)
        for symbol in choices:
            added = weighted_value(symbol, distance)
            for value, count in enumerate(counts):
                extended[value ^ added] += count
        counts = extended
    return sum(counts[ALPHABET.index(symbol)] for symbol in mask.alphabet)
