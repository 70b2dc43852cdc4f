"""The check character: Damm's scheme over the field of 32 elements.

The interim value starts at 0 and each symbol turns it into 2 * (interim + symbol), where addition
is XOR and multiplication is that of GF(32) with the polynomial x^5 + x^2 + 1. The last interim
value is the check character. Multiplying by 2 moves every element but 0, and so does multiplying
by 2 + 1: that is why any single wrong symbol and any swap of neighbours changes the result, the
check character itself included.

Written out, the result is the sum of 2^distance * symbol, where distance counts from the check
character leftwards. Sums of columns need no loop over codes, which is what makes bulk rendering
fast.
"""

from collections.abc import Sequence
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The symbols of random parts and check characters, in order of value; no 0, 1, I or O."""

_POLYNOMIAL: Final = 0b100101
_ORDER: Final = 31

# Fixed text and series numbers also hold 0, 1, I and O. 36 symbols cannot have 32 different
# values, so each of these four shares that of a letter which looks nothing like it. All digits
# still differ from each other, and so do the four: wrong digits in a number, swapped digits, and
# 0 for O or 1 for I are all noticed.
_STAND_INS: Final = {"0": "X", "1": "W", "I": "V", "O": "Y"}


def _values() -> dict[str, int]:
    values = {symbol: value for value, symbol in enumerate(ALPHABET)}
    return values | {symbol: values[letter] for symbol, letter in _STAND_INS.items()}


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value > _ORDER else value


def _weighted_tables() -> tuple[bytes, ...]:
    """For each power of 2 a table from the ASCII code of a symbol to its weighted value."""
    weighted = dict(_VALUES)
    tables = []
    for _ in range(_ORDER):
        table = bytearray(256)
        for symbol, value in weighted.items():
            table[ord(symbol)] = value
        tables.append(bytes(table))
        weighted = {symbol: _doubled(value) for symbol, value in weighted.items()}
    return tuple(tables)


_VALUES: Final = _values()
_WEIGHTED: Final = _weighted_tables()
_SYMBOLS: Final = (ALPHABET * 8).encode()


def weighted_value(symbol: str, distance: int) -> int:
    """What a symbol adds (by XOR) to the check value, `distance` places before the check."""
    return _WEIGHTED[distance % _ORDER][ord(symbol)]


def check_character(symbols: str) -> str:
    """Return the check character of a normal form's symbols (A-Z, 0-9) that stand before it."""
    interim = 0
    for symbol in symbols:
        interim = _doubled(interim ^ _VALUES[symbol])
    return ALPHABET[interim]


def is_intact(symbols: str) -> bool:
    """Whether the last symbol is the check character of those before it."""
    return check_character(symbols[:-1]) == symbols[-1:]


def check_column(columns: Sequence[bytes]) -> bytes:
    """Return one check character per row of a table of symbols given column by column.

    Every column holds the ASCII symbols of one place, first place first, one byte a row.
    """
    total = 0
    for distance, column in enumerate(reversed(columns), start=1):
        total ^= int.from_bytes(column.translate(_WEIGHTED[distance % _ORDER]))
    return total.to_bytes(len(columns[0])).translate(_SYMBOLS)
