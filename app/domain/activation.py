from enum import StrEnum


class ActivationStatus(StrEnum):
    """Where a campaign, group or promotion stands: its switch first, then its range."""

    DISABLED = "DISABLED"
    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
