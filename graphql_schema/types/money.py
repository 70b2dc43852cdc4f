import strawberry

from graphql_schema.scalars import Decimal


@strawberry.type(description="An amount of money, exact.")
class Money:
    amount: Decimal = strawberry.field(
        description="The amount as text, with all decimals of the currency: `12.50`."
    )
    currency_code: str = strawberry.field(description="The currency by ISO 4217: `EUR`.")
