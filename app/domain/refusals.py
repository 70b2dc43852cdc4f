from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


class UserErrorCode(StrEnum):
    """Every business reason for which a write is refused; the closed list of the API.

    Values keep the words of `docs/domain.md`. Adding one changes the SDL and the changelog.
    """

    NOT_FOUND = "NOT_FOUND"
    NAME_TAKEN = "NAME_TAKEN"
    KEY_TAKEN = "KEY_TAKEN"
    CODE_TAKEN = "CODE_TAKEN"
    CODE_HAS_USES = "CODE_HAS_USES"
    CAMPAIGN_KIND_MISMATCH = "CAMPAIGN_KIND_MISMATCH"
    CAMPAIGN_DISABLED = "CAMPAIGN_DISABLED"
    GROUP_NOT_FOUND = "GROUP_NOT_FOUND"
    ALREADY_ISSUED = "ALREADY_ISSUED"
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
    CAMPAIGN_NOT_STARTED = "CAMPAIGN_NOT_STARTED"
    CAMPAIGN_ENDED = "CAMPAIGN_ENDED"
    NOT_IN_CAMPAIGN_TARGET = "NOT_IN_CAMPAIGN_TARGET"
    WRONG_APPLICATION = "WRONG_APPLICATION"
    CASHBACK_DISABLED = "CASHBACK_DISABLED"
    CASHBACK_NOT_CHARGED = "CASHBACK_NOT_CHARGED"
    CASHBACK_REDEEMED = "CASHBACK_REDEEMED"
    CASHBACK_EXPIRED = "CASHBACK_EXPIRED"
    CODE_NOT_APPLICABLE = "CODE_NOT_APPLICABLE"
    NO_CODE_AVAILABLE = "NO_CODE_AVAILABLE"
    ALREADY_WITHDRAWN = "ALREADY_WITHDRAWN"
    REASON_REQUIRED = "REASON_REQUIRED"
    ORDER_ALREADY_REDEEMED = "ORDER_ALREADY_REDEEMED"
    RESERVATION_NOT_YOURS = "RESERVATION_NOT_YOURS"
    CASHBACK_AMOUNT_EXCEEDED = "CASHBACK_AMOUNT_EXCEEDED"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    NOT_EDITABLE = "NOT_EDITABLE"
    STALE_VERSION = "STALE_VERSION"
    JOB_FINISHED = "JOB_FINISHED"
    ORDER_CUSTOMER_MISMATCH = "ORDER_CUSTOMER_MISMATCH"
    INVALID_VALUE = "INVALID_VALUE"
    COUNT_OUT_OF_RANGE = "COUNT_OUT_OF_RANGE"
    VALID_TO_BEFORE_FROM = "VALID_TO_BEFORE_FROM"
    VALIDITY_WINDOW_PAST = "VALIDITY_WINDOW_PAST"
    MAX_USES_BELOW_USED = "MAX_USES_BELOW_USED"
    AVAILABLE_TO_NEEDS_CUSTOMER = "AVAILABLE_TO_NEEDS_CUSTOMER"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    MASK_NO_VARIABLE_PART = "MASK_NO_VARIABLE_PART"
    MASK_MULTIPLE_SERIES = "MASK_MULTIPLE_SERIES"
    MASK_CHECK_NOT_LAST = "MASK_CHECK_NOT_LAST"
    MASK_BAD_CHAR = "MASK_BAD_CHAR"
    MASK_TOO_LONG = "MASK_TOO_LONG"
    MASK_CAPACITY_EXCEEDED = "MASK_CAPACITY_EXCEEDED"
    CODE_MISSING = "CODE_MISSING"
    CODE_TOO_SHORT = "CODE_TOO_SHORT"
    CODE_TOO_LONG = "CODE_TOO_LONG"
    CODE_BAD_CHAR = "CODE_BAD_CHAR"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why an input is refused: what is wrong, where, and what to do about it."""

    code: UserErrorCode
    message: str
    field: tuple[str, ...] = ()

    def below(self, *path: str) -> Self:
        """Return the same problem of an input that is itself the field `path` of another."""
        return replace(self, field=(*path, *self.field))


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of the program
    """The rules say no. Carries every problem found; raising it inside a transaction rolls back."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.code}: {problem.message}" for problem in problems))
        self.problems = problems


def refuse_any(problems: Iterable[Problem]) -> None:
    """Raise one Refusal that carries all problems, or return when there are none."""
    found = tuple(problems)
    if found:
        raise Refusal(*found)
