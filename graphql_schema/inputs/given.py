"""From what a caller gave to what the services take: names of columns, numbers of rows."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import strawberry

from app.domain.refusals import Problem, Refusal, UserErrorCode
from app.services.editing import Target
from graphql_schema.ids import find_id

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NOTHING = 0
"""The number of no row: services tell that it is not there, together with all else."""
EXPECTED_VERSION = "The version you read; when somebody else changed it since, nothing happens."


def optional(description: str) -> Any:  # noqa: ANN401 - stands for any field's default
    """A field that may be left out, which is not the same as null."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def given(values: "DataclassInstance") -> dict[str, Any]:
    """What was given, null as None; what was left out is not in it."""
    found = {field.name: getattr(values, field.name) for field in fields(values)}
    return {name: value for name, value in found.items() if value is not strawberry.UNSET}


def without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """On creation null means what leaving out means: the default."""
    return {name: value for name, value in values.items() if value is not None}


def with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    """Lists as drafts hold them."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }


def row_or_nothing(text: str, type_name: str) -> int:
    """The number of the row that the id names, NOTHING when it can name none of this type."""
    return find_id(text, type_name) or NOTHING


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
