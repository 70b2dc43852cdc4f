"""Whatever comes, a reader gives rows or refuses at a place, soon, and the same way each time."""

import csv
import io
import json
import random  # noqa: TID251 - pytest-randomly seeds it and prints the seed
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from app.domain.import_files import FileErrorCode, FileFormat, FileRefused, FileRow
from app.files.formats import sample
from tests.unit.files.fuzzing import ENCODINGS, MOST_SECONDS, complaints, fuzzed
from tests.unit.files.reading import Outcome, read


@pytest.mark.timeout(200)
@pytest.mark.parametrize("file_format", FileFormat)
def test_changed_files_are_read_or_refused(file_format: FileFormat, *, long: bool) -> None:
    first = random.randrange(10**9)  # noqa: S311 - nothing secret
    until = time.monotonic() + (100 if long else 5)
    number = 0
    while time.monotonic() < until:
        seed = f"{first + number}"
        data, encoding = fuzzed(file_format, seed)
        try:
            found = list(complaints(data, file_format, encoding))
        except Exception as error:
            raise AssertionError(f"{file_format} {seed}: {data!r} {encoding}") from error
        assert found == [], f"{file_format} {seed}: {data!r} {encoding}"
        number += 1
    assert number > 100


@given(st.binary(max_size=100), st.sampled_from(FileFormat), st.sampled_from(ENCODINGS))
def test_any_bytes_are_read_or_refused(
    data: bytes, file_format: FileFormat, encoding: str | None
) -> None:
    assert list(complaints(data, file_format, encoding)) == []


@pytest.mark.parametrize("file_format", FileFormat)
def test_what_is_read_to_its_end_is_what_others_read(file_format: FileFormat) -> None:
    first = random.randrange(10**9)  # noqa: S311 - nothing secret
    whole = 0
    for seed in range(first, first + 2_000):
        data, _ = fuzzed(file_format, f"{seed}")
        outcome = read(data, file_format)
        if outcome.refused is None and not data.startswith((b"\xff", b"\xfe", b"\0")):
            whole += 1
            assert _rows_of_others(data, file_format) == len(outcome.rows), (seed, data)
    assert whole > 20


def _rows_of_others(data: bytes, file_format: FileFormat) -> int:
    if file_format is FileFormat.JSON:
        return len(json.loads(data.decode("utf-8-sig"))["codes"])
    if file_format is FileFormat.XML:
        return sum(1 for _ in etree.fromstring(data).iter("code"))
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return sum(1 for record in csv.reader(text) if "".join(record).strip() or len(record) > 1) - 1


@pytest.mark.parametrize("file_format", FileFormat)
def test_a_file_that_is_cut_is_refused_or_lacks_its_end(file_format: FileFormat) -> None:
    data = sample(file_format)[0].rstrip()
    rows = read(data, file_format).rows
    assert len(rows) == 6
    for size in range(len(data)):
        outcome = read(data[:size], file_format)
        count = len(outcome.rows)
        if file_format is FileFormat.CSV and outcome.refused is None:
            # The last row may itself be cut, within a cell or after one.
            *complete, last = outcome.rows
            assert complete == rows[: count - 1], size
            assert _begins(rows[count - 1], last), size
        else:
            assert outcome.refused is not None, size
            assert outcome.rows == rows[:count], size
            assert None not in outcome.reason


def _begins(whole: FileRow, cut: FileRow) -> bool:
    """Say whether all fields of the cut row but the last are the whole's, and that one's start."""
    fields = list(cut.values)
    return all(
        cut.values[field] == whole.values[field]
        or (
            field == fields[-1]
            and str(whole.values[field] or "<clear>").startswith(str(cut.values[field]))
        )
        for field in fields
    )


