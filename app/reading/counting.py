from enum import StrEnum

MAX_COUNT = 10_000
"""Lists are counted to here; beyond it only "at least" is said."""


class CountPrecision(StrEnum):
    """Whether a count is the number of entries, or where counting stopped."""

    EXACT = "EXACT"
    AT_LEAST = "AT_LEAST"


def counted(number: int) -> tuple[int, CountPrecision]:
    """What is told of a number that was counted one further than `MAX_COUNT` at the most."""
    exact = number <= MAX_COUNT
    return min(number, MAX_COUNT), CountPrecision.EXACT if exact else CountPrecision.AT_LEAST
