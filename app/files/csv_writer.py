"""Writes rows as CSV that the reader and spreadsheets understand alike."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from app.domain.import_files import CLEAR, Value
from app.files.formulas import escaped
from app.files.texts import text_of

# Without it Excel takes UTF-8 for the encoding of the country.
_MARK: Final = "\ufeff"


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> Iterator[str]:
    """Yield the file line by line. A value that is not there leaves its cell empty."""
    line = io.StringIO(newline="")
    write = csv.writer(line).writerow
    line.write(_MARK)
    write([column.lower() for column in columns])
    yield line.getvalue()
    for row in rows:
        line.seek(0)
        line.truncate()
        write([_cell(row.get(column, "")) for column in columns])
        yield line.getvalue()


def _cell(value: Value) -> str:
    return CLEAR if value is None else escaped(text_of(value))
