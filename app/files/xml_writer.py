"""Writes rows as XML, one on each line."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.domain.import_files import FileHeader, Value
from app.files.header_words import said
from app.files.texts import text_of

_MARKUP: Final = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        # As they are, a reader would make blanks of them.
        "\t": "&#9;",
        "\n": "&#10;",
        "\r": "&#13;",
    }
)
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(header: FileHeader, rows: Iterable[Mapping[str, Value]]) -> Iterator[str]:
    """Yield the file line by line."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<import{_attributes(dict(said(header)))}>\n<codes>\n"
    for row in rows:
        yield f"<code{_attributes(row)}/>\n"
    yield "</codes>\n</import>\n"


def _attributes(values: Mapping[str, Value]) -> str:
    return "".join(f' {name.lower()}="{_quoted(value)}"' for name, value in values.items())


def _quoted(value: Value) -> str:
    if value is None:
        return ""
    return _NO_XML.sub("\ufffd", text_of(value)).translate(_MARKUP)
