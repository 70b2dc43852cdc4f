import json
from typing import BinaryIO, cast

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
    Value,
)
from app.files.limits import CHUNK, MAX_ROW
from tests.unit.files.reading import Outcome, Trickle
from tests.unit.files.reading import read as read_any

WHOLE = """\
{ "couponKey": "SUMMER26", "reference": "po-4711", "mode": "INSERT_ONLY", "onError": "ABORT",
  "dryRun": true,
  "codes": [
    { "code": "SUMMER10" },
    { "code": "SINGLE-USE", "maximumUses": 1, "validFrom": "2026-06-01T00:00:00Z" }, {
      "code": "OPEN-ENDED", "maximumUses": null, "withdrawn": false } ] }
"""


def read(text: str | bytes) -> Outcome:
    return read_any(text.encode() if isinstance(text, str) else text, FileFormat.JSON)


def values_of(row: str) -> dict[str, Value]:
    """Return what the reader gives for one row."""
    outcome = read(f'{{"codes": [{row}]}}')
    assert outcome.refused is None, outcome.refused
    return dict(outcome.rows[0].values)


def test_a_file_says_what_it_holds() -> None:
    outcome = read(WHOLE)
    assert outcome.header == FileHeader(
        "SUMMER26", "po-4711", ImportMode.INSERT_ONLY, OnError.ABORT, dry_run=True
    )
    assert outcome.values == [
        {"code": "SUMMER10"},
        {"code": "SINGLE-USE", "maximumUses": 1, "validFrom": "2026-06-01T00:00:00Z"},
        {"code": "OPEN-ENDED", "maximumUses": None, "withdrawn": False},
    ]
    assert [(row.number, row.line, row.messages) for row in outcome.rows] == [
        (1, 4, ()),
        (2, 5, ()),
        (3, 5, ()),
    ]


def test_the_header_may_follow_the_codes_and_be_told_in_any_order() -> None:
    outcome = read('{"dryRun":false,"codes":[{"code":"A"}],"mode":"UPSERT","couponKey":"K"}')
    assert outcome.header == FileHeader("K", None, ImportMode.UPSERT, None, dry_run=False)


def test_null_says_nothing_of_the_file() -> None:
    said = ",".join(
        f'"{key}":null' for key in ("couponKey", "reference", "mode", "onError", "dryRun")
    )
    assert read(f'{{{said},"codes":[{{}}]}}').header == FileHeader()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_know_the_line_on_which_they_begin(end: str) -> None:
    text = '\n{"codes":\n[\n{"code":\n"A"}\n,{"code":"B"},\n\n{}\n]}\n\n'.replace("\n", end)
    assert [row.line for row in read(text).rows] == [4, 6, 8]


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("999999999999999999", 999999999999999999),
        ("1000000000000000000", "1000000000000000000"),
        ("-12345678901234567", -12345678901234567),
        ("9" * 5_000, "9" * 401),
        ("-" + "9" * 5_000, "-" + "9" * 400),
        ("9" * 60_000, "9" * 401),
        ("1.5", 1.5),
        ("5.0", 5),
        ("-1e3", -1000),
        ("9007199254740991.0", 9007199254740991),
        ("9007199254740993.0", 9007199254740992.0),
        ("1e400", "1e400"),
        ("-1e99999", "-1e99999"),
        ("1" + "0" * 400 + ".5", "1" + "0" * 400),
        ("0." + "1" * 5_000, 0.1111111111111111),
    ],
)
def test_a_number_that_fits_nowhere_is_handed_on_as_text(number: str, value: Value) -> None:
    found = values_of(f'{{"maximumUses": {number}}}')["maximumUses"]
    assert found == value
    assert type(found) is type(value)


def test_small_lists_and_objects_are_handed_on() -> None:
    assert values_of('{"code": ["A", {"b": [1, null]}], "group": {}}') == {
        "code": ["A", {"b": [1, None]}],
        "group": {},
    }


