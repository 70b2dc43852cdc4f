"""The cache of judged documents: once each, bounded in entries and bytes."""

from pathlib import Path

import pytest
from graphql import OperationType, build_schema

from app.config import Settings
from graphql_schema.documents import Documents
from graphql_schema.errors import ApiError

SCHEMA = build_schema(Path(__file__).with_name("limits.graphql").read_text())


def documents(**limits: int) -> Documents:
    return Documents(SCHEMA, Settings().model_copy(update=limits))


@pytest.mark.parametrize("text", ["{ __typename }", "{ nothing }", "{", "{ " + "a" * 200 + " }"])
def test_a_text_is_judged_once_whatever_the_judgement(text: str) -> None:
    cache = documents()
    assert cache.find(text) is cache.find(text)
    assert len(cache) == 1


def test_the_least_recently_used_is_forgotten() -> None:
    cache = documents(document_cache_entries=2)
    first = cache.find("{ a: __typename }")
    second = cache.find("{ b: __typename }")
    assert cache.find("{ a: __typename }") is first
    cache.find("{ c: __typename }")
    assert len(cache) == 2
    assert cache.find("{ a: __typename }") is first
    assert cache.find("{ b: __typename }") is not second


def test_bytes_are_bounded_by_what_parsed_documents_hold() -> None:
    cache = documents(document_cache_bytes=100_000)
    for number in range(100):
        cache.find(f"{{ a{number}: __typename b: __typename c: __typename }}")
        assert cache.weight <= 100_000
    assert 0 < len(cache) < 20
    big = "{ " + "__typename " * 18 + " #" + "x" * 60_000 + "\n}"
    found = cache.find(big)
    assert found.weight == len(big) + 700 * 21
    assert cache.weight <= 100_000


def test_refusals_weigh_what_their_text_weighs() -> None:
    cache = documents()
    assert cache.find("{ ü").weight == 4
    assert cache.find("{ " + "a" * 200 + " }").weight == 204


def test_operations_by_name() -> None:
    document = documents().find("query A { __typename } mutation B { rename(key: 1) { key } }")
    assert document.errors != ()
    document = documents().find("query A { __typename } query B { __typename }")
    assert document.operation("B").name == "B"
    assert document.operation("B").kind is OperationType.QUERY
    for wrong in (None, "", "C"):
        with pytest.raises(ApiError):
            document.operation(wrong)
    assert documents().find("{ __typename }").operation(None).name is None


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "query A {}",
        "{ campaign(key: 1) {} }",
        "{ ... {} }",
        "{ ... on Query {} }",
        "{ ...F } fragment F on Query {}",
        "{ __typename } query B { # nothing\n }",
    ],
)
def test_a_selection_set_is_never_empty(text: str) -> None:
    (error,) = documents().find(text).errors
    assert error.message == "Syntax Error: Expected Name, found '}'."


def test_only_ten_problems_are_told() -> None:
    document = documents().find("{ " + " ".join(f"wrong{number}" for number in range(50)) + " }")
    assert len(document.errors) == 10
    assert document.errors[0].message == "Cannot query field 'wrong0' on type 'Query'."


def test_suggestions_are_for_short_texts() -> None:
    near, long = ('{ campain(key: "%s") { key } }' % ("a" * length) for length in (1, 200))
    sentence = "Cannot query field 'campain' on type 'Query'."
    suggestion = " Did you mean 'campaign' or 'campaigns'?"
    assert documents().find(near).errors[0].message == sentence + suggestion
    assert documents().find(long).errors[0].message == sentence


def test_only_operations_can_be_sent() -> None:
    assert documents().find("type A { a: Int }").errors != ()
    assert documents().find("fragment F on Query { __typename }").operations == {}
    with pytest.raises(ApiError):
        documents().find("# nothing\n fragment F on Query { __typename }").operation(None)


@pytest.mark.parametrize("field", ["__schema { types { name } }", '__type(name: "Query") { name }'])
def test_the_schema_is_told_unless_a_setting_forbids_it(field: str) -> None:
    query = f"{{ {field} }}"
    assert documents().find(query).errors == ()
    (error, *_) = documents(introspection=False).find(query).errors
    assert error.message.startswith("GraphQL introspection has been disabled")
    assert documents(introspection=False).find("{ __typename }").errors == ()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("{ campain(key: 1) { id } }", "campaign"),
        ("{ campaign(kee: 1) { id } }", "key"),
        ("{ campaigns(where: {kynd: {}}) { totalCount } }", "kind"),
        ("{ campaigns(where: {kind: {eq: SAUCE}}) { totalCount } }", "SOURCE"),
        (
            "query ($where: CampaignWher) { campaigns(where: $where) { totalCount } }",
            "CampaignWhere",
        ),
    ],
)
def test_nor_does_it_guess_then_at_what_was_meant(query: str, name: str) -> None:
    """Whoever misspells long enough would be told all of it."""

    def told(**settings: bool) -> list[str]:
        return [error.message for error in documents(**settings).find(query).errors]

    assert any(f"'{name}'" in message for message in told())
    hidden = told(introspection=False)
    assert hidden
    assert not any("Did you mean" in message for message in hidden)
