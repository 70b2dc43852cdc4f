from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import code_groups
from graphql_schema.context import Context, Info
from graphql_schema.inputs.code_group import (
    ArchiveCodeGroupInput,
    CreateCodeGroupInput,
    UpdateCodeGroupInput,
)
from graphql_schema.mutations.payloads import CodeGroupPayload, answer
from graphql_schema.permissions import permitted

Create = Annotated[
    CreateCodeGroupInput, strawberry.argument(name="input", description="The group.")
]
Update = Annotated[
    UpdateCodeGroupInput, strawberry.argument(name="input", description="The changes.")
]
Archive = Annotated[
    ArchiveCodeGroupInput, strawberry.argument(name="input", description="The group.")
]


async def create_code_group(info: Info, given: Create) -> CodeGroupPayload:
    async def write(context: Context) -> int:
        return await code_groups.create(context.database, context.caller, given.new(), context.now)

    return await answer(info, CodeGroupPayload, write)


async def update_code_group(info: Info, given: Update) -> CodeGroupPayload:
    async def write(context: Context) -> int:
        target, values = given.changes()
        await code_groups.update(context.database, context.caller, target, values, context.now)
        return target.id

    return await answer(info, CodeGroupPayload, write)


async def archive_code_group(info: Info, given: Archive) -> CodeGroupPayload:
    async def write(context: Context) -> int:
        target = given.target()
        await code_groups.archive(context.database, context.caller, target, context.now)
        return target.id

    return await answer(info, CodeGroupPayload, write)


@strawberry.type
class CodeGroupMutations:
    create_code_group: CodeGroupPayload | None = strawberry.mutation(
        resolver=create_code_group,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Create a code group for a campaign that is not archived.",
    )
    update_code_group: CodeGroupPayload | None = strawberry.mutation(
        resolver=update_code_group,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Change a code group. Its campaign and key never change.",
    )
    archive_code_group: CodeGroupPayload | None = strawberry.mutation(
        resolver=archive_code_group,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Take a code group out of use for ever; its name and key stay taken.",
    )
