import strawberry

from graphql_schema.types.enums import CountPrecision


@strawberry.type(description="How many codes there are of one status.")
class PoolCount:
    count: int = strawberry.field(description="How many, counted up to 10,000.")
    precision: CountPrecision = strawberry.field(
        description="Whether that is exact or where counting stopped."
    )


@strawberry.type(description="How many codes of a campaign have each status at this moment.")
class PoolCounts:
    created: PoolCount = strawberry.field(description="Made and not issued yet.")
    issued: PoolCount = strawberry.field(description="Issued vouchers that can be used.")
    active: PoolCount = strawberry.field(description="Source codes that can be used.")
    redeemed: PoolCount = strawberry.field(description="Used as often as their limits allow.")
    expired: PoolCount = strawberry.field(description="Codes whose valid-to has come.")
    withdrawn: PoolCount = strawberry.field(description="Taken out of use for ever.")
