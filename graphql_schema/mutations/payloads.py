"""What every mutation answers: the entity as it is after the commit, or why nothing happened."""

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import strawberry

from app.domain.callers import Scope
from app.domain.refusals import Problem, Refusal
from app.reading.errors import NotAllowed
from graphql_schema.context import Context, Info
from graphql_schema.planner import read_payload
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.customer import Customer
from graphql_schema.types.job import Job
from graphql_schema.types.number_series import NumberSeries
from graphql_schema.types.order import Order
from graphql_schema.types.user_error import UserError, user_errors

ERRORS = "Why nothing happened; empty when it did."


@strawberry.type(description="What came of writing a campaign.")
class CampaignPayload:
    campaign: Campaign | None = strawberry.field(
        description="The campaign as it is now; null when the write was refused."
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


ENTITIES = {
    CampaignPayload: "campaign",
    NumberSeriesPayload: "number_series",
    JobPayload: "job",
    CustomerPayload: "customer",
    CustomersPayload: "customers",
    OrdersPayload: "orders",
}
Payload = TypeVar(
    "Payload",
    CampaignPayload,
    NumberSeriesPayload,
    JobPayload,
    CustomerPayload,
    CustomersPayload,
    OrdersPayload,
)


async def answer(
    info: Info,
    payload: type[Payload],
    scope: Scope,
    write: Callable[[Context], Awaitable[int | list[int]]],
) -> Payload:
    """Write, then read what was asked of the row, or the rows, whose ids the write answers.

    A refusal rolled everything back: then there is no row, and `userErrors` say why.
    """
    context = info.context
    if not context.caller.allows(scope):
        raise NotAllowed(f"Mutation.{info.field_name}", scope)
    rows = None
    refused: tuple[Problem, ...] = ()
    try:
        rows = await write(context)
    except Refusal as refusal:
        refused = refusal.problems
    values = {"user_errors": user_errors(refused)}
    # The executor reads payloads from mappings; the class says what they hold.
    return cast("Payload", await read_payload(info, values, **{ENTITIES[payload]: rows}))
