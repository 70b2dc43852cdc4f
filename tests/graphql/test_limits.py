"""What a document may ask for, and what it is told when it asks for more."""

from pathlib import Path

import pytest
from graphql import build_schema, get_introspection_query

from app.config import Settings
from graphql_schema.documents import Documents
from graphql_schema.errors import ApiError, ErrorCode
from graphql_schema.schema import schema

SCHEMA = build_schema(Path(__file__).with_name("limits.graphql").read_text())


def documents(**limits: int) -> Documents:
    return Documents(SCHEMA, Settings().model_copy(update=limits))


def refusal(text: str, **limits: int) -> str:
    """The sentence by which the document is refused."""
    refused = documents(**limits).find(text).refused
    assert refused is not None
    assert refused.code is ErrorCode.QUERY_TOO_COMPLEX
    return refused.message


def cost(text: str, variables: dict[str, object] | None = None) -> int:
    document = documents().find(text)
    assert document.refused is None
    assert document.errors == ()
    return document.operation(None).cost_with(variables or {})


def allowed(text: str, **limits: int) -> bool:
    document = documents(**limits).find(text)
    return document.refused is None and not document.errors


def test_tokens() -> None:
    assert allowed("{ campaign(key: 1) { key } }".replace("1", '"a"'), max_tokens=11)
    assert refusal('{ campaign(key: "a") { key } }', max_tokens=10) == (
        "A document may have at most 10 tokens; split the request."
    )
    assert refusal("# a\n" * 11 + "{ __typename }", max_tokens=10) == (
        "A document may have at most 10 tokens; split the request."
    )


def test_characters() -> None:
    assert allowed("{ __typename }", max_document_characters=14)
    assert refusal("{ __typename  }", max_document_characters=14) == (
        "A document may have at most 14 characters; give values as variables."
    )


def test_depth_counts_fields_through_fragments() -> None:
    text = '{ campaign(key: "a") { ...More } } fragment More on Campaign { ... { key } }'
    assert allowed(text, max_depth=2)
    assert refusal(text, max_depth=1) == (
        "Fields may stand at most 1 inside each other; "
        "ask for the inner part in a request of its own."
    )


def test_lists_count_connections_once() -> None:
    text = '{ campaign(key: "a") { codes { nodes { campaign { codes { nodes { text } } } } } } }'
    assert allowed(text, max_nested_lists=2)
    assert refusal(text, max_nested_lists=1).startswith("Lists may stand at most 1 inside")
    assert allowed("{ campaigns { edges { node { key } } } }", max_nested_lists=1)
    assert not allowed("{ everything { tags { name } } }", max_nested_lists=1)


def test_aliases() -> None:
    assert allowed("{ a: __typename b: __typename }", max_aliases=2)
    assert refusal("{ a: __typename b: __typename c: __typename }", max_aliases=2) == (
        "A document may have at most 2 aliases; split it."
    )


def test_equal_keys_are_counted_through_fragments() -> None:
    twice = 'query { campaign(key: "a") { key ...F ... on Campaign { name } } }'
    text = f"{twice} fragment F on Campaign {{ key key }}"
    assert allowed(text, max_equal_keys=3)
    assert refusal(text, max_equal_keys=2) == (
        "One selection may name the same field or alias at most 2 times; name it once."
    )


def test_fragments() -> None:
    text = "{ ...A ...B } fragment A on Query { __typename } fragment B on Query { __typename }"
    assert allowed(text, max_fragments=2)
    assert refusal(text, max_fragments=1) == (
        "A document may define at most 1 fragments; merge some."
    )


@pytest.mark.parametrize(
    "text",
    [
        "query @skip(if: true) @include(if: true) { __typename }",
        "query ($a: Int @skip(if: true), $b: Int @skip(if: true)) { __typename }",
        "{ a: __typename @skip(if: true) @include(if: true) }",
        "{ ... @skip(if: true) @include(if: true) { __typename } }",
        "{ ...F @skip(if: true) @include(if: true) } fragment F on Query { __typename }",
        "{ ...F } fragment F on Query @skip(if: true) @include(if: true) { __typename }",
    ],
)
def test_directives_are_counted_wherever_they_stand(text: str) -> None:
    assert refusal(text, max_directives=1) == "A document may have at most 1 directives; split it."
    assert documents(max_directives=2).find(text).refused is None


def test_names_and_numbers_have_an_end() -> None:
    sentence = "A name or a number may have at most 100 characters."
    assert refusal("{ " + "a" * 101 + " }") == sentence
    assert refusal("{ campaigns(first: " + "1" * 101 + ") { totalCount } }") == sentence
    assert allowed('{ campaign(key: "' + "a" * 101 + '") { key } }')
    assert allowed("# " + "a" * 101 + "\n{ __typename }")


def test_nul_is_no_text() -> None:
    refused = documents().find('{ campaign(key: "a\\u0000") { key } }').refused
    assert isinstance(refused, ApiError)
    assert refused.code is ErrorCode.BAD_USER_INPUT
    assert (
        refused.message
        == "A text may not contain the character NUL (U+0000): see line 1, column 17."
    )


def test_selections_without_fields_do_not_go_deeper_than_the_stack() -> None:
    nested = "... { " * 150
    fragment = f"fragment F on Query {{ {nested} __typename {'}' * 150} }}"
    text = f"{{ {nested} ...F {'} ' * 150} }} {fragment}"
    assert refusal(text) == "Selections may stand at most 200 inside each other."


def test_circles_end_and_are_refused_by_validation() -> None:
    document = documents().find(
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    )
    assert document.refused is None
    assert document.errors[0].message.startswith("Cannot spread fragment 'A' within itself")


