"""Each root field names who may use it, and is asked for it before anything else happens."""

from collections.abc import AsyncGenerator

import pytest
import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from app.domain.callers import Scope
from app.domain.jobs import STARTED_BY
from app.reading.errors import Misdeclared
from graphql_schema.mutations.payloads import CodeCallPayload, RedemptionPayload
from graphql_schema.permissions import needs, permitted
from graphql_schema.queries import Query
from graphql_schema.scalars import SCALARS
from graphql_schema.schema import schema
from graphql_schema.sources import connect
from graphql_schema.subscriptions import Subscription


def built(
    mutation: type | None = None, query: type = Query, subscription: type = Subscription
) -> GraphQLSchema:
    made = strawberry.Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    return made._schema  # noqa: SLF001 - graphql-core's schema has no public name


def roots() -> list[GraphQLObjectType]:
    core = schema._schema  # noqa: SLF001 - as above
    found = [core.query_type, core.mutation_type, core.subscription_type]
    return [one for one in found if one is not None]


@strawberry.type
class Done:
    done: bool = True


@strawberry.type
class Careless:
    careful: Done = strawberry.mutation(resolver=Done, metadata=permitted(Scope.ADMIN))
    forgotten: Done = strawberry.mutation(resolver=Done)


@strawberry.type(name="Query")
class CarelessQuery(Query):
    @strawberry.field
    def forgotten(self) -> int:
        return 1


async def told() -> AsyncGenerator[int, None]:  # pragma: no cover - the build fails before
    yield 1


@strawberry.type
class CarelessSubscription(Subscription):
    forgotten: AsyncGenerator[int, None] = strawberry.subscription(resolver=told)


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ({"mutation": Careless}, "Careless.forgotten"),
        ({"query": CarelessQuery}, "Query.forgotten"),
        ({"subscription": CarelessSubscription}, "CarelessSubscription.forgotten"),
    ],
)
def test_a_root_field_without_a_permission_fails_the_build(
    broken: dict[str, type], place: str
) -> None:
    careless = built(**broken)
    with pytest.raises(Misdeclared, match=rf"^{place}: no scope is named; say permitted"):
        connect(careless)


def redeem() -> RedemptionPayload | None:  # pragma: no cover - the build fails before
    return None


def issue() -> CodeCallPayload | None:  # pragma: no cover - as above
    return None


@strawberry.type
class LeadingOn:
    redeem: RedemptionPayload | None = strawberry.mutation(
        resolver=redeem, metadata=permitted(Scope.CODES_REDEEM, repeats="order")
    )


@strawberry.type
class Masking:
    issue: CodeCallPayload | None = strawberry.mutation(
        resolver=issue, metadata=permitted(Scope.CODES_ISSUE, repeats="code")
    )


@pytest.mark.parametrize(
    ("mutation", "place"), [(LeadingOn, "LeadingOn.redeem"), (Masking, "Masking.issue")]
)
def test_only_values_are_repeated(mutation: type, place: str) -> None:
    with pytest.raises(Misdeclared, match=rf"^{place} cannot repeat (order|code): it is no value"):
        connect(built(mutation))


def test_a_permission_for_nobody_fails_the_build() -> None:
    with pytest.raises(Misdeclared, match="needs no scope"):
        permitted()


def test_what_finds_anything_is_the_only_thing_that_is_judged_by_type() -> None:
    by_type = {
        f"{parent.name}.{name}"
        for parent in roots()
        for name in parent.fields
        if needs(parent, name) == ()
    }
    assert by_type == {"Query.node", "Query.nodes"}


def test_whoever_may_start_a_kind_of_job_may_ask_to_stop_one() -> None:
    query, mutation, _ = roots()
    assert query.name == "Query"
    assert set(needs(mutation, "cancelJob") or ()) == set(STARTED_BY.values())
    starts = {"generateCodes": "GENERATE", "importCodes": "IMPORT", "withdrawCodes": "WITHDRAW"}
    for name, kind in starts.items():
        assert needs(mutation, name) == (STARTED_BY[kind],)  # type: ignore[index]  # a StrEnum


def test_connecting_again_keeps_every_guard() -> None:
    connect(schema._schema)  # noqa: SLF001 - as above
    for parent in roots():
        for name, field in parent.fields.items():
            call = field.subscribe or field.resolve
            assert (type(call).__name__ == "_Guarded") == bool(needs(parent, name)), name
