from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.services import campaigns
from graphql_schema.context import Context, Info
from graphql_schema.inputs.campaign import (
    ArchiveCampaignInput,
    CreateCampaignInput,
    UpdateCampaignInput,
)
from graphql_schema.mutations.payloads import CampaignPayload, answer
from graphql_schema.permissions import permitted

Create = Annotated[
    CreateCampaignInput, strawberry.argument(name="input", description="The campaign.")
]
Update = Annotated[
    UpdateCampaignInput, strawberry.argument(name="input", description="The changes.")
]
Archive = Annotated[
    ArchiveCampaignInput, strawberry.argument(name="input", description="The campaign.")
]


async def create_campaign(info: Info, given: Create) -> CampaignPayload:
    async def write(context: Context) -> int:
        new = given.new(context.settings.time_zone)
        return await campaigns.create(context.database, context.caller, new, context.now)

    return await answer(info, CampaignPayload, write)


async def update_campaign(info: Info, given: Update) -> CampaignPayload:
    async def write(context: Context) -> int:
        target, values = given.changes(context.settings.time_zone)
        await campaigns.update(context.database, context.caller, target, values, context.now)
        return target.id

    return await answer(info, CampaignPayload, write)


async def archive_campaign(info: Info, given: Archive) -> CampaignPayload:
    async def write(context: Context) -> int:
        target = given.target()
        await campaigns.archive(context.database, context.caller, target, context.now)
        return target.id

    return await answer(info, CampaignPayload, write)


@strawberry.type
class CampaignMutations:
    create_campaign: CampaignPayload | None = strawberry.mutation(
        resolver=create_campaign,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Create a campaign; a SOURCE campaign together with its first code.",
    )
    update_campaign: CampaignPayload | None = strawberry.mutation(
        resolver=update_campaign,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Change a campaign. Its kind and key never change.",
    )
    archive_campaign: CampaignPayload | None = strawberry.mutation(
        resolver=archive_campaign,
        metadata=permitted(Scope.CAMPAIGNS_WRITE),
        description="Take a campaign out of use for ever; its name and key stay taken.",
    )
