"""A file of failed rows says what to correct, and reads back to exactly what failed."""

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from app.domain.import_files import (
    CLEAR,
    FIELDS,
    FileFormat,
    FileHeader,
    ImportMode,
    OnError,
    RowErrorCode,
    RowMessage,
    Severity,
    Value,
)
from app.files.failed_rows import FailedRow, write_failed_rows
from app.files.limits import CHUNK
from tests.unit.files.reading import read

HEADER = FileHeader(
    'K "1" & <2>', "po\n4711", ImportMode.UPDATE_ONLY, OnError.CONTINUE, dry_run=False
)
MESSAGES = (
    RowMessage(RowErrorCode.OUT_OF_RANGE, "The number is too large.", "maximumUses", "9999"),
    RowMessage(RowErrorCode.LOCAL_TIME, "Berlin's.", "validFrom", severity=Severity.INFO),
    RowMessage(RowErrorCode.BAD_DATE, 'Write "2026-06-01".', "validTo"),
    RowMessage(RowErrorCode.BAD_DATE, "=No.", "validFrom"),
)
WRITTEN = {
    FileFormat.CSV: (
        "\ufeffcode,group,maximumuses,usespercustomer,validfrom,validto,issuedtocustomerid,"
        "availableto,withdrawn,reason,deleted,error,errortext\r\n"
        'A1,\'=1,<clear>,,,,,,,"a,""b""\r\n",,OUT_OF_RANGE BAD_DATE,'
        '"The number is too large. Write ""2026-06-01"". =No."\r\n'
    ),
    FileFormat.JSON: (
        '{\n"couponKey": "K \\"1\\" & <2>",\n"reference": "po\\n4711",\n"mode": "UPDATE_ONLY",\n'
        '"onError": "CONTINUE",\n"dryRun": false,\n"codes": [\n'
        '{"code": "A1", "group": "=1", "maximumUses": null, "reason": "a,\\"b\\"\\r\\n", '
        '"error": "OUT_OF_RANGE BAD_DATE", '
        '"errorText": "The number is too large. Write \\"2026-06-01\\". =No."}\n]}\n'
    ),
    FileFormat.XML: (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<import couponkey="K &quot;1&quot; &amp; &lt;2&gt;" reference="po&#10;4711"'
        ' mode="UPDATE_ONLY" onerror="CONTINUE" dryrun="false">\n<codes>\n'
        '<code code="A1" group="=1" maximumuses="" reason="a,&quot;b&quot;&#13;&#10;"'
        ' error="OUT_OF_RANGE BAD_DATE"'
        ' errortext="The number is too large. Write &quot;2026-06-01&quot;. =No."/>\n'
        "</codes>\n</import>\n"
    ),
}


def written(
    file_format: FileFormat, header: FileHeader, rows: Iterable[Mapping[str, Value]]
) -> bytes:
    failed = (FailedRow(row, MESSAGES) for row in rows)
    return b"".join(write_failed_rows(file_format, header, failed))


@pytest.mark.parametrize("file_format", FileFormat)
def test_a_file_looks_like_this(file_format: FileFormat) -> None:
    row = {"code": "A1", "group": "=1", "maximumUses": None, "reason": 'a,"b"\r\n'}
    assert written(file_format, HEADER, [row]).decode() == WRITTEN[file_format]


@pytest.mark.parametrize("file_format", FileFormat)
def test_what_the_file_said_of_itself_is_said_again(file_format: FileFormat) -> None:
    said = HEADER if file_format is not FileFormat.CSV else FileHeader()
    assert read(written(file_format, HEADER, [{"code": "A"}]), file_format).header == said
    silent = read(written(file_format, FileHeader(), [{"code": "A"}]), file_format)
    assert silent.header == FileHeader()


@pytest.mark.parametrize("file_format", FileFormat)
def test_without_failed_rows_a_file_has_none(file_format: FileFormat) -> None:
    assert read(written(file_format, HEADER, []), file_format).reason[0] == "NO_ROWS"


@pytest.mark.parametrize("file_format", FileFormat)
def test_many_rows_are_written_in_pieces(file_format: FileFormat) -> None:
    rows = [{"code": f"A{number}", "reason": "\u00fc" * 200} for number in range(2_000)]
    pieces = list(write_failed_rows(file_format, HEADER, (FailedRow(row, ()) for row in rows)))
    assert len(pieces) > 10
    assert max(map(len, pieces)) < 2 * CHUNK + 2_000
    assert read(b"".join(pieces), file_format).values == rows


