from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, PrimaryKey, Unique
from app.database.schema_editors import OnPostgres
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.customers import CustomerStatus, CustomerType
from app.models.columns import Choice, Text


class Migration(migrations.Migration):
    dependencies = [("models", "0002_jobs")]

    operations = [
        ops.CreateModel(
            name="Customer",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("number", Text()),
                ("login", Text(null=True)),
                ("email", Text(null=True)),
                ("first_name", Text(null=True)),
                ("last_name", Text(null=True)),
                (
                    "type",
                    Choice(
                        default=CustomerType.B2C,
                        db_default=CustomerType.B2C,
                        enum_type=CustomerType,
                    ),
                ),
                (
                    "status",
                    Choice(
                        default=CustomerStatus.ACTIVE,
                        db_default=CustomerStatus.ACTIVE,
                        enum_type=CustomerStatus,
                    ),
                ),
                ("segments", JsonField(default=list, db_default=[])),
                ("erased_at", InstantField(null=True)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
            ],
            options={
                "table": "customer",
                "constraints": [
                    Unique(fields=("number",), name="customer_number_key"),
                    Unique(
                        fields=("login",), name="customer_login_key", condition="login IS NOT NULL"
                    ),
                    Check(check="type IN ('B2C', 'B2B')", name="customer_type_known"),
                    Check(
                        check="status IN ('ACTIVE', 'INACTIVE', 'BLOCKED')",
                        name="customer_status_known",
                    ),
                    Check(
                        check="erased_at IS NULL OR (login IS NULL AND email IS NULL AND first_name IS NULL AND last_name IS NULL)",
                        name="customer_erased_is_nameless",
                    ),
                ],
                "indexes": [
                    Index(
                        name="customer_by_email", fields=["email", "id"], where="email IS NOT NULL"
                    )
                ],
            },
        ),
        ops.CreateModel(
            name="Order",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("number", Text()),
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
                ("store", Text(null=True)),
                ("application", Text(null=True)),
                ("placed_at", InstantField(null=True)),
                ("total_minor", fields.BigIntField(null=True)),
                ("currency", Text(null=True)),
                ("status", Text(null=True)),
                ("deleted", fields.BooleanField(default=False, db_default=False)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
            ],
            options={
                "table": "order",
                "constraints": [
                    Unique(fields=("number",), name="order_number_key"),
                    Check(
                        check="(total_minor IS NULL) = (currency IS NULL)",
                        name="order_total_has_currency",
                    ),
                ],
                "indexes": [
                    Index(
                        name="order_by_customer",
                        fields=["customer_id", "id"],
                        where="customer_id IS NOT NULL",
                    )
                ],
            },
        ),
        ops.CreateModel(
            name="Code",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("kind", Choice(enum_type=CampaignKind)),
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
                ("text", Text()),
                ("normal_form", Text()),
                ("valid_from", InstantField(null=True)),
                ("valid_to", InstantField(null=True)),
                ("max_uses", fields.IntField(null=True)),
                ("uses_per_customer", fields.IntField(null=True)),
                ("uses", fields.IntField(default=0, db_default=0)),
                ("used_up_at", InstantField(null=True)),
                ("issued_at", InstantField(null=True)),
                ("issue_reference", Text(null=True)),
                ("issued_store", Text(null=True)),
                (
                    "issued_by",
                    fields.ForeignKeyField(
                        "models.Promotion",
                        source_field="issued_by_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "issued_to",
                    fields.ForeignKeyField(
                        "models.Customer",
                        source_field="issued_to_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "available_to",
                    Choice(
                        default=AvailableTo.ANY_CUSTOMER,
                        db_default=AvailableTo.ANY_CUSTOMER,
                        enum_type=AvailableTo,
                    ),
                ),
                ("basket_key", Text(null=True)),
                ("suspended_at", InstantField(null=True)),
                ("suspension_reason", Text(null=True)),
                ("withdrawn_at", InstantField(null=True)),
                ("withdrawal_reason", Text(null=True)),
                (
                    "created_by_job",
                    fields.ForeignKeyField(
                        "models.Job",
                        source_field="created_by_job_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField(null=True)),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
            ],
            options={
                "table": "code",
                "constraints": [
                    Unique(fields=("normal_form",), name="code_normal_form_key"),
                    Unique(
                        fields=("campaign_id", "basket_key"),
                        name="code_basket_key",
                        condition="basket_key IS NOT NULL",
                    ),
                    Check(check="kind IN ('VOUCHER', 'SOURCE')", name="code_kind_known"),
                    Check(
                        check="available_to IN ('ANY_CUSTOMER', 'ONLY_ISSUED_TO', 'ANY_EXCEPT_ISSUED_TO')",
                        name="code_available_to_known",
                    ),
                    Check(
                        check="LENGTH(normal_form) BETWEEN 3 AND 100",
                        name="code_normal_form_length",
                    ),
                    Check(check="uses >= 0", name="code_uses_not_negative"),
                    Check(check="uses <= max_uses", name="code_uses_within_limit"),
                    Check(check="max_uses >= 1", name="code_max_uses_positive"),
                    Check(check="uses_per_customer >= 1", name="code_uses_per_customer_positive"),
                    Check(
                        check="(used_up_at IS NOT NULL) = COALESCE(uses >= max_uses, FALSE)",
                        name="code_used_up_when_spent",
                    ),
                    Check(check="valid_from < valid_to", name="code_range_ordered"),
                    Check(
                        check="kind = 'VOUCHER' OR (issued_at IS NULL AND issue_reference IS NULL AND issued_store IS NULL AND issued_by_id IS NULL AND basket_key IS NULL)",
                        name="code_issues_vouchers_only",
                    ),
                    Check(
                        check="available_to = 'ANY_CUSTOMER' OR issued_to_id IS NOT NULL OR (kind = 'VOUCHER' AND issued_at IS NULL)",
                        name="code_available_to_needs_customer",
                    ),
                    Check(
                        check="(suspended_at IS NULL) = (suspension_reason IS NULL)",
                        name="code_suspension_has_reason",
                    ),
                    Check(
                        check="(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)",
                        name="code_withdrawal_has_reason",
                    ),
                    Check(
                        check="actor IS NOT NULL OR created_by_job_id IS NOT NULL",
                        name="code_has_actor",
                    ),
                ],
                "indexes": [
                    Index(name="code_by_campaign", fields=["campaign_id", "id"]),
                    Index(
                        name="code_by_job",
                        fields=["created_by_job_id", "id"],
                        where="created_by_job_id IS NOT NULL",
                    ),
                    Index(
                        name="code_by_group",
                        fields=["group_id", "id"],
                        where="group_id IS NOT NULL",
                    ),
                    Index(
                        name="code_by_customer",
                        fields=["issued_to_id", "id"],
                        where="issued_to_id IS NOT NULL",
                    ),
                    Index(
                        name="code_by_issue_reference",
                        fields=["issue_reference", "id"],
                        where="issue_reference IS NOT NULL",
                    ),
                    Index(
                        name="code_created",
                        fields=["campaign_id", "id"],
                        where="withdrawn_at IS NULL AND used_up_at IS NULL AND issued_at IS NULL AND kind = 'VOUCHER'",
                    ),
                    Index(
                        name="code_usable",
                        fields=["COALESCE(valid_to, '9999-12-31T23:59:59.999999Z')", "id"],
                        where="withdrawn_at IS NULL AND used_up_at IS NULL AND (issued_at IS NOT NULL OR kind = 'SOURCE')",
                    ),
                    Index(
                        name="code_usable_by_campaign",
                        fields=[
                            "campaign_id",
                            "COALESCE(valid_to, '9999-12-31T23:59:59.999999Z')",
                            "id",
                        ],
                        where="withdrawn_at IS NULL AND used_up_at IS NULL AND (issued_at IS NOT NULL OR kind = 'SOURCE')",
                    ),
                    Index(
                        name="code_redeemed",
                        fields=["id"],
                        where="withdrawn_at IS NULL AND used_up_at IS NOT NULL",
                    ),
                    Index(
                        name="code_redeemed_by_campaign",
                        fields=["campaign_id", "id"],
                        where="withdrawn_at IS NULL AND used_up_at IS NOT NULL",
                    ),
                    Index(name="code_withdrawn", fields=["id"], where="withdrawn_at IS NOT NULL"),
                    Index(
                        name="code_withdrawn_by_campaign",
                        fields=["campaign_id", "id"],
                        where="withdrawn_at IS NOT NULL",
                    ),
                ],
            },
        ),
        ops.CreateModel(
            name="CodeCustomer",
            fields=[
                (
                    "code",
                    fields.OneToOneField(
                        "models.Code",
                        source_field="code_id",
                        primary_key=True,
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
                ("uses", fields.BigIntField(default=0, db_default=0)),
                ("cap", fields.IntField(null=True)),
            ],
            options={
                "table": "code_customer",
                "constraints": [
                    PrimaryKey(fields=("code_id", "customer_id"), name="code_customer_pkey"),
                    Check(check="uses >= 0", name="code_customer_uses_not_negative"),
                    Check(check="uses <= cap", name="code_customer_uses_within_limit"),
                ],
            },
        ),
        ops.CreateModel(
            name="GroupCustomer",
            fields=[
                (
                    "group",
                    fields.OneToOneField(
                        "models.CodeGroup",
                        source_field="group_id",
                        primary_key=True,
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
                ("uses", fields.BigIntField(default=0, db_default=0)),
                ("cap", fields.IntField(null=True)),
                ("seq", fields.BigIntField(default=0, db_default=0)),
            ],
            options={
                "table": "group_customer",
                "constraints": [
                    PrimaryKey(fields=("group_id", "customer_id"), name="group_customer_pkey"),
                    Check(check="uses >= 0", name="group_customer_uses_not_negative"),
                    Check(check="uses <= cap", name="group_customer_uses_within_limit"),
                ],
            },
        ),
        # Room for the next version of a row on its own page: a redemption then touches no index.
        *[
            OnPostgres(f"ALTER TABLE {table} SET (fillfactor = 80)")
            for table in ("code", "code_customer", "group_customer")
        ],
    ]
