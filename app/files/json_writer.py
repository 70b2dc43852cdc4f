"""Writes rows as JSON, one on each line."""

import json
from collections.abc import Iterable, Iterator, Mapping

from app.domain.import_files import FileHeader, Value
from app.files.header_words import said


def json_text(header: FileHeader, rows: Iterable[Mapping[str, Value]]) -> Iterator[str]:
    """Yield the file line by line."""
    yield "{\n"
    for key, value in said(header):
        yield f"{_json(key)}: {_json(value)},\n"
    yield '"codes": ['
    separator = "\n"
    for row in rows:
        yield separator + _json(row)
        separator = ",\n"
    yield "\n]}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
