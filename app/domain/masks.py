from enum import StrEnum


class GenerateUsing(StrEnum):
    """What tells one generated code from the next: a number of a series, or random symbols."""

    NUMBER_SERIES = "NUMBER_SERIES"
    UNIQUE_ID = "UNIQUE_ID"
