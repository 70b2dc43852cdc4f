from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CashbackState(StrEnum):
    """Where a cashback stands; computed when asked, never stored."""

    DISABLED = "DISABLED"
    REDEEMED = "REDEEMED"
    EXPIRED = "EXPIRED"
    PENDING = "PENDING"
    AVAILABLE = "AVAILABLE"


@dataclass(frozen=True, slots=True)
class CashbackFacts:
    disabled_at: datetime | None
    redeemed_at: datetime | None
    expires_at: datetime | None
    charged_minor: int


def cashback_state(facts: CashbackFacts, now: datetime) -> CashbackState:
    """Return the state at `now`; the first rule that holds wins."""
    if facts.disabled_at is not None:
        return CashbackState.DISABLED
    if facts.redeemed_at is not None:
        return CashbackState.REDEEMED
    if facts.expires_at is not None and now >= facts.expires_at:
        return CashbackState.EXPIRED
    return CashbackState.AVAILABLE if facts.charged_minor > 0 else CashbackState.PENDING
