from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import Decimal, Json
from graphql_schema.types.enums import ActivationStatus, DiscountKind
from graphql_schema.types.filters import CodeGroupWhere
from graphql_schema.types.lazy import LazyCampaign, LazyCodeGroup
from graphql_schema.types.money import Money
from graphql_schema.types.node import VERSION, Node
from graphql_schema.types.orders import CodeGroupOrder


@strawberry.type(description="What a promotion gives; fields of other kinds are null.")
class Discount:
    kind: DiscountKind = strawberry.field(description="What it is.")
    percent: Decimal | None = strawberry.field(description="PERCENT: the part, `12.5` of 100.")
    amount: Money | None = strawberry.field(description="AMOUNT: how much.")
    gift_sku: str | None = strawberry.field(description="GIFT: the article's number in the shop.")


@strawberry.type(description="What a code gives, when, where and to whom.")
class Promotion(Node):
    name: str = strawberry.field(description="Unique over all promotions.")
    enabled: bool = strawberry.field(description="The switch of the promotion.")
    activation_status: ActivationStatus = strawberry.field(
        description="What switch and activation range come to at this moment."
    )
    active_from: datetime | None = strawberry.field(
        description="The activation range begins here; null: it has always begun."
    )
    active_to: datetime | None = strawberry.field(
        description="The activation range ends here, this moment excluded; null: it never ends."
    )
    applications: list[str] = strawberry.field(description="Where it holds; empty: everywhere.")
    target_segments: list[str] = strawberry.field(
        description="The customer segments that it is for; empty: everybody."
    )
    discount: Discount = strawberry.field(description="What it gives.")
    archived_at: datetime | None = strawberry.field(
        description="When it was archived; null while it is in use."
    )
    version: int = strawberry.field(description=VERSION)
    metadata: Json = strawberry.field(description="Whatever you keep with it; at most 4 KB.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    campaign: LazyCampaign | None = strawberry.field(
        description="The campaign that bundles it, if one does; never changes."
    )
    issue_campaign: LazyCampaign | None = strawberry.field(
        description="ISSUE_CODE: the voucher campaign from which it issues codes."
    )
    groups: Connection[LazyCodeGroup] = paged(
        "The groups whose codes drive it.", where=CodeGroupWhere, order_by=CodeGroupOrder
    )
