"""Why a code cannot be used: the closed list that validating, reserving and redeeming share."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.domain.refusals import UserErrorCode


class Reason(StrEnum):
    """One reason; each is a code of user errors too."""

    NOT_FOUND = "NOT_FOUND"
    NOT_ISSUED = "NOT_ISSUED"
    WITHDRAWN = "WITHDRAWN"
    SUSPENDED = "SUSPENDED"
    FULLY_REDEEMED = "FULLY_REDEEMED"
    RESERVED = "RESERVED"
    NOT_YET_VALID = "NOT_YET_VALID"
    EXPIRED = "EXPIRED"
    ISSUE_ONLY = "ISSUE_ONLY"
    CUSTOMER_REQUIRED = "CUSTOMER_REQUIRED"
    CUSTOMER_INACTIVE = "CUSTOMER_INACTIVE"
    NOT_AVAILABLE_TO_CUSTOMER = "NOT_AVAILABLE_TO_CUSTOMER"
    CUSTOMER_LIMIT_REACHED = "CUSTOMER_LIMIT_REACHED"
    GROUP_DISABLED = "GROUP_DISABLED"
    GROUP_NOT_STARTED = "GROUP_NOT_STARTED"
    GROUP_ENDED = "GROUP_ENDED"
    NOT_IN_GROUP_TARGET = "NOT_IN_GROUP_TARGET"
    GROUP_LIMIT_REACHED = "GROUP_LIMIT_REACHED"
    PROMOTION_DISABLED = "PROMOTION_DISABLED"
    PROMOTION_NOT_STARTED = "PROMOTION_NOT_STARTED"
    PROMOTION_ENDED = "PROMOTION_ENDED"
    NOT_IN_PROMOTION_TARGET = "NOT_IN_PROMOTION_TARGET"
    CAMPAIGN_DISABLED = "CAMPAIGN_DISABLED"
    CAMPAIGN_NOT_STARTED = "CAMPAIGN_NOT_STARTED"
    CAMPAIGN_ENDED = "CAMPAIGN_ENDED"
    NOT_IN_CAMPAIGN_TARGET = "NOT_IN_CAMPAIGN_TARGET"
    WRONG_APPLICATION = "WRONG_APPLICATION"
    CASHBACK_DISABLED = "CASHBACK_DISABLED"
    CASHBACK_NOT_CHARGED = "CASHBACK_NOT_CHARGED"
    CASHBACK_REDEEMED = "CASHBACK_REDEEMED"
    CASHBACK_EXPIRED = "CASHBACK_EXPIRED"

    @property
    def error(self) -> UserErrorCode:
        """The same reason among user errors."""
        return UserErrorCode(self.value)


SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.NOT_FOUND: "There is no such code; look for a typing mistake.",
    Reason.NOT_ISSUED: "The code was not issued to anybody yet; issue it first.",
    Reason.WITHDRAWN: "The code is withdrawn, and that is final.",
    Reason.SUSPENDED: "The code is suspended; it can be resumed.",
    Reason.FULLY_REDEEMED: "All uses of the code are taken.",
    Reason.RESERVED: "All uses that are left are reserved; try again when a reservation lapses.",
    Reason.NOT_YET_VALID: "The code is not valid yet; wait for its start.",
    Reason.EXPIRED: "The code has expired; it can be extended.",
    Reason.ISSUE_ONLY: "Codes of this campaign are issued here and redeemed elsewhere.",
    Reason.CUSTOMER_REQUIRED: "This depends on the customer; say who it is.",
    Reason.CUSTOMER_INACTIVE: "The customer is not active.",
    Reason.NOT_AVAILABLE_TO_CUSTOMER: "The code is not for this customer.",
    Reason.CUSTOMER_LIMIT_REACHED: "The customer has used the code as often as one may.",
    Reason.GROUP_DISABLED: "The code's group is switched off.",
    Reason.GROUP_NOT_STARTED: "The code's group is not active yet.",
    Reason.GROUP_ENDED: "The code's group is no longer active.",
    Reason.NOT_IN_GROUP_TARGET: "The customer is in none of the group's segments.",
    Reason.GROUP_LIMIT_REACHED: "The limit of the code's group is reached.",
    Reason.PROMOTION_DISABLED: "The promotion is switched off.",
    Reason.PROMOTION_NOT_STARTED: "The promotion is not active yet.",
    Reason.PROMOTION_ENDED: "The promotion is no longer active.",
    Reason.NOT_IN_PROMOTION_TARGET: "The customer is in none of the promotion's segments.",
    Reason.CAMPAIGN_DISABLED: "The campaign is switched off.",
    Reason.CAMPAIGN_NOT_STARTED: "The campaign is not active yet.",
    Reason.CAMPAIGN_ENDED: "The campaign is no longer active.",
    Reason.NOT_IN_CAMPAIGN_TARGET: "The customer is in none of the campaign's segments.",
    Reason.WRONG_APPLICATION: "This does not hold for the application; name one of those listed.",
    Reason.CASHBACK_DISABLED: "The cashback is switched off.",
    Reason.CASHBACK_NOT_CHARGED: "Nothing has been charged to the cashback yet.",
    Reason.CASHBACK_REDEEMED: "The cashback is redeemed already.",
    Reason.CASHBACK_EXPIRED: "The cashback has expired.",
}
"""What each reason says to people, and what they can do."""
