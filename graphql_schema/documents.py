"""Documents parsed, checked against the limits, validated and costed once, and then remembered."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from app.config import Settings
from graphql_schema.cost import Cost, defaults
from graphql_schema.errors import ApiError, bad_input, too_complex
from graphql_schema.limits import Limits, check_tokens

RULES = (*specified_rules, MaybeNullValidationRule)
MAX_VALIDATION_ERRORS = 10
# What the parsed form of one token holds in memory, its node and its place included.
BYTES_PER_TOKEN = 700
# Comparisons of equal keys that one document may cause; real documents need some hundreds.
MERGE_BUDGET = 50_000
TANGLED = (
    "Too many equal fields would have to be compared; name each field once where it is needed."
)

overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = MERGE_BUDGET


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a document, found valid and allowed but for its variables."""

    document: DocumentNode
    node: OperationDefinitionNode
    cost: Cost
    row_defaults: Mapping[str, Any]

    @property
    def kind(self) -> OperationType:
        return self.node.operation

    @property
    def name(self) -> str | None:
        return self.node.name.value if self.node.name else None

    def cost_with(self, variables: Mapping[str, Any]) -> int:
        return self.cost.value({**self.row_defaults, **variables})


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """The judgement of one text: its operations by name, or why it is refused."""

    weight: int
    operations: Mapping[str, Operation]
    errors: tuple[GraphQLError, ...] = ()
    refused: ApiError | None = None

    def operation(self, name: str | None) -> Operation:
        """The one named, or the only one there is."""
        if name is not None:
            if name not in self.operations or not name:
                raise bad_input(f"The document has no operation named {name[:100]!r}.")
            return self.operations[name]
        if len(self.operations) != 1:
            raise bad_input("Say with operationName which operation of the document to run.")
        return next(iter(self.operations.values()))


class Documents:
    """The judged documents by their text, the least recently used forgotten first."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self._schema = schema
        self._settings = settings
        self.limits = Limits(schema, settings)
        hidden = () if settings.introspection else (NoSchemaIntrospectionCustomRule,)
        self._rules = (*RULES, *hidden)
        self._known: OrderedDict[str, Document] = OrderedDict()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._known)

    def find(self, text: str) -> Document:
        document = self._known.get(text)
        if document is None:
            document = self._judge(text)
            self._remember(text, document)
        else:
            self._known.move_to_end(text)
        return document

    def _remember(self, text: str, document: Document) -> None:
        self._known[text] = document
        self.weight += document.weight
        settings = self._settings
        while (
            len(self._known) > settings.document_cache_entries
            or self.weight > settings.document_cache_bytes
        ):
            _, forgotten = self._known.popitem(last=False)
            self.weight -= forgotten.weight

    def _judge(self, text: str) -> Document:
        weight = len(text.encode())
        try:
            parsed = self._parse(text)
            long = check_tokens(parsed)
            costs = self.limits.costs(parsed)
        except GraphQLSyntaxError as error:
            return Document(weight, {}, errors=(error.with_traceback(None),))
        except ApiError as error:
            return Document(weight, {}, refused=error.with_traceback(None))
        weight += BYTES_PER_TOKEN * parsed.token_count
        found = validate(
            self._schema,
            parsed,
            self._rules,
            max_errors=MAX_VALIDATION_ERRORS,
            hide_suggestions=long or not self._settings.introspection,
        )
        errors = [error for error in found if not isinstance(error, ValidationAbortedError)]
        if errors:
            return Document(weight, {}, errors=tuple(errors))
        if found:
            return Document(weight, {}, refused=too_complex(TANGLED))
        return Document(weight, _operations(parsed, costs))

    def _parse(self, text: str) -> DocumentNode:
        settings = self._settings
        if len(text) > settings.max_document_characters:
            raise too_complex(
                f"A document may have at most {settings.max_document_characters:,} characters; "
                "give values as variables."
            )
        try:
            return parse(
                text,
                # The grammar has none of them; graphql-core takes them ahead of it.
                allow_empty_selection_sets=False,
                max_lexical_tokens=settings.max_tokens,
                max_comments=settings.max_tokens,
            )
        except GraphQLSyntaxError as error:
            if not error.description.startswith("Document contains more than"):
                raise
        raise too_complex(
            f"A document may have at most {settings.max_tokens:,} tokens; split the request."
        )


def _operations(parsed: DocumentNode, costs: Mapping[str, Cost]) -> dict[str, Operation]:
    return {
        name: Operation(parsed, node, costs[name], defaults(node))
        for node in parsed.definitions
        if isinstance(node, OperationDefinitionNode)
        for name in (node.name.value if node.name else "",)
    }
