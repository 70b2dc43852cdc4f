"""The status of codes as conditions in SQL: the twin of `app.domain.status`.

Each condition repeats the terms of the table's indexes literally, so that both databases use them.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from app.domain.status import CodeStatus
from app.models.code import CREATED, ENDS_AT, REDEEMED, USABLE, WITHDRAWN
from app.reading.filters import Bound, Filter, Terms

_CONDITIONS: Mapping[CodeStatus, str] = {
    CodeStatus.CREATED: CREATED,
    CodeStatus.ISSUED: f"{USABLE} AND kind = 'VOUCHER' AND {ENDS_AT} > {{now}}",
    CodeStatus.ACTIVE: f"{USABLE} AND kind = 'SOURCE' AND {ENDS_AT} > {{now}}",
    CodeStatus.REDEEMED: REDEEMED,
    # All kinds there are: named, for the index begins with the kind.
    CodeStatus.EXPIRED: f"{USABLE} AND kind IN ('VOUCHER', 'SOURCE') AND {ENDS_AT} <= {{now}}",
    CodeStatus.WITHDRAWN: WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Status:
    """The code is in one of the statuses at the request's instant."""

    def bind(self, value: object) -> Bound:
        words = [value] if isinstance(value, str) else cast("Iterable[str]", value)
        return Bound(tuple(sorted({CodeStatus(word) for word in words})), ())

    def condition(self, choice: Hashable, terms: Terms) -> str:
        return any_status(cast("tuple[CodeStatus, ...]", choice), terms.now)


def any_status(statuses: Iterable[CodeStatus], now: Callable[[], str]) -> str:
    """The condition that the code is in one of the statuses at `now`, a placeholder if needed."""
    conditions = [f"({one_status(status, now)})" for status in statuses]
    return f"({' OR '.join(conditions)})" if conditions else "FALSE"


def one_status(status: CodeStatus, now: Callable[[], str]) -> str:
    """The same for one status, as terms joined by AND."""
    text = _CONDITIONS[status]
    return text.format(now=now()) if "{now}" in text else text


def status_filter() -> Filter:
    """`eq`, `in` over the computed status."""
    return Filter({"eq": Status(), "in": Status()})
