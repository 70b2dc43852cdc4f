"""What callers say when something is to happen to a code."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry

from graphql_schema.inputs.given import given, optional, row_or_nothing, without_nulls
from graphql_schema.inputs.money import MoneyInput
from graphql_schema.scalars import Json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

KEY = (
    "A text of your own for this very request, 1 to 255 visible ASCII characters: sent again, it"
    " answers as before and does nothing."
)
CODE = "The code as it is typed; case, spaces and separators do not matter."
CUSTOMER = "The number of the customer; an unknown one is recorded when the call is accepted."
REASON = "Why, for those who look later; it stays in the history of the code."


def values(asked: "DataclassInstance", **ids: str) -> dict[str, Any]:
    """What an input says, by names of the service; null is as left out.

    `ids` are the fields that name rows, and of what type; they become numbers of rows.
    """
    found = without_nulls(given(asked))
    for name, type_name in ids.items():
        if name in found:
            found[name] = row_or_nothing(found[name], type_name)
    return {
        name: value.text() if isinstance(value, MoneyInput) else value
        for name, value in found.items()
    }


@strawberry.input(description="A use of a code to take.")
class RedeemCodeInput:
    code: str = strawberry.field(description=CODE)
    idempotency_key: str = strawberry.field(description=KEY)
    customer_number: str | None = optional(CUSTOMER)
    order_number: str | None = optional(
        "The order that uses it; an unknown one is recorded. An order uses a code once: the same"
        " again, with the same customer and amount, answers with the redemption that there is."
    )
    amount: MoneyInput | None = optional("What the shop gave for it; cashback needs it.")
    store: str | None = optional("The store where it is used.")
    application: str | None = optional("The application where it is used.")
    holder: str | None = optional(
        "The session that holds a reservation of it; default the customer number."
    )
    reservation_id: strawberry.ID | None = optional(
        "The reservation whose use is taken; default that of the holder, if there is a live one."
    )
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")


@strawberry.input(description="A use of a code to hold for somebody.")
class ReserveCodeInput:
    code: str = strawberry.field(description=CODE)
    idempotency_key: str = strawberry.field(description=KEY)
    customer_number: str | None = optional(CUSTOMER)
    holder: str | None = optional(
        "A session of yours that holds it; default the customer number. One of the two is needed."
    )
    seconds: int | None = optional("How long: 1 to 604,800, which are seven days; default 900.")
    store: str | None = optional("The store where it will be used.")
    application: str | None = optional("The application where it will be used.")


@strawberry.input(description="A reservation to let go of.")
class ReleaseReservationInput:
    id: strawberry.ID = strawberry.field(description="The id of the reservation.")
    holder: str | None = optional("Who says so; when given, it must be the holder.")


@strawberry.input(description="A use of a code to give back.")
class ReverseRedemptionInput:
    id: strawberry.ID = strawberry.field(description="The id of the redemption.")
    idempotency_key: str = strawberry.field(description=KEY)
    reason: str | None = optional(REASON)


@strawberry.input(description="A voucher to issue.")
class IssueCodeInput:
    code: str = strawberry.field(description=CODE)
    idempotency_key: str = strawberry.field(description=KEY)
    customer_number: str | None = optional(CUSTOMER)
    reference: str | None = optional("A text by which you find the code again.")
    store: str | None = optional("The store that issues it.")


@strawberry.input(description="A voucher to issue, whichever comes next.")
class IssueNextCodeInput:
    campaign_id: strawberry.ID | None = optional("A VOUCHER campaign; or a promotion.")
    promotion_id: strawberry.ID | None = optional(
        "A promotion with the discount ISSUE_CODE, while it runs; or a campaign."
    )
    reference: str = strawberry.field(
        description="The basket that earns it: the same one, and line, get the same code again."
    )
    line: str | None = optional("The line of the basket, when a basket can earn several.")
    idempotency_key: str = strawberry.field(description=KEY)
    customer_number: str | None = optional(CUSTOMER)
    store: str | None = optional("The store that issues it.")


@strawberry.input(description="A code to withdraw for ever.")
class WithdrawCodeInput:
    id: strawberry.ID = strawberry.field(description="The id of the code.")
    reason: str = strawberry.field(description=REASON)


@strawberry.input(description="A code to block until it is resumed.")
class SuspendCodeInput:
    id: strawberry.ID = strawberry.field(description="The id of the code.")
    reason: str = strawberry.field(description=REASON)


@strawberry.input(description="A suspended code that may be used again.")
class ResumeCodeInput:
    id: strawberry.ID = strawberry.field(description="The id of the code.")
    reason: str = strawberry.field(description=REASON)


@strawberry.input(description="A code to which time is given.")
class ExtendCodeInput:
    id: strawberry.ID = strawberry.field(description="The id of the code.")
    valid_to: datetime = strawberry.field(
        description="Valid until here, excluded; not before its present end."
    )
    reason: str = strawberry.field(description=REASON)


@strawberry.input(description="Cashback to give for an order, on a code that has one use.")
class CreateCashbackInput:
    code: str = strawberry.field(description=CODE)
    idempotency_key: str = strawberry.field(description=KEY)
    order_number: str = strawberry.field(
        description="The order that earns it; an unknown one is recorded."
    )
    customer_number: str = strawberry.field(
        description="Whose it becomes, alone; an unknown number is recorded."
    )
    maximum_value: MoneyInput = strawberry.field(description="The most that can be charged.")
    expires_at: datetime | None = optional("When it ends, excluded; default never.")


@strawberry.input(description="An amount to charge to cashback.")
class ChargeCashbackInput:
    id: strawberry.ID = strawberry.field(description="The id of the cashback.")
    idempotency_key: str = strawberry.field(description=KEY)
    amount: MoneyInput = strawberry.field(
        description="What the shipped items add; below zero for items that came back."
    )


@strawberry.input(description="Cashback to switch off.")
class DisableCashbackInput:
    id: strawberry.ID = strawberry.field(description="The id of the cashback.")


@strawberry.input(description="Cashback to switch on again.")
class EnableCashbackInput:
    id: strawberry.ID = strawberry.field(description="The id of the cashback.")


@strawberry.input(description="What redeeming would be asked.")
class ValidateCodeInput:
    code: str = strawberry.field(description=CODE)
    customer_number: str | None = optional("The number of the customer who would use it.")
    application: str | None = optional("The application where it would be used.")
    holder: str | None = optional("The session that may hold a reservation of it.")
