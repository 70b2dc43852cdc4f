from enum import StrEnum


class RedemptionState(StrEnum):
    """A use of a code counts until it is reversed; it is never deleted."""

    CONFIRMED = "CONFIRMED"
    REVERSED = "REVERSED"


class ReservationEnd(StrEnum):
    """Why a reservation holds no use any more; one that merely lapsed is not marked."""

    REDEEMED = "REDEEMED"
    RELEASED = "RELEASED"
    WITHDRAWN = "WITHDRAWN"
