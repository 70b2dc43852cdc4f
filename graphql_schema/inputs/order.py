from datetime import datetime

import strawberry

from app.services.orders import OrderValues
from graphql_schema.inputs.given import given, optional
from graphql_schema.inputs.money import MoneyInput
from graphql_schema.scalars import Json


@strawberry.input(
    description=(
        "What the shop tells of an order: what is left out stays, null clears or gives the default."
    )
)
class OrderInput:
    number: str = strawberry.field(description="The order number of the shop.")
    customer_number: str | None = optional(
        "Who placed it; an unknown number is recorded. Can be set once, and not cleared."
    )
    store: str | None = optional("The store where it was placed; default none.")
    application: str | None = optional("The application where it was placed; default none.")
    placed_at: datetime | None = optional("When it was placed; default unknown.")
    total: MoneyInput | None = optional("What it came to, not negative; default unknown.")
    status: str | None = optional("How it stands, in the shop's own words; default none.")
    deleted: bool | None = optional("Whether the shop deleted it; default false.")
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")

    def values(self) -> OrderValues:
        values = given(self)
        if values.get("total") is not None:
            values["total"] = values["total"].text()
        return OrderValues(values.pop("number"), values)


@strawberry.input(description="Orders to insert or to change, all or none of them.")
class UpsertOrdersInput:
    orders: list[OrderInput] = strawberry.field(description="1 to 100 orders, each number once.")

    def values(self) -> list[OrderValues]:
        return [order.values() for order in self.orders]
