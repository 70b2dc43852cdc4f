"""What a file may say of itself: the same words in JSON and XML."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Final, TypeVar

from app.domain.field_checks import storable
from app.domain.import_files import FileHeader, ImportMode, OnError

HEADER_KEYS: Final = ("couponKey", "reference", "mode", "onError", "dryRun")
"""The keys as JSON spells them; XML writes them in lower case."""

MAX_TEXT: Final = 1_000

Word = TypeVar("Word", bound=StrEnum)


class HeaderWordError(ValueError):
    """The value is none that this key can have; says which it can."""


def with_word(header: FileHeader, key: str, value: object) -> FileHeader:
    """Return the header with what the key says; None says nothing."""
    if value is None:
        return header
    match key:
        case "couponKey":
            return replace(header, coupon_key=_text(value))
        case "reference":
            return replace(header, reference=_text(value))
        case "mode":
            return replace(header, mode=_word(ImportMode, value))
        case "onError":
            return replace(header, on_error=_word(OnError, value))
        case _:
            return replace(header, dry_run=_truth(value))


def said(header: FileHeader) -> Iterator[tuple[str, str | bool]]:
    """Yield what the header says, key by key; words as JSON spells them."""
    values = (header.coupon_key, header.reference, header.mode, header.on_error, header.dry_run)
    for key, value in zip(HEADER_KEYS, values, strict=True):
        if value is not None:
            yield key, value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise HeaderWordError("is a text")
    if len(value) > MAX_TEXT:
        raise HeaderWordError(f"has at most {MAX_TEXT:,} characters")
    if not storable(value):
        raise HeaderWordError("holds a character that cannot be stored")
    return value


def _word(words: type[Word], value: object) -> Word:
    if not isinstance(value, str) or value not in set(words):
        raise HeaderWordError(f"is one of {', '.join(words)}")
    return words(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise HeaderWordError("is true or false")
    return value
