"""The bytes of a file become text, strictly: what cannot be decoded is refused at its place.

A byte order mark decides. Without one the file is UTF-8, or else in the encoding that the caller,
or else the file itself, names. Nothing is guessed.
"""

import codecs
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from shutil import copyfileobj
from typing import IO, BinaryIO, Final

from app.domain.import_files import FileErrorCode, FileRefused
from app.files.encodings import UTF_8, codec_of
from app.files.limits import CHUNK
from app.files.places import Place, place_in

# The mark of UTF-32 begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf_32_le"),
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
_UNORDERED: Final = {"utf_16", "utf_32"}
_NOTHING: Final = re.compile("(?!)()")
_NUL: Final = (
    "The file holds a NUL, which no text does. A file in UTF-16 begins with a byte order mark, or "
    "its encoding is named."
)


def decoded(
    source: BinaryIO, encoding: str | None, declaration: re.Pattern[str] = _NOTHING
) -> Iterator[str]:
    """Yield the text in pieces, whose borders do not depend on how the bytes come.

    `declaration` matches the beginning of a file that names its own encoding, as the first group.
    When an encoding is named the file is read twice, from a temporary copy if need be.

    Raises FileRefused: UNREADABLE_ENCODING at the first bad byte, SYNTAX at the first NUL; what
    stands before is yielded first.
    """
    named = codec_of(encoding) if encoding else None
    beginning = _piece(source)
    for mark, codec in _MARKS:
        if beginning.startswith(mark):
            beginning = beginning.removeprefix(mark)
            _check_mark(codec, beginning, declaration)
            return _texts(chain((beginning,), _pieces(source)), codec)
    codec = named or _declared(beginning.decode("latin_1"), declaration) or UTF_8
    if codec == UTF_8:
        return _texts(chain((beginning,), _pieces(source)), UTF_8)
    return _utf_8_or(codec, beginning, source)


def _check_mark(marked: str, beginning: bytes, declaration: re.Pattern[str]) -> None:
    text = beginning.decode(marked, "replace")
    family = marked.removesuffix("_le").removesuffix("_be")
    if _declared(text, declaration) not in {None, marked, family}:
        raise _refused_declaration(
            text,
            declaration,
            f"The file has the byte order mark of {family} and names another encoding.",
        )


def _declared(beginning: str, declaration: re.Pattern[str]) -> str | None:
    found = declaration.match(beginning)
    if found is None:
        return None
    try:
        return codec_of(found[1])
    except FileRefused as refused:
        raise _refused_declaration(beginning, declaration, refused.message) from None


def _refused_declaration(beginning: str, declaration: re.Pattern[str], message: str) -> FileRefused:
    found = declaration.match(beginning)
    place = place_in(beginning, found.start(1) if found else 0, line=1)
    return place.refused(FileErrorCode.UNREADABLE_ENCODING, message)


def _utf_8_or(codec: str, beginning: bytes, source: BinaryIO) -> Iterator[str]:
    with _whole(beginning, source) as whole:
        start = whole.tell() - len(beginning)
        whole.seek(start)
        if _is_utf_8(_pieces(whole)):
            codec = UTF_8
        elif codec in _UNORDERED:
            raise FileRefused(
                FileErrorCode.UNREADABLE_ENCODING,
                f"Without a byte order mark, name the order: {codec}_le or {codec}_be.",
                line=1,
                column=1,
            )
        whole.seek(start)
        yield from _texts(_pieces(whole), codec)


@contextmanager
def _whole(beginning: bytes, source: BinaryIO) -> Iterator[IO[bytes]]:
    """Yield what can be read again from the beginning, which has been read already."""
    if source.seekable():
        yield source
        return
    with tempfile.TemporaryFile() as copy:
        copy.write(beginning)
        copyfileobj(source, copy)
        copy.seek(len(beginning))
        yield copy


def _is_utf_8(pieces: Iterator[bytes]) -> bool:
    """Say whether it is; with NULs it is no text, and UTF-16 without a mark is full of them."""
    decoder = codecs.getincrementaldecoder(UTF_8)()
    try:
        for piece in pieces:
            if 0 in piece:
                return False
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := _piece(source):
        yield piece


def _piece(source: IO[bytes]) -> bytes:
    """Read a full piece, shorter only at the end of the file."""
    piece = source.read(CHUNK)
    while 0 < len(piece) < CHUNK and (more := source.read(CHUNK - len(piece))):
        piece += more
    return piece


def _texts(pieces: Iterator[bytes], codec: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)()
    place = Place()
    for piece in chain(pieces, (b"",)):
        state = decoder.getstate()
        bad = None
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            bad = error
            text = _good_part(decoder, state, piece)
        good, nul, _ = text.partition("\0")
        place.advance(good, 0, len(good))
        if good:
            yield good
        if nul:
            raise place.refused(FileErrorCode.SYNTAX, _NUL)
        if bad:
            raise place.refused(FileErrorCode.UNREADABLE_ENCODING, _bad_byte(bad, codec))


def _good_part(decoder: codecs.IncrementalDecoder, state: tuple[bytes, int], piece: bytes) -> str:
    """Decode as far as it goes: to the beginning of the character that is none."""
    decoder.setstate(state)
    good = ""
    with suppress(UnicodeDecodeError):
        for number in range(len(piece)):
            good += decoder.decode(piece[number : number + 1])
    return good


def _bad_byte(error: UnicodeDecodeError, codec: str) -> str:
    return (
        f"The byte 0x{error.object[error.start]:02X} does not belong here in "
        f"{codec.replace('_', '-')}. Save the file as UTF-8, or name its encoding."
    )
