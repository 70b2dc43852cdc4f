from datetime import datetime

import strawberry

from app.domain.api_keys import OVERLAP_HOURS, ApiKeyDraft
from app.services.editing import Target
from graphql_schema.inputs.given import (
    EXPECTED_VERSION,
    given,
    optional,
    target,
    with_tuples,
    without_nulls,
)
from graphql_schema.scalars import Json
from graphql_schema.types.enums import Role, Scope


@strawberry.input(description="A key to make: with a role, or with scopes of its own.")
class CreateApiKeyInput:
    name: str = strawberry.field(
        description="Who asks with it. No other key that is not revoked has this name."
    )
    role: Role | None = optional("What it may do, as a role; else name `scopes`.")
    scopes: list[Scope] | None = optional("What it may do, one by one; else name a `role`.")
    expires_at: datetime | None = optional("When it ceases to count; default never.")
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")

    def draft(self) -> ApiKeyDraft:
        return ApiKeyDraft(**with_tuples(without_nulls(given(self))))


@strawberry.input(description="A key to give another text.")
class RotateApiKeyInput:
    id: strawberry.ID = strawberry.field(description="The id of the key.")
    expected_version: int | None = optional(EXPECTED_VERSION)
    overlap_hours: int | None = optional(
        "How long the former text goes on to count: 0 to 168 hours, default 24. With 0 it ends at"
        " once, as is right when somebody else may know it."
    )

    def rotation(self) -> tuple[Target, int]:
        values = without_nulls(given(self))
        return target(values, "ApiKey", "key"), values.get("overlap_hours", OVERLAP_HOURS)


@strawberry.input(description="A key that shall count no more.")
class RevokeApiKeyInput:
    id: strawberry.ID = strawberry.field(description="The id of the key.")
    expected_version: int | None = optional(EXPECTED_VERSION)

    def target(self) -> Target:
        return target(given(self), "ApiKey", "key")
