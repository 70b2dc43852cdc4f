import strawberry

from graphql_schema.types.enums import UserErrorCode


@strawberry.type(
    description="One reason why an input was refused. A payload carries all of them at once."
)
class UserError:
    """Answered by a domain `Problem`, whose attributes have the same names."""

    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason and what to do about it, for people.")
    field: list[str] = strawberry.field(
        description="The path of the input field that it is about; empty: the input as a whole."
    )
