"""How large a document may be, decided before validation and execution spend work on it.

One walk over the selections, fragments once each, so its own time is linear in the document.
"""

from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    TokenKind,
    get_introspection_query,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    parse,
)

from app.config import Settings
from graphql_schema.cost import FREE, MUTATION, Cost, Prices, total
from graphql_schema.errors import bad_input, too_complex
from graphql_schema.requests import NO_NUL

MAX_NAME = 100
TEXTS = {TokenKind.STRING, TokenKind.BLOCK_STRING}
# Selection sets inside each other, inline fragments included: the walk itself is recursive.
MAX_NESTING = 200


@dataclass(slots=True)
class Measure:
    """What a selection set, with everything below it, adds to its document."""

    depth: int = 0
    lists: int = 0
    cost: Cost = FREE
    keys: dict[str, int] = field(default_factory=dict)


def check_tokens(document: DocumentNode) -> bool:
    """Refuse names, numbers and characters that nothing here has; True when a text is long.

    Suggestions compare a wrong name with every right one, in time that grows with its length.
    """
    long = False
    token = document.loc.start_token if document.loc else None
    while token is not None:
        value = token.value or ""
        if token.kind in TEXTS:
            long = long or len(value) > MAX_NAME
            if "\x00" in value:
                raise bad_input(f"{NO_NUL}: see line {token.line}, column {token.column}.")
        elif len(value) > MAX_NAME and token.kind is not TokenKind.COMMENT:
            raise too_complex(f"A name or a number may have at most {MAX_NAME} characters.")
        token = token.next
    return long


