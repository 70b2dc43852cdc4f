"""What a request asks for, in neither GraphQL's nor SQL's words.

`key` is where an answer stands in its object; it never reaches SQL. `site` numbers the place of one
field with arguments in a request: aliases of a field with other arguments have other sites.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.reading.declarations import Computed, Expression, Many, One
from app.reading.facts import Argument


@dataclass(frozen=True, slots=True)
class Known:
    """An answer that needs no row, made anew for each place: a refusal."""

    key: str
    make: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    key: str
    field: Expression
    masked: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A computed field; its arguments, if it has any, are bound at the site."""

    key: str
    field: Computed
    site: int | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """The row of a to-one relation."""

    key: str
    field: One
    selection: "Selection"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows: all of a type, or those that `link` joins to the row it belongs to."""

    key: str
    place: str
    target: str
    link: Many | None
    site: int
    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The one row whose unique column holds the site's value, or what `by` names in its way."""

    key: str
    column: str
    site: int
    selection: "Selection"
    by: Argument | None = None


@dataclass(frozen=True, slots=True)
class Nodes:
    """Rows of any type by id, in the order of the ids; each row of a refused type is refused."""

    key: str
    site: int
    many: bool
    by_type: Mapping[str, "Selection | Known"]


Pick = Known | Leaf | Answer | Related | Page | Found | Nodes


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields of one object; `tagged` objects tell their type."""

    target: str
    picks: tuple[Pick, ...]
    tagged: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a page, of an edge or of page info."""

    key: str
    name: str
    parts: tuple["Part", ...] = ()
    selection: Selection | None = None


TAG = ""
"""Where a tagged object tells its type; no response key is empty."""
