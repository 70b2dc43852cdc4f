r"""The mask language: how the codes of a number series or a voucher campaign look.

    #         the next number of the series; zeros directly before it pad: `00000#` is 000042
    ?         one random symbol out of 23456789ABCDEFGHJKLMNPQRSTUVWXYZ (no 0, 1, I, O)
    !         a check character over all symbols before it; only fixed text may follow
    \x        the character x as fixed text; needed only for a zero before `#` that is no padding
    ~ABC      at the very end: the random part and the check character never show A, B or C
    the rest  fixed text: letters, digits, blanks, `-`, `_` and `.`

In Voucherify and Talon.One `#` stands for a random symbol. Here it is the number of a series, which
anybody can guess; error messages say so.
"""

import re
import string
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain import check_character, code_text
from app.domain.refusals import UserErrorCode
from app.domain.text_errors import TextError

ALPHABET: Final = check_character.ALPHABET
DEFAULT_MASK: Final = "????-????-????!"
MAX_TEXT_LENGTH: Final = 200
MAX_DIGITS: Final = 18
"""Room kept for a number that outgrows its padding: a series can never fill it."""

SEPARATORS: Final = frozenset(" -_.")
_SYMBOLS: Final = frozenset(string.ascii_letters + string.digits)
_VARIABLE: Final = frozenset("#?!")
_TOKEN: Final = re.compile(r"(?P<series>0*#)|(?P<escape>\\.)|(?P<plain>.)", re.DOTALL)

# Below this many symbols some number might have no random part at all whose check character is
# among them; from here on the two sets of at least 17 out of 32 always meet.
_FEWEST_WITH_CHECK: Final = 17
_FEWEST: Final = 2


class GenerateUsing(StrEnum):
    """What tells one generated code from the next: a number of a series, or random symbols."""

    NUMBER_SERIES = "NUMBER_SERIES"
    UNIQUE_ID = "UNIQUE_ID"


class MaskError(TextError):
    """The text is no mask, or not one that fits its purpose."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask that was understood. `text` is what is stored and parses back into an equal mask.

    `cells` holds one character per place: fixed text as it is, and `#`, `?` and `!`, which fixed
    text never contains, for what varies. `padding` is the least number of digits that `#` shows.
    """

    text: str
    cells: str
    padding: int
    alphabet: str = ALPHABET

    @property
    def has_series(self) -> bool:
        return "#" in self.cells

    @property
    def has_check(self) -> bool:
        return "!" in self.cells

    @property
    def random_count(self) -> int:
        return self.cells.count("?")

    @property
    def pattern(self) -> str:
        """The normal form of its codes, with `_` for every random symbol and check character."""
        fixed = (cell.upper() for cell in self.cells if cell not in SEPARATORS)
        return "".join("_" if cell in "?!" else cell for cell in fixed)

    def layout(self, digits: int) -> str:
        """Return the cells with one `#` for each of this many digits."""
        return self.cells.replace("#", "#" * digits)


