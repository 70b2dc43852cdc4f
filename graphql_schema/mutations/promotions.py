from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import promotions
from graphql_schema.context import Context, Info
from graphql_schema.inputs.promotion import (
    ArchivePromotionInput,
    CreatePromotionInput,
    UpdatePromotionInput,
)
from graphql_schema.mutations.payloads import PromotionPayload, answer
from graphql_schema.permissions import permitted

Create = Annotated[
    CreatePromotionInput, strawberry.argument(name="input", description="The promotion.")
]
Update = Annotated[
    UpdatePromotionInput, strawberry.argument(name="input", description="The changes.")
]
Archive = Annotated[
    ArchivePromotionInput, strawberry.argument(name="input", description="The promotion.")
]


async def create_promotion(info: Info, given: Create) -> PromotionPayload:
    async def write(context: Context) -> int:
        return await promotions.create(context.database, context.caller, given.new(), context.now)

    return await answer(info, PromotionPayload, write)


async def update_promotion(info: Info, given: Update) -> PromotionPayload:
    async def write(context: Context) -> int:
        target, values = given.changes()
        await promotions.update(context.database, context.caller, target, values, context.now)
        return target.id

    return await answer(info, PromotionPayload, write)


async def archive_promotion(info: Info, given: Archive) -> PromotionPayload:
    async def write(context: Context) -> int:
        target = given.target()
        await promotions.archive(context.database, context.caller, target, context.now)
        return target.id

    return await answer(info, PromotionPayload, write)


@strawberry.type
class PromotionMutations:
    create_promotion: PromotionPayload | None = strawberry.mutation(
        resolver=create_promotion,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Create a promotion, driven by groups, bundled by a campaign, or neither.",
    )
    update_promotion: PromotionPayload | None = strawberry.mutation(
        resolver=update_promotion,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Change a promotion. Its campaign never changes.",
    )
    archive_promotion: PromotionPayload | None = strawberry.mutation(
        resolver=archive_promotion,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Take a promotion out of use for ever; its name stays taken.",
    )
