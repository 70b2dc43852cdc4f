import csv
import io
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.import_files import FIELDS, FileHeader
from app.files.csv_places import record_in
from app.files.limits import CHUNK, MAX_ROW
from tests.unit.files.reading import Trickle, read

ALL = ",".join(FIELDS).lower()


def lines(data: bytes) -> list[int]:
    return [row.line for row in read(data).rows]


def test_a_row_says_what_its_cells_say() -> None:
    outcome = read(
        f"{ALL}\nSUMMER10,SPRING,5,1,2026-06-01,2026-07-01,C-1,ONLY_ISSUED_TO,true,lost,false\n".encode()
    )
    assert outcome.header == FileHeader()
    assert [(row.number, row.line, row.messages) for row in outcome.rows] == [(1, 2, ())]
    assert outcome.values == [
        {
            "code": "SUMMER10",
            "group": "SPRING",
            "maximumUses": "5",
            "usesPerCustomer": "1",
            "validFrom": "2026-06-01",
            "validTo": "2026-07-01",
            "issuedToCustomerId": "C-1",
            "availableTo": "ONLY_ISSUED_TO",
            "withdrawn": "true",
            "reason": "lost",
            "deleted": "false",
        }
    ]


def test_an_empty_cell_says_nothing_and_a_clear_clears() -> None:
    assert read(b"code,group,maximumuses\nA,,<clear>\nB,<CLEAR>,\nC\n,,\n").values == [
        {"code": "A", "maximumUses": None},
        {"code": "B", "group": "<CLEAR>"},
        {"code": "C"},
        {},
    ]


def test_columns_have_any_order_and_case_and_may_be_surrounded_by_blanks() -> None:
    assert read(b" Group ,CODE,\tMaximumUses\nG,A,1").values == [
        {"group": "G", "code": "A", "maximumUses": "1"}
    ]


def test_what_a_file_of_failed_rows_tells_is_ignored() -> None:
    assert read(b"error,code,errorText\nBAD,A,why\n,<clear>,").values == [
        {"code": "A"},
        {"code": None},
    ]


def test_cells_are_given_back_as_they_are() -> None:
    assert read(b'code,reason\n A , x"y\n"a,b","say ""no"""\n').values == [
        {"code": " A ", "reason": ' x"y'},
        {"code": "a,b", "reason": 'say "no"'},
    ]


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("'=1+1", "=1+1"),
        ("'+1", "+1"),
        ("'-1", "-1"),
        ("'@x", "@x"),
        ("'\tx", "\tx"),
        ('"\'\rx"', "\rx"),
        ("''=1", "'=1"),
        ("'''-", "''-"),
        ("'90s", "'90s"),
        ("''", "''"),
        ("'", "'"),
        ("=1", "=1"),
        ("x'=1", "x'=1"),
    ],
)
def test_an_apostrophe_before_a_formula_is_taken_away(cell: str, meant: str) -> None:
    assert read(f"code\n{cell}\n".encode()).values == [{"code": meant}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_know_the_line_on_which_they_begin(end: str) -> None:
    text = '\n  \ncode,reason\nA,1\n\n \t \nB,"two\nlines"\nC,"x\n\ny\n"\nD,\n'
    outcome = read(text.replace("\n", end).encode())
    assert [(row.number, row.line) for row in outcome.rows] == [(1, 4), (2, 7), (3, 9), (4, 13)]
    assert outcome.values[1] == {"code": "B", "reason": f"two{end}lines"}


def test_a_quoted_empty_cell_is_a_row() -> None:
    assert read(b'code\n\n""\n').values == [{}]


def test_the_last_line_needs_no_end() -> None:
    assert read(b"code\nA").values == [{"code": "A"}]
    assert read(b"code\nA\r").values == [{"code": "A"}]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", ("NO_ROWS", 1, 1, 0)),
        (b"\xef\xbb\xbf", ("NO_ROWS", 1, 1, 0)),
        (b"\n \n", ("NO_ROWS", 3, 1, 0)),
        (b"code", ("NO_ROWS", 2, 1, 0)),
        (b"code,group\n\n", ("NO_ROWS", 3, 1, 0)),
        (b"code,group,Code\nA,B,C", ("DUPLICATE_COLUMN", 1, 12, 0)),
        (b"code,error,Error\nA", ("DUPLICATE_COLUMN", 1, 12, 0)),
        (b"code,colour\nA,red\n", ("UNKNOWN_COLUMN", 1, 6, 0)),
        (b'"code","col\nour"\n', ("UNKNOWN_COLUMN", 1, 8, 0)),
        (b'code,"gro\nup","x"', ("UNKNOWN_COLUMN", 1, 6, 0)),
        (b'"code","group\n","x"', ("UNKNOWN_COLUMN", 2, 3, 0)),
        (b"SUMMER10\nSUMMER11\n", ("UNKNOWN_COLUMN", 1, 1, 0)),
        (b"code,\nA,\n", ("UNKNOWN_COLUMN", 1, 6, 0)),
        (b"code;group\nA;B\n", ("UNKNOWN_COLUMN", 1, 1, 0)),
        (b"\ncode\tgroup\nA\tB\n", ("UNKNOWN_COLUMN", 2, 1, 0)),
        (b"group,reason\nA,B\n", ("SYNTAX", 1, 1, 0)),
        (b"code,group\nA,B\nC,D,E\n", ("SYNTAX", 3, 5, 1)),
        (b'code,group\nA,B\n"C,\n1",D,\n', ("SYNTAX", 4, 6, 1)),
        (b'code,group\nA,B\nC,"D\nE,F\n', ("SYNTAX", 3, 3, 1)),
        (b'code,group\nA,B\nC,"D\n"E,F\n', ("SYNTAX", 4, 2, 1)),
        (b'code\n"A" \n', ("SYNTAX", 2, 4, 0)),
        (b'code\n"', ("SYNTAX", 2, 1, 0)),
        (b"code\nA\nB\0C\nD\n", ("SYNTAX", 3, 2, 1)),
        (b"code\nA\nB\xe4C\nD\n", ("UNREADABLE_ENCODING", 3, 2, 1)),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(
    data: bytes, reason: tuple[str, int, int, int]
) -> None:
    assert read(data).reason == reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            b"code,colour\nA,B",
            "Column 2 has a name that does not exist. The first line names the columns: code,",
        ),
        (
            b"code;group",
            "The header is separated by semicolons; a CSV file is separated by commas.",
        ),
        (b"code\tgroup", "The header is separated by tabs; a CSV file is separated by commas."),
        (b"code,,group", "Column 2 of the header has no name."),
        (b"code,Code", "The column 'code' stands twice."),
        (b"group", "The header has no column 'code'."),
        (b"code\nA,B", "The row has 2 cells, the header 1."),
        (b'code\n"A', "The quote that opens here is never closed."),
        (b'code\n"A"B', "After a closing quote comes a comma or the end of the line"),
        (b"code," + b"x" * 99, "Column 2 has a name that does not exist."),
        (b"code,\x01\x7f", "Column 2 has a name that does not exist."),
    ],
)
def test_a_refusal_says_what_to_do(data: bytes, words: str) -> None:
    refused = read(data).refused
    assert refused is not None
    assert refused.message.startswith(words)


