from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RedemptionState(StrEnum):
    """A use of a code counts until it is reversed; it is never deleted."""

    CONFIRMED = "CONFIRMED"
    REVERSED = "REVERSED"


class ReservationEnd(StrEnum):
    """Why a reservation holds no use any more.

    One that lapsed is marked only when its holder reserves the code anew.
    """

    REDEEMED = "REDEEMED"
    RELEASED = "RELEASED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


@dataclass(frozen=True, slots=True)
class ReservationFacts:
    expires_at: datetime
    ended_at: datetime | None


def is_live(facts: ReservationFacts, now: datetime) -> bool:
    """Return whether a reservation holds its use at `now`: not ended, and not lapsed."""
    return facts.ended_at is None and now < facts.expires_at