def test_what_a_file_of_failed_rows_tells_is_ignored() -> None:
    outcome = read('{"codes":[{"error":"BAD","code":"A","errorText":[1]}]}')
    assert outcome.values == [{"code": "A"}]
    assert outcome.rows[0].messages == ()


def unknown(text: str, field: str | None = None) -> RowMessage:
    return RowMessage(RowErrorCode.UNKNOWN_FIELD, text, field)


def test_a_field_that_does_not_exist_is_told_and_left_out() -> None:
    (row,) = read('{"codes":[{"colour":"red","code":"A","MAXIMUMUSES":1,"errortext":""}]}').rows
    assert row.values == {"code": "A"}
    assert row.messages == (
        unknown(f"There is no field 'colour'; there are {', '.join(FIELDS)}.", "colour"),
        unknown("There is no field 'MAXIMUMUSES'; it is spelled 'maximumUses'.", "MAXIMUMUSES"),
        unknown(f"There is no field 'errortext'; there are {', '.join(FIELDS)}.", "errortext"),
    )


def test_only_ten_fields_are_named_and_none_at_length() -> None:
    many = {f"{number:02}{'x' * 50}": 1 for number in range(30)}
    (row,) = read(json.dumps({"codes": [many]})).rows
    assert row.values == {}
    assert [message.field for message in row.messages[:10]] == [
        f"{number:02}{'x' * 38}\u2026" for number in range(10)
    ]
    assert row.messages[10:] == (unknown("20 more fields do not exist."),)


def test_texts_that_cannot_be_stored_are_mended_and_told() -> None:
    (row,) = read(
        r'{"codes":[{"code":"A\u0000B","reason":"\ud800x","group":"\ud83d\ude00\u00e4",'
        r'"validTo":[{"\udfff":"\u0000"},1]}]}'
    ).rows
    assert row.values == {
        "code": "A\ufffdB",
        "reason": "\ufffdx",
        "group": "\U0001f600\u00e4",
        "validTo": [{"\ufffd": "\ufffd"}, 1],
    }
    assert row.messages == (
        RowMessage(
            RowErrorCode.CODE_BAD_CHAR,
            "'code' holds a character that cannot be stored.",
            "code",
            "A\ufffdB",
        ),
        RowMessage(
            RowErrorCode.OUT_OF_RANGE,
            "'reason' holds a character that cannot be stored.",
            "reason",
            "\ufffdx",
        ),
        RowMessage(
            RowErrorCode.OUT_OF_RANGE,
            "'validTo' holds a character that cannot be stored.",
            "validTo",
            "[{'\ufffd': '\ufffd'}, 1]",
        ),
    )


