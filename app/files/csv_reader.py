"""CSV files: RFC 4180 with a header, separated by commas."""

import csv
from collections.abc import Iterator
from typing import BinaryIO, Final

from app.domain.import_files import CLEAR, FIELDS, FileErrorCode, FileHeader, FileRefused, FileRow
from app.files.csv_lines import Lines
from app.files.decoding import decoded
from app.files.formulas import unescaped

_FIELDS: Final = {field.lower(): field for field in FIELDS}
# The columns that a file of failed rows has beside its fields.
_IGNORED: Final = {"error", "errortext"}
_OTHER_SEPARATORS: Final = {";": "semicolons", "\t": "tabs"}


class CsvReader:
    """Reads the rows of a CSV file, once; it says nothing of itself, so its header is empty."""

    def __init__(self, source: BinaryIO, encoding: str | None) -> None:
        self.header = FileHeader()
        self._source = source
        self._encoding = encoding

    def __iter__(self) -> Iterator[FileRow]:
        lines = Lines(decoded(self._source, self._encoding))
        records = _records(lines)
        columns = _columns(next(records, []), lines)
        number = 0
        for number, cells in enumerate(records, start=1):
            if len(cells) > len(columns):
                raise lines.refused(
                    f"The row has {len(cells)} cells, the header {len(columns)}.",
                    cell=len(columns),
                )
            yield FileRow(number, lines.record, _values(columns, cells, plain=lines.plain))
        if not number:
            raise FileRefused(
                FileErrorCode.NO_ROWS, "The file holds no rows.", line=lines.record, column=1
            )


def _records(lines: Lines) -> Iterator[list[str]]:
    """Yield the cells of each record that is no blank line; `lines.record` is where it begins."""
    reader = csv.reader(lines, strict=True)
    try:
        for cells in reader:
            last = reader.line_num
            if last > lines.record:
                lines.check_record(last)
            if len(cells) > 1 or (cells and not cells[0].isspace()):
                yield cells
            lines.record = last + 1
    except csv.Error as error:
        lines.check_record(reader.line_num)
        raise lines.refused(str(error)) from None


def _values(columns: list[str], cells: list[str], *, plain: bool) -> dict[str, str | None]:
    if plain:
        return {name: cell for name, cell in zip(columns, cells, strict=False) if cell}
    return {
        name: None if cell == CLEAR else unescaped(cell)
        for name, cell in zip(columns, cells, strict=False)
        if cell and name
    }


def _columns(cells: list[str], lines: Lines) -> list[str]:
    """Return the field of each column, an empty text for those that are ignored."""
    names = [cell.strip().lower() for cell in cells]
    for number, name in enumerate(names):
        if name not in _FIELDS and name not in _IGNORED:
            raise lines.refused(_unknown(cells, number), number, FileErrorCode.UNKNOWN_COLUMN)
        if name in names[:number]:
            raise lines.refused(
                f"The column '{name}' stands twice.", number, FileErrorCode.DUPLICATE_COLUMN
            )
    if names and "code" not in names:
        raise lines.refused("The header has no column 'code'.")
    lines.plain = lines.plain and _IGNORED.isdisjoint(names)
    return [_FIELDS.get(name, "") for name in names]


def _unknown(cells: list[str], number: int) -> str:
    name = cells[number]
    separators = [word for sign, word in _OTHER_SEPARATORS.items() if sign in name]
    if separators:
        return f"The header is separated by {separators[0]}; a CSV file is separated by commas."
    if not name.strip():
        return f"Column {number + 1} of the header has no name."
    # Not quoted: in a file without a header this is a code, and everybody may read why jobs failed.
    return (
        f"Column {number + 1} has a name that does not exist. The first line names the columns: "
        f"{', '.join(_FIELDS)}."
    )
