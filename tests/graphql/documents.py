"""Documents made at random, and the same again for the same seed: deep, aliased, in fragments."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

import orjson
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    get_named_type,
    is_leaf_type,
)

from graphql_schema.ids import encode_id
from tests.graphql.asking import CURSORS
from tests.graphql.oracle import CONTRACT, LISTS, NEWEST_FIRST, Oracle, place
from tests.graphql.oracle_rows import NOUNS, lists_itself, lists_of, rows, snake

T = TypeVar("T")

MOST_LISTS = 5
NOT_PLANNED = {"maskPreview", "validateCode"}
IDS = ["nonsense", *(encode_id(name, number) for name in NOUNS for number in (1, 2, 5, 999))]
STATUSES = ["CREATED", "ISSUED", "ACTIVE", "REDEEMED", "EXPIRED", "WITHDRAWN"]
MOMENTS = ["2026-11-22T11:00:00.25Z", "2026-11-22T10:00:00.25+01:00", "2020-01-01T00:00:00Z"]
BY = [
    {"id": encode_id("Customer", 2)},
    {"id": encode_id("Code", 2)},
    {"number": " C-98"},
    {"number": "C-97"},
    {"number": "nobody"},
    {"login": "login2"},
    {"email": "One1@example.org "},
    {"email": "one0@example.org"},
]
LOOKUPS: Mapping[str, Sequence[Any]] = {
    "id": IDS,
    "key": ["KEY8", "KEY7", "KEY1", "key8", ""],
    "code": ["SUM00007", "sum-00_011", "s4 x", "none of it", "-"],
    "name": ["Series E", "Series D", "?", "Promotion 33", "Promotion 15"],
    "number": ["O-11", " O-06 ", "none"],
    "by": BY,
    "customer": BY,
    "application": ["app", " app", "Köln", "web", ""],
}
OPTIONAL = {"customer", "application"}
FILTERS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "Campaign": {
        "kind": [{"eq": "VOUCHER"}, {"in": ["SOURCE"]}, {"in": []}, {"eq": None}],
        "key": [{"startsWith": "KEY"}, {"eq": "KEY8"}, {"in": ["KEY7", "KEY1"]}],
        "name": [{"startsWith": "Campaign 2"}],
        "reportingCode": [{"eq": "R2"}, {"in": ["R0", "R1"]}, None],
        "enabled": [True, False, None],
        "archived": [True, False, None],
    },
    "Code": {
        "code": ["sum 00007", "S4X", "?"],
        "codePrefix": ["s", "sum-0001", "SUM9", "é"],
        "campaign": [encode_id("Campaign", 2), encode_id("Campaign", 99)],
        "campaignKey": ["KEY8", "KEY6", "none"],
        "status": [{"eq": status} for status in STATUSES]
        + [{"in": STATUSES[:3]}, {"in": []}, {"eq": "ISSUED", "in": ["ISSUED", "EXPIRED"]}],
        "validity": ["VALID", "INVALID", None],
        "issueReference": [{"eq": "basket-1"}, {"in": ["basket-3", "basket-5"]}],
        "createdByJob": [encode_id("Job", 3)],
        "group": [encode_id("CodeGroup", 2), encode_id("CodeGroup", 9)],
        "issuedTo": [encode_id("Customer", 1)],
    },
    "Job": {
        "kind": [{"eq": "IMPORT"}, {"in": ["EXPORT", "GENERATE"]}],
        "status": [{"in": ["SUCCESS", "PENDING", "FAILED"]}],
        "campaign": [encode_id("Campaign", 2)],
        "reference": [{"eq": "po-2"}],
        "queuedAt": [
            {"gte": MOMENTS[1]},
            {"lt": MOMENTS[0]},
            {"gte": MOMENTS[2], "lt": MOMENTS[0]},
        ],
    },
    "NumberSeries": {"name": [{"startsWith": "Series"}], "archived": [True, None]},
    "CodeGroup": {
        "campaign": [encode_id("Campaign", 2)],
        "key": [{"startsWith": "group"}, {"in": ["GROUP1", "group4"]}],
        "name": [{"startsWith": "Group 1"}],
        "enabled": [True, False],
        "archived": [True, False, None],
    },
    "Promotion": {
        "campaign": [encode_id("Campaign", 3)],
        "name": [{"startsWith": "Promotion"}, {"eq": "Promotion 33"}],
        "discountKind": [{"eq": "GIFT"}, {"in": ["PERCENT", "AMOUNT"]}],
        "enabled": [True, False],
        "archived": [True, False, None],
    },
    "Customer": {
        "number": [{"startsWith": "C-9"}, {"in": ["C-98", "C-1"]}],
        "login": [{"eq": "login2"}],
        "email": [{"eq": "ONE1@example.org"}, {"eq": "one0@example.org"}],
    },
    "Order": {
        "number": [{"startsWith": "O-1"}, {"eq": "O-06"}],
        "customer": [encode_id("Customer", 2), encode_id("Customer", 9)],
    },
    "Redemption": {
        "code": [encode_id("Code", 3)],
        "customer": [encode_id("Customer", 2)],
        "order": [encode_id("Order", 4)],
        "state": [{"eq": "CONFIRMED"}, {"in": ["REVERSED", "CONFIRMED"]}],
    },
    "Reservation": {"ended": [True, False]},
    "Cashback": {"disabled": [True, False]},
    "CodeEvent": {"kind": [{"eq": "REDEEMED"}, {"in": ["ISSUED", "UPDATED"]}]},
    "Attempt": {"operation": [{"eq": "redeemCode"}]},
    "RowResult": {"outcome": [{"eq": "FAILED"}, {"in": ["INSERTED", "NO_ACTION"]}]},
    "ApiKey": {
        "name": [{"startsWith": "Key"}, {"in": ["Key 1", "Key 2"]}, {"eq": "Key 0"}],
        "revoked": [True, False, None],
    },
    "ApiKeySecret": {"replaced": [True, False]},
    "AuditEntry": {
        "caller": ["key:1", "key:9"],
        "operation": [{"eq": "deleteCode"}, {"in": ["updateCampaign", "upsertOrders"]}],
        "entity": [encode_id("Campaign", 2), encode_id("Code", 3)],
        "at": [{"gte": MOMENTS[2], "lt": MOMENTS[0]}, {"lt": MOMENTS[1]}],
    },
}
ORDERED = {
    "Campaign": ["ID", "KEY", "NAME"],
    "Code": ["ID", "CODE"],
    "Job": ["QUEUED_AT"],
    "NumberSeries": ["ID", "NAME"],
    "CodeGroup": ["ID", "KEY", "NAME"],
    "Promotion": ["ID", "NAME"],
    "Customer": ["ID", "NUMBER"],
    "Order": ["ID", "NUMBER"],
    "Redemption": ["ID"],
    "Reservation": ["ID"],
    "Cashback": ["ID"],
    "CodeEvent": ["ID"],
    "Attempt": ["ID"],
    "RowResult": ["ROW"],
    "ApiKey": ["ID", "NAME"],
    "ApiKeySecret": ["ID"],
    "AuditEntry": ["AT"],
}

LEADING = {
    "Campaign": set[str](),
    "Code": {"campaign", "campaignKey", "createdByJob", "issueReference", "group", "issuedTo"},
    "CodeGroup": {"campaign"},
    "Promotion": {"campaign"},
    "Customer": {"email"},
    "Order": {"customer"},
}
"""Filters that go with the first order alone."""


DEEP = {"validity"}
"""Filters of which the deepest list has none."""
ENUMS = {"validity", "field", "direction", "kind", "status", "discountKind", "state", "outcome"}


class Dice:
    """Chance that can be repeated."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._thrown = 0

    def below(self, limit: int) -> int:
        self._thrown += 1
        digest = blake2b(f"{self._seed} {self._thrown}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % limit

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def one(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]


class Room(NamedTuple):
    """How much deeper a document may get; `alias` where types with equal names meet."""

    depth: int
    lists: int = 0
    alias: bool = False

    def inside(self, *, lists: int = 0, alias: bool = False) -> "Room":
        return Room(self.depth - 1, self.lists + lists, alias)


class Document:
    """One document and its variables."""

    def __init__(self, seed: int, *, reveals: bool = True) -> None:
        self.dice = Dice(seed)
        self.reveals = reveals
        self.names = 0
        self.fragments: list[str] = []
        self.definitions: list[str] = []
        self.variables: dict[str, object] = {}
        query = CONTRACT.query_type
        assert query is not None
        roots = [name for name in query.fields if name not in NOT_PLANNED]
        chosen = [self.dice.one(roots) for _ in range(1 + self.dice.below(3))]
        body = " ".join(self.field("Query", name, query.fields[name], Room(5)) for name in chosen)
        head = f"query Any{self.definition_list()}"
        self.text = " ".join([f"{head} {{ {body} }}", *self.fragments])

    def definition_list(self) -> str:
        return f"({', '.join(self.definitions)})" if self.definitions else ""

    def name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    def selection(self, parent: Any, room: Room) -> str:  # noqa: ANN401 - a composite type
        """A selection set that is never empty, cut short where it gets deep."""
        leaves = [
            name for name, one in parent.fields.items() if is_leaf_type(get_named_type(one.type))
        ]
        objects = [
            name
            for name, one in parent.fields.items()
            if not is_leaf_type(get_named_type(one.type))
        ]
        chosen = [self.dice.one(leaves) for _ in range(self.dice.below(6) if leaves else 0)]
        if room.depth > 0 and objects:
            chosen += [self.dice.one(objects) for _ in range(1 + self.dice.below(3))]
        parts = [self.part(parent, name, room) for name in chosen]
        if isinstance(parent, GraphQLInterfaceType) and room.depth > 0:
            possibles = CONTRACT.get_possible_types(parent)
            for possible in dict.fromkeys(self.dice.one(possibles) for _ in range(3)):
                inner = self.selection(possible, room.inside(alias=True))
                parts.append(f"... on {possible.name} {{ {inner} }}")
        return " ".join(parts or ["__typename"])

    def part(self, parent: Any, name: str, room: Room) -> str:  # noqa: ANN401 - as above
        """A field, bare or within a fragment, perhaps with a directive."""
        text = self.field(parent.name, name, parent.fields[name], room)
        match self.dice.below(12):
            case 0:
                return f"... on {parent.name} {{ {text} }}"
            case 1:
                return f"... {self.switch()} {{ {text} }}"
            case 2:
                fragment = self.name("F")
                self.fragments.append(f"fragment {fragment} on {parent.name} {{ {text} }}")
                return f"...{fragment} ...{fragment}"
            case 3 if {"id", "metadata"} <= parent.fields.keys():
                return f"... on Node {{ id __typename }} {text}"
            case _:
                return text

    def switch(self) -> str:
        directive = self.dice.one(["@skip", "@include"])
        value = self.dice.one(["true", "false", ""])
        if not value:
            value = self.variable("Boolean!", self.dice.chance(50))
        return f"{directive}(if: {value})"

    def variable(self, kind: str, value: object) -> str:
        name = self.name("v")
        self.definitions.append(f"${name}: {kind}")
        self.variables[name] = value
        return f"${name}"

    def field(self, parent: str, name: str, field: GraphQLField, room: Room) -> str:
        """A field with its selections; sometimes twice, which the executor must merge."""
        if room.lists >= MOST_LISTS and lists_itself(parent, name):
            return "__typename"
        arguments = self.arguments(parent, name, field, room)
        aliased = arguments or room.alias or self.dice.chance(20)
        alias = f"{self.name('a')}: " if aliased else ""
        switch = f" {self.switch()}" if self.dice.chance(8) else ""
        head = f"{alias}{name}{arguments}{switch}"
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            return head
        inside = room.inside(lists=lists_of(parent, name) if "first" in field.args else 0)
        if inside.lists > MOST_LISTS:
            return "__typename"
        count = 2 if self.dice.chance(10) else 1
        return " ".join(f"{head} {{ {self.selection(inner, inside)} }}" for _ in range(count))

    # Arguments

    def arguments(self, parent: str, name: str, field: GraphQLField, room: Room) -> str:
        if "first" in field.args:
            deepest = room.lists + lists_of(parent, name) >= MOST_LISTS
            given = self.page(parent, name, LISTS.get(snake(name), ""), deepest=deepest)
            if "customer" in field.args:
                given.append(("customer", "CustomerBy!", self.dice.one(BY)))
        elif "ids" in field.args:
            given = [("ids", "[ID!]!", [self.dice.one(IDS) for _ in range(self.dice.below(6))])]
        else:
            given = [
                (key, f"{field.args[key].type}", self.dice.one(LOOKUPS[key]))
                for key in field.args
                if key not in OPTIONAL or self.dice.chance(70)
            ]
        texts = [f"{key}: {self.value(kind, value)}" for key, kind, value in given]
        return f"({', '.join(texts)})" if texts else ""

    def page(
        self, parent: str, name: str, target: str, *, deepest: bool
    ) -> list[tuple[str, str, object]]:
        orders = ORDERED[target] if parent == "Query" else ORDERED[target][:1]
        order = self.dice.one([one for one in orders if self.reveals or one != "CODE"])
        direction = self.dice.one(["ASC", "DESC"])
        given: list[tuple[str, str, object]] = []
        if self.dice.chance(70):
            given.append(("orderBy", f"{target}Order", {"field": order, "direction": direction}))
        else:
            order, direction = ORDERED[target][0], "DESC" if target in NEWEST_FIRST else "ASC"
        if self.dice.chance(60):
            given.append(("where", f"{target}Where", self.where(target, order, deepest=deepest)))
        edge = self.dice.one([("first", "after"), ("last", "before")])
        if self.dice.chance(80):
            given.append((edge[0], "Int", 1 + self.dice.below(4)))
            if not self.filtered(given) and parent == "Query" and self.dice.chance(40):
                row = self.dice.one([one for one in rows()[target] if not self.archived(one)])
                cursor = CURSORS.encode(f"{parent}.{name} {order} {direction}", place(row, order))
                given.append((edge[1], "String", cursor))
        return given

    @staticmethod
    def filtered(given: Sequence[tuple[str, str, object]]) -> bool:
        return any(key == "where" for key, _, _ in given)

    @staticmethod
    def archived(row: object) -> bool:
        return getattr(row, "archived_at", None) is not None

    def where(self, target: str, order: str, *, deepest: bool) -> dict[str, object]:
        names = [
            name
            for name in FILTERS[target]
            if (self.reveals or name != "codePrefix")
            and not (order != ORDERED[target][0] and name in LEADING.get(target, ()))
            and not (deepest and name in DEEP)
        ]
        chosen = {self.dice.one(names) for _ in range(1 + self.dice.below(2))}
        return {name: self.dice.one(FILTERS[target][name]) for name in sorted(chosen)}

    def value(self, kind: str, value: object) -> str:
        """As a variable or written out."""
        return self.variable(kind, value) if self.dice.chance(30) else literal(value)


def literal(value: object, *, enum: bool = False) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return value if enum else f'"{value}"'
        case list():
            return f"[{', '.join(literal(one, enum=enum) for one in value)}]"
        case dict():
            return f"{{{', '.join(_entry(key, one, enum=enum) for key, one in value.items())}}}"
        case _:
            return str(value)


def _entry(key: str, value: object, *, enum: bool) -> str:
    is_enum = key in ENUMS or (enum and key in {"eq", "in"})
    return f"{key}: {literal(value, enum=is_enum)}"


@lru_cache(maxsize=600)
def expected(seed: int, *, reveals: bool) -> tuple[Document, bytes]:
    """A document and the oracle's answer to it."""
    document = Document(seed, reveals=reveals)
    answer = Oracle(reveals=reveals)(document.text, **document.variables)
    assert answer.errors is None, document.text
    return document, orjson.dumps(answer.data)