def test_names_of_fields_can_be_told_whatever_they_hold() -> None:
    (row,) = read(r'{"codes":[{"\u0000\ud800\n":1}]}').rows
    assert row.messages[0].field == "\ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ("NO_ROWS", 1, 1, 0)),
        (" \n\t", ("NO_ROWS", 2, 2, 0)),
        ("{}", ("NO_ROWS", 1, 3, 0)),
        ('{"codes": []}\n', ("NO_ROWS", 2, 1, 0)),
        ('{"mode": "UPSERT"}', ("NO_ROWS", 1, 19, 0)),
        ("[]", ("SYNTAX", 1, 1, 0)),
        ("\n null", ("SYNTAX", 2, 2, 0)),
        ("{codes: []}", ("SYNTAX", 1, 2, 0)),
        ('{"codes"', ("SYNTAX", 1, 9, 0)),
        ('{"codes" []}', ("SYNTAX", 1, 10, 0)),
        ('{"codes": {}}', ("SYNTAX", 1, 11, 0)),
        ('{"codes": null}', ("SYNTAX", 1, 11, 0)),
        ('{"codes": [1]}', ("SYNTAX", 1, 12, 0)),
        ('{"codes": [{},[]]}', ("SYNTAX", 1, 15, 1)),
        ('{"codes": [{},]}', ("SYNTAX", 1, 15, 1)),
        ('{"codes": [{} {}]}', ("SYNTAX", 1, 15, 1)),
        ('{"codes": [{}', ("SYNTAX", 1, 14, 1)),
        ('{"codes": [{}]', ("SYNTAX", 1, 15, 1)),
        ('{"codes": [{}]]', ("SYNTAX", 1, 15, 1)),
        ('{"codes": [{}],}', ("SYNTAX", 1, 16, 1)),
        ('{"codes": [{}]} x', ("SYNTAX", 1, 17, 1)),
        ('{"codes": [{}]}\n{}', ("SYNTAX", 2, 1, 1)),
        ('{"codes": [{}],\n "codes": [{}]}', ("SYNTAX", 2, 2, 1)),
        ('{"mode": "UPSERT", "m\\u006fde": null}', ("SYNTAX", 1, 20, 0)),
        ('{"colour": 1}', ("SYNTAX", 1, 2, 0)),
        ('{"Mode": "UPSERT"}', ("SYNTAX", 1, 2, 0)),
        ('{"mode": "upsert"}', ("SYNTAX", 1, 10, 0)),
        ('{"onError": ""}', ("SYNTAX", 1, 13, 0)),
        ('{"mode": true}', ("SYNTAX", 1, 10, 0)),
        ('{"dryRun": "true"}', ("SYNTAX", 1, 12, 0)),
        ('{"dryRun": 1}', ("SYNTAX", 1, 12, 0)),
        ('{"couponKey": 26}', ("SYNTAX", 1, 15, 0)),
        ('{"couponKey": ["A"]}', ("SYNTAX", 1, 15, 0)),
        ('{"reference": {}}', ("SYNTAX", 1, 15, 0)),
        ('{"reference": "a\\u0000"}', ("SYNTAX", 1, 15, 0)),
        ('{"reference": "\\ud800"}', ("SYNTAX", 1, 15, 0)),
        (f'{{"reference": "{"x" * 1_001}"}}', ("SYNTAX", 1, 15, 0)),
        ('{"reference": "x', ("SYNTAX", 1, 15, 0)),
        ('{"reference": ', ("SYNTAX", 1, 15, 0)),
        ('{"reference": truE', ("SYNTAX", 1, 15, 0)),
        ('{"reference": NaN}', ("SYNTAX", 1, 15, 0)),
        ('{"codes": [{"code": "A"},\n {"code": "B", "code": "C"}]}', ("SYNTAX", 2, 16, 1)),
        ('{"codes": [{"c\\u006fde": "A",\n"code": "B"}]}', ("SYNTAX", 2, 1, 0)),
        ('{"codes": [{"a": [{"b": 1}, {"b": 1, "b": 2}]}]}', ("SYNTAX", 1, 38, 0)),
        ('{"codes": [{"x": 1, "x": 2}]}', ("SYNTAX", 1, 21, 0)),
        ('{"codes": [{"a": {"b": 1, "b": 2}, "c": "\\ud8x", ]}', ("SYNTAX", 1, 27, 0)),
        ('{"codes": [{"a": {"b": 1, "b": 2}}}]}}', ("SYNTAX", 1, 27, 0)),
        ('{"codes": [{"a": "NaN", "b": NaN}]}', ("SYNTAX", 1, 30, 0)),
        ('{"codes": [{"a": -Infinity}]}', ("SYNTAX", 1, 18, 0)),
        ('{"codes": [{"a": [Infinity]}]}', ("SYNTAX", 1, 19, 0)),
        ('{"codes": [{"a": "\t"}]}', ("SYNTAX", 1, 19, 0)),
        ('{"codes": [{"a": "\n"}]}', ("SYNTAX", 1, 19, 0)),
        ('{"codes": [{"a": "\\x"}]}', ("SYNTAX", 1, 19, 0)),
        ('{"codes": [{"a": "A}]}\n', ("SYNTAX", 1, 23, 0)),
        ('{"codes": [{"\u20ac\U0001f600": "A" "b"}]}', ("SYNTAX", 1, 23, 0)),
        ('{"codes": [{"a": 01}]}', ("SYNTAX", 1, 19, 0)),
        ('{"codes": [{"a": +1}]}', ("SYNTAX", 1, 18, 0)),
        ("{\"codes\": [{'a': 1}]}", ("SYNTAX", 1, 13, 0)),
        ('{"codes": [{"a": 1], {}}', ("SYNTAX", 1, 19, 0)),
        ('{"codes": [{"a": {"b": 1}', ("SYNTAX", 1, 26, 0)),
        ('{"codes": [{"a": "b\0"}]}', ("SYNTAX", 1, 20, 0)),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(
    text: str, reason: tuple[str, int, int, int]
) -> None:
    assert read(text).reason == reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "A JSON file is one object, which begins with {."),
        (
            '{"a":1}',
            "There is no such key; there are couponKey, reference, mode, onError, dryRun, codes.",
        ),
        ('{"mode":""}', "'mode' is one of UPSERT, INSERT_ONLY, UPDATE_ONLY."),
        ('{"onError":1}', "'onError' is one of CONTINUE, ABORT."),
        ('{"dryRun":1}', "'dryRun' is true or false."),
        ('{"couponKey":1}', "'couponKey' is a text."),
        ('{"couponKey":[]}', "'couponKey' is a text."),
        ('{"couponKey":', "The file ends in the middle."),
        (f'{{"couponKey":"{"x" * 1_001}"}}', "'couponKey' has at most 1,000 characters."),
        ('{"couponKey":"\\u0000"}', "'couponKey' holds a character that cannot be stored."),
        ('{"codes":[{"a":1,"a":2}]}', "A key stands twice here."),
        ('{"codes":[{"a":NaN}]}', "JSON has no number NaN."),
        ('{"codes":[{"a":"x', "The text that begins here has no end."),
        ('{"codes":[{"a":"\n"}]}', "A control character stands in a text; write it as an escape."),
        ('{"codes":[{"a":', "The file ends in the middle."),
        ('{"codes":[{"a":1 2}]}', "Expecting ',' delimiter."),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, words: str) -> None:
    assert cast("FileRefused", read(text).refused).message == words


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"codes": [{"a": ' + "[" * 200_000, ("TOO_DEEP", 1, 23, 0)),
        ('{"codes": [{"a": ' + '{"b":' * 200_000, ("TOO_DEEP", 1, 43, 0)),
        ('{"codes": [{}, {"a": [[[[[ [1] ]]]]]}]}', ("TOO_DEEP", 1, 28, 1)),
        ('{"codes": [' + "[" * 200_000, ("SYNTAX", 1, 12, 0)),
        ('{"mode": ' + "[" * 200_000, ("SYNTAX", 1, 10, 0)),
        ("[" * 200_000, ("SYNTAX", 1, 1, 0)),
        ('{"codes": [' + "{" * 200_000, ("TOO_DEEP", 1, 18, 0)),
    ],
)
def test_depth_is_bounded(text: str, reason: tuple[str, int, int, int]) -> None:
    assert read(text).reason == reason


