from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique, one_of
from app.domain.promotions import DiscountKind
from app.models.columns import Choice, Text, belongs_to, may_belong_to, switch
from app.models.editable import Editable


class Promotion(Editable):
    """What a code gives, when, where and to whom; the discount is data for the shop."""

    id = fields.BigIntField(primary_key=True)
    name = Text()
    enabled = switch(on=True)
    archived_at = InstantField(null=True)
    active_from = InstantField(null=True)
    active_to = InstantField(null=True)
    applications = JsonField[list[str]](default=list, db_default=[])
    target_segments = JsonField[list[str]](default=list, db_default=[])
    campaign = may_belong_to("Campaign")
    campaign_id: int | None
    discount_kind = Choice(DiscountKind)
    discount_basis_points = fields.IntField(null=True)
    discount_amount_minor = fields.BigIntField(null=True)
    discount_currency = Text(null=True)
    gift_sku = Text(null=True)
    issue_campaign = may_belong_to("Campaign")
    issue_campaign_id: int | None

    class Meta:
        table = "promotion"
        constraints = (
            Unique(fields=("name",), name="promotion_name_key"),
            Check(check="active_from < active_to", name="promotion_range_ordered"),
            Check(
                check="archived_at IS NULL OR NOT enabled", name="promotion_archived_is_disabled"
            ),
            Check(
                check=one_of("discount_kind", DiscountKind), name="promotion_discount_kind_known"
            ),
            Check(
                check="(discount_kind = 'PERCENT') = (discount_basis_points IS NOT NULL)"
                " AND (discount_kind = 'AMOUNT') = (discount_amount_minor IS NOT NULL)"
                " AND (discount_kind = 'AMOUNT') = (discount_currency IS NOT NULL)"
                " AND (discount_kind = 'GIFT') = (gift_sku IS NOT NULL)"
                " AND (discount_kind = 'ISSUE_CODE') = (issue_campaign_id IS NOT NULL)",
                name="promotion_discount_fits_kind",
            ),
            Check(
                check="discount_basis_points BETWEEN 1 AND 10000",
                name="promotion_discount_percent_in_range",
            ),
            Check(check="discount_amount_minor >= 1", name="promotion_discount_amount_positive"),
        )
        indexes = (
            Index("promotion_by_campaign", ("campaign_id", "id"), "campaign_id IS NOT NULL"),
        )


class PromotionGroup(Model):
    """A group drives a promotion."""

    id = fields.BigIntField(primary_key=True)
    promotion = belongs_to("Promotion")
    promotion_id: int
    group = belongs_to("CodeGroup")
    group_id: int

    class Meta:
        table = "promotion_group"
        constraints = (
            Unique(fields=("group_id", "promotion_id"), name="promotion_group_pair_key"),
        )
        indexes = (Index("promotion_group_by_promotion", ("promotion_id", "group_id")),)
