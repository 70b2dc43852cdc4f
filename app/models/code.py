from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, PrimaryKey, Unique, one_of
from app.domain.campaigns import AvailableTo, CampaignKind
from app.models.columns import Choice, Text, belongs_to, counter, keyed_by, may_belong_to

# When a code's dates end, as an order that knows no null. Queries repeat these texts literally.
ENDS_AT = "COALESCE(valid_to, '9999-12-31T23:59:59.999999Z')"
UNSPENT = "withdrawn_at IS NULL AND used_up_at IS NULL"
CREATED = f"{UNSPENT} AND issued_at IS NULL AND kind = 'VOUCHER'"
USABLE = f"{UNSPENT} AND (issued_at IS NOT NULL OR kind = 'SOURCE')"
REDEEMED = "withdrawn_at IS NULL AND used_up_at IS NOT NULL"
WITHDRAWN = "withdrawn_at IS NOT NULL"


class Code(Model):
    """What a shopper types.

    Its status is computed from `withdrawn_at, used_up_at, issued_at` and `valid_to`; `used_up_at`
    stands for `uses >= max_uses`, so that no index mentions `uses` and a redemption stays cheap.
    """

    id = fields.BigIntField(primary_key=True)
    kind = Choice(CampaignKind)
    campaign = belongs_to("Campaign")
    campaign_id: int
    group = may_belong_to("CodeGroup")
    group_id: int | None
    text = Text()
    normal_form = Text()
    valid_from = InstantField(null=True)
    valid_to = InstantField(null=True)
    max_uses = fields.IntField(null=True)
    uses_per_customer = fields.IntField(null=True)
    uses = fields.IntField(default=0, db_default=0)
    used_up_at = InstantField(null=True)
    issued_at = InstantField(null=True)
    issue_reference = Text(null=True)
    issued_store = Text(null=True)
    issued_by = may_belong_to("Promotion")
    issued_by_id: int | None
    issued_to = may_belong_to("Customer")
    issued_to_id: int | None
    available_to = Choice(
        AvailableTo, default=AvailableTo.ANY_CUSTOMER, db_default=AvailableTo.ANY_CUSTOMER
    )
    basket_key = Text(null=True)
    suspended_at = InstantField(null=True)
    suspension_reason = Text(null=True)
    withdrawn_at = InstantField(null=True)
    withdrawal_reason = Text(null=True)
    created_by_job = may_belong_to("Job")
    created_by_job_id: int | None
    version = fields.IntField(default=1, db_default=1)
    metadata = JsonField[dict[str, Any]](default=dict, db_default={})
    # Null: the actor of the job that made the code, so that bulk rows do not repeat it.
    actor = JsonField[dict[str, Any] | None](null=True)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        table = "code"
        constraints = (
            Unique(fields=("normal_form",), name="code_normal_form_key"),
            Unique(
                fields=("campaign_id", "basket_key"),
                name="code_basket_key",
                condition="basket_key IS NOT NULL",
            ),
            Check(check=one_of("kind", CampaignKind), name="code_kind_known"),
            Check(check=one_of("available_to", AvailableTo), name="code_available_to_known"),
            Check(check="LENGTH(normal_form) BETWEEN 3 AND 100", name="code_normal_form_length"),
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
                check="kind = 'VOUCHER' OR (issued_at IS NULL AND issue_reference IS NULL"
                " AND issued_store IS NULL AND issued_by_id IS NULL AND basket_key IS NULL)",
                name="code_issues_vouchers_only",
            ),
            Check(
                check="available_to = 'ANY_CUSTOMER' OR issued_to_id IS NOT NULL"
                " OR (kind = 'VOUCHER' AND issued_at IS NULL)",
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
                check="actor IS NOT NULL OR created_by_job_id IS NOT NULL", name="code_has_actor"
            ),
        )
        # Each costs every insert or issue: none without a search or a step that needs it.
        indexes = (
            Index("code_by_campaign", ("campaign_id", "id")),
            Index("code_by_job", ("created_by_job_id", "id"), "created_by_job_id IS NOT NULL"),
            Index("code_by_group", ("group_id", "id"), "group_id IS NOT NULL"),
            Index("code_by_customer", ("issued_to_id", "id"), "issued_to_id IS NOT NULL"),
            Index(
                "code_by_issue_reference", ("issue_reference", "id"), "issue_reference IS NOT NULL"
            ),
            # The pool from which codes are issued, oldest first.
            Index("code_created", ("campaign_id", "id"), CREATED),
            # ISSUED and ACTIVE are ranges of one order each, EXPIRED of two. The planner does not
            # know that a campaign has one kind of codes.
            Index("code_usable", ("kind", ENDS_AT, "id"), USABLE),
            Index("code_usable_by_campaign", ("kind", "campaign_id", ENDS_AT, "id"), USABLE),
            Index("code_redeemed", ("id",), REDEEMED),
            Index("code_redeemed_by_campaign", ("campaign_id", "id"), REDEEMED),
            Index("code_withdrawn", ("id",), WITHDRAWN),
            Index("code_withdrawn_by_campaign", ("campaign_id", "id"), WITHDRAWN),
        )


class CodeCustomer(Model):
    """How often a customer used a code, counted for every redemption that names a customer."""

    code = keyed_by("Code")
    code_id: int
    customer = belongs_to("Customer")
    customer_id: int
    uses = counter()
    # The limit that held at the last take; a limit set later counts the past.
    cap = fields.IntField(null=True)

    class Meta:
        table = "code_customer"
        constraints = (
            PrimaryKey(fields=("code_id", "customer_id"), name="code_customer_pkey"),
            Check(check="uses >= 0", name="code_customer_uses_not_negative"),
            Check(check="uses <= cap", name="code_customer_uses_within_limit"),
        )


class GroupCustomer(Model):
    """How often a customer used codes of a group.

    Every take and every reservation raises `seq` from the value it read, so that two of them on
    different codes of the group cannot both believe the same count.
    """

    group = keyed_by("CodeGroup")
    group_id: int
    customer = belongs_to("Customer")
    customer_id: int
    uses = counter()
    cap = fields.IntField(null=True)
    seq = counter()

    class Meta:
        table = "group_customer"
        constraints = (
            PrimaryKey(fields=("group_id", "customer_id"), name="group_customer_pkey"),
            Check(check="uses >= 0", name="group_customer_uses_not_negative"),
            Check(check="uses <= cap", name="group_customer_uses_within_limit"),
        )
