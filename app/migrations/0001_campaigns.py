from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.masks import GenerateUsing
from app.domain.promotions import DiscountKind, GroupActivation
from app.models.columns import Choice, Text


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="NumberSeries",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("name", Text()),
                ("mask", Text()),
                ("last_number", fields.BigIntField(default=0, db_default=0)),
                ("first_used_at", InstantField(null=True)),
                ("archived_at", InstantField(null=True)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
            ],
            options={
                "table": "number_series",
                "constraints": [
                    Unique(fields=("name",), name="number_series_name_key"),
                    Check(check="last_number >= 0", name="number_series_last_number_not_negative"),
                ],
            },
        ),
        ops.CreateModel(
            name="Campaign",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("kind", Choice(enum_type=CampaignKind)),
                ("key", Text()),
                ("name", Text()),
                ("reporting_code", Text(null=True)),
                ("enabled", fields.BooleanField(default=True, db_default=True)),
                ("archived_at", InstantField(null=True)),
                ("active_from", InstantField(null=True)),
                ("active_to", InstantField(null=True)),
                ("applications", JsonField(default=list, db_default=[])),
                ("target_segments", JsonField(default=list, db_default=[])),
                ("time_zone", Text()),
                ("maximum_uses", fields.IntField(null=True)),
                ("uses_per_customer", fields.IntField(null=True)),
                (
                    "available_to",
                    Choice(
                        default=AvailableTo.ANY_CUSTOMER,
                        db_default=AvailableTo.ANY_CUSTOMER,
                        enum_type=AvailableTo,
                    ),
                ),
                ("generate_using", Choice(null=True, enum_type=GenerateUsing)),
                (
                    "number_series",
                    fields.ForeignKeyField(
                        "models.NumberSeries",
                        source_field="number_series_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("mask", Text(null=True)),
                ("generate_on_demand", fields.BooleanField(default=False, db_default=False)),
                ("issue_only", fields.BooleanField(default=False, db_default=False)),
                ("issued_code_validity", JsonField(null=True)),
                ("last_job_sequence", fields.BigIntField(default=0, db_default=0)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
            ],
            options={
                "table": "campaign",
                "constraints": [
                    Unique(fields=("key",), name="campaign_key_key"),
                    Unique(fields=("name",), name="campaign_name_key"),
                    Check(check="kind IN ('VOUCHER', 'SOURCE')", name="campaign_kind_known"),
                    Check(
                        check="available_to IN ('ANY_CUSTOMER', 'ONLY_ISSUED_TO', 'ANY_EXCEPT_ISSUED_TO')",
                        name="campaign_available_to_known",
                    ),
                    Check(check="active_from < active_to", name="campaign_range_ordered"),
                    Check(check="maximum_uses >= 1", name="campaign_maximum_uses_positive"),
                    Check(
                        check="uses_per_customer >= 1", name="campaign_uses_per_customer_positive"
                    ),
                    Check(
                        check="archived_at IS NULL OR NOT enabled",
                        name="campaign_archived_is_disabled",
                    ),
                    Check(
                        check="kind = 'VOUCHER' OR (generate_using IS NULL AND number_series_id IS NULL AND mask IS NULL AND issued_code_validity IS NULL AND NOT generate_on_demand AND NOT issue_only)",
                        name="campaign_generates_vouchers_only",
                    ),
                    Check(
                        check="number_series_id IS NULL OR generate_using = 'NUMBER_SERIES'",
                        name="campaign_series_when_generated_by_it",
                    ),
                    Check(
                        check="last_job_sequence >= 0",
                        name="campaign_last_job_sequence_not_negative",
                    ),
                ],
                "indexes": [
                    Index(
                        name="campaign_by_reporting_code",
                        fields=["reporting_code", "id"],
                        where="reporting_code IS NOT NULL",
                    ),
                    Index(
                        name="campaign_by_number_series",
                        fields=["number_series_id", "id"],
                        where="number_series_id IS NOT NULL",
                    ),
                ],
            },
        ),
        ops.CreateModel(
            name="CodeGroup",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                (
                    "campaign",
                    fields.ForeignKeyField(
                        "models.Campaign",
                        source_field="campaign_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("name", Text()),
                ("key", Text()),
                ("enabled", fields.BooleanField(default=True, db_default=True)),
                ("archived_at", InstantField(null=True)),
                ("activation", Choice(enum_type=GroupActivation)),
                ("active_from", InstantField(null=True)),
                ("active_to", InstantField(null=True)),
                ("total_reuse_per_code", fields.IntField(null=True)),
                ("reuse_per_customer", fields.IntField(null=True)),
                ("in_store_redemption", fields.BooleanField(default=False, db_default=False)),
                ("applications", JsonField(default=list, db_default=[])),
                ("target_segments", JsonField(default=list, db_default=[])),
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
            ],
            options={
                "table": "code_group",
                "constraints": [
                    Unique(fields=("key",), name="code_group_key_key"),
                    Unique(fields=("name",), name="code_group_name_key"),
                    Check(
                        check="activation IN ('OWN_RANGE', 'WHILE_PROMOTIONS_RUN')",
                        name="code_group_activation_known",
                    ),
                    Check(check="active_from < active_to", name="code_group_range_ordered"),
                    Check(
                        check="total_reuse_per_code >= 1", name="code_group_total_reuse_positive"
                    ),
                    Check(
                        check="reuse_per_customer >= 1",
                        name="code_group_reuse_per_customer_positive",
                    ),
                    Check(
                        check="archived_at IS NULL OR NOT enabled",
                        name="code_group_archived_is_disabled",
                    ),
                ],
                "indexes": [Index(name="code_group_by_campaign", fields=["campaign_id", "id"])],
            },
        ),
        ops.CreateModel(
            name="Promotion",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("name", Text()),
                ("enabled", fields.BooleanField(default=True, db_default=True)),
                ("archived_at", InstantField(null=True)),
                ("active_from", InstantField(null=True)),
                ("active_to", InstantField(null=True)),
                ("applications", JsonField(default=list, db_default=[])),
                ("target_segments", JsonField(default=list, db_default=[])),
                (
                    "campaign",
                    fields.ForeignKeyField(
                        "models.Campaign",
                        source_field="campaign_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("discount_kind", Choice(enum_type=DiscountKind)),
                ("discount_basis_points", fields.IntField(null=True)),
                ("discount_amount_minor", fields.BigIntField(null=True)),
                ("discount_currency", Text(null=True)),
                ("gift_sku", Text(null=True)),
                (
                    "issue_campaign",
                    fields.ForeignKeyField(
                        "models.Campaign",
                        source_field="issue_campaign_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
            ],
            options={
                "table": "promotion",
                "constraints": [
                    Unique(fields=("name",), name="promotion_name_key"),
                    Check(check="active_from < active_to", name="promotion_range_ordered"),
                    Check(
                        check="archived_at IS NULL OR NOT enabled",
                        name="promotion_archived_is_disabled",
                    ),
                    Check(
                        check="discount_kind IN ('PERCENT', 'AMOUNT', 'FREE_SHIPPING', 'GIFT', 'ISSUE_CODE')",
                        name="promotion_discount_kind_known",
                    ),
                    Check(
                        check="(discount_kind = 'PERCENT') = (discount_basis_points IS NOT NULL) AND (discount_kind = 'AMOUNT') = (discount_amount_minor IS NOT NULL) AND (discount_kind = 'AMOUNT') = (discount_currency IS NOT NULL) AND (discount_kind = 'GIFT') = (gift_sku IS NOT NULL) AND (discount_kind = 'ISSUE_CODE') = (issue_campaign_id IS NOT NULL)",
                        name="promotion_discount_fits_kind",
                    ),
                    Check(
                        check="discount_basis_points BETWEEN 1 AND 10000",
                        name="promotion_discount_percent_in_range",
                    ),
                    Check(
                        check="discount_amount_minor >= 1",
                        name="promotion_discount_amount_positive",
                    ),
                ],
                "indexes": [
                    Index(
                        name="promotion_by_campaign",
                        fields=["campaign_id", "id"],
                        where="campaign_id IS NOT NULL",
                    )
                ],
            },
        ),
        ops.CreateModel(
            name="PromotionGroup",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                (
                    "promotion",
                    fields.ForeignKeyField(
                        "models.Promotion",
                        source_field="promotion_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "group",
                    fields.ForeignKeyField(
                        "models.CodeGroup",
                        source_field="group_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
            ],
            options={
                "table": "promotion_group",
                "constraints": [
                    Unique(fields=("group_id", "promotion_id"), name="promotion_group_pair_key")
                ],
                "indexes": [
                    Index(name="promotion_group_by_promotion", fields=["promotion_id", "group_id"])
                ],
            },
        ),
    ]
