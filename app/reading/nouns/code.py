from collections.abc import Callable
from typing import Any

from app.domain.asked_validity import asked_redeemable, asked_validity
from app.domain.callers import Scope
from app.domain.campaigns import normal_key
from app.domain.code_text import MIN_LENGTH, CodeTextError, normal_form
from app.domain.concealment import conceal
from app.domain.levels import (
    CheckedField,
    CheckedLevel,
    CheckedPromotion,
    Validity,
    ValidityWarning,
)
from app.domain.lines import trimmed_or_none
from app.domain.redemption_status import RedemptionStatus, UseCount, redemption_status
from app.domain.status import status
from app.domain.validity import validity_status
from app.domain.validity_facts import (
    NEW,
    CashbackRules,
    CustomerRules,
    Gate,
    GroupRules,
    PromotionRules,
)
from app.models import Campaign, Cashback, Code, CodeGroup, Customer, Promotion
from app.reading.code_status import status_filter
from app.reading.code_validity import validity_filter
from app.reading.declarations import (
    OWN,
    Computed,
    Expression,
    Listing,
    Many,
    Masked,
    One,
    Order,
    column,
    columns,
    computed,
    readable,
    value,
)
from app.reading.facts import Fact, FactRow, FactRows, Said
from app.reading.filters import Compare, Equals, Filter, Values, equality, prefix_range, words
from app.reading.kinds import BOOL, INT, TEXT, id_beside, id_of
from app.reading.nouns.customer import CUSTOMER_BY

WITH_KEY = "(SELECT id FROM campaign WHERE key = {0})"
# The twin of `app.domain.redemptions.is_live`, of the reservations of one code.
_LIVE = "ended_at IS NULL AND expires_at > {now}"
LIVE = f"code_id = {{t}}.id AND {_LIVE}"
_OF_GROUP = "group_id = {t}.group_id AND customer_id = {customer}"
_OF_ITS_GROUP = "group_id = {t}.group_id"
_OR_OF_ITS_CAMPAIGN = (
    "campaign_id = {t}.campaign_id"
    f" AND NOT EXISTS (SELECT 1 FROM promotion_group WHERE {_OF_ITS_GROUP})"
)
NO_CODE = ""
"""Equal to no normal form: what is not a code finds none."""

USE_COUNT = value(UseCount)
REDEMPTION_STATUS = value(RedemptionStatus)
VALIDITY = value(Validity)
CHECKED_LEVEL = value(CheckedLevel)
CHECKED_PROMOTION = value(CheckedPromotion, promotion_id=id_of("Promotion"))
CHECKED_FIELD = value(CheckedField)
VALIDITY_WARNING = value(ValidityWarning, entity=TEXT, entity_id=id_beside("entity"))


def find_normal_form(text: str) -> str | None:
    try:
        return normal_form(text)
    except CodeTextError:
        return None


def _asked(rule: Callable[..., Any]) -> Computed:
    """What is asked of a code for a customer, who pays by an application."""
    return computed(
        rule,
        lists=True,
        arguments={"customer": CUSTOMER_BY},
        plain={"application": trimmed_or_none},
    )


def _exactly(text: str) -> Values:
    return (find_normal_form(text) or NO_CODE,)


def _starting_with(text: str) -> Values:
    # A prefix may be shorter than a code, so it is judged as the start of one.
    filling = "A" * MIN_LENGTH
    found = find_normal_form(text + filling)
    return (NO_CODE, NO_CODE) if found is None else prefix_range(found[:-MIN_LENGTH])


# What a shop hears of a code that it issues: what it may promise with it, not what staff noted.
_ISSUED = (
    "id code kind status valid_from valid_to limit_code_uses maximum_uses uses uses_remaining"
    " restrict_uses_per_customer uses_per_customer issued_on issue_reference issued_store"
    " available_to suspended version created_at updated_at"
)

