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


def repeated_key(text: str) -> tuple[int, str]:
    """Return where a key stands for the second time in its object, and the key; there is one.

    Behind it the text may be anything.
    """
    keys = _Keys()
    return next(
        (token.start(), json.loads(token["text"]))
        for token in _TOKEN.finditer(text)
        if keys.repeated_by(token)
    )


class _Keys:
    """The keys so far of the objects that are open."""

    def __init__(self) -> None:
        self._objects: list[set[str]] = []

    def repeated_by(self, token: re.Match[str]) -> bool:
        if token["opens"]:
            self._objects.append(set())
        elif token["closes"]:
            self._objects.pop()
        elif token["key"]:
            key = json.loads(token["text"])
            if key in self._objects[-1]:
                return True
            self._objects[-1].add(key)
        return False


def constant(text: str) -> int:
    """Return where NaN or an infinity stands; there is one."""
    return next(token.start() for token in _TOKEN.finditer(text) if token["constant"])
