from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.campaigns import CampaignKind


class CodeStatus(StrEnum):
    """Vouchers are CREATED, then ISSUED; a source code in use is ACTIVE; the rest both share."""

    CREATED = "CREATED"
    ISSUED = "ISSUED"
    ACTIVE = "ACTIVE"
    REDEEMED = "REDEEMED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What a code's status depends on; the fields bear the names of the code's columns."""

    kind: CampaignKind
    withdrawn_at: datetime | None
    issued_at: datetime | None
    uses: int
    max_uses: int | None
    valid_to: datetime | None


def status(facts: StatusFacts, now: datetime) -> CodeStatus:
    """Return the status at `now`, computed and never stored; the first rule that holds wins.

    A code that is not valid yet, or suspended, keeps its status.
    """
    voucher = facts.kind == CampaignKind.VOUCHER
    if facts.withdrawn_at is not None:
        return CodeStatus.WITHDRAWN
    if facts.max_uses is not None and facts.uses >= facts.max_uses:
        return CodeStatus.REDEEMED
    if voucher and facts.issued_at is None:
        return CodeStatus.CREATED
    if facts.valid_to is not None and now >= facts.valid_to:
        return CodeStatus.EXPIRED
    return CodeStatus.ISSUED if voucher else CodeStatus.ACTIVE
