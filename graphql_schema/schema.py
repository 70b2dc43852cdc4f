"""The schema, put together and connected to its sources."""

import strawberry
from graphql import GraphQLInputObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from graphql_schema.mutations import Mutation
from graphql_schema.queries import Query
from graphql_schema.scalars import SCALARS
from graphql_schema.sources import connect
from graphql_schema.subscriptions import Subscription


def _judge_choices(core: GraphQLSchema) -> None:
    """Let graphql-core judge inputs that want exactly one field: it tells where one is wrong."""
    for kind in core.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            kind.is_one_of = kind.extensions["strawberry-definition"].is_one_of
            # Strawberry's own judgement, which does not.
            vars(kind).pop("out_type", None)


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
)
_judge_choices(schema._schema)  # noqa: SLF001 - graphql-core's schema has no public name
connect(schema._schema)  # noqa: SLF001 - as above
