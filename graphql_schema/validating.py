from typing import Annotated

import strawberry

from app.domain.refusals import Refusal
from graphql_schema.context import Info
from graphql_schema.inputs.life import ValidateCodeInput, values
from graphql_schema.types.user_error import UserError, user_errors
from graphql_schema.types.validity import Validity, shown_validity


@strawberry.type(description="What redeeming a code would be answered at this moment.")
class CodeValidation:
    validity: Validity | None = strawberry.field(
        description="What the rules say; null when that is not for the caller's ears."
    )
    user_errors: list[UserError] = strawberry.field(
        description="What stands in the way, or is wrong with the input, as redeeming would say it."
    )


async def validate_code(
    info: Info,
    given: Annotated[
        ValidateCodeInput, strawberry.argument(name="input", description="The code, and for whom.")
    ],
) -> CodeValidation:
    context = info.context
    try:
        told = await context.guarded.validate(context.database, context.caller, values(given))
    except Refusal as refusal:
        return CodeValidation(validity=None, user_errors=user_errors(refusal.problems))
    return CodeValidation(
        validity=shown_validity(told.validity), user_errors=user_errors(told.problems)
    )
