"""Opens an import file: the one place that knows which reader reads which format."""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Final, Protocol

from app.domain.import_files import FileFormat, FileHeader, FileRow
from app.files.csv_reader import CsvReader
from app.files.json_reader import JsonReader
from app.files.xml_reader import XmlReader


class ImportReader(Protocol):
    """The rows of one file, in its order, read once and never held together.

    `header` is complete when the rows are exhausted: a JSON file may end with it. Rows that were
    read before a refusal count for nothing.

    Raises FileRefused while it is iterated, never before.
    """

    @property
    def header(self) -> FileHeader: ...

    def __iter__(self) -> Iterator[FileRow]: ...


_READERS: Final[Mapping[FileFormat, Callable[[BinaryIO, str | None], ImportReader]]] = {
    FileFormat.CSV: CsvReader,
    FileFormat.JSON: JsonReader,
    FileFormat.XML: XmlReader,
}


def open_import(
    source: BinaryIO, file_format: FileFormat, encoding: str | None = None
) -> ImportReader:
    """Return the reader of a file; `encoding` is what the caller says of a file without a mark.

    The source is read in order. Only with an `encoding`, or an XML file that declares one, is it
    read a second time: from its start if it is seekable, else from a temporary copy on the disk.
    """
    return _READERS[file_format](source, encoding)
