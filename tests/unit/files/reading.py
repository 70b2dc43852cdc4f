"""Reads a file that stands in a test, however its bytes come, and says what came of it."""

import io
from dataclasses import dataclass, field
from typing import BinaryIO

from app.domain.import_files import FileFormat, FileHeader, FileRefused, FileRow
from app.files.import_reader import open_import


@dataclass
class Outcome:
    """The rows up to the refusal, if there was one."""

    header: FileHeader
    rows: list[FileRow] = field(default_factory=list)
    refused: FileRefused | None = None

    @property
    def reason(self) -> tuple[str, int | None, int | None, int]:
        """Return the refusal's code, line and column, and the number of rows before it."""
        assert self.refused is not None
        return self.refused.code, self.refused.line, self.refused.column, len(self.rows)

    @property
    def values(self) -> list[dict[str, object]]:
        assert self.refused is None, self.refused
        return [dict(row.values) for row in self.rows]


class Trickle(io.RawIOBase):
    """Bytes that come a few at a time and cannot be read twice, as from a network."""

    def __init__(self, data: bytes, at_once: int) -> None:
        self._data = io.BytesIO(data)
        self._at_once = at_once

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, self._at_once))


def read(
    data: bytes | BinaryIO, file_format: FileFormat = FileFormat.CSV, encoding: str | None = None
) -> Outcome:
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    reader = open_import(source, file_format, encoding)
    outcome = Outcome(reader.header)
    try:
        for row in reader:
            outcome.rows.append(row)
    except FileRefused as refused:
        outcome.refused = refused
    outcome.header = reader.header
    return outcome
