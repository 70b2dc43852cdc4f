import strawberry

from app.domain.callers import Scope
from graphql_schema.connections import Connection, argument, paged, planned
from graphql_schema.permissions import permitted
from graphql_schema.types.api_key import ApiKey
from graphql_schema.types.audit_entry import AuditEntry
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.code import Code
from graphql_schema.types.code_group import CodeGroup
from graphql_schema.types.customer import Customer, CustomerBy
from graphql_schema.types.filters import (
    ApiKeyWhere,
    AuditEntryWhere,
    CampaignWhere,
    CodeGroupWhere,
    CodeWhere,
    CustomerWhere,
    JobWhere,
    NumberSeriesWhere,
    OrderWhere,
    PromotionWhere,
    RedemptionWhere,
)
from graphql_schema.types.job import Job
from graphql_schema.types.mask_preview import MaskPreview, mask_preview
from graphql_schema.types.node import Node
from graphql_schema.types.number_series import NumberSeries
from graphql_schema.types.order import Order
from graphql_schema.types.orders import (
    ApiKeyOrder,
    AuditEntryOrder,
    CampaignOrder,
    CodeGroupOrder,
    CodeOrder,
    CustomerOrder,
    JobOrder,
    NumberSeriesOrder,
    OrderOrder,
    PromotionOrder,
    RedemptionOrder,
)
from graphql_schema.types.promotion import Promotion
from graphql_schema.types.redemption import Redemption
from graphql_schema.validating import CodeValidation, validate_code

ID = strawberry.ID


@strawberry.type(
    description="Everything that can be read. What does not exist, or has a malformed id, is null."
)
class Query:
    node: Node | None = planned("Anything by its id.", argument("id", ID, "The id."))
    nodes: list[Node | None] = planned(
        "Anything by ids, in their order; null for each that does not exist.",
        argument("ids", list[ID], "At most 100 ids, of whatever types."),
    )
    campaign: Campaign | None = planned(
        "A campaign by its key.", argument("key", str, "The import/export key.")
    )
    campaigns: Connection[Campaign] = paged(
        "Campaigns; archived ones only when asked for.",
        where=CampaignWhere,
        order_by=CampaignOrder,
    )
    code: Code | None = planned(
        "A code by what is printed on it; case, spaces and separators do not matter.",
        argument("code", str, "The code as it is typed."),
    )
    codes: Connection[Code] = paged("Codes.", where=CodeWhere, order_by=CodeOrder)
    code_group: CodeGroup | None = planned(
        "A code group by its key.", argument("key", str, "The key of the group.")
    )
    code_groups: Connection[CodeGroup] = paged(
        "Code groups; archived ones only when asked for.",
        where=CodeGroupWhere,
        order_by=CodeGroupOrder,
    )
    promotion: Promotion | None = planned(
        "A promotion by its name.", argument("name", str, "The name, letter by letter.")
    )
    promotions: Connection[Promotion] = paged(
        "Promotions; archived ones only when asked for.",
        where=PromotionWhere,
        order_by=PromotionOrder,
    )
    customer: Customer | None = planned(
        "A customer, named in one of several ways.",
        argument("by", CustomerBy, "Exactly one of its fields."),
    )
    customers: Connection[Customer] | None = paged(
        "Customers.", where=CustomerWhere, order_by=CustomerOrder
    )
    order: Order | None = planned(
        "An order by its number.", argument("number", str, "The order number of the shop.")
    )
    orders: Connection[Order] | None = paged(
        "Orders as they came to us.", where=OrderWhere, order_by=OrderOrder
    )
    redemptions: Connection[Redemption] = paged(
        "Uses of codes, the latest first.", where=RedemptionWhere, order_by=RedemptionOrder
    )
    number_series: NumberSeries | None = planned(
        "A number series by its name.", argument("name", str, "The name, letter by letter.")
    )
    number_series_list: Connection[NumberSeries] = paged(
        "Number series; archived ones only when asked for.",
        where=NumberSeriesWhere,
        order_by=NumberSeriesOrder,
    )
    job: Job | None = planned("A job by its id.", argument("id", ID, "The id of the job."))
    jobs: Connection[Job] = paged(
        "Background jobs, newest first: the import log.", where=JobWhere, order_by=JobOrder
    )
    api_keys: Connection[ApiKey] | None = paged(
        "API keys, newest first; revoked ones too. Needs the scope admin.",
        where=ApiKeyWhere,
        order_by=ApiKeyOrder,
    )

    audit_entries: Connection[AuditEntry] | None = paged(
        "What was written and by whom, the latest first. Needs the scope admin.",
        where=AuditEntryWhere,
        order_by=AuditEntryOrder,
    )

    mask_preview: MaskPreview = strawberry.field(
        resolver=mask_preview,
        metadata=permitted(Scope.CAMPAIGNS_WRITE, Scope.CODES_READ),
        description="What codes a mask would make, how many there are and how safe they are.",
    )
    validate_code: CodeValidation | None = strawberry.field(
        resolver=validate_code,
        metadata=permitted(Scope.CODES_REDEEM),
        description="What redeeming a code would be answered now. Nothing is taken or stored.",
    )
