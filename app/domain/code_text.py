"""The normal form of a code: the one text that lookup and uniqueness know.

Two texts that differ only in case, separators or look (full-width letters, ligatures) are one
code. Folding is Unicode's own: NFKC first, then upper case, so the long s is S, the ligature fi is
FI, the sharp s is SS and the dotless i is I. Letters that keep an accent or belong to another
script are refused: nothing is guessed from looks alone.
"""

import re
import unicodedata
from typing import Final

from app.domain.refusals import UserErrorCode
from app.domain.text_errors import TextError

MIN_LENGTH: Final = 3
MAX_LENGTH: Final = 100
MAX_TYPED_LENGTH: Final = 400
"""Longest text looked at: room for a separator and an accident or two beside every symbol."""

_NORMAL: Final = re.compile(r"[A-Z0-9]*")
# Two dashes are not in Unicode's category of dashes: the minus sign and the swung dash.
_SEPARATORS: Final = frozenset("-_.\u2212\u2053")
_ASCII_SEPARATORS: Final = dict.fromkeys(
    code_point for code_point in range(128) if chr(code_point) in "-_." or chr(code_point).isspace()
)
# Soft hyphen, joiners, bidirectional marks, variation selectors, byte order mark: all of them
# arrive with pasted text and none can be seen.
ZERO_WIDTH: Final = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


class CodeTextError(TextError):
    """The text cannot be a code."""


def displayed(text: str) -> str:
    """Return a code as it was typed, as far as it can be seen: on one line, in one direction."""
    return " ".join(ZERO_WIDTH.sub("", text).split())


def normal_form(text: str) -> str:
    """Return the symbols A-Z and 0-9 that identify a code, however it was typed.

    Raises CodeTextError: CODE_BAD_CHAR with the position in `text` of the first character that no
    code may hold, CODE_MISSING when nothing is left, CODE_TOO_SHORT and CODE_TOO_LONG.
    """
    if len(text) > MAX_TYPED_LENGTH:
        raise CodeTextError(
            UserErrorCode.CODE_TOO_LONG,
            f"A code is typed with at most {MAX_TYPED_LENGTH} characters, separators included.",
        )
    folded = _folded(text)
    if _NORMAL.fullmatch(folded) is None:
        raise _bad_character(text)
    check_length(len(folded))
    return folded


def check_length(length: int) -> None:
    """Raise CodeTextError unless a normal form may have this many symbols."""
    if length == 0:
        raise CodeTextError(
            UserErrorCode.CODE_MISSING, "Enter a code: letters A to Z and digits 0 to 9."
        )
    if length < MIN_LENGTH:
        raise CodeTextError(
            UserErrorCode.CODE_TOO_SHORT,
            f"A code has at least {MIN_LENGTH} letters or digits, this one has {length}.",
        )
    if length > MAX_LENGTH:
        raise CodeTextError(
            UserErrorCode.CODE_TOO_LONG,
            f"A code has at most {MAX_LENGTH} letters or digits, this one has {length}.",
        )


def _folded(text: str) -> str:
    kept = unicodedata.normalize("NFKC", text).translate(_ASCII_SEPARATORS)
    if not kept.isascii():
        kept = "".join(character for character in kept if not _is_separator(character))
    return kept.upper()


def _is_separator(character: str) -> bool:
    return (
        character in _SEPARATORS
        or character.isspace()
        or unicodedata.category(character) == "Pd"
        or ZERO_WIDTH.match(character) is not None
    )


def _bad_character(text: str) -> CodeTextError:
    # Whether a text is a code can be said character by character: no accent ever composes with
    # its letter into one of A-Z or 0-9, so the first character bad alone is the one to name.
    position = next(
        number
        for number, character in enumerate(text, start=1)
        if _NORMAL.fullmatch(_folded(character)) is None
    )
    character = text[position - 1]
    shown = f"'{character}'" if character.isprintable() else f"U+{ord(character):04X}"
    return CodeTextError(
        UserErrorCode.CODE_BAD_CHAR,
        f"{shown} cannot be part of a code; use letters A to Z and digits 0 to 9.",
        position,
    )
