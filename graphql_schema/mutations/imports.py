from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import uploads
from graphql_schema.context import Context, Info
from graphql_schema.inputs.imports import ImportCodesInput
from graphql_schema.mutations.payloads import JobPayload, answer
from graphql_schema.permissions import permitted

Import = Annotated[ImportCodesInput, strawberry.argument(name="input", description="The file.")]


async def import_codes(info: Info, given: Import) -> JobPayload:
    async def write(context: Context) -> int:
        upload = given.upload(context.settings)
        return await uploads.take(
            context.database, context.queue, context.caller, upload, lambda: context.now
        )

    return await answer(info, JobPayload, write)


@strawberry.type
class ImportMutations:
    import_codes: JobPayload | None = strawberry.mutation(
        resolver=import_codes,
        metadata=permitted(Scope.IMPORTS_RUN),
        description=(
            "Make, change, withdraw and delete source codes as a file says, in the background;"
            " `jobProgress` tells how far it is, `Job.rowResults` what became of each row."
        ),
    )
