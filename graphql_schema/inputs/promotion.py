from datetime import datetime
from decimal import Decimal as Exact
from typing import Any

import strawberry

from app.domain.promotions import Discount, PromotionDraft
from app.services.editing import Target
from app.services.promotions import NewPromotion
from graphql_schema.inputs.given import (
    EXPECTED_VERSION,
    given,
    optional,
    row_or_nothing,
    target,
    with_tuples,
    without_nulls,
)
from graphql_schema.inputs.money import MoneyInput
from graphql_schema.scalars import Decimal, Json
from graphql_schema.types.enums import DiscountKind


@strawberry.input(description="What a promotion gives. Only give what the kind uses.")
class DiscountInput:
    kind: DiscountKind = strawberry.field(description="Which of the ways.")
    percent: Decimal | None = optional(
        "PERCENT: the part of 100, with at most two decimals: `12.5`; required."
    )
    amount: MoneyInput | None = optional("AMOUNT: how much, above zero; required.")
    gift_sku: str | None = optional("GIFT: the article's number in the shop; required.")
    issue_campaign_id: strawberry.ID | None = optional(
        "ISSUE_CODE: the voucher campaign from which a code is issued; required."
    )

    def discount(self) -> Discount:
        values = without_nulls(given(self))
        if "percent" in values:
            values["percent"] = Exact(values["percent"])
        if "amount" in values:
            values["amount"] = values["amount"].text()
        if "issue_campaign_id" in values:
            values["issue_campaign_id"] = row_or_nothing(values["issue_campaign_id"], "Campaign")
        return Discount(**values)


@strawberry.input(description="What every input of a promotion may say.")
class PromotionFields:
    enabled: bool | None = optional("Whether it is switched on; default true.")
    active_from: datetime | None = optional("It is active from here on; default without a start.")
    active_to: datetime | None = optional(
        "It is active until here, this moment excluded; default without an end."
    )
    applications: list[str] | None = optional("Where it holds; default everywhere.")
    target_segments: list[str] | None = optional("Which customers it is for; default all of them.")
    group_ids: list[strawberry.ID] | None = optional(
        "All groups whose codes drive it, of any campaigns; at most 100; default none."
    )
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")

    def facts(self) -> dict[str, Any]:
        """What was given, named like a draft."""
        values = given(self)
        if values.get("discount") is not None:
            values["discount"] = values["discount"].discount()
        if values.get("group_ids") is not None:
            values["group_ids"] = [
                row_or_nothing(text, "CodeGroup") for text in values["group_ids"]
            ]
        return with_tuples(values)


@strawberry.input(description="A promotion to create.")
class CreatePromotionInput(PromotionFields):
    name: str = strawberry.field(description="A name that no other promotion has.")
    discount: DiscountInput = strawberry.field(description="What it gives.")
    campaign_id: strawberry.ID | None = optional(
        "The campaign that bundles it, for ever; default none."
    )

    def new(self) -> NewPromotion:
        values = without_nulls(self.facts())
        campaign = values.pop("campaign_id", None)
        campaign_id = None if campaign is None else row_or_nothing(campaign, "Campaign")
        return NewPromotion(PromotionDraft(**values), campaign_id)


@strawberry.input(
    description=(
        "Changes of a promotion: what is left out stays, null gives the default or clears."
        " Discount and groups are replaced as a whole."
    )
)
class UpdatePromotionInput(PromotionFields):
    id: strawberry.ID = strawberry.field(description="The id of the promotion.")
    expected_version: int | None = optional(EXPECTED_VERSION)
    name: str | None = optional("A name that no other promotion has.")
    discount: DiscountInput | None = optional("What it gives; cannot be cleared.")

    def changes(self) -> tuple[Target, dict[str, Any]]:
        values = self.facts()
        return target(values, "Promotion", "promotion"), values


@strawberry.input(description="A promotion to take out of use for ever.")
class ArchivePromotionInput:
    id: strawberry.ID = strawberry.field(description="The id of the promotion.")
    expected_version: int | None = optional(EXPECTED_VERSION)

    def target(self) -> Target:
        return target(given(self), "Promotion", "promotion")
