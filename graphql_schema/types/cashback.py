from datetime import datetime

import strawberry

from graphql_schema.types.enums import CashbackState
from graphql_schema.types.lazy import LazyCode, LazyCustomer, LazyOrder
from graphql_schema.types.money import Money
from graphql_schema.types.node import CUSTOMERS_READ, VERSION, Node


@strawberry.type(description="Value on a code, charged as the items of the earning order ship.")
class Cashback(Node):
    state: CashbackState = strawberry.field(description="Where it stands at this moment.")
    maximum_value: Money = strawberry.field(description="The most that can be charged.")
    charged_value: Money = strawberry.field(description="What has been charged so far.")
    expires_at: datetime | None = strawberry.field(
        description="When it ends, this moment excluded; null: never."
    )
    disabled_at: datetime | None = strawberry.field(description="When it was switched off.")
    redeemed_at: datetime | None = strawberry.field(description="When its code was redeemed.")
    version: int = strawberry.field(description=VERSION)
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    code: LazyCode = strawberry.field(description="The code that holds the value.")
    customer: LazyCustomer | None = strawberry.field(description=f"Whose it is. {CUSTOMERS_READ}")
    earning_order: LazyOrder | None = strawberry.field(
        description=f"The order that earned it. {CUSTOMERS_READ}"
    )
