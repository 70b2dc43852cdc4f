from collections.abc import Iterable

import strawberry

from app.domain.refusals import Problem
from graphql_schema.types.enums import UserErrorCode


@strawberry.type(
    description="One reason why an input was refused. A payload carries all of them at once."
)
class UserError:
    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason and what to do about it, for people.")
    field: list[str] = strawberry.field(
        description="The path of the input field that it is about; empty: the input as a whole."
    )


def user_errors(problems: Iterable[Problem]) -> list[UserError]:
    return [
        UserError(code=problem.code, message=problem.message, field=list(problem.field))
        for problem in problems
    ]
