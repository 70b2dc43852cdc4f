"""What a promotion may be: all rules that can be told from the input alone."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from app.domain.field_checks import check_text, invalid
from app.domain.lines import trimmed
from app.domain.money import Money, MoneyError, MoneyText
from app.domain.reach import check_reach, tidied_labels
from app.domain.refusals import Problem

MAX_PROMOTIONS: Final = 100
"""Most promotions of a group, and of a campaign; archived ones count, for they have a past."""
MAX_GROUPS: Final = 100
MAX_SKU_LENGTH: Final = 100
_BASIS_POINTS: Final = 100
"""In a per cent."""
_LEAST_PERCENT: Final = Decimal("0.01")
_MOST_PERCENT: Final = Decimal(100)


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


@dataclass(frozen=True, slots=True)
class Discount:
    """What a promotion gives: a kind, and the one fact that this kind has; FREE_SHIPPING has none.

    `issue_campaign_id` is the voucher campaign from which a code is issued.
    """

    kind: DiscountKind
    percent: Decimal | None = None
    amount: MoneyText | None = None
    gift_sku: str | None = None
    issue_campaign_id: int | None = None

    @property
    def basis_points(self) -> int | None:
        """The accepted percentage in hundredths of a per cent."""
        return None if self.percent is None else int(self.percent * _BASIS_POINTS)

    def money(self) -> Money | None:
        """The amount, or MoneyError."""
        return self.amount.money() if self.amount else None


def stored_discount(
    kind: DiscountKind,
    basis_points: int | None,
    money: Money | None,
    gift_sku: str | None,
    issue_campaign_id: int | None,
) -> Discount:
    """Return the discount of a promotion that was accepted."""
    percent = None if basis_points is None else Decimal(basis_points) / _BASIS_POINTS
    return Discount(kind, percent, _text(money), gift_sku, issue_campaign_id)


@dataclass(frozen=True, slots=True)
class PromotionDraft:
    """The editable facts of a promotion, before they are accepted."""

    name: str
    discount: Discount | None = None
    enabled: bool = True
    active_from: datetime | None = None
    active_to: datetime | None = None
    applications: tuple[str, ...] = ()
    target_segments: tuple[str, ...] = ()
    group_ids: tuple[int, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def tidied(draft: PromotionDraft) -> PromotionDraft:
    """Trim the texts, and write an amount with all its decimals."""
    return replace(
        draft,
        name=trimmed(draft.name),
        discount=draft.discount and _tidied_discount(draft.discount),
        applications=tidied_labels(draft.applications),
        target_segments=tidied_labels(draft.target_segments),
    )


def _tidied_discount(discount: Discount) -> Discount:
    """What cannot be understood is left to the checks."""
    amount = discount.amount
    with suppress(MoneyError):
        amount = _text(discount.money())
    sku = discount.gift_sku
    return replace(discount, amount=amount, gift_sku=None if sku is None else trimmed(sku))


def _text(money: Money | None) -> MoneyText | None:
    return None if money is None else MoneyText(money.amount, money.currency)


def check_promotion(draft: PromotionDraft) -> list[Problem]:
    """Return every reason why this tidied draft cannot be a promotion."""
    return [*check_reach(draft), *_check_discount(draft.discount), *_check_groups(draft.group_ids)]


def _check_discount(discount: Discount | None) -> Iterator[Problem]:
    if discount is None:
        yield invalid("Say what the promotion gives.", "discount")
        return
    needed = _FACTS.get(discount.kind)
    for name, shown in _SHOWN.items():
        given = getattr(discount, name) is not None
        if given and name != needed:
            yield invalid(f"{discount.kind} has nothing to do with this; leave it out.", *shown)
        elif not given and name == needed:
            yield invalid(f"{discount.kind} needs this.", *shown)
    yield from _check_facts(discount)


def _check_facts(discount: Discount) -> Iterator[Problem]:
    percent, sku = discount.percent, discount.gift_sku
    if percent is not None and not _is_percentage(percent):
        message = "Enter 0.01 to 100 per cent, with at most two decimals."
        yield invalid(message, *_SHOWN["percent"])
    try:
        money = discount.money()
    except MoneyError as error:
        yield error.problem(*_SHOWN["amount"])
    else:
        if money is not None and money.minor < 1:
            yield invalid("Enter an amount above zero.", *_SHOWN["amount"], "amount")
    if sku is not None:
        yield from check_text(sku, MAX_SKU_LENGTH, *_SHOWN["gift_sku"])


def _is_percentage(percent: Decimal) -> bool:
    in_range = _LEAST_PERCENT <= percent <= _MOST_PERCENT
    return in_range and percent == percent.quantize(_LEAST_PERCENT)


def _check_groups(ids: tuple[int, ...]) -> Iterator[Problem]:
    if len(ids) > MAX_GROUPS:
        yield invalid(f"At most {MAX_GROUPS} groups are allowed.", "groupIds")
        return
    for index, number in enumerate(ids):
        if number in ids[:index]:
            yield invalid("Each group may be named only once.", "groupIds", str(index))


_FACTS: Final = {
    DiscountKind.PERCENT: "percent",
    DiscountKind.AMOUNT: "amount",
    DiscountKind.GIFT: "gift_sku",
    DiscountKind.ISSUE_CODE: "issue_campaign_id",
}
# Where callers find each fact.
_SHOWN: Final = {
    "percent": ("discount", "percent"),
    "amount": ("discount", "amount"),
    "gift_sku": ("discount", "giftSku"),
    "issue_campaign_id": ("discount", "issueCampaignId"),
}
