from datetime import UTC, datetime, timedelta

import pytest

from app.domain.redemptions import ReservationFacts, is_live

NOW = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("expires_at", "ended_at", "live"),
    [
        (NOW + TICK, None, True),
        (NOW, None, False),
        (NOW - TICK, None, False),
        (NOW + TICK, NOW - TICK, False),
        (NOW + TICK, NOW, False),
        # An end is written when it comes, so it counts whatever it says.
        (NOW + TICK, NOW + TICK, False),
    ],
)
def test_a_reservation_holds_until_it_ends_or_lapses(
    *, expires_at: datetime, ended_at: datetime | None, live: bool
) -> None:
    assert is_live(ReservationFacts(expires_at, ended_at), NOW) is live
