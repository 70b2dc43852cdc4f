from typing import Annotated

import strawberry

from app.domain.callers import Scope
from app.secret import load_secret
from app.services import api_keys
from app.services.api_keys import Told
from app.services.editing import Stamp
from graphql_schema.context import Context, Info
from graphql_schema.inputs.api_key import CreateApiKeyInput, RevokeApiKeyInput, RotateApiKeyInput
from graphql_schema.mutations.payloads import (
    ApiKeyPayload,
    ApiKeyTextPayload,
    answer,
    answer_with_text,
)
from graphql_schema.permissions import permitted

Create = Annotated[CreateApiKeyInput, strawberry.argument(name="input", description="The key.")]
Rotate = Annotated[RotateApiKeyInput, strawberry.argument(name="input", description="The key.")]
Revoke = Annotated[RevokeApiKeyInput, strawberry.argument(name="input", description="The key.")]


async def create_api_key(info: Info, given: Create) -> ApiKeyTextPayload:
    async def write(context: Context) -> Told:
        secret = load_secret(context.settings)
        return await api_keys.create(
            context.database, secret, context.caller, given.draft(), context.now
        )

    return await answer_with_text(info, write)


async def rotate_api_key(info: Info, given: Rotate) -> ApiKeyTextPayload:
    async def write(context: Context) -> Told:
        target, hours = given.rotation()
        secret, stamp = load_secret(context.settings), Stamp(context.caller, context.now)
        return await api_keys.rotate(context.database, secret, stamp, target, hours)

    return await answer_with_text(info, write)


async def revoke_api_key(info: Info, given: Revoke) -> ApiKeyPayload:
    async def write(context: Context) -> int:
        target = given.target()
        await api_keys.revoke(context.database, context.caller, target, context.now)
        return target.id

    return await answer(info, ApiKeyPayload, write)


@strawberry.type
class ApiKeyMutations:
    create_api_key: ApiKeyTextPayload | None = strawberry.mutation(
        resolver=create_api_key,
        metadata=permitted(Scope.ADMIN),
        description="Make a key, and tell its text, once. Needs the scope admin, which grants every"
        " right: so no key gives away more than its maker has.",
    )
    rotate_api_key: ApiKeyTextPayload | None = strawberry.mutation(
        resolver=rotate_api_key,
        metadata=permitted(Scope.ADMIN),
        description="Give a key another text, told once; the former one ends a day later. The key"
        " stays the same caller. Needs the scope admin.",
    )
    revoke_api_key: ApiKeyPayload | None = strawberry.mutation(
        resolver=revoke_api_key,
        metadata=permitted(Scope.ADMIN),
        description="Let a key count no more, for ever. Needs the scope admin.",
    )
