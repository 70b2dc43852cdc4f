"""Whether a code can be used: levels, their fields, and every reason why not."""

from typing import cast

import strawberry

from app.domain import levels
from graphql_schema.types.validity_enums import (
    Level,
    LevelStatus,
    Outcome,
    Reason,
    Severity,
    ValidityStatus,
)


@strawberry.type(description="One fact that a level checks.")
class CheckedField:
    name: str = strawberry.field(description="What is checked, such as `usesRemaining`.")
    outcome: Outcome = strawberry.field(description="What came of it.")


@strawberry.type(
    description="One promotion of the code, with the campaigns through which it has to pass."
)
class CheckedPromotion:
    promotion_id: strawberry.ID | None = strawberry.field(
        description="The promotion; null when the code has none and its campaign alone decides."
    )
    status: LevelStatus = strawberry.field(description="What came of it.")
    fields: list[CheckedField] = strawberry.field(
        description="What is checked of the promotion, its own campaign and the code's campaign."
    )


@strawberry.type(description="The rules of one level, from the code outwards.")
class CheckedLevel:
    level: Level = strawberry.field(description="Which level.")
    status: LevelStatus = strawberry.field(
        description="INVALID when a field fails; of promotions, when all of them do."
    )
    fields: list[CheckedField] = strawberry.field(
        description="What is checked; of promotions it stands in `entries`."
    )
    entries: list[CheckedPromotion] = strawberry.field(
        description="The promotions of the code; empty at other levels."
    )


@strawberry.type(description="One reason, with what it is about.")
class ValidityWarning:
    level: Level = strawberry.field(description="The level at which it stands.")
    entity: str = strawberry.field(description="The type of what it is about, such as `Campaign`.")
    entity_id: strawberry.ID | None = strawberry.field(
        description="The id of what it is about; null for a code that does not exist."
    )
    field: str = strawberry.field(description="The field of the level.")
    reason: Reason = strawberry.field(description="The reason, for programs.")
    severity: Severity = strawberry.field(description="Whether it stands in the way.")
    actual: str | None = strawberry.field(description="What is, where that says more.")
    required: str | None = strawberry.field(description="What would have to be.")
    message: str = strawberry.field(description="The reason and what to do, for people.")


@strawberry.type(description="Whether a code can be used, and every reason why not.")
class Validity:
    redeemable: bool | None = strawberry.field(
        description="Null when it cannot be said without a customer or an application."
    )
    validity_status: ValidityStatus = strawberry.field(
        description="Green or red: whether some promotion of the code, with its campaigns, is"
        " switched on and in its range. It says nothing about uses, dates of the code or customers."
    )
    levels: list[CheckedLevel] = strawberry.field(
        description="The levels. GROUP is listed when it is not valid, or the code has several"
        " promotions or campaigns; CASHBACK for codes that have some."
    )
    warnings: list[ValidityWarning] = strawberry.field(
        description="All reasons at once, by level and field."
    )


def shown_validity(found: levels.Validity | None) -> Validity | None:
    """The domain's own object: its attributes are the fields, with ids as callers see them."""
    return cast("Validity | None", found)
