from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.promotions import GroupActivation


class ActivationStatus(StrEnum):
    """Where a campaign, group or promotion stands: its switch first, then its range."""

    DISABLED = "DISABLED"
    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class ActivationFacts:
    """The switch and the range `[active_from, active_to)`, open where None."""

    enabled: bool
    active_from: datetime | None
    active_to: datetime | None


def activation_status(facts: ActivationFacts, now: datetime) -> ActivationStatus:
    """Return where the switch and the range stand at `now`; the end itself lies outside."""
    if not facts.enabled:
        return ActivationStatus.DISABLED
    if facts.active_from is not None and now < facts.active_from:
        return ActivationStatus.SCHEDULED
    if facts.active_to is not None and now >= facts.active_to:
        return ActivationStatus.ENDED
    return ActivationStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class GroupActivationFacts:
    """A group's switch, its own range, and its promotions, which count where it follows them."""

    enabled: bool
    activation: GroupActivation
    active_from: datetime | None
    active_to: datetime | None
    promotions: tuple[ActivationFacts, ...]


def group_activation_status(facts: GroupActivationFacts, now: datetime) -> ActivationStatus:
    """Return where a group stands at `now`: in its own range, or while its promotions run.

    Such a group is ACTIVE while at least one of its enabled promotions is in its range, SCHEDULED
    when none is and one will be, and else ENDED.
    """
    own = ActivationFacts(facts.enabled, facts.active_from, facts.active_to)
    if facts.activation == GroupActivation.OWN_RANGE or not facts.enabled:
        return activation_status(own, now)
    found = {activation_status(promotion, now) for promotion in facts.promotions}
    for status in (ActivationStatus.ACTIVE, ActivationStatus.SCHEDULED):
        if status in found:
            return status
    return ActivationStatus.ENDED
