from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from app.domain.batches import MAX_NUMBER_LENGTH
from app.domain.field_checks import (
    MAX_LABEL_LENGTH,
    check_instant,
    check_metadata,
    check_text,
)
from app.domain.lines import trimmed_or_none
from app.domain.money import Money, MoneyError, MoneyText
from app.domain.refusals import Problem

MAX_STORE_LENGTH: Final = 200
MAX_STATUS_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """What the shop tells of an order, before it is accepted."""

    customer_number: str | None = None
    store: str | None = None
    application: str | None = None
    placed_at: datetime | None = None
    total: MoneyText | None = None
    status: str | None = None
    deleted: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def money(self) -> Money | None:
        """The total, or MoneyError."""
        return self.total.money() if self.total else None


def tidied(draft: OrderDraft) -> OrderDraft:
    """Trim the texts and make blank ones None."""
    return replace(
        draft,
        customer_number=trimmed_or_none(draft.customer_number),
        store=trimmed_or_none(draft.store),
        application=trimmed_or_none(draft.application),
        status=trimmed_or_none(draft.status),
    )


def check_order(draft: OrderDraft, *path: str) -> Iterator[Problem]:
    """Tell every reason why this tidied draft cannot be an order, with fields below `path`."""
    for text, most, name in (
        (draft.customer_number, MAX_NUMBER_LENGTH, "customerNumber"),
        (draft.store, MAX_STORE_LENGTH, "store"),
        (draft.application, MAX_LABEL_LENGTH, "application"),
        (draft.status, MAX_STATUS_LENGTH, "status"),
    ):
        if text is not None:
            yield from check_text(text, most, *path, name)
    yield from check_instant(draft.placed_at, *path, "placedAt")
    try:
        draft.money()
    except MoneyError as error:
        yield error.problem(*path, "total")
    yield from check_metadata(draft.metadata, *path, "metadata")
