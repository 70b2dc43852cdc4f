"""Encodings: by mark, by validity or by name, never guessed; bad bytes have a place."""

import codecs
import io
from typing import BinaryIO, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.import_files import FileErrorCode, FileFormat, FileRefused
from app.files.decoding import decoded
from app.files.encodings import codec_of
from app.files.limits import CHUNK
from tests.unit.files.reading import Trickle, read

TEXT = "code,group\nA1,Gr\u00fc\u00dfe\nB2,\u20ac \U0001f600\n"
MARKED = [
    ("utf-8-sig", TEXT.encode("utf-8-sig")),
    ("utf-16-le", codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")),
    ("utf-16-be", codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")),
    ("utf-32-le", codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le")),
    ("utf-32-be", codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be")),
]


def text_of(data: bytes, encoding: str | None = None) -> str:
    return "".join(decoded(io.BytesIO(data), encoding))


def refusal(data: bytes, encoding: str | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as raised:
        text_of(data, encoding)
    return raised.value


@pytest.mark.parametrize(("name", "data"), MARKED)
def test_a_byte_order_mark_decides_and_is_no_text(name: str, data: bytes) -> None:
    assert text_of(data) == TEXT, name


@pytest.mark.parametrize(("name", "data"), MARKED)
def test_a_mark_decides_whatever_the_caller_says(name: str, data: bytes) -> None:
    assert text_of(data, "windows-1252") == TEXT, name


def test_without_a_mark_a_file_is_utf_8() -> None:
    assert text_of(TEXT.encode()) == TEXT


def test_what_is_utf_8_is_read_as_such_whatever_the_caller_says() -> None:
    assert text_of(TEXT.encode(), "windows-1252") == TEXT


@pytest.mark.parametrize(
    "name",
    ["windows-1252", "ISO-8859-15", "latin_1", "cp850", "utf-16-le", "UTF-16BE", "utf_32_le"],
)
def test_what_is_not_utf_8_is_read_as_the_caller_says(name: str) -> None:
    text = "code,group\nA1,Gr\u00fc\u00dfe\n"
    assert text_of(text.encode(name), name) == text


def test_codecs_of_several_bytes_a_character_are_known() -> None:
    text = "code,group\nA1,\u65e5\u672c\u8a9e\n"
    assert text_of(text.encode("shift_jis"), "Shift-JIS") == text
    assert text_of(text.encode("gb18030"), "gb18030") == text
    text = "code,group\nA1,\u043b\u0435\u0442\u043e\u0457\n"
    assert text_of(text.encode("koi8_u"), "koi8-u") == text


@pytest.mark.parametrize(
    "name",
    ["klingon", "hz", "utf-7", "iso-2022-jp", "rot13", "zip", "unicode_escape", "idna", "\0"],
)
def test_an_encoding_that_cannot_be_used_is_refused_with_advice(name: str) -> None:
    refused = refusal(b"code\nA1\n", name)
    assert refused.code is FileErrorCode.UNREADABLE_ENCODING
    assert (refused.line, refused.column) == (None, None)
    assert "Save the file as UTF-8" in refused.message


@pytest.mark.parametrize("name", ["utf-16", "UTF_32"])
def test_an_order_of_bytes_is_not_guessed(name: str) -> None:
    data = "code\nA1\n".encode(f"{name}_le")
    refused = refusal(data, name)
    assert (refused.code, refused.line, refused.column) == ("UNREADABLE_ENCODING", 1, 1)
    assert f"{codec_of(name)}_le" in refused.message
    assert text_of(codecs.BOM_UTF16_LE + "A".encode("utf-16-le"), "utf-16") == "A"


@pytest.mark.parametrize(
    ("data", "encoding", "line", "column", "byte"),
    [
        (b"\xff", None, 1, 1, "0xFF"),
        (b"code\nM\xfcller\n", None, 2, 2, "0xFC"),
        (b"code\r\nA\r\n\xc3\xa4\xc3\x28", None, 3, 2, "0xC3"),
        (b"code\rA\r\xe2\x82", None, 3, 1, "0xE2"),
        (b"\xed\xa0\x80", None, 1, 1, "0xED"),
        (b"\xc0\xaf", None, 1, 1, "0xC0"),
        (b"code\nA\x81\n", "windows-1252", 2, 2, "0x81"),
        (b"code\n\x82\xa0\x82", "shift_jis", 2, 2, "0x82"),
        (codecs.BOM_UTF16_LE + b"A\0\n\0B\0\0\xd8B\0", None, 2, 2, "0x00"),
        (codecs.BOM_UTF16_BE + b"\0A\0", None, 1, 2, "0x00"),
        (codecs.BOM_UTF8 + b"A\xff", None, 1, 2, "0xFF"),
    ],
)
def test_the_first_bad_byte_is_told(
    data: bytes, encoding: str | None, line: int, column: int, byte: str
) -> None:
    refused = refusal(data, encoding)
    assert (refused.code, refused.line, refused.column) == ("UNREADABLE_ENCODING", line, column)
    assert byte in refused.message


@pytest.mark.parametrize("at", [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_places_are_right_behind_any_number_of_pieces(at: int) -> None:
    lines, rest = divmod(at, 10)
    refused = refusal(b"123456789\n" * lines + b"x" * rest + b"\xff")
    assert (refused.line, refused.column) == (lines + 1, rest + 1)


def test_a_line_end_across_two_pieces_is_one() -> None:
    refused = refusal(b"x" * (CHUNK - 1) + b"\r\n\xff")
    assert (refused.line, refused.column) == (2, 1)
    refused = refusal(b"x" * (CHUNK - 1) + b"\ry\xff")
    assert (refused.line, refused.column) == (2, 2)


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [(b"\0", 1, 1), (b"code\nA\0B", 2, 2), ("code\nA".encode("utf-16-le"), 1, 2)],
)
def test_a_nul_is_no_text(data: bytes, line: int, column: int) -> None:
    refused = refusal(data)
    assert (refused.code, refused.line, refused.column) == ("SYNTAX", line, column)
    assert "byte order mark" in refused.message


@pytest.mark.parametrize("encoding", [None, "windows-1252"])
@pytest.mark.parametrize("at_once", [1, 7, 1_000])
def test_how_bytes_come_does_not_matter(encoding: str | None, at_once: int) -> None:
    data = "".join(f"{number}\u00fc\n" for number in range(6_000)).encode(
        "cp1252" if encoding else "utf-8"
    )
    source = cast("BinaryIO", Trickle(data, at_once))
    assert list(decoded(source, encoding)) == list(decoded(io.BytesIO(data), encoding))


def test_a_file_is_read_from_where_it_stands() -> None:
    source = io.BytesIO(b"\xffcode\xfc")
    source.seek(1)
    assert "".join(decoded(source, "latin-1")) == "code\u00fc"


def test_reading_twice_leaves_the_source_open() -> None:
    source = io.BytesIO(b"\xfc")
    assert list(decoded(source, "latin-1")) == ["\u00fc"]
    assert not source.closed


SOME_BYTES = st.lists(
    st.sampled_from([b"A", b"\r", b"\n", b"\xc3\xa4", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\0"])
    | st.binary(max_size=2)
).map(b"".join)


def by_the_book(data: bytes) -> tuple[str, tuple[str, int, int] | None]:
    """Return the good part, and why and where it ends, by Python's own decoder and lines."""
    bad, reason = len(data), ""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        bad, reason = error.start, "UNREADABLE_ENCODING"
    good, nul, _ = data[:bad].decode().partition("\0")
    reason = "SYNTAX" if nul else reason
    lines = io.StringIO(good + "|", newline=None).read().split("\n")
    return good, (reason, len(lines), len(lines[-1])) if reason else None


@given(SOME_BYTES)
def test_any_bytes_are_text_or_refused_at_their_place(data: bytes) -> None:
    good, refused = "", None
    try:
        for piece in decoded(io.BytesIO(data), None):
            good += piece
    except FileRefused as refusal:
        refused = (refusal.code.value, refusal.line, refusal.column)
    assume(not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)))
    assert (good, refused) == by_the_book(data)


def declared(
    encoding: str, body: str = "<import><codes><code code='A1\u00fc'/></codes></import>"
) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>{body}'


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (declared("ISO-8859-1").encode("latin-1"), None),
        (declared("UTF-8").encode(), None),
        (declared("ISO-8859-1").encode(), None),
        (declared("UTF-8").encode("latin-1"), "latin-1"),
        (declared("ISO-8859-5").encode("latin-1"), "latin-1"),
        (codecs.BOM_UTF16_LE + declared("UTF-16").encode("utf-16-le"), None),
        (codecs.BOM_UTF16_BE + declared("utf-16be").encode("utf-16-be"), None),
        (codecs.BOM_UTF8 + declared("utf-8").encode(), "latin-1"),
        (declared("UTF-16").encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_what_an_xml_file_declares_counts_when_nothing_else_does(
    data: bytes, encoding: str | None
) -> None:
    assert read(data, FileFormat.XML, encoding).values == [{"code": "A1\u00fc"}]


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + declared("ISO-8859-1").encode(),
        codecs.BOM_UTF16_LE + declared("UTF-8").encode("utf-16-le"),
        codecs.BOM_UTF16_LE + declared("UTF-16BE").encode("utf-16-le"),
        declared("klingon").encode(),
    ],
)
def test_what_an_xml_file_declares_must_be_possible(data: bytes) -> None:
    assert read(data, FileFormat.XML).reason == ("UNREADABLE_ENCODING", 1, 31, 0)


def test_what_an_xml_file_declares_is_found_however_far_it_is() -> None:
    far = f'<?xml version="1.0"{" " * CHUNK}encoding="klingon"?><import/>'
    assert read(far.encode(), FileFormat.XML).reason == ("UNREADABLE_ENCODING", 1, 1, 0)


def test_what_an_xml_file_declares_must_hold() -> None:
    data = declared("us-ascii").encode("latin-1")
    assert read(data, FileFormat.XML).reason == ("UNREADABLE_ENCODING", 1, 71, 0)
