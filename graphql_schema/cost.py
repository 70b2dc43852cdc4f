"""How many objects an operation may touch at most: an object 1, a connection `first` x its row.

A field that is worked out of other rows costs as much as ten objects.

What depends on variables stays a small formula, so that a cached document is costed in no time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)

from app.reading.declarations import Computed
from app.reading.nouns import READABLES
from graphql_schema.selections import snake

OBJECT = 1
MUTATION = 10
WORKED_OUT = 10
"""A field that a rule answers over other rows, such as the promotions of a code's group."""
DEFAULT_ROWS = 20
MAX_ROWS = 100


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows a list asks for: a number, or the variable that holds it (or the ids)."""

    count: int
    variable: str | None = None

    def value(self, variables: Mapping[str, Any]) -> int:
        """Out of range is refused elsewhere; here it counts as the most that can be had."""
        given = variables.get(self.variable) if self.variable else None
        if given is None:
            return self.count
        if isinstance(given, list):
            return min(len(given), MAX_ROWS)
        return given if isinstance(given, int) and 0 <= given <= MAX_ROWS else MAX_ROWS


ONE = Rows(1)


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """A number, plus parts whose number of rows is known with the variables only.

    A fragment's cost is one object wherever it is spread: the parts form a graph, not a tree.
    """

    fixed: int = 0
    parts: tuple[tuple[Rows, "Cost"], ...] = ()

    def value(self, variables: Mapping[str, Any]) -> int:
        return self.value_among(variables, {})

    def value_among(self, variables: Mapping[str, Any], known: dict[int, int]) -> int:
        """The value, each part worked out once: `known` holds those that already were."""
        if not self.parts:
            return self.fixed
        if id(self) not in known:
            known[id(self)] = self.fixed + sum(
                rows.value(variables) * part.value_among(variables, known)
                for rows, part in self.parts
            )
        return known[id(self)]

    def times(self, rows: Rows) -> "Cost":
        if not self.parts and rows.variable is None:
            return Cost(OBJECT + rows.count * self.fixed)
        return Cost(OBJECT, ((rows, self),))


FREE = Cost()


def total(costs: Iterable[Cost]) -> Cost:
    found = list(costs)
    parts = tuple((ONE, cost) for cost in found if cost.parts)
    return Cost(sum(cost.fixed for cost in found if not cost.parts), parts)


class Prices:
    """What each field of one schema costs.

    Introspection is priced by the work it is: the standard query costs half of what is allowed.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        kinds = list(schema.type_map.values())
        fields = [kind.fields for kind in kinds if is_object_type(kind) or is_interface_type(kind)]
        self.lists = {
            ("__Schema", "types"): len(kinds),
            ("__Schema", "directives"): len(schema.directives),
            ("__Type", "fields"): _average(len(found) for found in fields),
            ("__Type", "interfaces"): 1,
            ("__Type", "possibleTypes"): _average(
                len(schema.get_possible_types(kind)) for kind in kinds if is_abstract_type(kind)
            ),
            ("__Type", "inputFields"): _average(
                len(kind.fields) for kind in kinds if is_input_object_type(kind)
            ),
            ("__Type", "enumValues"): _average(
                len(kind.values) for kind in kinds if is_enum_type(kind)
            ),
            ("__Field", "args"): _average(
                len(field.args) for found in fields for field in found.values()
            ),
            ("__Directive", "args"): 1,
            **dict.fromkeys(_batches(schema), MAX_ROWS),
        }
        self.introspection = 1.0
        self.worked_out = {
            (noun.name, name)
            for noun in READABLES.values()
            for name, declared in noun.fields.items()
            if isinstance(declared, Computed) and declared.lists
        }

    def set_introspection(self, standard: int, cost: int) -> None:
        self.introspection = cost / standard

    def leaf(self, parent: GraphQLNamedType, node: FieldNode) -> Cost:
        """What a field costs beside what is selected in it: nothing, unless it reads many rows."""
        reads_rows = (parent.name, snake(node.name.value)) in self.worked_out
        return Cost(WORKED_OUT) if reads_rows else FREE

    def field(
        self, parent: GraphQLNamedType, node: FieldNode, kind: GraphQLField, row: Cost
    ) -> Cost:
        """An object, a connection or a list of ids, `row` being what is selected in it."""
        if "ids" in kind.args:
            return total((Cost(OBJECT), row)).times(_rows(node, ("ids",), MAX_ROWS))
        if "first" in kind.args:
            return row.times(_rows(node, ("first", "last"), DEFAULT_ROWS))
        if node.name.value in {"__schema", "__type"}:
            return Cost(ceil(row.fixed * self.introspection))
        row = total((row, self.leaf(parent, node)))
        return row.times(Rows(self.lists.get((parent.name, node.name.value), 1)))


def _batches(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """The fields of payloads that answer every row of a batch, which may have the most rows."""
    mutations = schema.mutation_type.fields.values() if schema.mutation_type else ()
    for payload in {get_named_type(mutation.type) for mutation in mutations}:
        for name, field in getattr(payload, "fields", {}).items():
            entity = getattr(get_named_type(field.type), "interfaces", ())
            if entity and is_list_type(get_nullable_type(field.type)):
                yield payload.name, name


def _average(counts: Iterable[int]) -> int:
    found = list(counts)
    return ceil(sum(found) / len(found)) if found else 1


def _rows(node: FieldNode, names: tuple[str, ...], otherwise: int) -> Rows:
    for argument in node.arguments or ():
        if argument.name.value in names:
            rows = _literal_rows(argument.value, otherwise)
            if rows is not None:
                return rows
    return Rows(otherwise)


def _literal_rows(value: ValueNode, otherwise: int) -> Rows | None:
    if isinstance(value, NullValueNode):
        return None
    if isinstance(value, VariableNode):
        return Rows(otherwise, value.name.value)
    return Rows(_number(value))


def _number(value: ValueNode) -> int:
    """What a literal asks for; nonsense counts as the most, and fails later."""
    if isinstance(value, ListValueNode):
        return min(len(value.values), MAX_ROWS)
    if isinstance(value, IntValueNode) and len(value.value) <= len(str(MAX_ROWS)):
        return min(max(int(value.value), 0), MAX_ROWS)
    return MAX_ROWS


def defaults(operation: OperationDefinitionNode) -> dict[str, int]:
    """The numbers of rows that an operation's own variable defaults ask for."""
    return {
        variable.variable.name.value: _number(variable.default_value)
        for variable in operation.variable_definitions or ()
        if isinstance(variable.default_value, IntValueNode | ListValueNode)
    }
