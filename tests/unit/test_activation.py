from datetime import UTC, datetime, timedelta

import pytest

from app.domain.activation import ActivationFacts, ActivationStatus, activation_status

NOW = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("active_from", "active_to", "expected"),
    [
        (None, None, ActivationStatus.ACTIVE),
        (NOW, None, ActivationStatus.ACTIVE),
        (NOW + INSTANT, None, ActivationStatus.SCHEDULED),
        (None, NOW + INSTANT, ActivationStatus.ACTIVE),
        (None, NOW, ActivationStatus.ENDED),
        (NOW, NOW + INSTANT, ActivationStatus.ACTIVE),
        (NOW - INSTANT, NOW, ActivationStatus.ENDED),
        (NOW + INSTANT, NOW + 2 * INSTANT, ActivationStatus.SCHEDULED),
    ],
)
def test_the_range_holds_its_start_but_not_its_end(
    active_from: datetime | None, active_to: datetime | None, expected: ActivationStatus
) -> None:
    facts = ActivationFacts(enabled=True, active_from=active_from, active_to=active_to)
    assert activation_status(facts, NOW) is expected


@pytest.mark.parametrize("active_from", [None, NOW - INSTANT, NOW + INSTANT])
def test_the_switch_comes_before_the_range(active_from: datetime | None) -> None:
    facts = ActivationFacts(enabled=False, active_from=active_from, active_to=None)
    assert activation_status(facts, NOW) is ActivationStatus.DISABLED
