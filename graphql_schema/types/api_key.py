from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import Json
from graphql_schema.types.enums import ApiKeyStatus, Role, Scope
from graphql_schema.types.filters import ApiKeySecretWhere
from graphql_schema.types.node import VERSION, Node
from graphql_schema.types.orders import ApiKeySecretOrder

ADMIN = "Needs the scope admin."


@strawberry.type(description=f"A key with which a program asks, and what it may do. {ADMIN}")
class ApiKey(Node):
    name: str = strawberry.field(description="Unique over the keys that are not revoked.")
    status: ApiKeyStatus = strawberry.field(description="Where it stands at this moment.")
    role: Role | None = strawberry.field(
        description="The role that says what it may do; null when it has scopes of its own."
    )
    scopes: list[Scope] = strawberry.field(
        description="Everything that it may do, by its role or of its own."
    )
    expires_at: datetime | None = strawberry.field(
        description="When it ceases to count, this moment excluded; null: never."
    )
    revoked_at: datetime | None = strawberry.field(description="When it was revoked, for ever.")
    last_used_at: datetime | None = strawberry.field(
        description="When somebody asked with it last, to about a minute; null: never."
    )
    version: int = strawberry.field(description=VERSION)
    metadata: Json = strawberry.field(description="Whatever you keep with it; at most 4 KB.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    secrets: Connection["ApiKeySecret"] = paged(
        "Its texts, the latest first: what is known of them, never the texts themselves.",
        where=ApiKeySecretWhere,
        order_by=ApiKeySecretOrder,
    )


@strawberry.type(
    description=f"One text of a key, by what may be known of it. Rotating makes another. {ADMIN}"
)
class ApiKeySecret(Node):
    prefix: str = strawberry.field(
        description="The public part of the text: `k3v9x0a7qd` of `pgk_k3v9x0a7qd_...`."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(
        description="When it ceases to count, because it was replaced; null: it lasts as the key."
    )
    api_key: ApiKey = strawberry.field(description="The key whose text it is.")
