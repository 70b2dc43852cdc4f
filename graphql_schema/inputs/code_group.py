from datetime import datetime
from typing import Any

import strawberry

from app.domain.code_groups import CodeGroupDraft
from app.services.code_groups import NewCodeGroup
from app.services.editing import Target
from graphql_schema.inputs.given import (
    EXPECTED_VERSION,
    given,
    optional,
    row_or_nothing,
    target,
    with_tuples,
    without_nulls,
)
from graphql_schema.scalars import Json
from graphql_schema.types.enums import GroupActivation


@strawberry.input(description="What every input of a code group may say.")
class CodeGroupFields:
    enabled: bool | None = optional("Whether it is switched on; default true.")
    activation: GroupActivation | None = optional("When it is in its range; default OWN_RANGE.")
    active_from: datetime | None = optional(
        "OWN_RANGE: it is active from here on; default without a start."
    )
    active_to: datetime | None = optional(
        "OWN_RANGE: it is active until here, this moment excluded; default without an end."
    )
    total_reuse_per_code: int | None = optional(
        "How often each of its codes can be used; default without a limit of the group."
    )
    reuse_per_customer: int | None = optional(
        "How often one customer can use its codes together; default without a limit."
    )
    in_store_redemption: bool | None = optional(
        "Whether its codes can be redeemed in a store; default false."
    )
    applications: list[str] | None = optional("Where its codes can be used; default everywhere.")
    target_segments: list[str] | None = optional(
        "Which customers can use its codes; default all of them."
    )
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")


@strawberry.input(description="A code group to create.")
class CreateCodeGroupInput(CodeGroupFields):
    campaign_id: strawberry.ID = strawberry.field(
        description="The campaign whose codes it holds, for ever; of either kind."
    )
    name: str = strawberry.field(description="A name that no other group has.")
    key: str | None = optional("Names it in imports, for ever; default one made from the name.")

    def new(self) -> NewCodeGroup:
        values = without_nulls(with_tuples(given(self)))
        return NewCodeGroup(
            campaign_id=row_or_nothing(values.pop("campaign_id"), "Campaign"),
            key=values.pop("key", None),
            draft=CodeGroupDraft(**values),
        )


@strawberry.input(
    description=(
        "Changes of a code group: what is left out stays, null gives the default or clears."
    )
)
class UpdateCodeGroupInput(CodeGroupFields):
    id: strawberry.ID = strawberry.field(description="The id of the group.")
    expected_version: int | None = optional(EXPECTED_VERSION)
    name: str | None = optional("A name that no other group has.")

    def changes(self) -> tuple[Target, dict[str, Any]]:
        values = with_tuples(given(self))
        return target(values, "CodeGroup", "code group"), values


@strawberry.input(description="A code group to take out of use for ever.")
class ArchiveCodeGroupInput:
    id: strawberry.ID = strawberry.field(description="The id of the group.")
    expected_version: int | None = optional(EXPECTED_VERSION)

    def target(self) -> Target:
        return target(given(self), "CodeGroup", "code group")
