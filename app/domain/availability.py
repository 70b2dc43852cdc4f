from datetime import datetime
from typing import Final, Protocol

from app.domain.campaigns import AvailableTo
from app.domain.reasons import Reason


class Assigned(Protocol):
    """What of a code decides who may hear of it."""

    @property
    def withdrawn_at(self) -> datetime | None: ...
    @property
    def available_to(self) -> AvailableTo: ...
    @property
    def issued_to_id(self) -> int | None: ...


_TO_OWNER: Final = {AvailableTo.ANY_EXCEPT_ISSUED_TO: Reason.NOT_AVAILABLE_TO_CUSTOMER}
_TO_OTHERS: Final = {AvailableTo.ONLY_ISSUED_TO: Reason.NOT_AVAILABLE_TO_CUSTOMER}


def unavailable(
    available_to: AvailableTo, issued_to_id: int | None, customer_id: int | None
) -> Reason | None:
    """Tell why the code is not for this customer, who may be new (0) or nobody (None).

    ANY_EXCEPT_ISSUED_TO is for those who recommend the shop to a friend.
    """
    if available_to == AvailableTo.ANY_CUSTOMER:
        return None
    if customer_id is None:
        return Reason.CUSTOMER_REQUIRED
    owner = customer_id == issued_to_id
    return (_TO_OWNER if owner else _TO_OTHERS).get(available_to)


def is_secret(code: Assigned, customer_id: int | None) -> bool:
    """Whether who cannot read codes must not learn of it: withdrawn, or somebody else's.

    One that nobody was given yet is nobody else's.
    """
    if code.withdrawn_at is not None:
        return True
    owner = code.issued_to_id
    return owner is not None and unavailable(code.available_to, owner, customer_id) is not None
