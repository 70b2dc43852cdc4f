from typing import Any

import strawberry

from app.domain.number_series import NumberSeriesDraft
from app.services.editing import Target
from graphql_schema.inputs.given import EXPECTED_VERSION, given, optional, target
from graphql_schema.scalars import BigInt, Json


@strawberry.input(description="A number series to create.")
class CreateNumberSeriesInput:
    name: str = strawberry.field(description="A name that no other series has.")
    mask: str = strawberry.field(description="How a number becomes a code: `SUMMER-0000#`.")
    last_number: BigInt | None = optional("The number before the first one; default 0.")
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")

    def draft(self) -> NumberSeriesDraft:
        values = given(self)
        named = {name: value for name, value in values.items() if value is not None}
        return NumberSeriesDraft(**named)


@strawberry.input(
    description="Changes of a number series: what is left out stays, null gives the default."
)
class UpdateNumberSeriesInput:
    id: strawberry.ID = strawberry.field(description="The id of the series.")
    expected_version: int | None = optional(EXPECTED_VERSION)
    name: str | None = optional("A name that no other series has.")
    mask: str | None = optional("Can be changed until the first number is drawn.")
    last_number: BigInt | None = optional("Can be changed until the first number is drawn.")
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")

    def changes(self) -> tuple[Target, dict[str, Any]]:
        values = given(self)
        return target(values, "NumberSeries", "number series"), values


@strawberry.input(description="A number series to take out of use for ever.")
class ArchiveNumberSeriesInput:
    id: strawberry.ID = strawberry.field(description="The id of the series.")
    expected_version: int | None = optional(EXPECTED_VERSION)

    def target(self) -> Target:
        return target(given(self), "NumberSeries", "number series")
