"""What can be watched. Events are states of jobs, shared by all who watch the same job."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, cast

import strawberry

from app.domain.jobs import JobProgress as State
from app.reading.nouns import READABLES
from app.services.progress import Unknown
from graphql_schema.context import Info
from graphql_schema.errors import bad_input
from graphql_schema.ids import find_id
from graphql_schema.permissions import permitted
from graphql_schema.types.job import JobProgress

JobId = Annotated[strawberry.ID, strawberry.argument(description="The id of the job.")]
CampaignId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The id of a campaign; null: all campaigns."),
]


# Functions that return a stream, not streams: what is refused here is refused before one begins.


def job_progress(info: Info, job_id: JobId) -> AsyncGenerator[JobProgress, None]:
    sentence = "There is no job with this id."
    number = find_id(job_id, "Job")
    if number is None:
        raise bad_input(sentence)
    return _told(info.context.progress.watch(number), sentence)


def jobs(info: Info, campaign: CampaignId = None) -> AsyncGenerator[JobProgress, None]:
    sentence = "There is no campaign with this id."
    number = None if campaign is None else find_id(campaign, "Campaign")
    if campaign is not None and number is None:
        raise bad_input(sentence)
    return _told(info.context.progress.watch_campaign(number), sentence)


# Whoever may read a job may watch it.
_PERMITTED = permitted(READABLES["Job"].allow)


@strawberry.type(
    description="What can be watched, over WebSocket (graphql-transport-ws) or Server-Sent Events."
)
class Subscription:
    job_progress: AsyncGenerator[JobProgress, None] = strawberry.subscription(
        resolver=job_progress,
        metadata=_PERMITTED,
        description=(
            "How far a job is: its state at once, then each newer one, at most four a second. Ends"
            " after the state in which the job ended; watching again begins with the state of then."
        ),
    )
    jobs: AsyncGenerator[JobProgress, None] = strawberry.subscription(
        resolver=jobs,
        metadata=_PERMITTED,
        description=(
            "How far the jobs of a campaign are, or of all campaigns: the state of each unfinished"
            " one at once, then of every job that changes. Does not end."
        ),
    )


async def _told(
    states: AsyncGenerator[State, None], unknown: str
) -> AsyncGenerator[JobProgress, None]:
    async with aclosing(states):
        try:
            async for state in states:
                # GraphQL's type shows the domain's value: their fields bear the same names.
                yield cast("JobProgress", state)
        except Unknown:
            raise bad_input(unknown) from None
