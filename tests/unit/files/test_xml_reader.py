from typing import BinaryIO, cast
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.import_files import (
    FIELDS,
    FileFormat,
    FileHeader,
    FileRefused,
    ImportMode,
    OnError,
    RowErrorCode,
    RowMessage,
)
from app.files.limits import CHUNK, MAX_RAW, MAX_ROW
from tests.unit.files.reading import Outcome, Trickle
from tests.unit.files.reading import read as read_any

WHOLE = """\
<?xml version="1.0"?>
<!-- what partners send -->
<import couponkey="SUMMER26" reference="po-4711" mode="insert_only" onerror="Abort" dryrun="TRUE">
  <codes><code code="SUMMER10"/><code code="OPEN-ENDED" maximumuses=""/>
    <?pi any?>
    <code
      code="MISPRINT" withdrawn="true" reason="printed twice"></code>
    <code code="NEVER-USED" deleted="true">
    </code>
  </codes>
</import>
<!-- the end -->
"""


def read(text: str | bytes) -> Outcome:
    return read_any(text.encode() if isinstance(text, str) else text, FileFormat.XML)


def read_rows(rows: str) -> Outcome:
    return read(f"<import><codes>{rows}</codes></import>")


def test_a_file_says_what_it_holds() -> None:
    outcome = read(WHOLE)
    assert outcome.header == FileHeader(
        "SUMMER26", "po-4711", ImportMode.INSERT_ONLY, OnError.ABORT, dry_run=True
    )
    assert outcome.values == [
        {"code": "SUMMER10"},
        {"code": "OPEN-ENDED", "maximumUses": None},
        {"code": "MISPRINT", "withdrawn": "true", "reason": "printed twice"},
        {"code": "NEVER-USED", "deleted": "true"},
    ]
    assert [(row.number, row.line, row.messages) for row in outcome.rows] == [
        (1, 4, ()),
        (2, 4, ()),
        (3, 6, ()),
        (4, 8, ()),
    ]


def test_every_field_is_written_in_lower_case() -> None:
    attributes = " ".join(f'{field.lower()}="{number}"' for number, field in enumerate(FIELDS))
    assert read_rows(f"<code {attributes}/>").values == [
        {field: str(number) for number, field in enumerate(FIELDS)}
    ]


def test_an_empty_attribute_says_nothing_of_the_file() -> None:
    silent = '<import couponkey="" reference="" mode="" onerror="" dryrun="">'
    outcome = read(f"{silent}<codes><code/></codes></import>")
    assert outcome.header == FileHeader()
    assert outcome.values == [{}]


@pytest.mark.parametrize(
    ("attribute", "header"),
    [
        ('mode="UPSERT"', FileHeader(mode=ImportMode.UPSERT)),
        ('mode="Update_Only"', FileHeader(mode=ImportMode.UPDATE_ONLY)),
        ('onerror="continue"', FileHeader(on_error=OnError.CONTINUE)),
        ('dryrun="False"', FileHeader(dry_run=False)),
        ('couponkey=" a&amp;&#228; "', FileHeader(coupon_key=" a&\u00e4 ")),
    ],
)
def test_words_of_the_header_have_any_case(attribute: str, header: FileHeader) -> None:
    assert read(f"<import {attribute}><codes><code/></codes></import>").header == header


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_know_the_line_on_which_they_begin(end: str) -> None:
    text = '<import>\n<codes>\n<code\ncode="A"/>\n\n<code/></codes></import>\n'.replace("\n", end)
    assert [row.line for row in read(text).rows] == [3, 6]


def test_references_are_read_and_line_ends_in_values_are_blanks() -> None:
    assert read_rows('<code code="&lt;&#x41;&#10;&quot;" reason="a\nb\tc"/>').values == [
        {"code": '<A\n"', "reason": "a b c"}
    ]


def test_a_file_may_say_where_its_schema_is() -> None:
    text = (
        '<import xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:noNamespaceSchemaLocation="import.xsd"><codes xsi:type="x">'
        '<code code="A" xsi:nil="true"/></codes></import>'
    )
    outcome = read(text)
    assert outcome.values == [{"code": "A"}]
    assert outcome.rows[0].messages == ()


def test_what_a_file_of_failed_rows_tells_is_ignored() -> None:
    (row,) = read_rows('<code error="BAD" code="A" errortext="why"/>').rows
    assert (row.values, row.messages) == ({"code": "A"}, ())


def test_a_field_that_does_not_exist_is_told_and_left_out() -> None:
    (row,) = read_rows('<code colour="red" code="A" maximumUses="1" xmlns:x="urn:x" x:y=""/>').rows
    names = ", ".join(FIELDS).lower()
    assert row.values == {"code": "A"}
    assert row.messages == tuple(
        RowMessage(RowErrorCode.UNKNOWN_FIELD, text, field)
        for text, field in (
            (f"There is no field 'colour'; there are {names}.", "colour"),
            ("There is no field 'maximumUses'; it is spelled 'maximumuses'.", "maximumUses"),
            (f"There is no field 'urn:x y'; there are {names}.", "urn:x y"),
        )
    )


