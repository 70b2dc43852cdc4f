"""Master data of the demo company: number series, campaigns, groups and promotions."""

from app.domain import issue_validity_json
from app.domain.campaigns import CampaignKind
from app.domain.masks import GenerateUsing
from app.services.demo.catalogue import CAMPAIGNS, GROUPS, PROMOTIONS, SERIES
from app.services.demo.plans import CampaignPlan, GroupPlan, PromotionPlan
from app.services.demo.tables import Row, Tables

FOUNDED = -360


class Company:
    """The rows of the master data by the names that the catalogue gives them."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.series = {plan.name: self._series(plan.name, plan.mask) for plan in SERIES}
        self.campaigns = {plan.key: self._campaign(plan) for plan in CAMPAIGNS}
        self.groups = {plan.key: self._group(plan) for plan in GROUPS}
        self.promotions = {plan.name: self._promotion(plan) for plan in PROMOTIONS}
        for plan in SERIES:
            if plan.archived_day is not None:
                self.series[plan.name]["archived_at"] = tables.day(plan.archived_day)

    def promotions_of(self, code: Row) -> list[int]:
        """The promotions that a use of the code applies: its group's, else its campaign's."""
        wanted = code["group_id"]
        own = [
            link["promotion_id"]
            for link in self.tables.rows["promotion_group"]
            if link["group_id"] == wanted
        ]
        return own or [
            promotion["id"]
            for promotion in self.promotions.values()
            if promotion["campaign_id"] == code["campaign_id"]
        ]

    def _series(self, name: str, mask: str) -> Row:
        made_at = self.tables.moment(FOUNDED)
        return self.tables.add_editable(
            "number_series",
            made_at,
            name=name,
            mask=mask,
            last_number=0,
            first_used_at=None,
            archived_at=None,
        )

    def _campaign(self, plan: CampaignPlan) -> Row:
        tables, voucher = self.tables, plan.kind == CampaignKind.VOUCHER
        using = GenerateUsing.NUMBER_SERIES if plan.series else GenerateUsing.UNIQUE_ID
        oldest = min([batch.day for batch in plan.batches], default=-120)
        return tables.add_editable(
            "campaign",
            tables.moment(oldest - 5),
            kind=plan.kind,
            key=plan.key,
            name=plan.name,
            reporting_code=plan.reporting_code,
            enabled=plan.enabled,
            archived_at=plan.archived_day and tables.day(plan.archived_day),
            **tables.span(plan.days),
            applications=plan.applications,
            target_segments=plan.segments,
            time_zone=plan.time_zone,
            maximum_uses=plan.maximum_uses if voucher else None,
            uses_per_customer=plan.uses_per_customer if voucher else None,
            available_to=plan.available_to,
            generate_using=using if voucher else None,
            number_series_id=plan.series and self.series[plan.series]["id"],
            mask=plan.mask if voucher and not plan.series else None,
            generate_on_demand=plan.on_demand,
            issue_only=plan.issue_only,
            issued_code_validity=issue_validity_json.to_json(plan.validity) if voucher else None,
            last_job_sequence=0,
        )

    def _group(self, plan: GroupPlan) -> Row:
        tables, campaign = self.tables, self.campaigns[plan.campaign]
        return tables.add_editable(
            "code_group",
            campaign["created_at"],
            campaign_id=campaign["id"],
            name=plan.name,
            key=plan.key,
            enabled=plan.enabled,
            activation=plan.activation,
            **tables.span(plan.days),
            total_reuse_per_code=plan.total_reuse,
            reuse_per_customer=plan.reuse_per_customer,
            in_store_redemption=plan.in_store,
            applications=[],
            target_segments=plan.segments,
        )

    def _promotion(self, plan: PromotionPlan) -> Row:
        tables = self.tables
        discount = dict.fromkeys(
            ("discount_basis_points", "discount_amount_minor", "discount_currency", "gift_sku")
        )
        row = tables.add_editable(
            "promotion",
            tables.moment(FOUNDED),
            name=plan.name,
            enabled=plan.enabled,
            **tables.span(plan.days),
            applications=plan.applications,
            target_segments=plan.segments,
            campaign_id=plan.campaign and self.campaigns[plan.campaign]["id"],
            discount_kind=plan.kind,
            issue_campaign_id=plan.issues and self.campaigns[plan.issues]["id"],
            **(discount | plan.discount),
        )
        for key in plan.groups:
            tables.add("promotion_group", promotion_id=row["id"], group_id=self.groups[key]["id"])
        return row
