"""What address and headers of `POST /imports` ask for, word by word."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.domain.import_files import FileFormat, ImportMode, OnError
from app.routes.answers import NotServed
from app.routes.parameters import NAMES, read_import
from app.services.imports import ImportRequest

MAX_ROWS = 10_000
MEDIA_TYPE_NEEDED = (
    "Send the file itself as the body, neither compressed nor as a form; its Content-Type is"
    " text/csv, application/json, application/xml or application/octet-stream."
)
FORMAT_NEEDED = (
    "Say which format the file has, csv, json or xml: as a parameter, as the Content-Type, or by"
    " the end of the file's name."
)
INSTANT_NEEDED = (
    "A DateTime is RFC 3339 with its offset: 2026-03-01T08:00:00Z. In an address write + as %2B."
)
ALL_NAMES = "campaign, format, filename, reference, mode, onError, dryRun, encoding, notBefore"


def read(query: str = "campaign=SUMMER", **headers: str) -> ImportRequest:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return read_with(query, *named)


def read_with(query: str, *headers: tuple[str, str]) -> ImportRequest:
    scope = {
        "type": "http",
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    return read_import(Request(scope), MAX_ROWS)


def refused(query: str, *headers: tuple[str, str]) -> tuple[int, str | None, str]:
    with pytest.raises(NotServed) as stopped:
        read_with(query, *headers)
    return stopped.value.status, stopped.value.field, stopped.value.sentence


def test_the_least_that_can_be_said() -> None:
    assert read("campaign=SUMMER&format=csv") == ImportRequest("SUMMER", FileFormat.CSV, MAX_ROWS)


def test_all_that_can_be_said() -> None:
    query = urlencode(
        {
            "campaign": "summer 26",
            "format": "Json",
            "filename": "codes.csv",
            "reference": "po-4711 für Zoë",
            "mode": "insert_only",
            "onError": "abort",
            "dryRun": "TRUE",
            "encoding": "windows-1252",
            "notBefore": "2026-12-01T02:00:00+01:00",
        }
    )
    assert read(query, idempotency_key="once", content_type="text/csv") == ImportRequest(
        campaign_key="summer 26",
        file_format=FileFormat.JSON,
        max_rows=MAX_ROWS,
        reference="po-4711 für Zoë",
        mode=ImportMode.INSERT_ONLY,
        on_error=OnError.ABORT,
        dry_run=True,
        encoding="windows-1252",
        not_before=datetime(2026, 12, 1, 1, tzinfo=UTC),
        file_name="codes.csv",
        idempotency_key="once",
    )


class TestFormats:
    @pytest.mark.parametrize(
        ("content_type", "expected"),
        [
            ("text/csv", FileFormat.CSV),
            ("Text/CSV; charset=UTF-8; header=present", FileFormat.CSV),
            ("application/json", FileFormat.JSON),
            ("application/xml", FileFormat.XML),
            ("text/xml", FileFormat.XML),
        ],
    )
    def test_by_the_content_type(self, content_type: str, expected: FileFormat) -> None:
        assert read(content_type=content_type).file_format is expected

    @pytest.mark.parametrize(
        "content_type", ["application/octet-stream", "application/vnd.ms-excel"]
    )
    def test_by_the_name_when_that_says_nothing(self, content_type: str) -> None:
        query = "campaign=SUMMER&filename=Codes.2026.XML"
        assert read(query, content_type=content_type).file_format is FileFormat.XML
        assert read(query).file_format is FileFormat.XML

    def test_the_parameter_comes_first_and_the_name_last(self) -> None:
        query = "campaign=SUMMER&filename=codes.json"
        assert read(query, content_type="text/csv").file_format is FileFormat.CSV
        query += "&format=xml"
        assert read(query, content_type="text/csv").file_format is FileFormat.XML

    @pytest.mark.parametrize("query", ["", "&filename=codes", "&filename=codes.txt", "&filename=."])
    def test_nothing_tells_it(self, query: str) -> None:
        assert refused(f"campaign=SUMMER{query}") == (400, "format", FORMAT_NEEDED)

    def test_the_charset_is_the_encoding_unless_a_parameter_says_another(self) -> None:
        content_type = "text/csv; charset=ISO-8859-1"
        assert read(content_type=content_type).encoding == "iso-8859-1"
        query = "campaign=SUMMER&encoding=utf-16"
        assert read(query, content_type=content_type).encoding == "utf-16"


class TestContent:
    @pytest.mark.parametrize(
        "content_type",
        [
            "",
            "text/plain",
            "text/plain; charset=utf-8",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/html",
            "application/zip",
            "text/csv, application/json",
            "nonsense",
        ],
    )
    def test_texts_and_forms_are_no_files(self, content_type: str) -> None:
        """A page of another site can send the first three without asking."""
        query = "campaign=SUMMER&format=csv"
        told = refused(query, ("content-type", content_type))
        assert told == (415, None, MEDIA_TYPE_NEEDED)

    @pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, identity", ""])
    def test_nothing_compressed(self, encoding: str) -> None:
        query = "campaign=SUMMER&format=csv"
        headers = (("content-type", "text/csv"), ("content-encoding", encoding))
        assert refused(query, *headers) == (415, None, MEDIA_TYPE_NEEDED)

    def test_identity_is_not_compressed(self) -> None:
        assert read(content_type="text/csv", content_encoding="Identity").file_name is None


class TestNames:
    @pytest.mark.parametrize(
        ("disposition", "name"),
        [
            ("attachment; filename=codes.csv", "codes.csv"),
            ('attachment; filename="summer codes.csv"', "summer codes.csv"),
            (r'attachment; filename="a \"b\".csv"', 'a "b".csv'),
            ("attachment; filename*=UTF-8''Z%C3%BCrich.csv", "Zürich.csv"),
            ("attachment; filename=x.csv; filename*=utf-8'de'Z%C3%BCrich.csv", "Zürich.csv"),
            ('attachment; filename="Z\u00c3\u00bcrich.csv"', "Zürich.csv"),
            ('attachment; filename="Z\u00fcrich.csv"', "Zürich.csv"),
            ("attachment", None),
            ('attachment; filename=""', None),
            ("", None),
        ],
    )
    def test_by_the_disposition(self, disposition: str, name: str | None) -> None:
        headers = {"content_type": "text/csv", "content_disposition": disposition}
        assert read(**headers).file_name == name

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ("/home/ada/codes.csv", "codes.csv"),
            ("C:\\Users\\Ada\\codes.csv", "codes.csv"),
            ("../../etc/passwd", "passwd"),
            ("folder/", None),
        ],
    )
    def test_without_folders(self, given: str, name: str | None) -> None:
        query = urlencode({"campaign": "SUMMER", "format": "csv", "filename": given})
        assert read(query).file_name == name

    def test_a_nul_ends_like_a_folder(self) -> None:
        disposition = "attachment; filename*=utf-8''a%00b.csv"
        headers = {"content_type": "text/csv", "content_disposition": disposition}
        assert read(**headers).file_name == "b.csv"

    def test_the_parameter_comes_first(self) -> None:
        query = "campaign=SUMMER&filename=a.csv"
        assert read(query, content_disposition="attachment; filename=b.csv").file_name == "a.csv"


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "field", "sentence"),
        [
            ("", "campaign", "Name the campaign by its key: ?campaign=KEY."),
            ("campaign=A&dryrun=true", "dryrun", f"Parameters are {ALL_NAMES}."),
            (f"campaign=A&{'x' * 200}=1", "x" * 100, f"Parameters are {ALL_NAMES}."),
            ("campaign=A&campaign=A", "campaign", "Give each parameter once."),
            ("campaign=", "campaign", "Give the parameter a value, or leave it out."),
            ("campaign=A&reference", "reference", "Give the parameter a value, or leave it out."),
            ("campaign=%00", "campaign", "Give the parameter a value, or leave it out."),
            ("campaign=A&format=xlsx", "format", "Write one of CSV, JSON, XML."),
            ("campaign=A&mode=all", "mode", "Write one of UPSERT, INSERT_ONLY, UPDATE_ONLY."),
            ("campaign=A&onError=stop", "onError", "Write one of CONTINUE, ABORT."),
            ("campaign=A&dryRun=1", "dryRun", "Write true or false."),
            ("campaign=A&notBefore=tomorrow", "notBefore", INSTANT_NEEDED),
            ("campaign=A&notBefore=2026-03-01T08:00:00+01:00", "notBefore", INSTANT_NEEDED),
            ("campaign=A&notBefore=2026-02-30T08:00:00Z", "notBefore",
             "There is no such moment: 2026-02-30T08:00:00Z. In an address write + as %2B."),
            ("campaign=%ff", None, f"Parameters are URL-encoded UTF-8: {ALL_NAMES}."),
            ("campaign=\u00fc", None, f"Parameters are URL-encoded UTF-8: {ALL_NAMES}."),
            ("&".join(["campaign=A"] * 11), None,
             f"Parameters are URL-encoded UTF-8: {ALL_NAMES}."),
        ],
    )  # fmt: skip
    def test_what_cannot_be_understood(self, query: str, field: str | None, sentence: str) -> None:
        told = refused(query, ("content-type", "text/csv"))
        assert told == (400, field, sentence)

    @pytest.mark.parametrize(
        "name", ["content-type", "content-encoding", "content-disposition", "idempotency-key"]
    )
    def test_headers_come_once(self, name: str) -> None:
        value = "identity" if name == "content-encoding" else "text/csv"
        told = refused("campaign=A&format=csv", (name, value), (name, value))
        assert told == (400, name, "Give each header once.")


@given(
    st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20)).map(urlencode)
    | st.text(st.characters(codec="ascii"), max_size=60),
    st.lists(
        st.tuples(
            st.sampled_from(["content-type", "content-disposition", "content-encoding"]),
            st.text(st.characters(codec="latin-1"), max_size=40),
        ),
        max_size=3,
    ),
)
def test_whatever_is_sent_is_understood_or_refused(
    query: str, headers: list[tuple[str, str]]
) -> None:
    status, asked = 202, None
    try:
        asked = read_with(query, *headers)
    except NotServed as stopped:
        status = stopped.status
    assert status in {202, 400, 415}
    if asked:
        assert asked.campaign_key
        assert not set("/\\\0") & set(asked.file_name or "")
