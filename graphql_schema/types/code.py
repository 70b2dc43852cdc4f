from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, argument, paged, planned
from graphql_schema.scalars import Json
from graphql_schema.types.customer import CustomerBy
from graphql_schema.types.enums import AvailableTo, CampaignKind, CodeStatus
from graphql_schema.types.filters import (
    AttemptWhere,
    CodeEventWhere,
    OrderWhere,
    PromotionWhere,
    RedemptionWhere,
    ReservationWhere,
)
from graphql_schema.types.lazy import (
    LazyAttempt,
    LazyCampaign,
    LazyCashback,
    LazyCodeEvent,
    LazyCodeGroup,
    LazyCustomer,
    LazyJob,
    LazyOrder,
    LazyPromotion,
    LazyRedemption,
    LazyReservation,
)
from graphql_schema.types.node import CUSTOMERS_READ, VERSION, Node
from graphql_schema.types.orders import (
    AttemptOrder,
    CodeEventOrder,
    OrderOrder,
    PromotionOrder,
    RedemptionOrder,
    ReservationOrder,
)
from graphql_schema.types.redemption_status import RedemptionStatus
from graphql_schema.types.validity import Validity
from graphql_schema.types.validity_enums import ValidityStatus

FOR_WHOM = "Who wants to use it. Nobody we know is as nobody named: what depends on it stays open."
WHERE = "The application in which it is to be used, such as `web`."


@strawberry.type(description="What a shopper types to get something.")
class Code(Node):
    code: str = strawberry.field(
        description=(
            "The code as it was first typed. Without the scope codes:reveal only its ends:"
            " `SUMM...9Z`."
        )
    )
    kind: CampaignKind = strawberry.field(description="The kind of its campaign.")
    status: CodeStatus = strawberry.field(description="Where it stands at this moment.")
    valid_from: datetime | None = strawberry.field(
        description="Valid from here on; null: from the start."
    )
    valid_to: datetime | None = strawberry.field(
        description="Valid until here, this moment excluded; null: without end."
    )
    limit_code_uses: bool = strawberry.field(description="Whether `maximumUses` is set.")
    maximum_uses: int | None = strawberry.field(
        description="How often it can be used in all; null: without limit."
    )
    uses: int = strawberry.field(description="How often it was used, reversed uses not counted.")
    uses_remaining: int | None = strawberry.field(
        description="How often it can still be used; null: without limit."
    )
    restrict_uses_per_customer: bool = strawberry.field(
        description="Whether `usesPerCustomer` is set."
    )
    uses_per_customer: int | None = strawberry.field(
        description="How often one customer can use it; null: without limit."
    )
    issued_on: datetime | None = strawberry.field(
        description="Vouchers: when it was issued; null until then."
    )
    issue_reference: str | None = strawberry.field(
        description="Vouchers: the reference under which it was issued."
    )
    issued_store: str | None = strawberry.field(description="Vouchers: the store that issued it.")
    available_to: AvailableTo = strawberry.field(
        description="Who may redeem it, seen from the customer it was issued to."
    )
    suspended: bool = strawberry.field(
        description="Whether it is blocked for the time being; its status stays."
    )
    suspension_reason: str | None = strawberry.field(description="Why it is suspended.")
    withdrawn_at: datetime | None = strawberry.field(
        description="When it was taken out of use for ever."
    )
    withdrawal_reason: str | None = strawberry.field(description="Why it was withdrawn.")
    version: int = strawberry.field(description=VERSION)
    metadata: Json = strawberry.field(description="Whatever you keep with it; at most 4 KB.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    campaign: LazyCampaign = strawberry.field(description="The campaign that owns it.")
    created_by_job: LazyJob | None = strawberry.field(
        description="The job that made it; null when it was typed in."
    )
    redemption_status: RedemptionStatus | None = planned(
        f"How often it was used, of how often it can be. `customer`: {CUSTOMERS_READ}",
        argument("customer", CustomerBy | None, "Tell this customer's own uses as well."),
    )
    validity_status: ValidityStatus = strawberry.field(
        description="Green or red: whether one of its promotions, with its campaigns, is switched"
        " on and in its range. It says nothing about its uses, its dates or customers: a code that"
        " is used up can be green."
    )
    redeemable: bool | None = planned(
        "Whether it can be used now; null when that cannot be said without a customer or an"
        f" application. `customer`: {CUSTOMERS_READ}",
        argument("customer", CustomerBy | None, FOR_WHOM),
        argument("application", str | None, WHERE),
    )
    validity: Validity | None = planned(
        "Whether it can be used now, and every reason why not, by the rules of `redeemCode`. What"
        " depends on a customer or an application that was not named is NOT_EVALUATED. A use that"
        f" is reserved for the customer is theirs to take. `customer`: {CUSTOMERS_READ}",
        argument("customer", CustomerBy | None, FOR_WHOM),
        argument("application", str | None, WHERE),
    )
    promotions: Connection[LazyPromotion] = paged(
        "The promotions that it drives: those of its group, or without any those of its campaign."
        " Among lists inside each other it counts as two.",
        where=PromotionWhere,
        order_by=PromotionOrder,
    )
    group: LazyCodeGroup | None = strawberry.field(description="Its group, if it is in one.")
    issued_to: LazyCustomer | None = strawberry.field(
        description=f"The customer it was issued to, if to any. {CUSTOMERS_READ}"
    )
    issued_by: LazyPromotion | None = strawberry.field(
        description="Vouchers: the promotion that issued it, if one did."
    )
    cashback: LazyCashback | None = strawberry.field(
        description="The cashback that it holds, if it is a cashback code."
    )
    redemptions: Connection[LazyRedemption] = paged(
        "Its uses, reversed ones too, the latest first.",
        where=RedemptionWhere,
        order_by=RedemptionOrder,
    )
    reservations: Connection[LazyReservation] = paged(
        "The uses that are or were held, the latest first.",
        where=ReservationWhere,
        order_by=ReservationOrder,
    )
    events: Connection[LazyCodeEvent] = paged(
        "What happened to it, the latest first.", where=CodeEventWhere, order_by=CodeEventOrder
    )
    attempts: Connection[LazyAttempt] = paged(
        "What was refused with it, the latest first.", where=AttemptWhere, order_by=AttemptOrder
    )
    related_orders: Connection[LazyOrder] | None = paged(
        f"The orders of one customer in which it was used, reversed uses too. {CUSTOMERS_READ}",
        argument("customer", CustomerBy, "Whose orders; of nobody we know there are none."),
        where=OrderWhere,
        order_by=OrderOrder,
    )
