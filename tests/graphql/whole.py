"""The largest selections: every field of a type, and of what it leads to."""

from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from tests.graphql.oracle import CONTRACT
from tests.graphql.oracle_rows import NOUNS, lists_itself


def whole(name: str, depth: int, *, lists: bool = True) -> str:
    """Every field of the type and of its objects, pages of two, so many types deep."""
    parent = CONTRACT.type_map[name]
    assert isinstance(parent, GraphQLObjectType)
    parts = []
    for field_name, field in parent.fields.items():
        inner = get_named_type(field.type)
        if not lists and lists_itself(name, field_name):
            continue
        given = "" if "customer" not in field.args else 'customer: {number: "C-98"}'
        arguments = f"({given})" if given else ""
        if is_leaf_type(inner):
            parts.append(f"{field_name}{arguments}")
        elif "first" in field.args:
            if depth > 0 and lists:
                entity = inner.name.removesuffix("Connection")
                nodes = f"nodes {{ {whole(entity, depth - 1)} }}"
                parts.append(f"{field_name}(first: 2 {given}) {{ totalCount {nodes} }}")
        elif depth > 0 or inner.name not in NOUNS:
            parts.append(
                f"{field_name}{arguments} {{ {whole(inner.name, depth - 1, lists=lists)} }}"
            )
    return " ".join(parts)