def test_a_row_may_go_five_lists_deep() -> None:
    assert values_of('{"code": [[[[[1]]]]]}') == {"code": [[[[[1]]]]]}


def test_a_row_may_have_65536_characters() -> None:
    text = "x" * (MAX_ROW - len('{"code":""}'))
    assert read(f'{{"codes":[{{"code":"{text}"}},{{"code":"B"}}]}}').values == [
        {"code": text},
        {"code": "B"},
    ]
    numbers = list(range(10_000))
    assert values_of(json.dumps({"code": numbers})) == {"code": numbers}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ('{"code":"' + "x" * (MAX_ROW - 10) + '"}', 10),
        ('{"code":"' + "x" * 10 * MAX_ROW + '"}', 18),
        ('{"a":1,"code":"' + "x" * 10 * MAX_ROW + '"}', 24),
        ('{"code":[' + "1, " * MAX_ROW + "1]}", 10),
        ('{"code":' + "1" * 10 * MAX_ROW + "}", 10),
        ('{"code":1' + " " * 10 * MAX_ROW + "}", 10),
        ("{" + ",".join(f'"{number}":1' for number in range(MAX_ROW)) + "}", 10),
    ],
)
def test_a_row_has_no_more_however_it_is_written(row: str, column: int) -> None:
    outcome = read(f'{{\n"codes":[{{}},\n      {{}},{row}]}}')
    assert outcome.reason == ("SYNTAX", 3, column, 2)


