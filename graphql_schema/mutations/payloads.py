"""What every mutation answers: the entity as it is after the commit, or why nothing happened."""

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import strawberry

from app.domain.life.verdicts import Verdict
from app.domain.refusals import Problem, Refusal
from app.services.api_keys import Told
from app.services.life.asking import Asks, Given
from graphql_schema.context import Context, Info
from graphql_schema.planner import foresee_payload, read_call_payload, read_payload
from graphql_schema.types.api_key import ApiKey
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.cashback import Cashback
from graphql_schema.types.code import Code
from graphql_schema.types.code_group import CodeGroup
from graphql_schema.types.customer import Customer
from graphql_schema.types.job import Job
from graphql_schema.types.number_series import NumberSeries
from graphql_schema.types.order import Order
from graphql_schema.types.promotion import Promotion
from graphql_schema.types.redemption import Redemption, Reservation
from graphql_schema.types.user_error import UserError, user_errors
from graphql_schema.types.validity import Validity, shown_validity

ERRORS = "Why nothing happened; empty when it did."
REPLAYED = (
    "Whether nothing happened now: the same key, order, basket or holder had asked before, or it"
    " stood so already."
)
VALIDITY = "What was found when it was refused; null when it was not, or not for the caller's ears."


@strawberry.type(description="What came of writing a campaign.")
class CampaignPayload:
    campaign: Campaign | None = strawberry.field(
        description="The campaign as it is now; null when the write was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of writing a code group.")
class CodeGroupPayload:
    code_group: CodeGroup | None = strawberry.field(
        description="The group as it is now; null when the write was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of writing a promotion.")
class PromotionPayload:
    promotion: Promotion | None = strawberry.field(
        description="The promotion as it is now; null when the write was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of writing a code.")
class CodePayload:
    code: Code | None = strawberry.field(
        description="The code as it is now; null when the write was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of taking a use of a code, or of giving one back.")
class RedemptionPayload:
    redemption: Redemption | None = strawberry.field(
        description="The redemption as it is now; null when it was refused."
    )
    replayed: bool = strawberry.field(description=REPLAYED)
    validity: Validity | None = strawberry.field(description=VALIDITY)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of holding a use of a code, or of letting go of it.")
class ReservationPayload:
    reservation: Reservation | None = strawberry.field(
        description="The reservation as it is now; null when it was refused."
    )
    replayed: bool = strawberry.field(description=REPLAYED)
    validity: Validity | None = strawberry.field(description=VALIDITY)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of issuing a code, or of blocking one.")
class CodeCallPayload:
    code: Code | None = strawberry.field(
        description="The code as it is now; null when it was refused."
    )
    replayed: bool = strawberry.field(description=REPLAYED)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of a call on cashback.")
class CashbackPayload:
    cashback: Cashback | None = strawberry.field(
        description="The cashback as it is now; null when it was refused."
    )
    replayed: bool = strawberry.field(description=REPLAYED)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of deleting a code.")
