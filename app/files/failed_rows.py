"""Failed rows as a file in the format in which they came, with a word on what to correct.

The reader gives back exactly the values written here, and ignores what is said about them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.import_files import FIELDS, FileFormat, FileHeader, RowMessage, Severity, Value
from app.files.csv_writer import csv_text
from app.files.json_writer import json_text
from app.files.limits import CHUNK
from app.files.xml_writer import xml_text

_COLUMNS: Final = (*FIELDS, "error", "errorText")
_MAX_TEXT: Final = 1_000


@dataclass(frozen=True, slots=True)
class FailedRow:
    """The values of a FileRow, as they were read, and what was said about the row."""

    values: Mapping[str, Value]
    messages: Sequence[RowMessage]


def write_failed_rows(
    file_format: FileFormat, header: FileHeader, rows: Iterable[FailedRow]
) -> Iterator[bytes]:
    """Yield the file in pieces; `header` is what the file with the rows said of itself."""
    kept = ""
    for text in _texts(file_format, header, map(_explained, rows)):
        kept += text
        if len(kept) >= CHUNK:
            yield kept.encode()
            kept = ""
    yield kept.encode()


def _texts(
    file_format: FileFormat, header: FileHeader, rows: Iterable[Mapping[str, Value]]
) -> Iterator[str]:
    if file_format is FileFormat.CSV:
        return csv_text(_COLUMNS, rows)
    write = json_text if file_format is FileFormat.JSON else xml_text
    return write(header, rows)


def _explained(row: FailedRow) -> dict[str, Value]:
    """Return what is written: the values, the codes of the errors and their sentences."""
    errors = [message for message in row.messages if message.severity is Severity.ERROR]
    return {
        **row.values,
        "error": " ".join(dict.fromkeys(error.code for error in errors)),
        "errorText": " ".join(error.text for error in errors)[:_MAX_TEXT],
    }
