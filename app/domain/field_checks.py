"""What every text, number, instant and list of an input must be, whatever it is used for.

Each check yields the problems of one field, so that all problems of an input are told at once.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from app.domain.code_text import ZERO_WIDTH
from app.domain.refusals import Problem, UserErrorCode

MAX_LIMIT: Final = 2_147_483_647
MAX_LABELS: Final = 100
MAX_LABEL_LENGTH: Final = 100
MAX_METADATA_BYTES: Final = 4_096
MAX_METADATA_DEPTH: Final = 20

# Four digits of a year compare as text, and a day stays free on both sides for every time zone.
_EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 9998
YEARS: Final = f"Enter a year from {_EARLIEST_YEAR} to {LATEST_YEAR}."
# Exact in every JSON reader, JavaScript's included.
_MAX_JSON_NUMBER: Final = 2**53 - 1
# C0, C1, ends of lines and paragraphs; and what turns the direction of all that follows, by which a
# name can look like another one.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Letters and symbols, to Unicode, of which nothing is seen.
_BLANKS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def storable(text: str) -> bool:
    """Whether a database can hold the text: no NUL, and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def check_text(text: str, most: int, *field: str) -> Iterator[Problem]:
    """A line of 1 to `most` characters; what surrounds it is for the caller to trim.

    What shows nothing at all counts as empty.
    """
    if len(text) > most or not any(map(_is_seen, text)):
        yield invalid(f"Enter 1 to {most} characters.", *field)
    elif not storable(text):
        yield invalid("The text holds a character that cannot be stored.", *field)
    elif _CONTROL.search(text):
        yield invalid("The text holds a control character; leave it out.", *field)


def _is_seen(character: str) -> bool:
    return not (
        character.isspace()
        or character in _BLANKS
        or ZERO_WIDTH.match(character)
        or unicodedata.category(character) == "Cf"
    )


def check_limit(limit: int | None, *field: str) -> Iterator[Problem]:
    """A number of uses; None is unlimited."""
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        yield invalid(f"Enter 1 to {MAX_LIMIT:,}, or nothing for no limit.", *field)


def check_range(
    start: datetime | None, end: datetime | None, from_field: Sequence[str], to_field: Sequence[str]
) -> Iterator[Problem]:
    """A range `[start, end)`, open where None, that is not empty."""
    problems = [*check_instant(start, *from_field), *check_instant(end, *to_field)]
    yield from problems
    if not problems and start is not None and end is not None and end <= start:
        yield Problem(
            UserErrorCode.VALID_TO_BEFORE_FROM, "The end must lie after the start.", tuple(to_field)
        )


def check_instant(instant: datetime | None, *field: str) -> Iterator[Problem]:
    """An instant that every database and time zone can hold."""
    if instant is None:
        return
    if instant.utcoffset() is None:
        yield invalid("Say the offset from UTC: 2026-06-01T00:00:00Z.", *field)
    elif not _EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
        yield invalid(YEARS, *field)


def check_labels(labels: Sequence[str], *field: str) -> Iterator[Problem]:
    """A list of names, such as applications or segments, each once."""
    if len(labels) > MAX_LABELS:
        yield invalid(f"At most {MAX_LABELS} entries are allowed.", *field)
        return
    for index, label in enumerate(labels):
        yield from check_text(label, MAX_LABEL_LENGTH, *field, str(index))
    if len(set(labels)) < len(labels):
        yield invalid("Each entry may be named only once.", *field)


def check_metadata(metadata: Mapping[str, Any], *field: str) -> Iterator[Problem]:
    """A JSON object of at most 4 KB that both databases keep as it is."""
    try:
        _check_json(metadata, MAX_METADATA_DEPTH)
    except ValueError as error:
        yield invalid(str(error), *field)
        return
    size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_METADATA_BYTES:
        yield invalid(f"At most {MAX_METADATA_BYTES:,} bytes of JSON, not {size:,}.", *field)


def invalid(message: str, *field: str) -> Problem:
    """A value that the field cannot take, for a reason without a code of its own."""
    return Problem(UserErrorCode.INVALID_VALUE, message, field)


def _check_json(value: object, depth: int) -> None:
    if depth < 0:
        raise ValueError(f"The JSON is nested more than {MAX_METADATA_DEPTH} deep.")
    match value:
        case Mapping():
            for name, inner in value.items():
                _check_json_text(name)
                _check_json(inner, depth - 1)
        case list():
            for inner in value:
                _check_json(inner, depth - 1)
        case _:
            _check_scalar(value)


def _check_scalar(value: object) -> None:
    match value:
        case None | bool():
            return
        case str():
            _check_json_text(value)
        case float() if not abs(value) < float("inf"):
            raise ValueError("JSON knows no infinity and no NaN.")
        # A larger float is a whole number too, and perhaps not the one that was sent.
        case int() | float():
            if abs(value) > _MAX_JSON_NUMBER:
                raise ValueError("A JSON number is too large to be kept exactly; send it as text.")
        case _:
            raise ValueError(f"A {type(value).__name__} is no JSON value.")


def _check_json_text(text: object) -> None:
    if not isinstance(text, str) or not storable(text):
        raise ValueError("The JSON holds a text that cannot be stored.")
