"""The schema, put together and connected to its sources."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from graphql_schema.mutations import Mutation
from graphql_schema.queries import Query
from graphql_schema.scalars import SCALARS
from graphql_schema.sources import connect
from graphql_schema.subscriptions import Subscription

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
)
connect(schema._schema)  # noqa: SLF001 - graphql-core's schema has no public name
