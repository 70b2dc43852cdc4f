from enum import StrEnum


class EventKind(StrEnum):
    """What happened to a code. Making codes in bulk writes no event: the row itself tells."""

    ISSUED = "ISSUED"
    REDEEMED = "REDEEMED"
    REVERSED = "REVERSED"
    RESERVED = "RESERVED"
    RELEASED = "RELEASED"
    UPDATED = "UPDATED"
    SUSPENDED = "SUSPENDED"
    RESUMED = "RESUMED"
    WITHDRAWN = "WITHDRAWN"
    EXTENDED = "EXTENDED"


class EntityKind(StrEnum):
    """The nouns whose former facts are kept as revisions."""

    CAMPAIGN = "CAMPAIGN"
    CODE_GROUP = "CODE_GROUP"
    PROMOTION = "PROMOTION"
    CUSTOMER = "CUSTOMER"
    CODE = "CODE"
    CASHBACK = "CASHBACK"
