"""Where in a CSV record its cells stand, and where it breaks off; for messages only."""

import re
from dataclasses import dataclass
from typing import Final, cast

# A cell in quotes, of which the second may be missing; or one without.
_CELL: Final = re.compile(r'(")[^"]*+(?:""[^"]*+)*+("?)|[^,\r\n]*+')
_AFTER_QUOTE: Final = {",", "\r", "\n", ""}


@dataclass(frozen=True, slots=True)
class Record:
    """The offsets of the cells of a record, and of what is wrong in it."""

    cells: tuple[int, ...]
    fault: str | None = None
    fault_at: int = 0


def record_in(text: str) -> Record:
    """Read the record that the text begins with, as the csv module does."""
    cells: list[int] = []
    at, after = 0, ","
    while after == ",":
        # The expression matches anywhere: a cell may be empty.
        cell = cast("re.Match[str]", _CELL.match(text, at))
        cells.append(at)
        after = text[cell.end() : cell.end() + 1]
        if cell[1] and not cell[2]:
            return Record(tuple(cells), "The quote that opens here is never closed.", at)
        if cell[1] and after not in _AFTER_QUOTE:
            return Record(
                tuple(cells),
                "After a closing quote comes a comma or the end of the line; "
                "a quote inside a cell is written twice.",
                cell.end(),
            )
        at = cell.end() + 1
    return Record(tuple(cells))
