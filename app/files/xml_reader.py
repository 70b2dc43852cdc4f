"""XML files: an `import` element with a `codes` element, whose `code` elements are the rows.

Expat reads them. No file may bring a document type, so there are no entities to expand and nothing
outside to fetch.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final
from xml.parsers import expat

from app.domain.import_files import FIELDS, FileErrorCode, FileHeader, FileRefused, FileRow
from app.files.decoding import decoded
from app.files.encodings import codec_of
from app.files.header_words import HEADER_KEYS, HeaderWordError, with_word
from app.files.limits import MAX_RAW, MAX_ROW
from app.files.row_fields import unknown_fields

_PATH: Final = ("import", "codes", "code")
_ROW: Final = _PATH[-1]
_FIELDS: Final = {field.lower(): field for field in FIELDS}
_HEADER: Final = {key.lower(): key for key in HEADER_KEYS}
_SPELLED: Final = {name: name for name in _FIELDS}
# What a file of failed rows has beside the fields.
_IGNORED: Final = {"error", "errortext"}
# Attributes that tell a validator where the schema is.
_OF_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema-instance "
_SPACE: Final = " \t\r\n"
_TRUTHS: Final = {"true": True, "false": False}
_WORDS: Final = {"mode", "onerror"}
_NO_ELEMENTS: Final = expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]
_VERSION: Final = re.compile(r"1\.[0-9]+")
_DECLARATION: Final = re.compile(
    r"""<\?xml[ \t\r\n][^>?]*?encoding[ \t\r\n]*=[ \t\r\n]*["']([^"'<>]*)["']"""
)


class XmlReader:
    """Reads the rows of an XML file, once; its header is known before the first row."""

    def __init__(self, source: BinaryIO, encoding: str | None) -> None:
        self.header = FileHeader()
        self._source = source
        self._encoding = encoding

    def __iter__(self) -> Iterator[FileRow]:
        document = _Document()
        for text in chain(decoded(self._source, self._encoding, _DECLARATION), ("",)):
            rows = document.read(text)
            self.header = document.header
            yield from rows
            if document.refused is not None:
                raise document.refused


class _Document:
    """What expat says of the file, and how far it has come."""

    def __init__(self) -> None:
        self.header = FileHeader()
        self.refused: FileRefused | None = None
        self._rows: list[FileRow] = []
        self._number = 0
        self._depth = 0
        self._seen = 0
        self._fed = 0
        self._names: set[str] = set()
        self._names_length = 0
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartNamespaceDeclHandler = self._namespace
        # Asked for everything before the root: of a DOCTYPE it is told while its place is known.
        self._parser.DefaultHandler = self._prolog

    def read(self, text: str) -> list[FileRow]:
        """Return the rows of this piece, up to what is `refused`; an empty text ends the file."""
        self._rows = []
        data = text.encode()
        self._fed += len(data)
        try:
            self._parser.Parse(data, not data)
            self._check_progress()
            if not data and not self._number:
                raise self._refuse("The file holds no rows.", FileErrorCode.NO_ROWS)
        except expat.ExpatError as error:
            self.refused = self._unreadable(error)
        except FileRefused as refused:
            self.refused = refused
        return self._rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        depth, self._depth = self._depth, self._depth + 1
        self._parser.DefaultHandler = None
        if depth >= len(_PATH):
            raise self._refuse("A <code> holds no elements.", FileErrorCode.TOO_DEEP)
        if name != _PATH[depth]:
            raise self._refuse(_misplaced(name, depth))
        if name == _ROW:
            self._row(attributes)
        elif depth < self._seen:
            raise self._refuse(f"<{name}> stands once in a file.")
        else:
            self._seen += 1
            self._say(name, attributes)

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _text(self, text: str) -> None:
        if stray := text.lstrip(_SPACE):
            raise self._refuse("Only elements stand here, no text.", skip=len(text) - len(stray))

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        """Judge what expat passes over; an encoding far behind has not been seen before."""
        if not _VERSION.fullmatch(version):
            raise self._refuse("There is no such version of XML.")
        try:
            codec_of(encoding or "utf-8")
        except FileRefused as refused:
            raise self._refuse(refused.message, refused.code) from None

    def _prolog(self, markup: str) -> None:
        if markup == "<!DOCTYPE":
            raise self._refuse(
                "A file brings no DOCTYPE; leave it away.", FileErrorCode.DTD_FORBIDDEN
            )

    def _namespace(self, prefix: str | None, _uri: str) -> None:
        self._count_name(f"xmlns:{prefix}")

    def _say(self, element: str, attributes: dict[str, str]) -> None:
        for name, text in attributes.items():
            if self._is_of_schema(name):
                continue
            if element != "import" or name not in _HEADER:
                raise self._refuse(f"<{element}> has no such attribute.")
            try:
                self.header = with_word(self.header, _HEADER[name], _meant(name, text))
            except HeaderWordError as error:
                raise self._refuse(f"'{name}' {error}.") from None

    def _row(self, attributes: dict[str, str]) -> None:
        if sum(map(len, attributes.values())) > MAX_ROW:
            raise self._refuse(f"A row has at most {MAX_ROW:,} characters.")
        values: dict[str, str | None] = {}
        unknown = []
        for name, text in attributes.items():
            if name in _FIELDS:
                values[_FIELDS[name]] = text or None
            elif name not in _IGNORED and not self._is_of_schema(name):
                unknown.append(name)
        self._number += 1
        messages = unknown_fields(unknown, _SPELLED) if unknown else ()
        self._rows.append(FileRow(self._number, self._parser.CurrentLineNumber, values, messages))

    def _is_of_schema(self, name: str) -> bool:
        self._count_name(name)
        return name.startswith(_OF_SCHEMA)

    def _count_name(self, name: str) -> None:
        """Bound the names that are none of ours: expat keeps every one that it meets."""
        if name in self._names:
            return
        self._names.add(name)
        self._names_length += len(name)
        if self._names_length > MAX_ROW:
            raise self._refuse("The file has too many names of attributes that do not exist.")

    def _check_progress(self) -> None:
        """Stop at what has no end: expat keeps all of it, and looks at it again each time."""
        if self._fed - self._parser.CurrentByteIndex > MAX_RAW:
            raise self._refuse(f"A tag or comment has at most {MAX_RAW:,} bytes.")

    def _refuse(
        self, message: str, code: FileErrorCode = FileErrorCode.SYNTAX, skip: int = 0
    ) -> FileRefused:
        parser = self._parser
        return FileRefused(
            code, message, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1 + skip
        )

    def _unreadable(self, error: expat.ExpatError) -> FileRefused:
        line, column = error.lineno, error.offset + 1
        if error.code != _NO_ELEMENTS:
            message = expat.ErrorString(error.code)
            return FileRefused(FileErrorCode.SYNTAX, f"No XML: {message}.", line, column)
        if self._depth:
            message = "The file ends before its elements are closed."
            return FileRefused(FileErrorCode.SYNTAX, message, line, column)
        return FileRefused(FileErrorCode.NO_ROWS, "The file is empty.", line, column)


def _misplaced(name: str, depth: int) -> str:
    """Say what belongs here. A name that is none of ours may be a code, and is not quoted."""
    if " " in name:
        return "Elements have no namespace here."
    if name in _PATH:
        return f"<{name}> does not stand here; <{_PATH[depth]}> does."
    return f"Only <{_PATH[depth]}> stands here."


def _meant(name: str, text: str) -> str | bool | None:
    """Return what an attribute of the root says; an empty one says nothing."""
    if name == "dryrun":
        return _TRUTHS.get(text.lower(), text) if text else None
    # Outside ASCII there are letters that become one of these only in upper case.
    return (text.upper() if name in _WORDS and text.isascii() else text) or None
