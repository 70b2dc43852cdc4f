from enum import StrEnum


class DiscountKind(StrEnum):
    """What a promotion gives; data for the shop, we price nothing."""

    PERCENT = "PERCENT"
    AMOUNT = "AMOUNT"
    FREE_SHIPPING = "FREE_SHIPPING"
    GIFT = "GIFT"
    ISSUE_CODE = "ISSUE_CODE"


class GroupActivation(StrEnum):
    """When a code group is in its range: by its own dates, or while one of its promotions is."""

    OWN_RANGE = "OWN_RANGE"
    WHILE_PROMOTIONS_RUN = "WHILE_PROMOTIONS_RUN"
