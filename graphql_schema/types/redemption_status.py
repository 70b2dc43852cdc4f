import strawberry


@strawberry.type(description="How often something was used, of how often it can be.")
class UseCount:
    used: int = strawberry.field(description="Uses that count; reversed ones do not.")
    limit: int | None = strawberry.field(description="The most uses there can be; null: no limit.")
    remaining: int | None = strawberry.field(
        description="The limit less what was used; null without a limit."
    )
    reserved: int = strawberry.field(description="Uses that are held for somebody now.")
    available: int | None = strawberry.field(
        description="What remains and nobody holds; null without a limit."
    )
    text: str = strawberry.field(description="For people: `3/10`, or `3/∞` without a limit.")


@strawberry.type(
    description="How often a code was used, of how often it can be; the limits of its own."
)
class RedemptionStatus(UseCount):
    customer: UseCount | None = strawberry.field(
        description="The customer's uses of this code; null when none was named or found."
    )
