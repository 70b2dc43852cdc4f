from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import codes, source_codes
from graphql_schema.context import Context, Info
from graphql_schema.inputs.code import (
    CreateSourceCodeInput,
    DeleteCodeInput,
    MoveCodesInput,
    UpdateSourceCodeInput,
)
from graphql_schema.mutations.payloads import (
    CodePayload,
    DeleteCodePayload,
    MoveCodesPayload,
    answer,
    answer_deletion,
    answer_move,
)
from graphql_schema.permissions import permitted

Create = Annotated[
    CreateSourceCodeInput, strawberry.argument(name="input", description="The code.")
]
Update = Annotated[
    UpdateSourceCodeInput, strawberry.argument(name="input", description="The changes.")
]
Delete = Annotated[DeleteCodeInput, strawberry.argument(name="input", description="The code.")]
Move = Annotated[
    MoveCodesInput, strawberry.argument(name="input", description="The codes, and where to.")
]


async def create_source_code(info: Info, given: Create) -> CodePayload:
    async def write(context: Context) -> int:
        campaign_id, draft = given.new()
        return await source_codes.create(
            context.database, context.caller, campaign_id, draft, context.now
        )

    return await answer(info, CodePayload, write)


async def update_source_code(info: Info, given: Update) -> CodePayload:
    async def write(context: Context) -> int:
        target, values = given.changes()
        await source_codes.update(context.database, context.caller, target, values, context.now)
        return target.id

    return await answer(info, CodePayload, write)


async def delete_code(info: Info, given: Delete) -> DeleteCodePayload:
    async def write(context: Context) -> str:
        await codes.delete(context.database, context.caller, given.target(), context.now)
        return given.id

    return await answer_deletion(info, write)


async def move_codes(info: Info, given: Move) -> MoveCodesPayload:
    async def write(context: Context) -> tuple[int | None, int]:
        ids, group_id = given.rows()
        moved = await codes.move(context.database, context.caller, ids, group_id, context.now)
        return group_id, moved

    return await answer_move(info, write)


@strawberry.type
class CodeMutations:
    create_source_code: CodePayload | None = strawberry.mutation(
        resolver=create_source_code,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Type in a code that was made elsewhere, for a SOURCE campaign.",
    )
    update_source_code: CodePayload | None = strawberry.mutation(
        resolver=update_source_code,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Change a code made elsewhere. Its text and its uses never change.",
    )
    delete_code: DeleteCodePayload | None = strawberry.mutation(
        resolver=delete_code,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description=(
            "Delete a voucher that is still CREATED, or an unused code made elsewhere; its text is"
            " free again."
        ),
    )
    move_codes: MoveCodesPayload | None = strawberry.mutation(
        resolver=move_codes,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Move unused codes of one campaign to a group of it, all or none of them.",
    )
