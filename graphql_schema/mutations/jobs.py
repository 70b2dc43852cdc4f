from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import generation, jobs
from graphql_schema.context import Context, Info
from graphql_schema.inputs.job import CancelJobInput, GenerateCodesInput
from graphql_schema.mutations.payloads import JobPayload, answer

Generate = Annotated[
    GenerateCodesInput, strawberry.argument(name="input", description="What to make.")
]
Cancel = Annotated[CancelJobInput, strawberry.argument(name="input", description="The job.")]


async def generate_codes(info: Info, given: Generate) -> JobPayload:
    async def write(context: Context) -> int:
        return await generation.request(
            context.database, context.queue, context.caller, given.request(), context.now
        )

    return await answer(info, JobPayload, Scope.CAMPAIGNS_WRITE, write)


async def cancel_job(info: Info, given: Cancel) -> JobPayload:
    async def write(context: Context) -> int:
        job_id = given.row()
        await jobs.cancel(context.database, context.queue, context.caller, job_id, context.now)
        return job_id

    return await answer(info, JobPayload, Scope.CAMPAIGNS_WRITE, write)


@strawberry.type
class JobMutations:
    generate_codes: JobPayload | None = strawberry.mutation(
        resolver=generate_codes,
        description="Make voucher codes in the background; `jobProgress` tells how far it is.",
    )
    cancel_job: JobPayload | None = strawberry.mutation(
        resolver=cancel_job,
        description="Stop a job: a waiting one at once, a running one soon. What was made stays.",
    )
