import strawberry

from app.domain.money import MoneyText
from graphql_schema.scalars import Decimal


@strawberry.input(description="An amount of money, exact.")
class MoneyInput:
    amount: Decimal = strawberry.field(
        description="The amount as text, with at most the decimals of the currency: `12.50`."
    )
    currency_code: str = strawberry.field(
        description="An active currency of ISO 4217, in capitals: `EUR`."
    )

    def text(self) -> MoneyText:
        return MoneyText(self.amount, self.currency_code)
