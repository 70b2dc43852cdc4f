"""The nouns by name, for each other's fields: types in a circle cannot import one another."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from graphql_schema.types.campaign import Campaign
    from graphql_schema.types.cashback import Cashback
    from graphql_schema.types.code import Code
    from graphql_schema.types.code_group import CodeGroup
    from graphql_schema.types.customer import Customer
    from graphql_schema.types.history import Attempt, CodeEvent
    from graphql_schema.types.job import Job, RowResult
    from graphql_schema.types.number_series import NumberSeries
    from graphql_schema.types.order import Order
    from graphql_schema.types.promotion import Promotion
    from graphql_schema.types.redemption import Redemption, Reservation

LazyAttempt = Annotated["Attempt", strawberry.lazy("graphql_schema.types.history")]
LazyCampaign = Annotated["Campaign", strawberry.lazy("graphql_schema.types.campaign")]
LazyCashback = Annotated["Cashback", strawberry.lazy("graphql_schema.types.cashback")]
LazyCode = Annotated["Code", strawberry.lazy("graphql_schema.types.code")]
LazyCodeEvent = Annotated["CodeEvent", strawberry.lazy("graphql_schema.types.history")]
LazyCodeGroup = Annotated["CodeGroup", strawberry.lazy("graphql_schema.types.code_group")]
LazyCustomer = Annotated["Customer", strawberry.lazy("graphql_schema.types.customer")]
LazyJob = Annotated["Job", strawberry.lazy("graphql_schema.types.job")]
LazyNumberSeries = Annotated["NumberSeries", strawberry.lazy("graphql_schema.types.number_series")]
LazyOrder = Annotated["Order", strawberry.lazy("graphql_schema.types.order")]
LazyPromotion = Annotated["Promotion", strawberry.lazy("graphql_schema.types.promotion")]
LazyRedemption = Annotated["Redemption", strawberry.lazy("graphql_schema.types.redemption")]
LazyReservation = Annotated["Reservation", strawberry.lazy("graphql_schema.types.redemption")]
LazyRowResult = Annotated["RowResult", strawberry.lazy("graphql_schema.types.job")]