MEGABYTES = 2 * 2**20
ENDLESS: dict[FileFormat, dict[str, tuple[bytes, bytes]]] = {
    FileFormat.CSV: {
        "quotes": (b"code\n", b'"'),
        "open quote": (b'code\n"', b"\n"),
        "escaped quotes": (b'code\n"', b'""'),
        "commas": (b"code\n", b","),
        "blank lines": (b"code\n", b"\n"),
        "returns": (b"code\n", b"\r"),
        "blanks": (b"code\n", b" "),
        "header": (b"", b"code,"),
        "header without end": (b"", b"x"),
        "apostrophes": (b"code\n", b"'"),
        "quoted lines": (b"code\n", b'"a\n",\n'),
        "characters cut in two": (b"code\n", "\u20ac".encode()),
    },
    FileFormat.JSON: {
        "text": (b'{"codes":[{"code":"', b"x"),
        "escapes": (b'{"codes":[{"code":"', b"\\\\"),
        "quotes": (b'{"codes":[{"code":', b'"'),
        "texts": (b'{"codes":[{', b'"a":"b",'),
        "braces": (b"", b"{"),
        "lists": (b'{"codes":[{"code":', b"["),
        "open and shut": (b'{"codes":[{"code":[', b"[],"),
        "rows": (b'{"codes":[', b'{"code":"SUMMER10"},'),
        "rows without commas": (b'{"codes":[', b"{}"),
        "blanks": (b'{"codes":[', b" "),
        "blanks in a row": (b'{"codes":[{', b" "),
        "digits": (b'{"codes":[{"code":', b"9"),
        "digits of the header": (b'{"couponKey":', b"9"),
        "keys": (b"{", b'"codes":'),
        "nested rows": (b'{"codes":[', b'{"code":{"a":[]},"reason":{"b":[1]}},'),
        "rows with long numbers": (b'{"codes":[', b'{"maximumUses":' + b"9" * 5_000 + b"},"),
        "rows with long fractions": (b'{"codes":[', b'{"maximumUses":0.' + b"9" * 5_000 + b"},"),
        "rows with escapes": (b'{"codes":[', b'{"code":"\\ud800","reason":"\\u0000 and so on"},'),
        "repeated keys": (b'{"codes":[{', b'"a":1,' * 9_000 + b'"a":1},'),
        "unknown fields": (
            b'{"codes":[',
            b"{" + b",".join(b'"%d":1' % n for n in range(5_000)) + b"},",
        ),
    },
    FileFormat.XML: {
        "elements": (b"", b"<import>"),
        "tag": (b"<", b"x"),
        "attribute": (b'<import reference="', b"x"),
        "references": (b'<import reference="', b"&amp;"),
        "attributes": (b"<import><codes><code ", b'a="" '),
        "blanks": (b"<import>", b" "),
        "blanks in a tag": (b"<import ", b" "),
        "comment": (b"<!--", b"x"),
        "comments": (b"", b"<!---->"),
        "instructions": (b"<import>", b"<?x ?>"),
        "cdata": (b"<import>", b"<![CDATA[ ]]>"),
        "rows": (b"<import><codes>", b'<code code="SUMMER10"/>'),
        "long rows": (b"<import><codes>", b'<code code="' + b"&#38;" * 12_000 + b'"/>'),
        "text": (b"<import>", b"x"),
        "doctype": (b"<!DOCTYPE ", b"x"),
        "declaration": (b"<?xml ", b"encoding='"),
    },
}


@pytest.mark.parametrize(
    ("file_format", "name"),
    [(file_format, name) for file_format, files in ENDLESS.items() for name in files],
)
def test_what_does_not_end_is_done_with_soon(file_format: FileFormat, name: str) -> None:
    begin, again = ENDLESS[file_format][name]
    data = begin + again * (MEGABYTES // len(again))
    started = time.process_time()
    outcome = read(data, file_format)
    assert time.process_time() - started < 10
    assert outcome.refused is not None or file_format is FileFormat.CSV


def _never(_data: bytes, _file_format: FileFormat, _encoding: str | None) -> Outcome:
    return Outcome(read(b"code\nA").header)


def _late(data: bytes, file_format: FileFormat, encoding: str | None) -> Outcome:
    until = time.process_time() + MOST_SECONDS + 0.1
    while time.process_time() < until:
        pass
    return read(data, file_format, encoding)


def _with_row(row: FileRow) -> Outcome:
    return replace(read(b"code\nA"), rows=[row])


def _with_refusal(refused: FileRefused) -> Outcome:
    return replace(read(b"code\nA"), refused=refused)


BROKEN: dict[str, Outcome] = {
    "it has neither rows nor a refusal": Outcome(read(b"code\nA").header),
    "row 2 on line 2 is number 1 and not before 1": _with_row(FileRow(2, 2, {})),
    "row 1 on line 0 is number 1 and not before 1": _with_row(FileRow(1, 0, {})),
    "row 1 has fields of its own": _with_row(FileRow(1, 2, {"colour": "red"})),
    "the values of row 1 cannot be kept": _with_row(FileRow(1, 2, {"code": "\ud800"})),
    "FILE_TOO_LARGE is no matter of readers": _with_refusal(
        FileRefused(FileErrorCode.FILE_TOO_LARGE, "", 1, 1)
    ),
    "there is no place None:1": _with_refusal(FileRefused(FileErrorCode.SYNTAX, "", None, 1)),
    "there is no place 1:0": _with_refusal(FileRefused(FileErrorCode.SYNTAX, "", 1, 0)),
    "the refusal cannot be told": _with_refusal(FileRefused(FileErrorCode.SYNTAX, "\0", 1, 1)),
}


@pytest.mark.parametrize("complaint", BROKEN)
def test_a_broken_reader_is_complained_about(complaint: str) -> None:
    found = list(complaints(b"code\nA", FileFormat.CSV, None, lambda *_: BROKEN[complaint]))
    assert complaint in found
    assert "in bits it reads otherwise" in found


def test_a_slow_reader_is_complained_about() -> None:
    (found,) = complaints(b"code\nA", FileFormat.CSV, None, _late)
    assert found.startswith("reading took 2.")
