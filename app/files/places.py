"""Where in a text something stands, and how it is shown to the one who has to find it."""

from typing import Final

from app.domain.import_files import FileErrorCode, FileRefused

_MAX_SHOWN: Final = 40


class Place:
    """Line and column of a character, counted from 1; lines end with LF, CR LF or CR."""

    __slots__ = ("_after_return", "column", "line")

    def __init__(self, line: int = 1, column: int = 1) -> None:
        self.line = line
        self.column = column
        self._after_return = False

    def advance(self, text: str, start: int, end: int) -> None:
        """Go on by `text[start:end]`, which follows what the place has passed so far."""
        if start == end:
            return
        lines = text.count("\n", start, end)
        last = text.rfind("\n", start, end)
        if self._after_return or text.find("\r", start, end) >= 0:
            lines += text.count("\r", start, end) - text.count("\r\n", start, end)
            lines -= self._after_return and text[start] == "\n"
            last = max(last, text.rfind("\r", start, end))
            self._after_return = text[end - 1] == "\r"
        self.line += lines
        self.column = end - last if last >= start else self.column + end - start

    def refused(self, code: FileErrorCode, message: str) -> FileRefused:
        return FileRefused(code, message, self.line, self.column)


def place_in(text: str, offset: int, line: int, column: int = 1) -> Place:
    """Return the place of `text[offset]` when the text begins at this line and column."""
    place = Place(line, column)
    place.advance(text, 0, offset)
    return place


def shown(text: str) -> str:
    """Return a text as it can stand in a sentence: short, on one line, nothing invisible."""
    seen = "".join(character if character.isprintable() else "\ufffd" for character in text[:41])
    return f"{seen[:_MAX_SHOWN]}\u2026" if len(seen) > _MAX_SHOWN else seen
