import strawberry

from graphql_schema.mutations.campaigns import CampaignMutations
from graphql_schema.mutations.customers import CustomerMutations
from graphql_schema.mutations.jobs import JobMutations
from graphql_schema.mutations.number_series import NumberSeriesMutations
from graphql_schema.mutations.orders import OrderMutations


@strawberry.type(
    description=(
        "Everything that can be written. A payload has the entity or, with `userErrors`, the"
        " reasons why nothing happened."
    )
)
class Mutation(
    CampaignMutations, NumberSeriesMutations, JobMutations, CustomerMutations, OrderMutations
):
    pass