def test_words_of_a_row_are_cut() -> None:
    message = RowMessage(RowErrorCode.OUT_OF_RANGE, "x" * 2_000)
    row = FailedRow({"code": "A"}, (message,))
    (read_row,) = read(b"".join(write_failed_rows(FileFormat.CSV, FileHeader(), [row]))).rows
    assert read_row.values == {"code": "A"}


def test_what_xml_cannot_hold_is_mended() -> None:
    data = written(FileFormat.XML, FileHeader(), [{"code": "a\x01\ufffeb\U0001f600\ud7ff"}])
    assert read(data, FileFormat.XML).values == [{"code": "a\ufffd\ufffdb\U0001f600\ud7ff"}]


def test_values_of_another_format_are_written_as_text() -> None:
    values: dict[str, Value] = {"code": "A", "maximumUses": 5, "withdrawn": True, "deleted": False}
    texts = {"code": "A", "maximumUses": "5", "withdrawn": "true", "deleted": "false"}
    for file_format in (FileFormat.CSV, FileFormat.XML):
        assert read(written(file_format, FileHeader(), [values]), file_format).values == [texts]


# Signs with a meaning in some format are far likelier than in any text.
SIGNS = "',;\"\r\n\t =+-@<>&\\{}[]:\u00e9\u20ac\U0001f600\u2028\ufeff\x85\x7f"
ANY = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
OF_XML = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
# An empty text is one that neither CSV nor XML can tell from none.
TEXTS = st.text(st.sampled_from(SIGNS) | ANY, min_size=1, max_size=10)
TEXTS_OF_XML = st.text(st.sampled_from(SIGNS) | OF_XML, min_size=1, max_size=10)
SCALARS: st.SearchStrategy[Value] = (
    st.text(ANY, max_size=10)
    | st.booleans()
    | st.integers(1 - 10**17, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
NESTED: st.SearchStrategy[Value] = st.lists(
    SCALARS | st.dictionaries(TEXTS, SCALARS, max_size=2), max_size=3
)
VALUES: dict[FileFormat, st.SearchStrategy[Value]] = {
    FileFormat.CSV: TEXTS.filter(lambda text: text != CLEAR),
    FileFormat.JSON: SCALARS | NESTED,
    FileFormat.XML: TEXTS_OF_XML,
}


@st.composite
def files(
    draw: st.DrawFn,
) -> tuple[FileFormat, list[dict[str, Value]]]:
    file_format = draw(st.sampled_from(FileFormat))
    row = st.dictionaries(st.sampled_from(FIELDS), st.none() | VALUES[file_format])
    return file_format, draw(st.lists(row, min_size=1, max_size=4))


@given(files())
@example((FileFormat.CSV, [{"code": "'=1"}, {"code": "''-"}, {"code": "'"}, {}, {"code": "\r"}]))
@example((FileFormat.XML, [{"code": "\r\n\t "}, {}]))
@example((FileFormat.JSON, [{"code": ""}, {"code": "\u2028\x7f"}, {"group": 1e22}]))
def test_what_is_written_reads_back(file: tuple[FileFormat, list[dict[str, Value]]]) -> None:
    file_format, rows = file
    outcome = read(written(file_format, FileHeader(), rows), file_format)
    assert outcome.values == rows
    assert [row.messages for row in outcome.rows] == [()] * len(rows)


HEADERS = st.builds(
    FileHeader,
    st.none() | TEXTS_OF_XML,
    st.none() | TEXTS_OF_XML,
    st.none() | st.sampled_from(ImportMode),
    st.none() | st.sampled_from(OnError),
    st.none() | st.booleans(),
)


@given(HEADERS, st.sampled_from([FileFormat.JSON, FileFormat.XML]))
def test_headers_read_back(header: FileHeader, file_format: FileFormat) -> None:
    assert read(written(file_format, header, [{}]), file_format).header == header


@given(st.dictionaries(st.sampled_from(FIELDS), TEXTS_OF_XML))
def test_another_parser_reads_the_xml_alike(row: dict[str, str]) -> None:
    root = etree.fromstring(written(FileFormat.XML, FileHeader(), [row]))
    (code,) = root.iter("code")
    assert {field: code.get(field.lower()) for field in row} == row


@given(TEXTS)
def test_no_cell_is_a_formula(text: str) -> None:
    data = written(FileFormat.CSV, FileHeader(), [{"code": text, "reason": text}]).decode()
    _, _, cells = data.partition("\r\n")
    assert cells.lstrip('"')[0] not in "=+-@\t\r"
