"""Which media type answers an Accept header, by RFC 9110."""

from dataclasses import dataclass
from email.message import Message
from typing import Final

RESPONSE_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Range:
    """One entry of an Accept header, with its place in the list."""

    media_type: str
    quality: float
    place: int


def choose(accept: str | None) -> str | None:
    """The media type to answer with, or None when the caller accepts neither.

    Whoever names none, or anything at all, gets plain JSON: that is what older clients read.
    """
    if accept is None or not accept.strip():
        return JSON
    ranges = [
        found for place, entry in enumerate(accept.split(",")) if (found := _read(entry, place))
    ]
    best: tuple[float, bool, int] | None = None
    chosen = None
    for media_type in (JSON, RESPONSE_JSON):
        match = _most_specific(ranges, media_type)
        if match is None or match.quality <= 0:
            continue
        rank = (match.quality, match.media_type == media_type, -match.place)
        if best is None or rank > best:
            best, chosen = rank, media_type
    return chosen


def _most_specific(ranges: list[Range], media_type: str) -> Range | None:
    for wanted in (media_type, "application/*", "*/*"):
        for entry in ranges:
            if entry.media_type == wanted:
                return entry
    return None


def _read(entry: str, place: int) -> Range | None:
    media_type, parameters = parse_media_type(entry)
    if parameters.get("charset", "utf-8") != "utf-8":
        return None
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        return None
    return Range(media_type, quality, place)


def parse_media_type(text: str) -> tuple[str, dict[str, str]]:
    """The type and its parameters, in lower case."""
    message = Message()
    message["content-type"] = text.strip()
    found = message.get_params(failobj=[("", "")])
    parameters = {name.lower(): value.strip().lower() for name, value in found[1:]}
    return found[0][0].strip().lower(), parameters
