from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.domain.jobs import STARTED_BY
from app.services import generation, jobs, withdrawals
from app.services.editing import Stamp
from graphql_schema.context import Context, Info
from graphql_schema.inputs.job import CancelJobInput, GenerateCodesInput, WithdrawCodesInput
from graphql_schema.mutations.payloads import JobPayload, answer
from graphql_schema.permissions import permitted

Generate = Annotated[
    GenerateCodesInput, strawberry.argument(name="input", description="What to make.")
]
Withdraw = Annotated[
    WithdrawCodesInput, strawberry.argument(name="input", description="Which codes, and why.")
]
Cancel = Annotated[CancelJobInput, strawberry.argument(name="input", description="The job.")]


async def generate_codes(info: Info, given: Generate) -> JobPayload:
    async def write(context: Context) -> int:
        return await generation.request(
            context.database, context.queue, context.caller, given.request(), context.now
        )

    return await answer(info, JobPayload, write)


async def withdraw_codes(info: Info, given: Withdraw) -> JobPayload:
    async def write(context: Context) -> int:
        stamp, asked = Stamp(context.caller, context.now), given.request()
        if "code" not in asked.where:
            return await withdrawals.request(context.database, context.queue, stamp, asked)
        # Whether there is such a code is told by the job, later: that is a guess, come what may.
        async with context.guesses.guessing(context.caller, context.now):
            return await withdrawals.request(context.database, context.queue, stamp, asked)

    return await answer(info, JobPayload, write)


async def cancel_job(info: Info, given: Cancel) -> JobPayload:
    async def write(context: Context) -> int:
        job_id = given.row()
        await jobs.cancel(context.database, context.queue, context.caller, job_id, context.now)
        return job_id

    return await answer(info, JobPayload, write)


@strawberry.type
class JobMutations:
    generate_codes: JobPayload | None = strawberry.mutation(
        resolver=generate_codes,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Make voucher codes in the background; `jobProgress` tells how far it is.",
    )
    withdraw_codes: JobPayload | None = strawberry.mutation(
        resolver=withdraw_codes,
        metadata=permitted(Scope.CODES_WITHDRAW),
        description="Withdraw codes of a campaign in the background, for ever. What is held of them"
        " is let go.",
    )
    cancel_job: JobPayload | None = strawberry.mutation(
        resolver=cancel_job,
        metadata=permitted(*STARTED_BY.values()),
        description="Stop a job: a waiting one at once, a running one soon. What was made stays."
        " Needs the scope that starting such a job needs.",
    )
