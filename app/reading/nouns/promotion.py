from dataclasses import dataclass
from decimal import Decimal

from app.domain.activation import activation_status
from app.domain.callers import Scope
from app.domain.promotions import DiscountKind
from app.models import Promotion
from app.reading.declarations import (
    OWN,
    Listing,
    Many,
    One,
    Order,
    column,
    columns,
    computed,
    readable,
    value,
)
from app.reading.filters import archived, equality, texts, words
from app.reading.kinds import BOOL, DECIMAL, TEXTS, id_of
from app.reading.nouns.money import Money, money_if

BASIS_POINTS = 100


@dataclass(frozen=True, slots=True)
class DiscountFacts:
    discount_kind: DiscountKind
    discount_basis_points: int | None
    discount_amount_minor: int | None
    discount_currency: str | None
    gift_sku: str | None


@dataclass(frozen=True, slots=True)
class Discount:
    """What a promotion gives: a kind, and the field that this kind has."""

    kind: DiscountKind
    percent: str | None
    amount: Money | None
    gift_sku: str | None


def discount(facts: DiscountFacts) -> Discount:
    points = facts.discount_basis_points
    return Discount(
        kind=facts.discount_kind,
        percent=None if points is None else f"{(Decimal(points) / BASIS_POINTS).normalize():f}",
        amount=money_if(facts.discount_amount_minor, facts.discount_currency),
        gift_sku=facts.gift_sku,
    )


DISCOUNT = value(Discount, percent=DECIMAL)

PROMOTION = readable(
    Promotion,
    allow=Scope.CODES_READ,
    told={Scope.CAMPAIGNS_WRITE: OWN},
    fields={
        **columns(
            Promotion,
            "id name enabled active_from active_to archived_at version metadata created_at"
            " updated_at",
        ),
        "applications": column(Promotion, "applications", kind=TEXTS),
        "target_segments": column(Promotion, "target_segments", kind=TEXTS),
        "activation_status": computed(activation_status),
        "discount": computed(discount),
        "campaign": One(target="Campaign", via="campaign_id", null=True),
        "issue_campaign": One(target="Campaign", via="issue_campaign_id", null=True),
        "groups": Many(
            target="CodeGroup",
            among="id IN (SELECT group_id FROM promotion_group WHERE promotion_id = {t}.id)",
        ),
    },
    listing=Listing(
        orders={"ID": Order(("id",), leads=("campaign_id",)), "NAME": Order(("name",))},
        filters={
            "campaign": equality("campaign_id", id_of("Campaign")),
            "name": texts("name"),
            "discount_kind": words("discount_kind"),
            "enabled": equality("enabled", BOOL),
            "archived": archived(),
        },
    ),
)
