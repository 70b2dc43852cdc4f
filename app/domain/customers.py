from enum import StrEnum


class CustomerType(StrEnum):
    """A person or a company."""

    B2C = "B2C"
    B2B = "B2B"


class CustomerStatus(StrEnum):
    """Whether a customer may use codes: only an ACTIVE one may."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    BLOCKED = "BLOCKED"