def test_unknown_things_are_left_to_validation() -> None:
    text = "{ nothing { a } ...Gone ... on Nowhere { b { c } } } fragment F on Nowhere { d { e } }"
    document = documents().find(text)
    assert document.refused is None
    assert len(document.errors) > 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ('{ campaign(key: "a") { key name } }', 1),
        ("{ campaigns(first: 3) { totalCount } }", 1),
        ("{ campaigns(first: 3) { nodes { key } } }", 1 + 3),
        ("{ campaigns { nodes { key } } }", 1 + 20),
        ("{ campaigns(where: {enabled: true}, first: 3) { nodes { key } } }", 1 + 3),
        ("{ campaigns(last: 7) { nodes { key } } }", 1 + 7),
        ("{ campaigns(first: null, last: 7) { nodes { key } } }", 1 + 7),
        ("{ campaigns(first: 9999) { nodes { key } } }", 1 + 100),
        ("{ campaigns(first: -1) { nodes { key } } }", 1),
        ("{ campaigns(first: 2) { pageInfo { hasNextPage } edges { node { key } } } }", 1 + 2 * 3),
        ("{ campaigns(first: 5) { nodes { codes(first: 4) { nodes { text } } } } }", 1 + 5 * 6),
        ('{ nodes(ids: ["a", "b"]) { tags { name } } }', 1 + 2 * 2),
        ("{ ...A ...A } fragment A on Query { campaigns(first: 1) { nodes { key } } }", 4),
        ('mutation { rename(key: "a") { key } }', 11),
        ("subscription { renamed { key } }", 1),
    ],
)
def test_cost(text: str, expected: int) -> None:
    assert cost(text) == expected


PAGES = "query ($n: Int, $m: Int = 4) { campaigns(first: $n) { nodes { ...C } } } "
CODES = "fragment C on Campaign { codes(first: $m) { nodes { text } } }"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, 1 + 20 * (1 + 1 + 4)),
        ({"n": None}, 1 + 20 * (1 + 1 + 4)),
        ({"n": 3}, 1 + 3 * (1 + 1 + 4)),
        ({"n": 3, "m": 10}, 1 + 3 * (1 + 1 + 10)),
        ({"n": 10**9}, 1 + 100 * (1 + 1 + 4)),
        ({"n": "many"}, 1 + 100 * (1 + 1 + 4)),
    ],
)
def test_cost_follows_variables(variables: dict[str, object], expected: int) -> None:
    assert cost(PAGES + CODES, variables) == expected


@pytest.mark.parametrize(
    ("selected", "expected"),
    [
        ("status", 0),
        ("redeemable", 10),
        ("validityStatus", 10),
        ("validity { redeemable }", 11),
        ("validity { levels { status } }", 12),
        ("group { activationStatus }", 11),
        ("campaign { poolCounts { issued { count } } }", 1 + 10 + 1 + 1),
    ],
)
def test_what_is_worked_out_of_many_rows_costs_as_much_as_ten_objects(
    selected: str, expected: int
) -> None:
    found = Documents(schema._schema, Settings()).find(  # noqa: SLF001 - its only name
        f"{{ codes(first: 3) {{ nodes {{ {selected} }} }} }}"
    )
    assert found.errors == ()
    assert found.operation(None).cost_with({}) == 1 + 3 * (1 + expected)


def test_cost_follows_a_list_of_ids() -> None:
    text = 'query ($ids: [ID!]! = ["a", "b", "c"]) { nodes(ids: $ids) { key } }'
    assert cost(text) == 1 + 3
    text = text.replace("key", "codes(first: 1) { nodes { text } }")
    assert cost(text) == 1 + 3 * 3
    assert cost(text, {"ids": ["a"] * 5}) == 1 + 5 * 3


def test_defaults_that_are_no_number_of_rows_change_nothing() -> None:
    text = "query ($n: Int = null, $on: Boolean = true) { campaigns(first: $n) "
    assert cost(text + "{ nodes { key @include(if: $on) } } }") == 1 + 20


def test_a_cost_beyond_the_limit_says_what_to_do() -> None:
    with pytest.raises(ApiError) as refused:
        documents().limits.check_cost(10_001)
    assert refused.value.message == (
        "This operation may touch 10,001 objects; at most 10,000 are allowed. "
        "Ask for fewer with `first`, leave out nested lists, or split it."
    )
    documents().limits.check_cost(10_000)


def test_a_fragment_in_many_places_is_costed_once_and_counted_everywhere() -> None:
    """The parts of a cost form a graph: 4 levels of 9 spreads each are not walked 9^4 times."""
    levels = "".join(
        f" fragment F{level} on Campaign {{ "
        + " ".join(
            f"a{level}{i}: codes(first: $n) {{ nodes {{ campaign {{ ...F{level + 1} }} }} }}"
            for i in range(4)
        )
        + " }"
        for level in range(4)
    )
    text = f'query ($n: Int) {{ campaign(key: "a") {{ ...F0 }} }}{levels}'
    text += " fragment F4 on Campaign { key }"
    assert cost(text, {"n": 1}) == 1 + 12 + 48 + 192 + 768


def test_standard_introspection_takes_half_of_what_is_allowed() -> None:
    assert cost(get_introspection_query(input_value_deprecation=True)) == 5_000
    assert cost('{ __type(name: "Code") { fields { name type { name kind } } } }') < 100
    many = "__schema { types { name fields { name args { name type { name } } } } }"
    aliases = " ".join(f"a{number}: {many}" for number in range(20))
    assert cost(f"{{ {aliases} }}") > cost(f"{{ {many} }}") * 19


def test_limits_below_the_standard_introspection_still_start() -> None:
    assert refusal(get_introspection_query(), max_depth=3).startswith("Fields may stand")
