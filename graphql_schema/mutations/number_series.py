from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import number_series
from graphql_schema.context import Context, Info
from graphql_schema.inputs.number_series import (
    ArchiveNumberSeriesInput,
    CreateNumberSeriesInput,
    UpdateNumberSeriesInput,
)
from graphql_schema.mutations.payloads import NumberSeriesPayload, answer
from graphql_schema.permissions import permitted

Create = Annotated[
    CreateNumberSeriesInput, strawberry.argument(name="input", description="The series.")
]
Update = Annotated[
    UpdateNumberSeriesInput, strawberry.argument(name="input", description="The changes.")
]
Archive = Annotated[
    ArchiveNumberSeriesInput, strawberry.argument(name="input", description="The series.")
]


async def create_number_series(info: Info, given: Create) -> NumberSeriesPayload:
    async def write(context: Context) -> int:
        return await number_series.create(
            context.database, context.caller, given.draft(), context.now
        )

    return await answer(info, NumberSeriesPayload, write)


async def update_number_series(info: Info, given: Update) -> NumberSeriesPayload:
    async def write(context: Context) -> int:
        target, values = given.changes()
        await number_series.update(context.database, context.caller, target, values, context.now)
        return target.id

    return await answer(info, NumberSeriesPayload, write)


async def archive_number_series(info: Info, given: Archive) -> NumberSeriesPayload:
    async def write(context: Context) -> int:
        target = given.target()
        await number_series.archive(context.database, context.caller, target, context.now)
        return target.id

    return await answer(info, NumberSeriesPayload, write)


@strawberry.type
class NumberSeriesMutations:
    create_number_series: NumberSeriesPayload | None = strawberry.mutation(
        resolver=create_number_series,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Create a number series, for campaigns to count with.",
    )
    update_number_series: NumberSeriesPayload | None = strawberry.mutation(
        resolver=update_number_series,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Change a number series; mask and last number only before its first number.",
    )
    archive_number_series: NumberSeriesPayload | None = strawberry.mutation(
        resolver=archive_number_series,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Take a number series out of use for ever; its name stays taken.",
    )
