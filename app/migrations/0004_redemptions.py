from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique
from app.domain.redemptions import RedemptionState, ReservationEnd
from app.models.columns import Choice, Text


class Migration(migrations.Migration):
    dependencies = [("models", "0003_codes")]

    operations = [
        ops.CreateModel(
            name="Redemption",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                (
                    "code",
                    fields.ForeignKeyField(
                        "models.Code",
                        source_field="code_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "campaign",
                    fields.ForeignKeyField(
                        "models.Campaign",
                        source_field="campaign_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "group",
                    fields.ForeignKeyField(
                        "models.CodeGroup",
                        source_field="group_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "models.Customer",
                        source_field="customer_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "models.Order",
                        source_field="order_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("order_number", Text(null=True)),
                ("amount_minor", fields.BigIntField(null=True)),
                ("currency", Text(null=True)),
                ("store", Text(null=True)),
                ("application", Text(null=True)),
                ("promotion_ids", JsonField(default=list, db_default=[])),
                ("state", Choice(enum_type=RedemptionState)),
                ("redeemed_at", InstantField()),
                ("reversed_at", InstantField(null=True)),
                ("reversal_reason", Text(null=True)),
                ("reversal_actor", JsonField(null=True)),
                ("reservation_id", fields.BigIntField(null=True)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
            ],
            options={
                "table": "redemption",
                "constraints": [
                    Unique(
                        fields=("code_id", "order_number"),
                        name="redemption_order_key",
                        condition="state = 'CONFIRMED' AND order_number IS NOT NULL",
                    ),
                    Check(
                        check="state IN ('CONFIRMED', 'REVERSED')", name="redemption_state_known"
                    ),
                    Check(
                        check="(state = 'REVERSED') = (reversed_at IS NOT NULL) AND (state = 'REVERSED') = (reversal_actor IS NOT NULL)",
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
                ],
                "indexes": [
                    Index(name="redemption_by_code", fields=["code_id", "id"]),
                    Index(
                        name="redemption_by_campaign", fields=["campaign_id", "redeemed_at", "id"]
                    ),
                    Index(
                        name="redemption_by_customer",
                        fields=["customer_id", "id"],
                        where="customer_id IS NOT NULL",
                    ),
                    Index(
                        name="redemption_by_order",
                        fields=["order_id", "id"],
                        where="order_id IS NOT NULL",
                    ),
                ],
            },
        ),
        ops.CreateModel(
            name="Reservation",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                (
                    "code",
                    fields.ForeignKeyField(
                        "models.Code",
                        source_field="code_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "group",
                    fields.ForeignKeyField(
                        "models.CodeGroup",
                        source_field="group_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "models.Customer",
                        source_field="customer_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("holder", Text()),
                ("expires_at", InstantField()),
                ("ended_at", InstantField(null=True)),
                ("end_reason", Choice(null=True, enum_type=ReservationEnd)),
                ("redemption_id", fields.BigIntField(null=True)),
                ("actor", JsonField()),
                ("created_at", InstantField()),
            ],
            options={
                "table": "reservation",
                "constraints": [
                    Unique(
                        fields=("code_id", "holder"),
                        name="reservation_holder_key",
                        condition="ended_at IS NULL",
                    ),
                    Check(
                        check="(ended_at IS NULL) = (end_reason IS NULL)",
                        name="reservation_end_has_reason",
                    ),
                ],
                "indexes": [
                    Index(name="reservation_by_code", fields=["code_id", "id"]),
                    Index(
                        name="reservation_live_by_group",
                        fields=["group_id", "customer_id"],
                        where="ended_at IS NULL AND group_id IS NOT NULL",
                    ),
                ],
            },
        ),
        ops.CreateModel(
            name="Cashback",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                (
                    "code",
                    fields.ForeignKeyField(
                        "models.Code",
                        source_field="code_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "earning_order",
                    fields.ForeignKeyField(
                        "models.Order",
                        source_field="earning_order_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "models.Customer",
                        source_field="customer_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("maximum_minor", fields.BigIntField()),
                ("charged_minor", fields.BigIntField(default=0, db_default=0)),
                ("currency", Text()),
                ("expires_at", InstantField(null=True)),
                ("disabled_at", InstantField(null=True)),
                ("redeemed_at", InstantField(null=True)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("actor", JsonField()),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
            ],
            options={
                "table": "cashback",
                "constraints": [
                    Unique(fields=("code_id",), name="cashback_code_key"),
                    Check(check="maximum_minor >= 1", name="cashback_maximum_positive"),
                    Check(
                        check="charged_minor BETWEEN 0 AND maximum_minor",
                        name="cashback_charged_within_maximum",
                    ),
                ],
                "indexes": [
                    Index(name="cashback_by_customer", fields=["customer_id", "id"]),
                    Index(name="cashback_by_order", fields=["earning_order_id", "id"]),
                ],
            },
        ),
    ]
