"""What partners are given agrees with what is read: schemas, samples, readers and rules of rows."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from app.domain.campaigns import MAX_KEY_LENGTH, AvailableTo
from app.domain.code_text import MAX_LENGTH, MAX_TYPED_LENGTH, MIN_LENGTH
from app.domain.codes import MAX_REASON_LENGTH
from app.domain.field_checks import MAX_LIMIT
from app.domain.import_files import (
    FIELDS,
    FileFormat,
    FileHeader,
    ImportMode,
    OnError,
    RowErrorCode,
)
from app.domain.import_rows import read_wish
from app.files.formats import sample, schema
from app.files.header_words import HEADER_KEYS, MAX_TEXT
from tests.unit.files.reading import read

# What can be said only together, or not at all, is not a matter of schemas.
TOGETHER: Final = {RowErrorCode.FLAGS_CONFLICT, RowErrorCode.REASON_REQUIRED}
JSON_SCHEMA: Final[dict[str, Any]] = json.loads(schema(FileFormat.JSON)[0])
VALID_JSON: Final = jsonschema_rs.validator_for(JSON_SCHEMA)
VALID_XML: Final = etree.XMLSchema(etree.fromstring(schema(FileFormat.XML)[0]))
HEADER: Final = FileHeader(
    "SUMMER26", "po-4711", ImportMode.UPSERT, OnError.CONTINUE, dry_run=False
)
IGNORED: Final = ("error", "errorText")


def accepted(data: bytes, file_format: FileFormat) -> bool:
    """Say whether a reader takes the file as it is, without a word."""
    outcome = read(data, file_format)
    return outcome.refused is None and not any(row.messages for row in outcome.rows)


@pytest.mark.parametrize(
    ("file_format", "schema_type", "sample_type"),
    [
        (FileFormat.CSV, "application/csvm+json", "text/csv; charset=utf-8"),
        (FileFormat.JSON, "application/schema+json", "application/json"),
        (FileFormat.XML, "application/xml", "application/xml"),
    ],
)
def test_each_is_served_as_what_it_is(
    file_format: FileFormat, schema_type: str, sample_type: str
) -> None:
    assert schema(file_format)[1] == schema_type
    assert sample(file_format)[1] == sample_type


def test_samples_are_read_and_say_the_same() -> None:
    texts: list[list[dict[str, Any]]] = []
    for file_format in FileFormat:
        outcome = read(sample(file_format)[0], file_format)
        assert outcome.header == (FileHeader() if file_format is FileFormat.CSV else HEADER)
        assert accepted(sample(file_format)[0], file_format)
        texts.append(
            [
                {
                    field: None if value is None else str(value).lower()
                    for field, value in row.items()
                }
                for row in outcome.values
            ]
        )
    assert texts[0] == texts[1] == texts[2]
    assert [row["code"] for row in texts[0]] == [
        "summer10",
        "single-use",
        "friend-7",
        "open-ended",
        "misprint",
        "never-used",
    ]


@pytest.mark.parametrize("file_format", FileFormat)
def test_samples_keep_the_rules_of_rows(file_format: FileFormat) -> None:
    for row in read(sample(file_format)[0], file_format).rows:
        assert read_wish(_without_code(row.values), UTC).messages == ()


def _without_code(values: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in values.items() if field != "code"}


def test_samples_are_valid() -> None:
    jsonschema_rs.meta.validate(JSON_SCHEMA)
    VALID_JSON.validate(json.loads(sample(FileFormat.JSON)[0]))
    VALID_XML.assertValid(etree.fromstring(sample(FileFormat.XML)[0]))


def test_the_metadata_of_csv_names_the_columns_of_the_sample() -> None:
    columns = json.loads(schema(FileFormat.CSV)[0])["tableSchema"]["columns"]
    names = [column["titles"] for column in columns]
    assert names == [field.lower() for field in FIELDS]
    assert next(csv.reader(io.StringIO(sample(FileFormat.CSV)[0].decode()))) == names
    assert [column["titles"] for column in columns if column.get("required")] == ["code"]
    (words,) = [
        column["datatype"]["format"] for column in columns if column["titles"] == "availableto"
    ]
    assert words.split("|") == [*AvailableTo, "<clear>"]


def test_the_json_schema_knows_the_words_and_limits_of_the_domain() -> None:
    header, row = JSON_SCHEMA["properties"], JSON_SCHEMA["$defs"]["row"]["properties"]
    assert tuple(header) == (*HEADER_KEYS, "codes")
    assert tuple(row) == (*FIELDS, *IGNORED)
    assert header["mode"]["enum"] == [*ImportMode, None]
    assert header["onError"]["enum"] == [*OnError, None]
    assert header["couponKey"]["maxLength"] == header["reference"]["maxLength"] == MAX_TEXT
    assert row["availableTo"]["enum"] == [*AvailableTo, None]
    assert (row["code"]["minLength"], row["code"]["maxLength"]) == (MIN_LENGTH, MAX_TYPED_LENGTH)
    assert row["group"]["maxLength"] == MAX_KEY_LENGTH
    assert row["issuedToCustomerId"]["maxLength"] == MAX_LENGTH
    assert row["reason"]["maxLength"] == MAX_REASON_LENGTH
    assert JSON_SCHEMA["$defs"]["limit"]["maximum"] == MAX_LIMIT


# What all formats can hold.
SIGNS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
TEXTS = st.text(SIGNS, min_size=1, max_size=8)
DATES = st.dates().map(str)
DATE_TIMES = st.builds(
    "{}T{}{}".format,
    DATES,
    st.sampled_from(["00:00", "23:59:59", "12:30:00.123456789"]),
    st.sampled_from(["", "Z", "+02:00", "-11:30"]),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "code": st.text(SIGNS, min_size=3, max_size=9),
    "group": st.none() | TEXTS,
    "maximumUses": st.none() | st.integers(1, MAX_LIMIT),
    "usesPerCustomer": st.none() | st.integers(1, MAX_LIMIT),
    "validFrom": st.none() | DATES | DATE_TIMES,
    "validTo": st.none() | DATES | DATE_TIMES,
    "issuedToCustomerId": st.none() | TEXTS,
    "availableTo": st.none() | st.sampled_from(AvailableTo).map(str),
    "withdrawn": st.none() | st.booleans(),
    "reason": st.none() | TEXTS,
    "deleted": st.none() | st.booleans(),
    "error": st.integers(),
    "errorText": TEXTS,
}
"""Everything that a schema allows in each field, as JSON has it."""

ROWS = st.fixed_dictionaries(
    {"code": VALUES["code"]}, optional={field: VALUES[field] for field in VALUES if field != "code"}
)


@given(ROWS)
def test_what_the_schemas_allow_is_what_rows_can_say(row: dict[str, Any]) -> None:
    assert VALID_JSON.is_valid({"codes": [row]})
    assert VALID_XML.validate(xml_of("import", {}, [xml_of("codes", {}, [xml_of("code", row)])]))
    said = _without_code({field: value for field, value in row.items() if field not in IGNORED})
    errors = {
        message.code for message in read_wish(said, UTC).messages if message.severity == "ERROR"
    }
    assert errors <= TOGETHER


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("code", [None, "", "AB", 5, "x" * 401]),
        ("group", ["", 5, "x" * 65]),
        ("maximumUses", ["", "5", 0, -1, 1.5, MAX_LIMIT + 1, True]),
        ("usesPerCustomer", ["5", 0]),
        ("validFrom", ["", "01.06.2026", "2026-06-01T00", "2026-06-01T00:00:00+2", 5, "2026-6-1"]),
        ("validTo", ["2026-06-01 00:00:00Z", "2026-W01-1"]),
        ("issuedToCustomerId", ["", 5, "x" * 101]),
        ("availableTo", ["", "me", "any_customer"]),
        ("withdrawn", ["true", 1]),
        ("reason", [5, "x" * 501]),
        ("deleted", ["", 0]),
    ],
)
def test_what_the_json_schema_does_not_allow(field: str, values: list[object]) -> None:
    for value in values:
        assert not VALID_JSON.is_valid({"codes": [{"code": "ABC", field: value}]}), value


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("code", ["", "AB"]),
        ("maximumuses", ["0", "-1", "1.5", " 5", "12345678901"]),
        ("validfrom", ["01.06.2026", "2026-06-01T00", "2026-06-01T00:00:00+2"]),
        ("availableto", ["me", "any_customer"]),
        ("withdrawn", ["1", "yes"]),
    ],
)
def test_what_the_xsd_does_not_allow(field: str, values: list[str]) -> None:
    for value in values:
        code = xml_of("code", {"code": "ABC", field: value})
        assert not VALID_XML.validate(xml_of("import", {}, [xml_of("codes", {}, [code])])), value


def or_odd(usual: st.SearchStrategy[Any], *odd: object) -> st.SearchStrategy[Any]:
    """Draw what is usual most of the time, so that whole documents are valid often enough."""
    return st.one_of(usual, usual, usual, usual, st.sampled_from(odd))


WORDS = {
    "couponKey": or_odd(st.none() | TEXTS, 5, "x" * 1_001, ["A"]),
    "reference": or_odd(st.none() | TEXTS, 1.5, {}),
    "mode": or_odd(st.none() | st.sampled_from(ImportMode).map(str), "upsert", "", 1),
    "onError": or_odd(st.none() | st.sampled_from(OnError).map(str), "Abort", 0),
    "dryRun": or_odd(st.none() | st.booleans(), "true", 0),
}
JSON_ROWS = st.lists(
    or_odd(
        ROWS, "A", None, [], {"code": "ABC", "colour": "red"}, {"code": "ABC", "MAXIMUMUSES": 1}
    ),
    min_size=1,
    max_size=2,
)
JSON_FILES = or_odd(
    st.fixed_dictionaries({"codes": or_odd(JSON_ROWS, [], None, {}, "A")}, optional={**WORDS}),
    [],
    "A",
    None,
    {},
    {"mode": "UPSERT"},
    {"codes": [{"code": "ABC"}], "colour": "red"},
)


@given(JSON_FILES, st.permutations([*HEADER_KEYS, "codes", "colour"]))
def test_the_json_schema_allows_what_the_reader_takes(file: object, order: list[str]) -> None:
    if isinstance(file, dict):
        file = {key: file[key] for key in order if key in file}
    assert VALID_JSON.is_valid(file) == accepted(json.dumps(file).encode(), FileFormat.JSON)


def xml_of(name: str, attributes: Mapping[str, object], children: list[Any] | None = None) -> Any:  # noqa: ANN401 - lxml ships no types
    """Return an element that says what JSON would."""
    element = etree.Element(name)
    for attribute, value in attributes.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        element.set(attribute.lower(), "" if value is None else text)
    element.extend(children or [])
    return element


XML_ROWS = ROWS.map(lambda row: xml_of("code", row))


@st.composite
def xml_files(draw: st.DrawFn) -> Any:  # noqa: ANN401 - lxml ships no types
    codes = xml_of("codes", {}, draw(st.lists(XML_ROWS, min_size=1, max_size=2)))
    words = draw(st.fixed_dictionaries({}, optional={key: WORDS[key] for key in WORDS}))
    assume(not any(isinstance(value, list | dict) for value in words.values()))
    root = xml_of("import", words, [codes])
    change = draw(st.sampled_from(sorted(CHANGES)))
    CHANGES[change](root)
    return root


def _strange_attribute(path: str) -> Any:  # noqa: ANN401 - lxml ships no types
    return lambda root: next(root.iter(path)).set("colour", "red")


CHANGES: dict[str, Any] = {
    **{f"none {number}": lambda _root: None for number in range(9)},
    "text": lambda root: setattr(root[0][0], "text", "x"),
    "blank text": lambda root: setattr(root[0][0], "tail", " \n"),
    "no codes": lambda root: root.remove(root[0]),
    "empty codes": lambda root: root[0].clear(),
    "codes twice": lambda root: root.append(xml_of("codes", {}, [xml_of("code", {"code": "ABC"})])),
    "another element": lambda root: root[0].append(xml_of("row", {})),
    "an element in a row": lambda root: root[0][0].append(xml_of("code", {"code": "ABC"})),
    "another root": lambda root: setattr(root, "tag", "imports"),
    "attribute of import": _strange_attribute("import"),
    "attribute of codes": _strange_attribute("codes"),
    "attribute of code": _strange_attribute("code"),
    "case of an attribute": lambda root: root[0][0].set("maximumUses", "1"),
    "namespace": lambda root: setattr(root, "tag", "{urn:x}import"),
}


@given(xml_files())
def test_the_xsd_allows_what_the_reader_takes(root: Any) -> None:  # noqa: ANN401 - lxml ships no types
    assert VALID_XML.validate(root) == accepted(etree.tostring(root), FileFormat.XML)
