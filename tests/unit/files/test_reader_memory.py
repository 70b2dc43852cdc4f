"""A file of any size is read in the memory of a few rows."""

import io
import tracemalloc
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

import pytest

from app.domain.import_files import FIELDS, FileFormat
from app.files.import_reader import open_import

MOST_BYTES: Final = 2 * 2**20
ROWS: Final = {
    FileFormat.CSV: (
        f"{','.join(FIELDS).lower()}\n",
        "SUMMER{},SPRING,5,1,2026-06-01,2026-07-01,,ANY_CUSTOMER,,,\n",
        "",
    ),
    FileFormat.JSON: (
        '{{"codes": [\n{{}}',
        ',\n{{"code": "SUMMER{}", "group": "SPRING", "maximumUses": 5, "validFrom": "2026-06-01"}}',
        '\n], "mode": "UPSERT"}}',
    ),
    FileFormat.XML: (
        "<import>\n<codes>",
        '<code code="SUMMER{}" group="SPRING" maximumuses="5" validfrom="2026-06-01"/>\n',
        "</codes>\n</import>",
    ),
}


class Generated(io.RawIOBase):
    """A file that comes into being while it is read, and is nowhere as a whole."""

    def __init__(self, file_format: FileFormat, count: int) -> None:
        self._parts = self._made(*ROWS[file_format], count)
        self._part = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._part = self._part or next(self._parts, b"")
        part, self._part = self._part[:size], self._part[size:]
        return part

    @staticmethod
    def _made(begin: str, row: str, end: str, count: int) -> Iterator[bytes]:
        yield begin.format().encode()
        for first in range(0, count, 100):
            yield "".join(row.format(number) for number in range(first, first + 100)).encode()
        yield end.format().encode()


@pytest.mark.parametrize("file_format", FileFormat)
def test_memory_stays_flat(file_format: FileFormat, *, long: bool) -> None:
    count = 1_000_000 if long else 50_000
    source = cast("BinaryIO", Generated(file_format, count))
    last = None
    tracemalloc.start()
    try:
        for row in open_import(source, file_format):
            last = row
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert last is not None
    assert last.number == count + (file_format is FileFormat.JSON)
    assert last.values["code"] == f"SUMMER{count - 1}"
    assert peak < MOST_BYTES
