from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique, one_of
from app.domain.redemptions import RedemptionState, ReservationEnd
from app.models.columns import Choice, Text, belongs_to, may_belong_to


class Redemption(Model):
    """One use of a code; reversed, but never deleted."""

    id = fields.BigIntField(primary_key=True)
    code = belongs_to("Code")
    code_id: int
    campaign = belongs_to("Campaign")
    campaign_id: int
    group = may_belong_to("CodeGroup")
    group_id: int | None
    customer = may_belong_to("Customer")
    customer_id: int | None
    order = may_belong_to("Order")
    order_id: int | None
    order_number = Text(null=True)
    amount_minor = fields.BigIntField(null=True)
    currency = Text(null=True)
    store = Text(null=True)
    application = Text(null=True)
    promotion_ids = JsonField[list[int]](default=list, db_default=[])
    state = Choice(RedemptionState)
    redeemed_at = InstantField()
    reversed_at = InstantField(null=True)
    reversal_reason = Text(null=True)
    reversal_actor = JsonField[dict[str, Any] | None](null=True)
    reservation_id = fields.BigIntField(null=True)
    metadata = JsonField[dict[str, Any]](default=dict, db_default={})
    actor = JsonField[dict[str, Any]]()

    class Meta:
        table = "redemption"
        constraints = (
            Unique(
                fields=("code_id", "order_number"),
                name="redemption_order_key",
                condition="state = 'CONFIRMED' AND order_number IS NOT NULL",
            ),
            Check(check=one_of("state", RedemptionState), name="redemption_state_known"),
            Check(
                check="(state = 'REVERSED') = (reversed_at IS NOT NULL)"
                " AND (state = 'REVERSED') = (reversal_actor IS NOT NULL)",
                name="redemption_reversal_is_told",
            ),
            Check(
                check="(amount_minor IS NULL) = (currency IS NULL)",
                name="redemption_amount_has_currency",
            ),
            Check(check="amount_minor >= 0", name="redemption_amount_not_negative"),
            Check(
                check="(order_id IS NULL) = (order_number IS NULL)",
                name="redemption_order_has_number",
            ),
        )
        indexes = (
            Index("redemption_by_code", ("code_id", "id")),
            Index("redemption_by_campaign", ("campaign_id", "redeemed_at", "id")),
            Index("redemption_by_customer", ("customer_id", "id"), "customer_id IS NOT NULL"),
            Index("redemption_by_order", ("order_id", "id"), "order_id IS NOT NULL"),
            Index("redemption_reversed", ("id",), "state = 'REVERSED'"),
        )


class Reservation(Model):
    """One use of a code held for a customer or session; it lapses by comparison with now."""

    id = fields.BigIntField(primary_key=True)
    code = belongs_to("Code")
    code_id: int
    group = may_belong_to("CodeGroup")
    group_id: int | None
    customer = may_belong_to("Customer")
    customer_id: int | None
    holder = Text()
    expires_at = InstantField()
    ended_at = InstantField(null=True)
    end_reason = Choice(ReservationEnd, null=True)
    redemption_id = fields.BigIntField(null=True)
    actor = JsonField[dict[str, Any]]()
    created_at = InstantField()

    class Meta:
        table = "reservation"
        constraints = (
            Unique(
                fields=("code_id", "holder"),
                name="reservation_holder_key",
                condition="ended_at IS NULL",
            ),
            Check(
                check="(ended_at IS NULL) = (end_reason IS NULL)",
                name="reservation_end_has_reason",
            ),
        )
        indexes = (
            Index("reservation_by_code", ("code_id", "id")),
            Index("reservation_by_customer", ("customer_id", "id"), "customer_id IS NOT NULL"),
            # Those that lapsed stay: a hot code has many, and every use of it counts the live ones.
            Index("reservation_live_by_code", ("code_id", "expires_at"), "ended_at IS NULL"),
            Index(
                "reservation_live_by_group",
                ("group_id", "customer_id"),
                "ended_at IS NULL AND group_id IS NOT NULL",
            ),
        )