def test_header_values_are_bounded() -> None:
    assert read('{"couponKey": "' + "x" * 10 * MAX_ROW).reason == ("SYNTAX", 1, 15, 0)
    assert read('{"couponKey": ' + "1" * 10 * MAX_ROW).reason == ("SYNTAX", 1, 15, 0)
    assert read('{"' + "x" * 10 * MAX_ROW).reason == ("SYNTAX", 1, 2, 0)


def test_white_space_has_no_bounds() -> None:
    space = " \n" * 5 * MAX_ROW
    text = f'{space}{{{space}"codes"{space}:{space}[{space}{{"code":"A"}}{space}]{space}}}{space}'
    (row,) = read(text).rows
    assert (row.line, row.values) == (5 * 5 * MAX_ROW + 1, {"code": "A"})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"codes":[{"code":"A"},\n{"code":"B\xe4"}]}', ("UNREADABLE_ENCODING", 2, 11, 1)),
        (b'{"codes":[{"code":"A"}]}\n\xe4', ("UNREADABLE_ENCODING", 2, 1, 1)),
        (b'{"codes":[{"code":"A"}]\xe4}', ("UNREADABLE_ENCODING", 1, 24, 1)),
        (b'{"couponKey":"\xe4"}', ("UNREADABLE_ENCODING", 1, 15, 0)),
        (b'{"codes":[{"code":"A"} 1,\n{"code":"B\xe4"}]}', ("SYNTAX", 1, 24, 1)),
        (b'{"codes":[{"code":"A" 1},\n{"code":"B\xe4"}]}', ("SYNTAX", 1, 23, 0)),
        (b'{"codes":[{"code":[1,\xe4]}]}', ("UNREADABLE_ENCODING", 1, 22, 0)),
    ],
)
def test_of_several_mistakes_the_first_is_told(
    data: bytes, reason: tuple[str, int, int, int]
) -> None:
    assert read(data).reason == reason


@pytest.mark.parametrize("at_once", [1, 1_000, CHUNK - 1])
def test_how_bytes_come_does_not_matter(at_once: int) -> None:
    rows = [{"code": f"A{number}", "reason": "\u00fc" * (number % 50)} for number in range(2_000)]
    data = json.dumps({"codes": rows}, ensure_ascii=False, indent=1).encode()
    trickle = cast("BinaryIO", Trickle(data, at_once))
    assert read_any(trickle, FileFormat.JSON).rows == read(data).rows


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(FIELDS),
        st.none()
        | st.booleans()
        | st.integers(1 - 10**17, 10**17)
        | st.floats(allow_nan=False, allow_infinity=False)
        | TEXTS
        | st.lists(st.dictionaries(TEXTS, TEXTS, max_size=2), max_size=2),
    ),
    min_size=1,
    max_size=4,
)


@given(ROWS, st.sampled_from(["escaped", "as it is"]), st.sampled_from([None, 1, "\t"]))
def test_what_json_can_say_is_read_as_it_is(
    rows: list[dict[str, Value]], escaped: str, indent: int | str | None
) -> None:
    text = json.dumps({"codes": rows}, ensure_ascii=escaped == "escaped", indent=indent)
    outcome = read(text)
    assert outcome.values == rows
    assert [row.messages for row in outcome.rows] == [()] * len(rows)
