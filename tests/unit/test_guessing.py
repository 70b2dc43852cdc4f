"""Counting guesses: pure arithmetic of windows, tallies and names."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.guessing import Tally, is_wrong_guess, place, window
from app.domain.refusals import Problem, UserErrorCode

TEN = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class TestWindow:
    def test_it_is_the_same_for_all_who_ask_in_it(self) -> None:
        last = TEN + timedelta(minutes=10, microseconds=-1)
        assert window(TEN, 600) == window(last, 600)
        assert window(TEN, 600).ends_at == TEN + timedelta(minutes=10)

    def test_the_next_one_begins_at_its_end(self) -> None:
        first = window(TEN, 600)
        assert window(first.ends_at, 600).number == first.number + 1

    @pytest.mark.parametrize(
        ("later", "seconds"), [(0, 600), (200.5, 400), (599.1, 1), (600, 1), (700, 1)]
    )
    def test_the_seconds_left_are_enough_and_never_none(self, later: float, seconds: int) -> None:
        assert window(TEN, 600).seconds_left(TEN + timedelta(seconds=later)) == seconds


class TestTally:
    def test_what_is_lent_is_not_free_until_it_is_found(self) -> None:
        tally = Tally(most=10)
        assert tally.counted(3, 3) == 0
        tally.lend(2)
        assert (tally.free, tally.within_reach) == (1, 3)
        tally.settle(2, missed=1)
        assert (tally.free, tally.within_reach, tally.missed) == (2, 2, 1)

    def test_no_more_is_granted_than_others_left(self) -> None:
        tally = Tally(most=10)
        # Eight are with others; five more make thirteen.
        assert tally.counted(5, 13) == 3
        assert (tally.granted, tally.taken) == (2, 10)
        assert tally.counted(1, 11) == 1
        assert (tally.granted, tally.taken) == (2, 10)

    def test_alone_it_grants_what_it_believes_to_be_left(self) -> None:
        tally = Tally(most=10)
        tally.counted(1, 7)
        assert tally.count_alone(9) == 6
        assert (tally.granted, tally.taken, tally.owed) == (4, 10, 3)

    def test_what_was_owed_is_counted_once(self) -> None:
        tally = Tally(most=10)
        tally.count_alone(3)
        assert tally.owed == 3
        # With the three, and four of others, the common count comes to eight.
        assert tally.counted(1, 8) == 0
        assert (tally.granted, tally.taken, tally.owed) == (4, 8, 0)

    def test_a_spare_one_is_kept(self) -> None:
        tally = Tally(most=10)
        tally.counted(6, 6)
        tally.lend(2)
        assert tally.trim() == 3
        assert (tally.free, tally.granted, tally.taken) == (1, 3, 3)
        assert tally.trim() == 0

    def test_what_nobody_counted_is_not_given_back(self) -> None:
        tally = Tally(most=10)
        tally.counted(1, 1)
        tally.count_alone(3)
        assert (tally.trim(), tally.owed, tally.granted) == (0, 0, 1)


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002::/64"),
        ("2001:db8:1:2::", "20010db800010002::/64"),
        ("a socket", "a socket"),
    ],
)
def test_hosts_are_counted_by_what_they_cannot_change(address: str, counted_as: str) -> None:
    assert place(address) == counted_as


@pytest.mark.parametrize(
    ("code", "field", "wrong"),
    [
        (UserErrorCode.NOT_FOUND, ("code",), True),
        (UserErrorCode.CODE_NOT_APPLICABLE, (), True),
        (UserErrorCode.NOT_FOUND, ("campaignId",), False),
        (UserErrorCode.WITHDRAWN, ("code",), False),
        (UserErrorCode.IDEMPOTENCY_KEY_REUSED, ("idempotencyKey",), False),
    ],
)
def test_what_tells_nothing_of_a_code_is_a_wrong_guess(
    code: UserErrorCode, field: tuple[str, ...], *, wrong: bool
) -> None:
    assert is_wrong_guess([Problem(code, "A sentence.", field)]) is wrong


def test_what_is_done_is_none() -> None:
    assert not is_wrong_guess([])
