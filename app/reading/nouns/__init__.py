"""Everything that can be read: the types with a table, the values, and the ways in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.campaigns import normal_key
from app.reading.declarations import Readable, Value
from app.reading.nouns.campaign import CAMPAIGN, ISSUED_CODE_VALIDITY
from app.reading.nouns.code import CODE, find_normal_form
from app.reading.nouns.job import JOB, JOB_PROGRESS
from app.reading.nouns.number_series import NUMBER_SERIES

READABLES: Mapping[str, Readable] = {
    noun.name: noun for noun in (CAMPAIGN, CODE, NUMBER_SERIES, JOB)
}
VALUES: Mapping[str, Value] = {one.name: one for one in (ISSUED_CODE_VALIDITY, JOB_PROGRESS)}


@dataclass(frozen=True, slots=True)
class Lookup:
    """The one row whose unique column holds the argument; `parse` says None of what none has."""

    target: str
    column: str
    argument: str
    parse: Callable[[str], str | None] = str


@dataclass(frozen=True, slots=True)
class Listed:
    """All rows of a type, as pages."""

    target: str


@dataclass(frozen=True, slots=True)
class AnyById:
    """Rows of any type by their ids: one, or a list of them."""

    many: bool


Root = Lookup | Listed | AnyById

ROOTS: Mapping[str, Root] = {
    "node": AnyById(many=False),
    "nodes": AnyById(many=True),
    "campaign": Lookup("Campaign", "key", "key", normal_key),
    "campaigns": Listed("Campaign"),
    "code": Lookup("Code", "normal_form", "code", find_normal_form),
    "codes": Listed("Code"),
    "number_series": Lookup("NumberSeries", "name", "name"),
    "number_series_list": Listed("NumberSeries"),
    "job": Lookup("Job", "id", "id"),
    "jobs": Listed("Job"),
}
