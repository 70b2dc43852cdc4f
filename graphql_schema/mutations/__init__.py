import strawberry

from graphql_schema.mutations.api_keys import ApiKeyMutations
from graphql_schema.mutations.blocking import BlockingMutations
from graphql_schema.mutations.campaigns import CampaignMutations
from graphql_schema.mutations.cashbacks import CashbackMutations
from graphql_schema.mutations.code_groups import CodeGroupMutations
from graphql_schema.mutations.codes import CodeMutations
from graphql_schema.mutations.customers import CustomerMutations
from graphql_schema.mutations.imports import ImportMutations
from graphql_schema.mutations.issuing import IssuingMutations
from graphql_schema.mutations.jobs import JobMutations
from graphql_schema.mutations.number_series import NumberSeriesMutations
from graphql_schema.mutations.orders import OrderMutations
from graphql_schema.mutations.promotions import PromotionMutations
from graphql_schema.mutations.uses import UseMutations


@strawberry.type(
    description=(
        "Everything that can be written. A payload has the entity or, with `userErrors`, the"
        " reasons why nothing happened."
    )
)
class Mutation(
    CampaignMutations,
    CodeGroupMutations,
    PromotionMutations,
    CodeMutations,
    NumberSeriesMutations,
    JobMutations,
    ImportMutations,
    CustomerMutations,
    OrderMutations,
    UseMutations,
    IssuingMutations,
    BlockingMutations,
    CashbackMutations,
    ApiKeyMutations,
):
    pass