CODE = readable(
    Code,
    allow=Scope.CODES_READ,
    told={
        Scope.CAMPAIGNS_WRITE: OWN,
        Scope.CODES_ISSUE: _ISSUED,
        Scope.CODES_WITHDRAW: f"{_ISSUED} suspension_reason withdrawn_at withdrawal_reason",
    },
    fields={
        **columns(
            Code,
            "id kind valid_from valid_to uses uses_per_customer issue_reference issued_store"
            " available_to suspension_reason withdrawn_at withdrawal_reason version metadata"
            " created_at updated_at",
        ),
        "code": column(
            Code, "text", mask=Masked(Scope.CODES_REVEAL, conceal, given_by=Scope.CODES_ISSUE)
        ),
        "status": computed(status),
        "limit_code_uses": Expression(sql="{t}.max_uses IS NOT NULL", kind=BOOL, null=False),
        "maximum_uses": column(Code, "max_uses"),
        "uses_remaining": Expression(sql="{t}.max_uses - {t}.uses", kind=INT, null=True),
        "restrict_uses_per_customer": Expression(
            sql="{t}.uses_per_customer IS NOT NULL", kind=BOOL, null=False
        ),
        "issued_on": column(Code, "issued_at"),
        "suspended": Expression(sql="{t}.suspended_at IS NOT NULL", kind=BOOL, null=False),
        "redemption_status": computed(redemption_status, arguments={"customer": CUSTOMER_BY}),
        "validity_status": computed(validity_status, lists=True),
        "redeemable": _asked(asked_redeemable),
        "validity": _asked(asked_validity),
        "campaign": One(target="Campaign", via="campaign_id", null=False),
        "group": One(target="CodeGroup", via="group_id", null=True),
        "issued_by": One(target="Promotion", via="issued_by_id", null=True),
        "issued_to": One(target="Customer", via="issued_to_id", null=True),
        "cashback": One(target="Cashback", back="code_id", null=True),
        "redemptions": Many(target="Redemption", on="code_id"),
        "reservations": Many(target="Reservation", on="code_id"),
        "events": Many(target="CodeEvent", on="code_id"),
        "attempts": Many(target="Attempt", on="code_id"),
        "related_orders": Many(
            target="Order",
            among="id IN (SELECT order_id FROM redemption WHERE code_id = {t}.id"
            " AND customer_id = {customer})",
            arguments={"customer": CUSTOMER_BY},
        ),
        "promotions": Many(
            target="Promotion",
            among=f"id IN (SELECT promotion_id FROM promotion_group WHERE {_OF_ITS_GROUP}"
            f" UNION ALL SELECT id FROM promotion WHERE {_OR_OF_ITS_CAMPAIGN})",
            lists=2,
        ),
        "created_by_job": One(target="Job", via="created_by_job_id", null=True),
    },
    facts={
        "reserved": Fact(sql=f"(SELECT COUNT(*) FROM reservation WHERE {LIVE})", kind=INT),
        "customer_id": Fact(sql="{customer}", kind=INT, by="customer"),
        "customer_uses": Fact(
            sql="(SELECT COALESCE(MAX(uses), 0) FROM code_customer WHERE code_id = {t}.id"
            " AND customer_id = {customer})",
            kind=INT,
            by="customer",
        ),
        "customer_reserved": Fact(
            sql=f"(SELECT COUNT(*) FROM reservation WHERE {LIVE} AND customer_id = {{customer}})",
            kind=INT,
            by="customer",
        ),
        "group_uses": Fact(
            sql=f"(SELECT COALESCE(MAX(uses), 0) FROM group_customer WHERE {_OF_GROUP})",
            kind=INT,
            by="customer",
        ),
        "group_reserved": Fact(
            sql=f"(SELECT COUNT(*) FROM reservation WHERE {_LIVE} AND {_OF_GROUP})",
            kind=INT,
            by="customer",
        ),
        # One or none: a holder has one reservation of a code that has not ended.
        "held_for": Fact(
            sql=f"(SELECT COALESCE(customer_id, {NEW}) FROM reservation WHERE {LIVE}"
            " AND holder = {customer_row}.number)",
            kind=INT,
            by="customer",
        ),
        "application": Said("application"),
        "issue_only": Fact(
            sql="(SELECT issue_only FROM campaign WHERE id = {t}.campaign_id)", kind=BOOL
        ),
        "campaign": FactRow(model=Campaign, facts=Gate, via="campaign_id", null=False),
        "group": FactRow(model=CodeGroup, facts=GroupRules, via="group_id"),
        "promotions": FactRows(
            model=Promotion,
            facts=PromotionRules,
            # At most a hundred: neither a group nor a campaign has more promotions.
            sources=[
                (
                    "promotion_group g JOIN promotion r ON r.id = g.promotion_id",
                    f"g.{_OF_ITS_GROUP}",
                ),
                ("promotion r", f"r.{_OR_OF_ITS_CAMPAIGN}"),
            ],
            sort=lambda rules: rules.gate.id,
            declared={"campaign": FactRow(model=Campaign, facts=Gate, via="campaign_id")},
        ),
        "cashback": FactRow(model=Cashback, facts=CashbackRules, back="code_id"),
        "customer": FactRow(model=Customer, facts=CustomerRules, by="customer"),
    },
    listing=Listing(
        orders={
            "ID": Order(
                ("id",),
                leads=(
                    "issue_reference",
                    "created_by_job_id",
                    "issued_to_id",
                    "group_id",
                    "campaign_id",
                ),
            ),
            "CODE": Order(("normal_form",), shows="code"),
        },
        filters={
            # Whoever knows a whole code may find it; a prefix or an order would be a way to guess.
            "code": Filter({"": Equals("normal_form", TEXT, _exactly)}, guessed=NO_CODE.__ne__),
            "code_prefix": Filter(
                {"": Compare("normal_form >= {0} AND normal_form < {1}", TEXT, _starting_with)},
                shows="code",
            ),
            "campaign": equality("campaign_id", id_of("Campaign")),
            "campaign_key": Filter(
                {"": Equals("campaign_id", TEXT, lambda key: (normal_key(key),), WITH_KEY)}
            ),
            "group": equality("group_id", id_of("CodeGroup")),
            "issued_to": equality("issued_to_id", id_of("Customer"), shows="issued_to"),
            "status": status_filter(),
            "validity": validity_filter(),
            "issue_reference": words("issue_reference"),
            "created_by_job": equality("created_by_job_id", id_of("Job")),
        },
    ),
)
