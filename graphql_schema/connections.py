"""Pages of lists, after the Relay specification, and how planned fields are declared."""

from enum import StrEnum
from typing import Any, Generic, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from graphql_schema.types.enums import CountPrecision, described

Entity = TypeVar("Entity")


class OrderDirection(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


described(
    OrderDirection,
    "Which end of an order comes first.",
    {"ASC": "The smallest or oldest first.", "DESC": "The largest or newest first."},
)


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether entries follow this page; with `last`, whether `before` was given."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether entries precede this page; with `first`, whether `after` was given."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first entry, for `before`; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last entry, for `after`; null on an empty page."
    )


@strawberry.type(description="One entry of a list, and its place there.")
class Edge(Generic[Entity]):
    cursor: str = strawberry.field(
        description="The entry's place, for `after` or `before` of the same list and order."
    )
    node: Entity = strawberry.field(description="The entry itself.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[Entity]):
    edges: list[Edge[Entity]] = strawberry.field(description="The entries with their cursors.")
    nodes: list[Entity] = strawberry.field(description="The entries without their cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the list.")
    total_count: int = strawberry.field(
        description="How many entries the list has over all pages, counted up to 10,000."
    )
    total_count_precision: CountPrecision = strawberry.field(
        description="Whether `totalCount` is exact or where counting stopped."
    )


def argument(name: str, kind: object, description: str) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(kind),
        description=description,
    )


def planned(description: str, *arguments: StrawberryArgument) -> Any:  # noqa: ANN401 - stands for any type's default
    """A field whose arguments the planner reads from the document; no function receives them."""
    field = StrawberryField(description=description)
    field.arguments = list(arguments)
    return field


def paged(description: str, *arguments: StrawberryArgument, where: type, order_by: type) -> Any:  # noqa: ANN401 - as above
    """A list as a connection: with arguments of its own, and those that every list has."""
    return planned(
        description,
        *arguments,
        argument("where", where | None, "Which entries; all conditions have to hold."),
        argument("order_by", order_by | None, "In which order; cursors belong to one order."),
        argument(
            "first", int | None, "How many from the start or from `after`: 1 to 100, default 20."
        ),
        argument("after", str | None, "Continue behind this cursor; goes with `first`."),
        argument("last", int | None, "How many from the end or before `before`: 1 to 100."),
        argument("before", str | None, "Continue before this cursor; goes with `last`."),
    )
