"""The lines of a CSV file, a bounded number of them at once."""

import io
from collections.abc import Iterator

from app.domain.import_files import CLEAR, FileErrorCode, FileRefused
from app.files.csv_places import record_in
from app.files.limits import MAX_ROW
from app.files.places import place_in


class Lines:
    """Lines with their ends; of the record being read the text is kept.

    Whoever reads sets `record` to the line on which the next record begins. `plain` says that no
    cell so far holds a sign with a meaning.
    """

    def __init__(self, texts: Iterator[str]) -> None:
        self.record = 1
        self.plain = True
        self._texts = texts
        self._kept: list[str] = []
        self._first = 1

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for text in self._texts:
            rest += text
            # A return at the very end may be the first half of a line's end.
            end = max(rest.rfind("\n"), rest.rfind("\r", 0, -1)) + 1
            yield from self._bounded(rest[:end])
            rest = rest[end:]
            if len(rest) > MAX_ROW + 1:
                break
        yield from self._bounded(rest)

    def _bounded(self, text: str) -> Iterator[str]:
        lines = io.StringIO(text, newline="").readlines()
        self._kept = self._record()
        self._first = self.record
        self._check_length(self._kept)
        self._kept += lines
        self.plain = self.plain and "'" not in text and CLEAR not in text
        if len(text) <= MAX_ROW:
            yield from lines
            return
        for line in lines:
            self._check_length([line])
            yield line

    def check_record(self, last: int) -> None:
        """Raise FileRefused when the record, which ends on line `last`, is too long."""
        self._check_length(self._record()[: last + 1 - self.record])

    def refused(
        self, message: str, cell: int = 0, code: FileErrorCode = FileErrorCode.SYNTAX
    ) -> FileRefused:
        """Return a refusal at a cell of the record, or at what breaks the record."""
        text = "".join(self._record())
        record = record_in(text)
        if record.fault is not None:
            code, message = FileErrorCode.SYNTAX, record.fault
        at = record.cells[cell] if record.fault is None else record.fault_at
        return place_in(text, at, self.record).refused(code, message)

    def _record(self) -> list[str]:
        return self._kept[self.record - self._first :]

    def _check_length(self, lines: list[str]) -> None:
        if sum(map(len, lines)) > MAX_ROW:
            raise FileRefused(
                FileErrorCode.SYNTAX,
                f"A row has at most {MAX_ROW:,} characters; is a quote left open?",
                self.record,
                column=1,
            )
