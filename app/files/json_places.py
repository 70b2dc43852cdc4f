"""Where in a JSON text something stands that its parser does not say."""

import json
import re
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r'(?P<text>"[^"\\]*+(?:\\.[^"\\]*+)*+"?)(?P<key>[ \t\n\r]*+:)?'
    r"|(?P<opens>[{\[])|(?P<closes>[}\]])|(?P<constant>NaN|-?Infinity)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the object or list that begins a text ends, or where it goes deeper than allowed."""

    end: int | None = None
    too_deep: int | None = None


def outline(text: str, start: int, stop: int, most: int) -> Outline:
    """Follow brackets alone, in `text[start:stop]`, to a depth of `most`."""
    depth = 0
    for token in _TOKEN.finditer(text, start, stop):
        if token["opens"]:
            depth += 1
            if depth > most:
                return Outline(too_deep=token.start())
        elif token["closes"]:
            depth -= 1
            if depth == 0:
                return Outline(end=token.end())
    return Outline()


def repeated_key(text: str) -> int:
    """Return where a key stands for the second time in its object; there is such a key."""
    objects: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token["opens"]:
            objects.append(set())
        elif token["closes"]:
            objects.pop()
        elif token["key"]:
            key = json.loads(token["text"])
            if key in objects[-1]:
                return token.start()
            objects[-1].add(key)
    raise ValueError("No key stands twice.")


def constant(text: str) -> int:
    """Return where NaN or an infinity stands; there is one."""
    return next(token.start() for token in _TOKEN.finditer(text) if token["constant"])
