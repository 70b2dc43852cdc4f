"""What the address and the headers of `POST /imports` ask for."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request

from app.domain.import_files import FileFormat, ImportMode, OnError
from app.routes.answers import NotServed
from app.services.imports import ImportRequest
from app.services.uploads import MEDIA_TYPES
from graphql_schema.negotiation import parse_media_type
from graphql_schema.scalars import read_instant

NAMES: Final = (
    "campaign",
    "format",
    "filename",
    "reference",
    "mode",
    "onError",
    "dryRun",
    "encoding",
    "notBefore",
)
_FORMATS: Final = {
    **{media_type: file_format for file_format, media_type in MEDIA_TYPES.items()},
    "text/xml": FileFormat.XML,
}
# What a sender writes who does not know: Windows calls CSV files so where Excel is installed.
_SILENT: Final = frozenset({"application/octet-stream", "application/vnd.ms-excel"})
_MEDIA_TYPE_NEEDED: Final = (
    "Send the file itself as the body, neither compressed nor as a form; its Content-Type is"
    " text/csv, application/json, application/xml or application/octet-stream."
)
_FORMAT_NEEDED: Final = (
    "Say which format the file has, csv, json or xml: as a parameter, as the Content-Type, or by"
    " the end of the file's name."
)
_EXTENDED_NAME: Final = re.compile(r"filename\*\s*=\s*utf-8'[^']*'([^\s;]+)", re.IGNORECASE)
_QUOTED_NAME: Final = re.compile(r'filename\s*=\s*"((?:[^"\\]|\\.)*+)"', re.IGNORECASE)
_PLAIN_NAME: Final = re.compile(r"filename\s*=\s*([^\s;\"]+)", re.IGNORECASE)

Word = TypeVar("Word", bound=StrEnum)


def read_import(request: Request, max_rows: int) -> ImportRequest:
    """What to do with the file that is the body; NotServed for what cannot be understood."""
    declared, encoding = _declared(request)
    given = _given(request)
    file_name = _file_name(given, request)
    file_format = _word(given, "format", FileFormat) or declared or _format_of(file_name)
    if "campaign" not in given:
        raise NotServed(400, "Name the campaign by its key: ?campaign=KEY.", "campaign")
    if file_format is None:
        raise NotServed(400, _FORMAT_NEEDED, "format")
    return ImportRequest(
        campaign_key=given["campaign"],
        file_format=file_format,
        max_rows=max_rows,
        reference=given.get("reference"),
        mode=_word(given, "mode", ImportMode),
        on_error=_word(given, "onError", OnError),
        dry_run=_switch(given, "dryRun"),
        encoding=given.get("encoding", encoding),
        not_before=_instant(given, "notBefore"),
        file_name=file_name,
        idempotency_key=_header(request, "idempotency-key"),
    )


def _given(request: Request) -> dict[str, str]:
    """The parameters, each once. Unknown ones are refused: a misspelt dryRun would import."""
    raw: bytes = request.scope["query_string"]
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=len(NAMES) + 1,
        )
    except ValueError:
        raise NotServed(400, f"Parameters are URL-encoded UTF-8: {', '.join(NAMES)}.") from None
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in NAMES:
            raise NotServed(400, f"Parameters are {', '.join(NAMES)}.", name[:100])
        if name in given:
            raise NotServed(400, "Give each parameter once.", name)
        if not value or "\0" in value:
            raise NotServed(400, "Give the parameter a value, or leave it out.", name)
        given[name] = value
    return given


def _header(request: Request, name: str) -> str | None:
    values = request.headers.getlist(name)
    if len(values) > 1:
        raise NotServed(400, "Give each header once.", name)
    return values[0] if values else None


def _declared(request: Request) -> tuple[FileFormat | None, str | None]:
    """Format and encoding by Content-Type, as far as it tells.

    What a page of another site could send without asking first is refused: texts and forms.
    """
    compression = _header(request, "content-encoding")
    if compression is not None and compression.lower() != "identity":
        raise NotServed(415, _MEDIA_TYPE_NEEDED, headers={"accept-encoding": "identity"})
    text = _header(request, "content-type")
    if text is None:
        return None, None
    media_type, parameters = parse_media_type(text)
    if media_type not in _FORMATS and media_type not in _SILENT:
        raise NotServed(415, _MEDIA_TYPE_NEEDED, headers={"accept-post": ", ".join(_FORMATS)})
    return _FORMATS.get(media_type), parameters.get("charset")


def _file_name(given: Mapping[str, str], request: Request) -> str | None:
    """The last part of the file's name: folders are the sender's own business."""
    name = given.get("filename") or _disposed(_header(request, "content-disposition") or "")
    return re.split(r"[/\\\0]", name)[-1] or None if name else None


def _disposed(disposition: str) -> str | None:
    if found := _EXTENDED_NAME.search(disposition):
        return unquote(found[1])
    if found := _QUOTED_NAME.search(disposition):
        return _utf_8(re.sub(r"\\(.)", r"\1", found[1]))
    return _utf_8(found[1]) if (found := _PLAIN_NAME.search(disposition)) else None


def _utf_8(header: str) -> str:
    """Headers are read as Latin-1, and most senders write UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except ValueError:
        return header


def _format_of(file_name: str | None) -> FileFormat | None:
    ending = (file_name or "").rpartition(".")[2].upper()
    return FileFormat.__members__.get(ending)


def _word(given: Mapping[str, str], name: str, words: type[Word]) -> Word | None:
    if name not in given:
        return None
    try:
        return words(given[name].upper())
    except ValueError:
        raise NotServed(400, f"Write one of {', '.join(words)}.", name) from None


def _switch(given: Mapping[str, str], name: str) -> bool | None:
    if name not in given:
        return None
    if given[name].lower() not in {"true", "false"}:
        raise NotServed(400, "Write true or false.", name)
    return given[name].lower() == "true"


def _instant(given: Mapping[str, str], name: str) -> datetime | None:
    if name not in given:
        return None
    try:
        return read_instant(given[name])
    except ValueError as wrong:
        raise NotServed(400, f"{wrong} In an address write + as %2B.", name) from None