class Limits:
    """The limits of the settings, for documents of one schema."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self.schema = schema
        self.settings = settings
        self.prices = Prices(schema)
        standard = parse(get_introspection_query(input_value_deprecation=True))
        (cost,) = _Walk(standard, schema, Settings.model_construct(), self.prices).costs().values()
        self.prices.set_introspection(cost.value({}), settings.max_cost // 2)

    def costs(self, document: DocumentNode) -> dict[str, Cost]:
        """Check every definition; the cost of each operation by its name, "" when it has none.

        Knows no validity: what the schema lacks is passed over here.
        """
        return _Walk(document, self.schema, self.settings, self.prices).costs()

    def check_cost(self, cost: int) -> None:
        limit = self.settings.max_cost
        if cost > limit:
            raise too_complex(
                f"This operation may touch {cost:,} objects; at most {limit:,} are allowed. "
                "Ask for fewer with `first`, leave out nested lists, or split it."
            )


class _Walk:
    def __init__(
        self, document: DocumentNode, schema: GraphQLSchema, settings: Settings, prices: Prices
    ) -> None:
        self.definitions = document.definitions
        self.schema = schema
        self.settings = settings
        self.prices = prices
        self.fragments = {
            node.name.value: node
            for node in self.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self.measured: dict[str, Measure] = {}
        self.aliases = 0
        self.directives = 0

    def costs(self) -> dict[str, Cost]:
        limit = self.settings.max_fragments
        if sum(isinstance(node, FragmentDefinitionNode) for node in self.definitions) > limit:
            raise too_complex(f"A document may define at most {limit} fragments; merge some.")
        found: dict[str, Cost] = {}
        for definition in self.definitions:
            if isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else ""
                found[name] = self.operation(definition).cost
        for fragment in self.fragments:
            self.fragment(fragment, 0)
        return found

    def operation(self, node: OperationDefinitionNode) -> Measure:
        self.count_directives(node)
        for variable in node.variable_definitions or ():
            self.count_directives(variable)
        root = self.schema.get_root_type(node.operation)
        measure = self.selections(node.selection_set, root, 0)
        self.check_totals(measure)
        if node.operation is OperationType.MUTATION:
            fields = Cost(sum(measure.keys.values()) * MUTATION)
            measure.cost = total((measure.cost, fields))
        return measure

    def check_totals(self, measure: Measure) -> None:
        settings = self.settings
        if measure.depth > settings.max_depth:
            raise too_complex(
                f"Fields may stand at most {settings.max_depth} inside each other; "
                "ask for the inner part in a request of its own."
            )
        if measure.lists > settings.max_nested_lists:
            raise too_complex(
                f"Lists may stand at most {settings.max_nested_lists} inside each other; "
                "ask for the inner ones in a request of their own."
            )

    def fragment(self, name: str, nesting: int) -> Measure:
        """Measured once, wherever it is spread; a circle adds nothing and fails validation."""
        if name not in self.measured:
            self.measured[name] = Measure()
            node = self.fragments[name]
            self.count_directives(node)
            kind = self.composite(node.type_condition.name.value)
            self.measured[name] = self.selections(node.selection_set, kind, nesting)
            self.check_totals(self.measured[name])
        return self.measured[name]

    def selections(
        self, node: SelectionSetNode, kind: GraphQLCompositeType | None, nesting: int
    ) -> Measure:
        if nesting > MAX_NESTING:
            raise too_complex(f"Selections may stand at most {MAX_NESTING} inside each other.")
        whole = Measure()
        costs = []
        for selection in node.selections:
            self.count_directives(selection)
            part = self.selection(selection, kind, nesting + 1)
            whole.depth = max(whole.depth, part.depth)
            whole.lists = max(whole.lists, part.lists)
            costs.append(part.cost)
            self.count_keys(whole.keys, part.keys)
        whole.cost = total(costs)
        return whole

    def count_keys(self, whole: dict[str, int], part: dict[str, int]) -> None:
        """Add what a field or a fragment names at this place, as merging will compare them."""
        limit = self.settings.max_equal_keys
        for key, times in part.items():
            whole[key] = whole.get(key, 0) + times
            if whole[key] > limit:
                raise too_complex(
                    f"One selection may name the same field or alias at most {limit} times; "
                    "name it once."
                )

    def selection(
        self, node: SelectionNode, kind: GraphQLCompositeType | None, nesting: int
    ) -> Measure:
        if isinstance(node, FieldNode):
            return self.field(node, kind, nesting)
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = self.composite(condition.name.value) if condition else kind
            return self.selections(node.selection_set, inner, nesting)
        name = node.name.value  # type: ignore[attr-defined]  # the third kind is a spread
        return self.fragment(name, nesting) if name in self.fragments else Measure()

    def field(self, node: FieldNode, kind: GraphQLCompositeType | None, nesting: int) -> Measure:
        if node.alias:
            self.aliases += 1
            limit = self.settings.max_aliases
            if self.aliases > limit:
                raise too_complex(f"A document may have at most {limit} aliases; split it.")
        key = (node.alias or node.name).value
        measure = Measure(depth=1, keys={key: 1})
        if node.selection_set is None:
            if kind:
                measure.cost = self.prices.leaf(kind, node)
            return measure
        definition = self.schema.get_field(kind, node.name.value) if kind else None
        target = get_named_type(definition.type) if definition else None
        inner = self.selections(
            node.selection_set, target if is_composite_type(target) else None, nesting
        )
        measure.depth += inner.depth
        measure.lists = inner.lists + _is_new_list(kind, definition)
        if kind and definition:
            measure.cost = self.prices.field(kind, node, definition, inner.cost)
        return measure

    def composite(self, name: str) -> GraphQLCompositeType | None:
        found = self.schema.get_type(name)
        return found if is_composite_type(found) else None

    def count_directives(self, node: object) -> None:
        self.directives += len(getattr(node, "directives", None) or ())
        limit = self.settings.max_directives
        if self.directives > limit:
            raise too_complex(f"A document may have at most {limit} directives; split it.")


def _is_new_list(parent: GraphQLNamedType | None, definition: GraphQLField | None) -> int:
    """1 for a connection or a list; the lists that a connection is made of are the same list."""
    if parent is None or definition is None or parent.name.endswith("Connection"):
        return 0
    kind = definition.type
    if is_non_null_type(kind):
        kind = kind.of_type
    return int(is_list_type(kind) or get_named_type(kind).name.endswith("Connection"))
