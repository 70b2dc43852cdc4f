from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.domain.cashback import CashbackFacts, CashbackState, cashback_state

NOW = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def facts(
    disabled_at: datetime | None = None,
    redeemed_at: datetime | None = None,
    expires_at: datetime | None = None,
    charged_minor: int = 500,
) -> CashbackFacts:
    return CashbackFacts(disabled_at, redeemed_at, expires_at, charged_minor)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (facts(), CashbackState.AVAILABLE),
        (facts(charged_minor=1), CashbackState.AVAILABLE),
        (facts(charged_minor=0), CashbackState.PENDING),
        (facts(expires_at=NOW + TICK), CashbackState.AVAILABLE),
        (facts(expires_at=NOW), CashbackState.EXPIRED),
        (facts(expires_at=NOW - TICK), CashbackState.EXPIRED),
        (facts(expires_at=NOW, charged_minor=0), CashbackState.EXPIRED),
        (facts(redeemed_at=NOW, expires_at=NOW), CashbackState.REDEEMED),
        # What is written was done: no clock is asked whether it was in the past.
        (facts(redeemed_at=NOW + TICK, charged_minor=0), CashbackState.REDEEMED),
        (facts(disabled_at=NOW + TICK), CashbackState.DISABLED),
        (facts(disabled_at=NOW, redeemed_at=NOW, expires_at=NOW), CashbackState.DISABLED),
    ],
)
def test_the_first_rule_that_holds_decides(given: CashbackFacts, expected: CashbackState) -> None:
    assert cashback_state(given, NOW) is expected


def test_every_combination_follows_the_order_of_the_rules() -> None:
    seen = set()
    for disabled_at, redeemed_at, expires_at, charged in product(
        (None, NOW), (None, NOW), (None, NOW - TICK, NOW, NOW + TICK), (0, 500)
    ):
        rules = {
            CashbackState.DISABLED: disabled_at is not None,
            CashbackState.REDEEMED: redeemed_at is not None,
            CashbackState.EXPIRED: expires_at in {NOW - TICK, NOW},
            CashbackState.PENDING: charged == 0,
            CashbackState.AVAILABLE: True,
        }
        expected = next(name for name, holds in rules.items() if holds)
        given = facts(disabled_at, redeemed_at, expires_at, charged)
        assert cashback_state(given, NOW) is expected
        seen.add(expected)
    assert seen == set(CashbackState)
