from collections.abc import Callable

from app.reading.caching import Bounded


class Making:
    """Makes values and counts how often."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, value: str, weight: int = 1) -> Callable[[], tuple[str, int]]:
        def make() -> tuple[str, int]:
            self.made.append(value)
            return value, weight

        return make


def test_a_kept_value_is_not_made_again() -> None:
    cache: Bounded[str, str] = Bounded(2, 100)
    making = Making()
    assert [cache.get("a", making("a")) for _ in range(3)] == ["a", "a", "a"]
    assert making.made == ["a"]


def test_the_least_recently_used_goes_first() -> None:
    cache: Bounded[str, str] = Bounded(2, 100)
    making = Making()
    for key in ("a", "b", "a", "c", "a", "b"):
        cache.get(key, making(key))
    assert making.made == ["a", "b", "c", "b"]
    assert len(cache) == 2


def test_weight_is_bounded_too_and_given_back() -> None:
    cache: Bounded[str, str] = Bounded(100, 10)
    making = Making()
    for key, weight in (("a", 4), ("b", 4), ("c", 4), ("huge", 11), ("d", 10)):
        assert cache.get(key, making(key, weight)) == key
    assert len(cache) == 1
    assert cache.get("d", making("again")) == "d"
