"""Everything that can be read: the types with a table, the values, and the ways in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.campaigns import normal_key
from app.domain.lines import trimmed
from app.reading.declarations import Readable, Value
from app.reading.facts import Argument
from app.reading.nouns.api_key import API_KEY, API_KEY_SECRET
from app.reading.nouns.audit_entry import AUDIT_ENTRY
from app.reading.nouns.campaign import (
    CAMPAIGN,
    ISSUED_CODE_VALIDITY,
    POOL_COUNT,
    POOL_COUNTS,
)
from app.reading.nouns.cashback import CASHBACK
from app.reading.nouns.code import (
    CHECKED_FIELD,
    CHECKED_LEVEL,
    CHECKED_PROMOTION,
    CODE,
    REDEMPTION_STATUS,
    USE_COUNT,
    VALIDITY,
    VALIDITY_WARNING,
    find_normal_form,
)
from app.reading.nouns.code_group import CODE_GROUP
from app.reading.nouns.customer import CUSTOMER, CUSTOMER_BY
from app.reading.nouns.history import ATTEMPT, CODE_EVENT
from app.reading.nouns.job import JOB, JOB_PROGRESS, ROW_RESULT
from app.reading.nouns.money import MONEY
from app.reading.nouns.number_series import NUMBER_SERIES
from app.reading.nouns.order import ORDER
from app.reading.nouns.promotion import DISCOUNT, PROMOTION
from app.reading.nouns.redemption import REDEMPTION, RESERVATION

READABLES: Mapping[str, Readable] = {
    noun.name: noun
    for noun in (
        CAMPAIGN,
        CODE_GROUP,
        PROMOTION,
        NUMBER_SERIES,
        CODE,
        CUSTOMER,
        ORDER,
        REDEMPTION,
        RESERVATION,
        CASHBACK,
        CODE_EVENT,
        ATTEMPT,
        JOB,
        ROW_RESULT,
        API_KEY,
        API_KEY_SECRET,
        AUDIT_ENTRY,
    )
}
NODES = frozenset(name for name, noun in READABLES.items() if "id" in noun.fields)
"""The types whose rows have an id of their own."""
VALUES: Mapping[str, Value] = {
    one.name: one
    for one in (
        CHECKED_FIELD,
        CHECKED_LEVEL,
        CHECKED_PROMOTION,
        DISCOUNT,
        ISSUED_CODE_VALIDITY,
        JOB_PROGRESS,
        MONEY,
        POOL_COUNT,
        POOL_COUNTS,
        REDEMPTION_STATUS,
        USE_COUNT,
        VALIDITY,
        VALIDITY_WARNING,
    )
}


@dataclass(frozen=True, slots=True)
class Lookup:
    """The one row whose unique column holds the argument; `parse` says None of what none has.

    `guess`: the argument may be a guess, which is counted when it finds nothing.
    """

    target: str
    column: str
    argument: str
    parse: Callable[[str], str | None] = str
    guess: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """The one row that the argument `by` names, in one of its ways."""

    by: Argument

    @property
    def target(self) -> str:
        return self.by.target


@dataclass(frozen=True, slots=True)
class Listed:
    """All rows of a type, as pages."""

    target: str


@dataclass(frozen=True, slots=True)
class AnyById:
    """Rows of any type by their ids: one, or a list of them."""

    many: bool


Root = Lookup | Named | Listed | AnyById

ROOTS: Mapping[str, Root] = {
    "node": AnyById(many=False),
    "nodes": AnyById(many=True),
    "campaign": Lookup("Campaign", "key", "key", normal_key),
    "campaigns": Listed("Campaign"),
    "code": Lookup("Code", "normal_form", "code", find_normal_form, guess=True),
    "codes": Listed("Code"),
    "code_group": Lookup("CodeGroup", "key", "key", normal_key),
    "code_groups": Listed("CodeGroup"),
    "promotion": Lookup("Promotion", "name", "name", trimmed),
    "promotions": Listed("Promotion"),
    "customer": Named(CUSTOMER_BY),
    "customers": Listed("Customer"),
    "order": Lookup("Order", "number", "number", trimmed),
    "orders": Listed("Order"),
    "redemptions": Listed("Redemption"),
    "number_series": Lookup("NumberSeries", "name", "name", trimmed),
    "number_series_list": Listed("NumberSeries"),
    "job": Lookup("Job", "id", "id"),
    "jobs": Listed("Job"),
    "api_keys": Listed("ApiKey"),
    "audit_entries": Listed("AuditEntry"),
}