def test_a_row_may_have_65536_characters() -> None:
    text = "x" * (MAX_ROW - 1)
    assert read(f"code\n{text}\nB\n".encode()).values == [{"code": text}, {"code": "B"}]
    two = f"{'x' * 30_000}\n{'y' * 30_000}"
    assert read(f'code\n"{two}"\n'.encode()).values == [{"code": two}]


@pytest.mark.parametrize(
    "row",
    [
        "x" * MAX_ROW,
        "x" * 10 * MAX_ROW,
        "a,b," + "x" * 10 * MAX_ROW,
        f'"{"x" * 40_000}\n{"y" * 40_000}"',
        'a,"' + "x\n" * MAX_ROW,
        'a,"' + "\n" * 10 * MAX_ROW,
        '"a","' + "x" * 10 * MAX_ROW,
        '"\n",' * MAX_ROW,
    ],
)
def test_a_row_has_no_more_however_it_is_written(row: str) -> None:
    outcome = read(f"code,group,reason\n\nA,B\n{row}\n".encode())
    assert outcome.reason == ("SYNTAX", 4, 1, 1)
    assert outcome.refused is not None
    assert "is a quote left open?" in outcome.refused.message


def test_a_row_longer_than_the_csv_module_takes_is_too_long() -> None:
    """Two lines that come in one piece make the cell grow past the module's own limit."""
    row = f'A,"{"x" * 60_000}\n{"y" * 65_000}\n{"z" * 18_000}\n'
    outcome = read(f"code,group\n{'w' * 20_000}\n{row}".encode())
    assert outcome.reason == ("SYNTAX", 3, 1, 1)


@pytest.mark.parametrize("at_once", [1, 1_000, CHUNK - 1])
def test_how_bytes_come_does_not_matter(at_once: int) -> None:
    data = "code,reason\r\n" + "".join(
        f'A{number},"\u00fc\r\n{"x" * (number % 50)}"\r\n' for number in range(2_000)
    )
    trickle = cast("BinaryIO", Trickle(data.encode(), at_once))
    assert read(trickle).rows == read(data.encode()).rows


CELLS = st.text(
    st.sampled_from("aB\u00e9\u20ac ,;'\"\r\n\t<=")
    | st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    max_size=6,
)
RAW = st.text(st.sampled_from('aB,"\r\n '), max_size=40)


def by_the_book(text: str) -> list[list[str]] | None:
    """Return the records as the csv module reads a text that it has as a whole."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None


@given(RAW)
def test_records_are_those_of_the_csv_module(raw: str) -> None:
    text = f"code,group,reason\n{raw}"
    records = by_the_book(text)
    outcome = read(text.encode())
    if records is None:
        assert outcome.reason[0] == "SYNTAX"
        return
    rows = [
        record
        for record in records[1:]
        if len(record) > 1 or "".join(record).strip() or record == [""]
    ]
    long = next((number for number, row in enumerate(rows) if len(row) > 3), None)
    if long is not None or not rows:
        assert outcome.reason[0] == ("NO_ROWS" if not rows else "SYNTAX")
        assert len(outcome.rows) == (long or 0)
        return
    names = ("code", "group", "reason")
    assert outcome.values == [
        {name: cell for name, cell in zip(names, row, strict=False) if cell} for row in rows
    ]


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_the_places_of_cells_are_where_they_begin(cells: list[str]) -> None:
    written = [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells]
    starts = [sum(len(cell) + 1 for cell in written[:number]) for number in range(len(written))]
    assert record_in(",".join(written) + "\r\nx,y").cells == tuple(starts)


@given(RAW)
def test_places_agree_with_the_csv_module(raw: str) -> None:
    records = by_the_book(raw)
    first = record_in(raw)
    if records is not None:
        assert first.fault is None
        assert len(first.cells) == max(1, len(records[0]) if records else 0)
