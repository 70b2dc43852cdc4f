"""A GraphQL request as HTTP and sockets carry it: read from JSON, its shape checked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from graphql_schema.errors import bad_input, too_complex

MAX_DEPTH = 32
MAX_VALUES = 5_000
"""Most objects and lists in the variables: what is made of each costs far more than its bytes."""
NO_NUL = "A text may not contain the character NUL (U+0000)"
# An escaped NUL that is not itself the end of an escaped backslash.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Malformed(Exception):  # noqa: N818 - says what the message is, not what failed
    """The message is not a GraphQL request at all; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    operation_name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]

    @property
    def wants_cost(self) -> bool:
        return self.extensions.get("cost") is True


def read_json(text: bytes | str) -> object:
    """Parse JSON as the specification has it: no NaN, no broken UTF-8, no bottomless nesting."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = f", at line {error.lineno}, column {error.colno}" if error.pos else ""
        sentence = "The message is not valid JSON in UTF-8 of whole characters and finite numbers"
        raise Malformed(f"{sentence}{place}.") from None


def read_request(parameters: object) -> GraphQLRequest:
    """Check the shape of the parameters; unknown ones are ignored, null ones count as absent."""
    if isinstance(parameters, list):
        raise Malformed("Batches are not supported: send each operation as a request of its own.")
    if not isinstance(parameters, dict):
        raise Malformed("The request must be a JSON object with the entry `query`.")
    query = parameters.get("query")
    if not isinstance(query, str) or not query:
        raise Malformed("The entry `query` must be the text of a GraphQL document.")
    name = parameters.get("operationName")
    if not isinstance(name, str | None):
        raise Malformed("The entry `operationName` must be a string.")
    return GraphQLRequest(
        query, name or None, _map(parameters, "variables"), _map(parameters, "extensions")
    )


def _map(parameters: dict[str, Any], name: str) -> dict[str, Any]:
    value = parameters.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"The entry `{name}` must be a JSON object.")
    return value


def check_values(request: GraphQLRequest) -> None:
    """Refuse what JSON can say but no field here can hold: NUL, and values without end."""
    level: list[Any] = [request.variables]
    depth = seen = 0
    while level:
        depth += 1
        seen += len(level)
        if depth > MAX_DEPTH:
            raise bad_input(f"Variables may be nested at most {MAX_DEPTH} deep.")
        if seen > MAX_VALUES:
            raise too_complex(
                f"Variables may hold at most {MAX_VALUES:,} objects and lists; split the request."
            )
        level = [inner for value in level for inner in _inside(value)]
    text = orjson.dumps(request.variables)
    if b"\\u0000" in text and NUL.search(text):
        way = "".join(next(_ways_to_nul(request.variables))).removeprefix(".")
        raise bad_input(f"{NO_NUL}: see {f'${way}' if way else 'the names of the variables'}.")


def _ways_to_nul(value: object) -> Iterator[list[str]]:
    """The way to each text with a NUL; it ends at an object when one of its keys has one."""
    match value:
        case str() if "\0" in value:
            yield []
        case dict():
            if any("\0" in name for name in value):
                yield []
            for name, inner in value.items():
                yield from ([f".{name}", *way] for way in _ways_to_nul(inner))
        case list():
            for index, inner in enumerate(value):
                yield from ([f"[{index}]", *way] for way in _ways_to_nul(inner))


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    """The objects and lists directly inside this one."""
    inner = value.values() if isinstance(value, dict) else value
    return [item for item in inner if isinstance(item, dict | list)]