class DeleteCodePayload:
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id that the code had; null when it stays."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of moving codes.")
class MoveCodesPayload:
    group: CodeGroup | None = strawberry.field(
        description="The group they moved to; null when they moved out of any, or stay."
    )
    moved_count: int = strawberry.field(
        description="How many moved; those that were there already are not counted."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of writing a number series.")
class NumberSeriesPayload:
    number_series: NumberSeries | None = strawberry.field(
        description="The series as it is now; null when the write was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of a request that a job carries out, or of stopping one.")
class JobPayload:
    job: Job | None = strawberry.field(
        description="The job as it is now; null when the request was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of writing a customer.")
class CustomerPayload:
    customer: Customer | None = strawberry.field(
        description="The customer as it is now; null when the write was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of writing a batch of customers.")
class CustomersPayload:
    customers: list[Customer] | None = strawberry.field(
        description="The customers as they are now, in the order of the input; null when the batch"
        " was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of writing a batch of orders.")
class OrdersPayload:
    orders: list[Order] | None = strawberry.field(
        description="The orders as they are now, in the order of the input; null when the batch was"
        " refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of writing a key.")
class ApiKeyPayload:
    api_key: ApiKey | None = strawberry.field(
        description="The key as it is now; null when the write was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What came of asking for the text of a key.")
class ApiKeyTextPayload:
    api_key: ApiKey | None = strawberry.field(
        description="The key as it is now; null when the write was refused."
    )
    secret: str | None = strawberry.field(
        description="The text of the key, to be sent as `Authorization: Bearer`. It is told here"
        " and never again; null when the write was refused."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


ENTITIES = {
    ApiKeyPayload: "api_key",
    CampaignPayload: "campaign",
    CodeGroupPayload: "code_group",
    PromotionPayload: "promotion",
    CodePayload: "code",
    CodeCallPayload: "code",
    RedemptionPayload: "redemption",
    ReservationPayload: "reservation",
    CashbackPayload: "cashback",
    NumberSeriesPayload: "number_series",
    JobPayload: "job",
    CustomerPayload: "customer",
    CustomersPayload: "customers",
    OrdersPayload: "orders",
}
Payload = TypeVar(
    "Payload",
    ApiKeyPayload,
    CampaignPayload,
    CodeGroupPayload,
    PromotionPayload,
    CodePayload,
    NumberSeriesPayload,
    JobPayload,
    CustomerPayload,
    CustomersPayload,
    OrdersPayload,
)


CallPayload = TypeVar(
    "CallPayload", RedemptionPayload, ReservationPayload, CodeCallPayload, CashbackPayload
)
Written = TypeVar("Written")


async def answer(
    info: Info,
    payload: type[Payload],
    write: Callable[[Context], Awaitable[int | list[int]]],
) -> Payload:
    """Write, then read what was asked of the row, or the rows, whose ids the write answers.

    A refusal rolled everything back: then there is no row, and `userErrors` say why.
    """
    foresee_payload(info, ENTITIES[payload])
    rows, refused = await _attempt(info, write)
    values = {"user_errors": user_errors(refused)}
    # The executor reads payloads from mappings; the class says what they hold.
    return cast("Payload", await read_payload(info, values, **{ENTITIES[payload]: rows}))


async def answer_call(
    info: Info, payload: type[CallPayload], asks: Asks, given: Given
) -> CallPayload:
    """Put a call into the queue, then read what its verdict speaks of.

    A refusal, too, is an answer that was stored: it says what was found then.
    """
    foresee_payload(info, ENTITIES[payload])

    async def submit(context: Context) -> Verdict:
        return await context.guarded.submit(context.calls, asks(context.caller, given))

    verdict, refused = await _attempt(info, submit)
    verdict = verdict or Verdict(problems=refused)
    values = {
        "replayed": verdict.replayed,
        "validity": shown_validity(verdict.validity),
        "user_errors": user_errors(verdict.problems),
    }
    made = {ENTITIES[payload]: verdict.made.id if verdict.made else None}
    return cast("CallPayload", await read_call_payload(info, values, made, given=verdict.given))


async def answer_deletion(
    info: Info, write: Callable[[Context], Awaitable[str]]
) -> DeleteCodePayload:
    """Delete, then answer the id that the write answers."""
    deleted_id, refused = await _attempt(info, write)
    values = {"deleted_id": deleted_id, "user_errors": user_errors(refused)}
    return cast("DeleteCodePayload", await read_payload(info, values))


async def answer_move(
    info: Info, write: Callable[[Context], Awaitable[tuple[int | None, int]]]
) -> MoveCodesPayload:
    """Move, then read the group, and answer the count, that the write answers."""
    foresee_payload(info, "group")
    moved, refused = await _attempt(info, write)
    group_id, count = moved or (None, 0)
    values = {"moved_count": count, "user_errors": user_errors(refused)}
    return cast("MoveCodesPayload", await read_payload(info, values, group=group_id))


async def answer_with_text(
    info: Info, write: Callable[[Context], Awaitable[Told]]
) -> ApiKeyTextPayload:
    """Write, then read the key; its text is in this answer and nowhere else."""
    foresee_payload(info, "api_key")
    told, refused = await _attempt(info, write)
    values = {"secret": told.text if told else None, "user_errors": user_errors(refused)}
    key_id = told.key_id if told else None
    return cast("ApiKeyTextPayload", await read_payload(info, values, api_key=key_id))


async def _attempt(
    info: Info, write: Callable[[Context], Awaitable[Written]]
) -> tuple[Written | None, tuple[Problem, ...]]:
    """Write; return what the write answers, or why nothing happened."""
    try:
        return await write(info.context), ()
    except Refusal as refusal:
        return None, refusal.problems
