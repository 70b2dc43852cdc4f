"""One value of a JSON file, read by the standard library and held to what JSON allows."""

import json
import math
from typing import Final

from app.domain.code_text import MAX_TYPED_LENGTH
from app.domain.import_files import Value
from app.files import json_places
from app.files.json_window import Window
from app.files.limits import MAX_ROW

_LONGEST_INTEGER: Final = 18
# A code may be a number. What is cut is no code: it is longer than any.
_LONGEST_NUMBER: Final = MAX_TYPED_LENGTH + 1
# Up to here a float holds every whole number.
_WHOLE_AS_FLOAT: Final = 2**53
_WORDS: Final = {
    "Unterminated string starting at": "The text that begins here has no end",
    "Invalid control character at": "A control character stands in a text; write it as an escape",
}


class _RepeatedKeyError(Exception):
    """An object holds a key twice."""


class _ConstantError(Exception):
    """A number that JSON does not have."""


def read_value(window: Window, stop: int) -> Value:
    """Read the value that comes next, from the text before offset `stop`, and move behind it.

    Numbers that are longer than any limit come as text, cut: to judge them needs no arithmetic.
    """
    text = window.text[window.at : stop]
    try:
        value, length = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        if stop == len(window.text):
            window.check_end()
        at = window.at + error.pos
        if at >= len(window.text):
            raise window.refused("The file ends in the middle.", at) from None
        if at >= stop:
            raise window.refused(f"A row has at most {MAX_ROW:,} characters.") from None
        words = _WORDS.get(error.msg, error.msg)
        raise window.refused(f"{words}.", at) from None
    except _RepeatedKeyError:
        # The key is not quoted: it may be a code, and everybody may read why jobs failed.
        at, _ = json_places.repeated_key(text)
        raise window.refused("A key stands twice here.", window.at + at) from None
    except _ConstantError as error:
        at = window.at + json_places.constant(text)
        raise window.refused(f"JSON has no number {error}.", at) from None
    window.at += length
    read: Value = value
    return read


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise _RepeatedKeyError
    return read


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits[:_LONGEST_NUMBER]


def _fraction(digits: str) -> float | str:
    """Return a number with a point or an exponent; to JSON 5.0 is as whole as 5."""
    number = float(digits)
    if not math.isfinite(number):
        return digits[:_LONGEST_NUMBER]
    return int(number) if number.is_integer() and abs(number) < _WHOLE_AS_FLOAT else number


def _constant(name: str) -> None:
    raise _ConstantError(name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_constant,
)