ROW = "<import><codes><code/>"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ("NO_ROWS", 1, 1, 0)),
        (" \n ", ("NO_ROWS", 2, 2, 0)),
        ("<!-- nothing -->", ("NO_ROWS", 1, 17, 0)),
        ("<import/>", ("NO_ROWS", 1, 10, 0)),
        ("<import><codes/>\n</import>", ("NO_ROWS", 2, 10, 0)),
        ("import", ("SYNTAX", 1, 1, 0)),
        ("<imports/>", ("SYNTAX", 1, 1, 0)),
        ("\n <Import/>", ("SYNTAX", 2, 2, 0)),
        ("<import><code/></import>", ("SYNTAX", 1, 9, 0)),
        ("<import><codes/><codes/></import>", ("SYNTAX", 1, 17, 0)),
        ("<import><codes><row/>", ("SYNTAX", 1, 16, 0)),
        ("<import/><import/>", ("SYNTAX", 1, 10, 0)),
        ('<?xml version="1.1"?><import/>', ("NO_ROWS", 1, 31, 0)),
        ('<?xml version=".0"?><import/>', ("SYNTAX", 1, 1, 0)),
        ('\n<?xml version="1.0"?><import/>', ("SYNTAX", 2, 1, 0)),
        (f"{ROW}</codes></import>x", ("SYNTAX", 1, 40, 1)),
        (f"{ROW}</import>", ("SYNTAX", 1, 25, 1)),
        (f"{ROW}\n", ("SYNTAX", 2, 1, 1)),
        (f"{ROW}<code", ("SYNTAX", 1, 23, 1)),
        (f'{ROW}\n\u00e4\u20ac\U0001f600<code code="A', ("SYNTAX", 2, 1, 1)),
        (f'{ROW}<!--\u00e4\u20ac\U0001f600--><code code="A', ("SYNTAX", 1, 33, 1)),
        (f"{ROW} x", ("SYNTAX", 1, 24, 1)),
        (f"{ROW}\n\n \t\u00a0</codes>", ("SYNTAX", 3, 3, 1)),
        (f"{ROW}<code>x</code>", ("SYNTAX", 1, 29, 2)),
        (f"{ROW}<![CDATA[ x]]>", ("SYNTAX", 1, 33, 1)),
        (f"{ROW}&#65;", ("SYNTAX", 1, 23, 1)),
        (f"{ROW}&nbsp;", ("SYNTAX", 1, 23, 1)),
        (f'{ROW}<code code="&nbsp;"/>', ("SYNTAX", 1, 23, 1)),
        (f'{ROW}<code code="&#0;"/>', ("SYNTAX", 1, 35, 1)),
        (f'{ROW}<code code="\x01"/>', ("SYNTAX", 1, 35, 1)),
        (f'{ROW}<code code="\0"/>', ("SYNTAX", 1, 35, 1)),
        (f'{ROW}<code code="<"/>', ("SYNTAX", 1, 35, 1)),
        (f'{ROW}\n<code code="A" code="B"/>', ("SYNTAX", 2, 16, 1)),
        (f"{ROW}<code code=A/>", ("SYNTAX", 1, 34, 1)),
        ('<import colour="red"/>', ("SYNTAX", 1, 1, 0)),
        ('<import couponKey="A"/>', ("SYNTAX", 1, 1, 0)),
        ('<import><codes couponkey="A"/></import>', ("SYNTAX", 1, 9, 0)),
        ('<import mode="merge"/>', ("SYNTAX", 1, 1, 0)),
        ('<import mode="\u0131nsert_only"/>', ("SYNTAX", 1, 1, 0)),
        ('<import onerror="stop"/>', ("SYNTAX", 1, 1, 0)),
        ('<import dryrun="1"/>', ("SYNTAX", 1, 1, 0)),
        (f'<import reference="{"x" * 1_001}"/>', ("SYNTAX", 1, 1, 0)),
        ('<import xmlns="urn:x"/>', ("SYNTAX", 1, 1, 0)),
        ("<x:import/>", ("SYNTAX", 1, 1, 0)),
        ("<!DOCTYPE import>\n<import/>", ("DTD_FORBIDDEN", 1, 1, 0)),
        ("<!-- <!DOCTYPE -->\n <!DOCTYPE import [", ("DTD_FORBIDDEN", 2, 2, 0)),
        ("<import/><!DOCTYPE import>", ("SYNTAX", 1, 10, 0)),
        ("<import><!DOCTYPE import>", ("SYNTAX", 1, 11, 0)),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(
    text: str, reason: tuple[str, int, int, int]
) -> None:
    assert read(text).reason == reason


BOMB = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 12))


