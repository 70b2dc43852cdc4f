"""What every batch of rows must be that the shop sends: its size, and a number for each row."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.domain.field_checks import check_text, invalid
from app.domain.refusals import Problem, UserErrorCode

MAX_ROWS: Final = 100
MAX_NUMBER_LENGTH: Final = 100


def check_size(count: int, *field: str) -> Iterator[Problem]:
    """Tell whether one request may send so many rows; more than that are not looked at."""
    if not 1 <= count <= MAX_ROWS:
        yield Problem(
            UserErrorCode.COUNT_OUT_OF_RANGE,
            f"Send 1 to {MAX_ROWS} at a time; for more, send several requests.",
            field,
        )


def check_numbers(numbers: Sequence[str], *field: str) -> Iterator[Problem]:
    """The trimmed numbers by which the rows are known, each once in the batch."""
    seen: set[str] = set()
    for index, number in enumerate(numbers):
        place = (*field, str(index), "number")
        yield from check_text(number, MAX_NUMBER_LENGTH, *place)
        if number in seen:
            yield invalid("An earlier row of this batch has this number; send it once.", *place)
        seen.add(number)
