from enum import StrEnum


class CampaignKind(StrEnum):
    """Who makes the codes: we do (VOUCHER), or they come from elsewhere (SOURCE). Never changes."""

    VOUCHER = "VOUCHER"
    SOURCE = "SOURCE"


class AvailableTo(StrEnum):
    """Who may redeem a code, seen from the customer it was issued to."""

    ANY_CUSTOMER = "ANY_CUSTOMER"
    ONLY_ISSUED_TO = "ONLY_ISSUED_TO"
    ANY_EXCEPT_ISSUED_TO = "ANY_EXCEPT_ISSUED_TO"
