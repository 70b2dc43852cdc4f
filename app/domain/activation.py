from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
