import pytest

from app.reading.counting import MAX_COUNT, CountPrecision, counted


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, (0, CountPrecision.EXACT)),
        (MAX_COUNT - 1, (9_999, CountPrecision.EXACT)),
        (MAX_COUNT, (10_000, CountPrecision.EXACT)),
        (MAX_COUNT + 1, (10_000, CountPrecision.AT_LEAST)),
    ],
)
def test_counting_stops_where_it_says_so(number: int, told: tuple[int, CountPrecision]) -> None:
    assert counted(number) == told
