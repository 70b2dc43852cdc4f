"""What stands against changing a code, told from facts that were read while its row was locked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain.campaigns import CampaignKind
from app.domain.field_checks import check_text
from app.domain.lines import trimmed
from app.domain.refusals import Problem, UserErrorCode

MAX_MOVED: Final = 1_000
"""Most codes that one request may move."""

MAX_REASON_LENGTH: Final = 500
"""Characters of the reason for which a code is withdrawn or suspended."""


@dataclass(frozen=True, slots=True)
class CodeUsage:
    """What was done with a code: a reversed redemption counts, a reservation while it is live."""

    redeemed: bool
    reserved: int
    cashback: bool


def check_unused(usage: CodeUsage, *field: str) -> Iterator[Problem]:
    """Only a code of which nobody has taken anything can be deleted or change its group."""
    if usage.redeemed or usage.reserved or usage.cashback:
        message = "The code was redeemed, is reserved or has cashback; withdraw it instead."
        yield Problem(UserErrorCode.CODE_HAS_USES, message, field)


def check_not_withdrawn(withdrawn_at: datetime | None, *field: str) -> Iterator[Problem]:
    if withdrawn_at is not None:
        message = "The code is withdrawn, and that is final."
        yield Problem(UserErrorCode.WITHDRAWN, message, field)


def check_not_issued(
    kind: CampaignKind, issued_at: datetime | None, *field: str
) -> Iterator[Problem]:
    """A voucher can go as long as nobody holds it."""
    if kind == CampaignKind.VOUCHER and issued_at is not None:
        message = "The voucher is issued, and somebody may hold it; withdraw it instead."
        yield Problem(UserErrorCode.ALREADY_ISSUED, message, field)


def check_maximum(
    maximum: int | None, uses: int, usage: CodeUsage, *field: str
) -> Iterator[Problem]:
    """A limit holds what is used and reserved already; one below 1 is none, and told elsewhere."""
    if maximum is not None and 1 <= maximum < uses + usage.reserved:
        yield Problem(
            UserErrorCode.MAX_USES_BELOW_USED,
            f"{uses} uses are taken and {usage.reserved} reserved;"
            f" enter at least {uses + usage.reserved}, or nothing for no limit.",
            field,
        )


def check_reason(reason: str, *field: str) -> Iterator[Problem]:
    """Whoever takes a code from others says why."""
    if not trimmed(reason):
        yield Problem(
            UserErrorCode.REASON_REQUIRED, "Say why, for those who look at it later.", field
        )
    else:
        yield from check_text(trimmed(reason), MAX_REASON_LENGTH, *field)


def check_count(count: int) -> Iterator[Problem]:
    """Tell whether one request may move this many codes."""
    if not 1 <= count <= MAX_MOVED:
        message = f"Name 1 to {MAX_MOVED:,} codes at a time; for more, send several requests."
        yield Problem(UserErrorCode.COUNT_OUT_OF_RANGE, message, ("ids",))
