from datetime import UTC, datetime, timedelta

import pytest

from app.domain.activation import (
    ActivationFacts,
    ActivationStatus,
    GroupActivationFacts,
    activation_status,
    group_activation_status,
)
from app.domain.promotions import GroupActivation

NOW = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
RUNNING = ActivationFacts(enabled=True, active_from=NOW, active_to=NOW + INSTANT)
COMING = ActivationFacts(enabled=True, active_from=NOW + INSTANT, active_to=None)
OVER = ActivationFacts(enabled=True, active_from=None, active_to=NOW)
OFF = ActivationFacts(enabled=False, active_from=None, active_to=None)


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


def group(
    activation: GroupActivation,
    *promotions: ActivationFacts,
    enabled: bool = True,
    active_from: datetime | None = None,
    active_to: datetime | None = None,
) -> GroupActivationFacts:
    return GroupActivationFacts(enabled, activation, active_from, active_to, promotions)


@pytest.mark.parametrize(
    ("active_from", "active_to", "expected"),
    [
        (None, None, ActivationStatus.ACTIVE),
        (NOW, NOW + INSTANT, ActivationStatus.ACTIVE),
        (NOW + INSTANT, None, ActivationStatus.SCHEDULED),
        (None, NOW, ActivationStatus.ENDED),
    ],
)
@pytest.mark.parametrize("promotions", [(), (RUNNING,), (COMING, OVER), (OFF,)])
def test_a_group_with_a_range_of_its_own_ignores_its_promotions(
    active_from: datetime | None,
    active_to: datetime | None,
    expected: ActivationStatus,
    promotions: tuple[ActivationFacts, ...],
) -> None:
    facts = group(
        GroupActivation.OWN_RANGE, *promotions, active_from=active_from, active_to=active_to
    )
    assert group_activation_status(facts, NOW) is expected


@pytest.mark.parametrize(
    ("promotions", "expected"),
    [
        ((), ActivationStatus.ENDED),
        ((OFF,), ActivationStatus.ENDED),
        ((OVER,), ActivationStatus.ENDED),
        ((OFF, OVER), ActivationStatus.ENDED),
        ((COMING,), ActivationStatus.SCHEDULED),
        ((OFF, OVER, COMING), ActivationStatus.SCHEDULED),
        ((RUNNING,), ActivationStatus.ACTIVE),
        ((OFF, OVER, COMING, RUNNING), ActivationStatus.ACTIVE),
        ((RUNNING, COMING), ActivationStatus.ACTIVE),
    ],
)
@pytest.mark.parametrize("own", [(None, None), (NOW + INSTANT, None), (None, NOW)])
def test_a_group_that_follows_its_promotions_ignores_its_own_range(
    promotions: tuple[ActivationFacts, ...],
    expected: ActivationStatus,
    own: tuple[datetime | None, datetime | None],
) -> None:
    facts = group(
        GroupActivation.WHILE_PROMOTIONS_RUN, *promotions, active_from=own[0], active_to=own[1]
    )
    assert group_activation_status(facts, NOW) is expected


@pytest.mark.parametrize("activation", list(GroupActivation))
def test_the_switch_of_a_group_comes_before_everything(activation: GroupActivation) -> None:
    facts = group(activation, RUNNING, enabled=False)
    assert group_activation_status(facts, NOW) is ActivationStatus.DISABLED
