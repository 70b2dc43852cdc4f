"""Which media types an Accept header takes, by RFC 9110.

Read by the grammar of that document. Python's reader of headers is one for e-mail, in which
`charset*0*=...` has a meaning that HTTP does not know.
"""

import re
from dataclasses import dataclass
from typing import Final

RESPONSE_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"

_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*+"'
_PARAMETER: Final = re.compile(rf"[ \t]*;[ \t]*(?:({_WORD})=({_WORD}|{_QUOTED}))?")
_MEDIA_TYPE: Final = re.compile(rf"({_WORD}/{_WORD})((?:{_PARAMETER.pattern})*+)")
# A quoted text that nobody closes goes on to the end: so each character is looked at once.
_ENTRY: Final = re.compile(rf'(?:{_QUOTED}?+|[^,"])++', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)")
_QUALITY: Final = re.compile(r"0(\.[0-9]*)?|1(\.0*)?")


@dataclass(frozen=True, slots=True)
class Range:
    """One entry of an Accept header, with its place in the list."""

    media_type: str
    quality: float
    place: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a caller reads: one of the two kinds of JSON, a stream of events, both, or neither."""

    json: str | None
    events: bool


def read_accept(accept: str | None) -> Accepted:
    """Whoever names none, or anything at all, gets plain JSON: that is what older clients read.

    A stream is for those who name it: whoever takes `*/*` may never have heard of streams.
    """
    if accept is None or not accept.strip():
        return Accepted(JSON, events=False)
    ranges = [
        found
        for place, entry in enumerate(_ENTRY.findall(accept))
        if (found := _read(entry, place))
    ]
    events = any(entry.media_type == EVENT_STREAM and entry.quality > 0 for entry in ranges)
    return Accepted(_choose_json(ranges), events)


def _choose_json(ranges: list[Range]) -> str | None:
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
    quality = parameters.get("q", "1")
    if parameters.get("charset", "utf-8") != "utf-8" or not _QUALITY.fullmatch(quality):
        return None
    return Range(media_type, float(quality), place)


def parse_media_type(text: str) -> tuple[str, dict[str, str]]:
    """The type and its parameters, in lower case; nothing at all of what is no media type."""
    found = _MEDIA_TYPE.fullmatch(text.strip(" \t"))
    if found is None:
        return "", {}
    parameters = {
        name.lower(): _value(value).lower() for name, value in _PARAMETER.findall(found[2]) if name
    }
    return found[1].lower(), parameters


def _value(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text
