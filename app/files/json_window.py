"""A piece of a JSON file that slides over the text: enough for any row, and no more."""

import re
from collections.abc import Iterator
from typing import Final

from app.domain.import_files import FileErrorCode, FileRefused
from app.files.limits import CHUNK, MAX_ROW
from app.files.places import Place

_SPACE: Final = re.compile(r"[ \t\n\r]*+")


class Window:
    """`text` from offset `at` on is what comes next: more than a row may have, or all there is."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.text = ""
        self.at = 0
        self._texts = texts
        self._place = Place()
        self._placed = 0
        self._ended = False
        self._refusal: FileRefused | None = None

    def sign(self) -> str:
        """Go to the next character that is no white space and return it, or nothing at the end."""
        while True:
            space = _SPACE.match(self.text, self.at)
            self.at = space.end() if space else self.at
            if len(self.text) - self.at > MAX_ROW or self._ended:
                break
            self._fill()
        if self.at == len(self.text):
            self.check_end()
        return self.text[self.at : self.at + 1]

    def place(self) -> Place:
        """Return the place of `at`; it moves on with the window."""
        self._place.advance(self.text, self._placed, self.at)
        self._placed = self.at
        return self._place

    def refused(
        self, message: str, at: int | None = None, code: FileErrorCode = FileErrorCode.SYNTAX
    ) -> FileRefused:
        """Return a refusal at an offset of the text, or of what comes next."""
        self.place()
        self.at = self.at if at is None else at
        return self.place().refused(code, message)

    def check_end(self) -> None:
        """Raise what ended the text before the file's end; to be asked when the text broke off."""
        if self._refusal is not None:
            raise self._refusal

    def _fill(self) -> None:
        self.place()
        pieces = [self.text[self.at :]]
        size = len(pieces[0])
        try:
            while size <= MAX_ROW + CHUNK:
                pieces.append(next(self._texts))
                size += len(pieces[-1])
        except StopIteration:
            self._ended = True
        except FileRefused as refusal:
            # What stands before it comes first: rows are read, and mistakes are found in order.
            self._ended = True
            self._refusal = refusal
        self.text = "".join(pieces)
        self.at = self._placed = 0
