"""JSON files: one object, of which `codes` is the rows.

The file is never held as a whole. Where a row ends is found by a regular expression, and the
standard library reads the row, so that every mistake has its line and column.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

from app.domain.import_files import FIELDS, FileErrorCode, FileHeader, FileRow, RowMessage, Value
from app.files.decoding import decoded
from app.files.header_words import HEADER_KEYS, HeaderWordError, with_word
from app.files.json_places import outline
from app.files.json_values import read_value
from app.files.json_window import Window
from app.files.limits import MAX_DEPTH, MAX_ROW
from app.files.row_fields import storable_values, unknown_fields

_NAMES: Final = ", ".join((*HEADER_KEYS, "codes"))
# How what the header can hold begins; nothing, where the file ends.
_TEXTS_AND_WORDS: Final = {'"', "t", "f", "n", ""}
_ANOTHER: Final = object()
_KEYS: Final = {*HEADER_KEYS, "codes"}
_FIELDS: Final = frozenset(FIELDS)
_SPELLED: Final = {field.lower(): field for field in FIELDS}
# What a file of failed rows has beside the fields.
_IGNORED: Final = {"error", "errorText"}
# An object without any other inside: texts and what stands between them.
_FLAT: Final = re.compile(
    r'\{[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+\}', re.DOTALL
)


class JsonReader:
    """Reads the rows of a JSON file, once; the header may stand before or after them."""

    def __init__(self, source: BinaryIO, encoding: str | None) -> None:
        self.header = FileHeader()
        self._source = source
        self._encoding = encoding

    def __iter__(self) -> Iterator[FileRow]:
        window = Window(decoded(self._source, self._encoding))
        if not window.sign():
            raise window.refused("The file is empty.", code=FileErrorCode.NO_ROWS)
        rows = 0
        for key in _keys(window):
            if key != "codes":
                self._say(key, window)
                continue
            for row in _rows(window):
                rows = row.number
                yield row
        if not rows:
            raise window.refused("'codes' holds no rows.", code=FileErrorCode.NO_ROWS)

    def _say(self, key: str, window: Window) -> None:
        sign, at = window.sign(), window.at
        value = _scalar(window) if sign in _TEXTS_AND_WORDS else _ANOTHER
        try:
            self.header = with_word(self.header, key, value)
        except HeaderWordError as error:
            raise window.refused(f"'{key}' {error}.", at) from None


def _keys(window: Window) -> Iterator[str]:
    """Yield the keys of the object that is the file; whoever takes one reads its value."""
    _open(window, "{", "A JSON file is one object, which begins with {.")
    seen: set[str] = set()
    while _goes_on(window, "}", first=not seen):
        if window.sign() != '"':
            raise window.refused("A key in double quotes is expected here.")
        at = window.at
        key = str(_scalar(window))
        if key not in _KEYS:
            # Not quoted: it may be a code, and everybody may read why jobs failed.
            raise window.refused(f"There is no such key; there are {_NAMES}.", at)
        if key in seen:
            raise window.refused(f"The key '{key}' stands twice.", at)
        seen.add(key)
        _open(window, ":", f"A colon is expected here, behind '{key}'.")
        yield key
    if window.sign():
        raise window.refused("Nothing follows the object that is the file.")


def _rows(window: Window) -> Iterator[FileRow]:
    _open(window, "[", "'codes' is a list, which begins with [.")
    number = 0
    while _goes_on(window, "]", first=not number):
        if window.sign() != "{":
            raise window.refused("Each entry of 'codes' is an object, which begins with {.")
        number += 1
        yield _row(number, window)


def _open(window: Window, sign: str, message: str) -> None:
    if window.sign() != sign:
        raise window.refused(message)
    window.at += 1


def _goes_on(window: Window, closing: str, *, first: bool) -> bool:
    """Say whether another member follows, and move to where it begins, or behind the end."""
    sign = window.sign()
    if sign == closing:
        window.at += 1
        return False
    if not first:
        if sign != ",":
            raise window.refused(f"A comma or {closing} is expected here.")
        window.at += 1
    return True


def _row(number: int, window: Window) -> FileRow:
    line = window.place().line
    start, text = window.at, window.text
    flat = _FLAT.match(text, start, start + MAX_ROW)
    end = flat.end() if flat else _end_of_nested(window)
    values = cast("dict[str, Value]", read_value(window, end))
    messages: tuple[RowMessage, ...] = ()
    if not _FIELDS.issuperset(values):
        names = [name for name in values if name not in _FIELDS and name not in _IGNORED]
        messages = unknown_fields(names, _SPELLED)
        values = {name: value for name, value in values.items() if name in _FIELDS}
    if text.find("\\u", start, end) >= 0:
        values, unkept = storable_values(values)
        messages += unkept
    return FileRow(number, line, values, messages)


def _end_of_nested(window: Window) -> int:
    """Return where a row with objects or lists in it ends, or where it breaks off."""
    stop = min(window.at + MAX_ROW, len(window.text))
    row = outline(window.text, window.at, stop, MAX_DEPTH - 2)
    if row.too_deep is not None:
        raise window.refused(
            f"Objects and lists stand at most {MAX_DEPTH} deep in each other.",
            row.too_deep,
            FileErrorCode.TOO_DEEP,
        )
    return row.end or stop


def _scalar(window: Window) -> Value:
    return read_value(window, min(window.at + MAX_ROW, len(window.text)))
