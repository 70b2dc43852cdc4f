from enum import StrEnum


class CodeStatus(StrEnum):
    """The seed's five states of a voucher, and ACTIVE for a usable source code."""

    CREATED = "CREATED"
    ISSUED = "ISSUED"
    ACTIVE = "ACTIVE"
    REDEEMED = "REDEEMED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
