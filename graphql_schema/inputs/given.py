"""From what a caller gave to what the services take: names of columns, numbers of rows."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import strawberry

from app.domain.refusals import Problem, Refusal, UserErrorCode
from app.services.editing import Target
from graphql_schema.ids import find_id

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

EXPECTED_VERSION = "The version you read; when somebody else changed it since, nothing happens."


def optional(description: str) -> Any:  # noqa: ANN401 - stands for any field's default
    """A field that may be left out, which is not the same as null."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def given(values: "DataclassInstance") -> dict[str, Any]:
    """What was given, null as None; what was left out is not in it."""
    found = {field.name: getattr(values, field.name) for field in fields(values)}
    return {name: value for name, value in found.items() if value is not strawberry.UNSET}


def row(text: str, type_name: str, field: str, what: str) -> int:
    """The number of the row that the id names; NOT_FOUND when it can name none of this type."""
    number = find_id(text, type_name)
    if number is None:
        message = f"There is no {what} with this id."
        raise Refusal(Problem(UserErrorCode.NOT_FOUND, message, (field,)))
    return number


def target(values: dict[str, Any], type_name: str, what: str) -> Target:
    """Take the row to change, and the version it must have, out of the values."""
    number = row(values.pop("id"), type_name, "id", what)
    return Target(number, values.pop("expected_version", None))