@pytest.mark.parametrize(
    "text",
    [
        f'\n<!DOCTYPE import [<!ENTITY e0 "ha">{BOMB}]><import reference="&e11;"/>',
        '\n<!DOCTYPE import [<!ENTITY e SYSTEM "file:///etc/passwd">]><import reference="&e;"/>',
        '\n<!DOCTYPE import SYSTEM "http://127.0.0.1:9/import.dtd"><import/>',
        '\n<!DOCTYPE import PUBLIC "-//X//Y" "http://127.0.0.1:9/"><import/>',
        '\n<!DOCTYPE import [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]><import/>',
    ],
)
def test_entities_can_neither_be_made_nor_fetched(text: str) -> None:
    assert read(text).reason == ("DTD_FORBIDDEN", 2, 1, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<a/>", "Only <import> stands here."),
        ("<import><code/>", "<code> does not stand here; <codes> does."),
        ("<import xmlns='urn:x'/>", "Elements have no namespace here."),
        ("<import><codes/><codes/>", "<codes> stands once in a file."),
        ("<import a='1'/>", "<import> has no such attribute."),
        ("<import><codes a='1'/>", "<codes> has no such attribute."),
        ("<import mode='x'/>", "'mode' is one of UPSERT, INSERT_ONLY, UPDATE_ONLY."),
        ("<import dryrun='x'/>", "'dryrun' is true or false."),
        ("<import>x", "Only elements stand here, no text."),
        ("<import>", "The file ends before its elements are closed."),
        ("<import", "No XML: unclosed token."),
        ("<import><codes><code><x>", "A <code> holds no elements."),
        ("<!DOCTYPE a>", "A file brings no DOCTYPE; leave it away."),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, words: str) -> None:
    assert cast("FileRefused", read(text).refused).message == words


def test_depth_is_bounded() -> None:
    nested = "<import><codes>\n<code><code>"
    assert read(nested).reason == ("TOO_DEEP", 2, 7, 1)
    assert read(nested + "<code>" * 200_000).reason == ("TOO_DEEP", 2, 7, 1)
    assert read("<a>" * 200_000).reason == ("SYNTAX", 1, 1, 0)


def test_a_row_may_have_65536_characters() -> None:
    text = "\u00e4" * MAX_ROW
    assert read_rows(f'<code code="{text}"/>').values == [{"code": text}]
    assert read_rows(f'<code code="{text}" reason="x"/>').reason == ("SYNTAX", 1, 16, 0)


@pytest.mark.parametrize(
    "markup",
    [
        '<code code="',
        "<!--",
        "<?pi ",
        "<code ",
        "<",
        "<import a='&",
    ],
)
def test_what_has_no_end_is_refused(markup: str) -> None:
    assert read(ROW + "\n" + markup + "x" * 10 * MAX_RAW).reason == ("SYNTAX", 2, 1, 1)


def test_names_that_do_not_exist_are_bounded() -> None:
    """Every name of an attribute, or prefix of a namespace, is kept by expat until the end."""
    names = read_rows("".join(f'\n<code a{number}=""/>' for number in range(20_000)))
    prefixes = read_rows("".join(f'\n<code xmlns:a{number}="u"/>' for number in range(20_000)))
    assert names.reason == ("SYNTAX", 12_776, 1, 12_774)
    assert prefixes.reason == ("SYNTAX", 6_060, 1, 6_058)
    few = read_rows("".join(f'\n<code a{number % 99}=""/>' for number in range(20_000)))
    assert few.refused is None


def test_white_space_and_comments_have_no_bounds() -> None:
    space = " \n<!-- x -->\n" * MAX_ROW
    text = f"{space}<import>{space}<codes>{space}<code/>{space}</codes>{space}</import>{space}"
    (row,) = read(text).rows
    assert row.line == 3 * 2 * MAX_ROW + 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ROW.encode() + b"\n\xe4", ("UNREADABLE_ENCODING", 2, 1, 1)),
        (ROW.encode() + b"\n<row/>\xe4", ("SYNTAX", 2, 1, 1)),
        (ROW.encode() + b"\n<row \xe4", ("UNREADABLE_ENCODING", 2, 6, 1)),
    ],
)
def test_of_several_mistakes_the_first_is_told(
    data: bytes, reason: tuple[str, int, int, int]
) -> None:
    assert read(data).reason == reason


@pytest.mark.parametrize("at_once", [1, 1_000, CHUNK - 1])
def test_how_bytes_come_does_not_matter(at_once: int) -> None:
    rows = "".join(
        f'<code code="A{number}" reason="{"ü" * (number % 50)}"/>\n' for number in range(2_000)
    )
    data = f"<import><codes>{rows}</codes></import>".encode()
    trickle = cast("BinaryIO", Trickle(data, at_once))
    assert read_any(trickle, FileFormat.XML).rows == read(data).rows


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8
)


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), TEXTS), min_size=1, max_size=4))
def test_what_xml_can_say_is_read_as_it_is(rows: list[dict[str, str]]) -> None:
    written = [
        " ".join(f"{field.lower()}={quoteattr(text)}" for field, text in row.items())
        for row in rows
    ]
    outcome = read_rows("".join(f"\n<code {attributes}/>" for attributes in written))
    assert outcome.values == [{field: text or None for field, text in row.items()} for row in rows]
    assert [row.line for row in outcome.rows] == list(range(2, len(rows) + 2))
