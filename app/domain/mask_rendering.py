"""Turning a mask into codes, 100,000 at a time.

Everything is done place by place instead of code by code: a column is one byte string with the
symbols that all codes show at one place, and a handful of columns is cheaper than 100,000 loops.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from app.domain.check_character import ALPHABET, check_column
from app.domain.mask_capacity import MaskWarning, capacity, random_bits, warnings
from app.domain.masks import MAX_DIGITS, SEPARATORS, Mask

Entropy = Callable[[int], bytes]
"""Returns so many unpredictable bytes; `secrets.token_bytes` outside of tests."""


@dataclass(frozen=True, slots=True)
class RenderedCodes:
    """Codes as shown, and beside each its normal form. Random parts may repeat by chance."""

    texts: list[str]
    normal_forms: list[str]


@dataclass(frozen=True, slots=True)
class MaskPreview:
    """What a mask gives, before anything is made; `capacity` is None with a number series."""

    mask: str
    samples: list[str]
    capacity: int | None
    random_bits: float
    warnings: list[MaskWarning]


def preview(mask: Mask, numbers: Sequence[int], entropy: Entropy, codes: int = 1) -> MaskPreview:
    """Show one sample per number, and what to know when so many codes of the mask exist."""
    return MaskPreview(
        mask=mask.text,
        samples=render(mask, numbers, entropy).texts,
        capacity=capacity(mask),
        random_bits=random_bits(mask),
        warnings=warnings(mask, codes),
    )


def render(mask: Mask, numbers: Sequence[int], entropy: Entropy) -> RenderedCodes:
    """Render one code per number, in order; a mask without `#` only counts the numbers.

    Every random symbol is drawn evenly from the mask's alphabet. Where symbols are excluded, codes
    whose check character would be one of them are drawn again.
    """
    if mask.has_check and mask.alphabet != ALPHABET:
        return _render_allowed(mask, numbers, entropy)
    return _render_once(mask, numbers, entropy)


def _render_allowed(mask: Mask, numbers: Sequence[int], entropy: Entropy) -> RenderedCodes:
    after_check = mask.cells.partition("!")[2]
    place = -1 - sum(cell not in SEPARATORS for cell in after_check)
    texts, normal_forms = [""] * len(numbers), [""] * len(numbers)
    pending: Sequence[int] = range(len(numbers))
    while pending:
        drawn = _render_once(mask, [numbers[index] for index in pending], entropy)
        refused = []
        for index, text, normal in zip(pending, drawn.texts, drawn.normal_forms, strict=True):
            if normal[place] in mask.alphabet:
                texts[index], normal_forms[index] = text, normal
            else:
                refused.append(index)
        pending = refused
    return RenderedCodes(texts, normal_forms)


def _render_once(mask: Mask, numbers: Sequence[int], entropy: Entropy) -> RenderedCodes:
    rendered = RenderedCodes([], [])
    for digits, run in _runs(mask, numbers):
        random_part = _random_symbols(mask.alphabet, mask.random_count * len(run), entropy)
        columns = _Columns(len(run))
        columns.fill(mask.layout(digits), _numerals(run, digits), random_part)
        rendered.texts.extend(_rows(columns.shown, len(run)))
        rendered.normal_forms.extend(_rows(columns.normal, len(run)))
    return rendered


def _runs(mask: Mask, numbers: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Cut the numbers into runs that show equally many digits, so that a run has columns."""
    if not mask.has_series:
        yield 0, numbers
        return
    if min(numbers, default=0) < 0 or max(numbers, default=0) >= 10**MAX_DIGITS:
        raise ValueError(f"The numbers of a series have at most {MAX_DIGITS} digits and no sign.")
    for digits, run in groupby(numbers, key=lambda number: max(mask.padding, len(str(number)))):
        yield digits, list(run)


def _numerals(run: Iterable[int], digits: int) -> bytes:
    return "".join([f"{number:0{digits}d}" for number in run]).encode() if digits else b""


class _Columns:
    """The places of a run of codes, as shown and in normal form, filled from left to right.

    Writing both at once is what makes the normal form agree with that of the shown text: fixed
    text keeps to characters that fold one by one, and variable symbols are their own normal form.
    """

    def __init__(self, height: int) -> None:
        self.height = height
        self.shown: list[bytes] = []
        self.normal: list[bytes] = []

    def fill(self, layout: str, numerals: bytes, random_part: bytes) -> None:
        digits = _places(numerals, layout.count("#"))
        symbols = _places(random_part, layout.count("?"))
        for cell in layout:
            if cell == "#":
                self._append_variable(next(digits))
            elif cell == "?":
                self._append_variable(next(symbols))
            elif cell == "!":
                self._append_variable(check_column(self.normal))
            else:
                self._append_fixed(cell)

    def _append_variable(self, column: bytes) -> None:
        self.shown.append(column)
        self.normal.append(column)

    def _append_fixed(self, cell: str) -> None:
        self.shown.append(cell.encode() * self.height)
        if cell not in SEPARATORS:
            self.normal.append(cell.upper().encode() * self.height)


def _places(rows: bytes, width: int) -> Iterator[bytes]:
    return (rows[place::width] for place in range(width))


def _rows(columns: list[bytes], height: int) -> list[str]:
    width = len(columns)
    table = bytearray(width * height)
    for place, column in enumerate(columns):
        table[place::width] = column
    text = table.decode("ascii")
    return [text[start : start + width] for start in range(0, len(text), width)]


def _random_symbols(alphabet: str, count: int, entropy: Entropy) -> bytes:
    table, rejected = _drawing(alphabet)
    drawn = b""
    while len(drawn) < count:
        drawn += entropy(count - len(drawn)).translate(table, rejected)
    return drawn


@lru_cache(maxsize=64)
def _drawing(alphabet: str) -> tuple[bytes, bytes]:
    """Return the table from bytes to symbols, and the bytes to throw away so that none is favoured.

    256 is a multiple of 32, so without excluded symbols nothing is thrown away.
    """
    size = len(alphabet)
    usable = 256 - 256 % size
    table = "".join(alphabet[byte % size] for byte in range(256)).encode()
    return table, bytes(range(usable, 256))