def parse(text: str) -> Mask:
    """Understand a mask, or raise MaskError with the position of what is wrong.

    A mask is accepted only when every code it can ever render has a normal form of allowed length.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise MaskError(
            UserErrorCode.MASK_TOO_LONG,
            f"A mask has at most {MAX_TEXT_LENGTH} characters, this one has {len(text)}.",
        )
    body, tilde, excluded = text.partition("~")
    cells, padding = _parse_body(body)
    alphabet = _parse_excluded(excluded, len(body) + 1) if tilde else ALPHABET
    left_out = "".join(symbol for symbol in ALPHABET if symbol not in alphabet)
    mask = Mask(f"{body}~{left_out}" if left_out else body, cells, padding, alphabet)
    _check_alphabet(mask, len(body) + 1)
    _check_length(mask)
    return mask


def parse_for(text: str, using: GenerateUsing) -> Mask:
    """Understand a mask that must serve this purpose, or raise MaskError.

    A number series needs its `#`; a unique identifier needs a `?` and knows no `#`.
    """
    mask = parse(text)
    if using == GenerateUsing.NUMBER_SERIES:
        if not mask.has_series:
            raise MaskError(
                UserErrorCode.MASK_NO_VARIABLE_PART,
                "The mask of a number series needs a # where the number goes: PROMO-00000#.",
            )
    elif mask.has_series:
        raise MaskError(
            UserErrorCode.MASK_BAD_CHAR,
            "# is the number of a series, not a random symbol, and a unique identifier has none; "
            "write ? for a random symbol.",
            text.index("#") + 1,
        )
    return mask


def from_shorthand(prefix: str = "", length: int = 12, excluded: str = "") -> Mask:
    """Build the mask that a prefix, a number of random symbols and excluded symbols stand for.

    Random symbols come in groups of four. A check character ends the mask as long as 17 of the 32
    symbols remain. Without arguments the result is the default mask.
    """
    for position, character in enumerate(prefix, start=1):
        _check_fixed(character, position)
    if length > code_text.MAX_LENGTH:
        raise MaskError(
            UserErrorCode.MASK_TOO_LONG,
            f"A code has at most {code_text.MAX_LENGTH} letters and digits.",
        )
    symbols = "?" * length
    groups = [symbols[start : start + 4] for start in range(0, len(symbols), 4)]
    left = len(_parse_excluded(excluded, 0)) if excluded else len(ALPHABET)
    check = "!" if left >= _FEWEST_WITH_CHECK else ""
    tail = f"~{excluded}" if excluded else ""
    return parse(prefix + "-".join(groups) + check + tail)


def _parse_body(body: str) -> tuple[str, int]:
    cells: list[str] = []
    padding = 0
    check_position = None
    for token in _TOKEN.finditer(body):
        cell, position = token[0][-1], token.end()
        escaped = token.lastgroup == "escape"
        if escaped or cell not in _VARIABLE:
            _check_fixed(cell, position)
        elif check_position is not None:
            raise MaskError(
                UserErrorCode.MASK_CHECK_NOT_LAST,
                "The check character ! comes last; only fixed text may follow it.",
                check_position,
            )
        elif cell == "#":
            _check_first_series(cells, position)
            padding = len(token[0])
        elif cell == "!":
            check_position = position
        cells.append(cell)
    _check_varies(cells)
    return "".join(cells), padding


def _check_fixed(character: str, position: int) -> None:
    if character in SEPARATORS or character in _SYMBOLS:
        return
    shown = f"'{character}'" if character.isprintable() else f"U+{ord(character):04X}"
    raise MaskError(
        UserErrorCode.MASK_BAD_CHAR,
        f"{shown} cannot be fixed text; use letters A to Z, digits, blanks, '-', '_' and '.'.",
        position,
    )


def _check_first_series(cells: list[str], position: int) -> None:
    if "#" in cells:
        raise MaskError(
            UserErrorCode.MASK_MULTIPLE_SERIES,
            "A mask has one # only: it is the number of a series, not a random symbol; write ? "
            "for a random symbol.",
            position,
        )


def _check_varies(cells: list[str]) -> None:
    if "#" not in cells and "?" not in cells:
        raise MaskError(
            UserErrorCode.MASK_NO_VARIABLE_PART,
            "All codes would be equal: add # for the number of a series, or ? for a random symbol.",
        )


def _parse_excluded(excluded: str, offset: int) -> str:
    """Return the symbols that remain; symbols that random parts never show may be named too."""
    for position, character in enumerate(excluded, start=offset + 1):
        if character not in _SYMBOLS:
            raise MaskError(
                UserErrorCode.MASK_BAD_CHAR,
                "Only letters A to Z and digits can be excluded, and they end the mask.",
                position,
            )
    return "".join(symbol for symbol in ALPHABET if symbol not in excluded.upper())


def _check_alphabet(mask: Mask, position: int) -> None:
    if len(mask.alphabet) == len(ALPHABET):
        return
    fewest = _FEWEST_WITH_CHECK if mask.has_check else _FEWEST
    if not mask.random_count:
        message = "There is no random symbol ? from which to exclude anything."
    elif len(mask.alphabet) < fewest:
        message = (
            f"Too many symbols are excluded: at least {fewest} of {len(ALPHABET)} must remain"
            + (" beside a check character !." if mask.has_check else ".")
        )
    else:
        return
    raise MaskError(UserErrorCode.MASK_BAD_CHAR, message, position)


def _check_length(mask: Mask) -> None:
    fixed = sum(cell not in SEPARATORS and cell != "#" for cell in mask.cells)
    shortest = fixed + mask.padding
    if shortest < code_text.MIN_LENGTH:
        raise MaskError(
            UserErrorCode.CODE_TOO_SHORT,
            f"Codes of this mask may have only {shortest} letters or digits; "
            f"{code_text.MIN_LENGTH} are the least.",
        )
    longest = fixed + (max(mask.padding, MAX_DIGITS) if mask.has_series else 0)
    if longest > code_text.MAX_LENGTH:
        raise MaskError(
            UserErrorCode.MASK_TOO_LONG,
            f"Codes of this mask may have {longest} letters or digits, a number of "
            f"{MAX_DIGITS} digits included; {code_text.MAX_LENGTH} are the most.",
        )
