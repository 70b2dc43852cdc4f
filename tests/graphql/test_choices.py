"""Inputs of which exactly one field is given, such as `CustomerBy`: what is wrong, and where."""

import pytest

from tests.graphql.service import Running

ONE = (
    "Within OneOf Input Object type 'CustomerBy', exactly one field must be specified,"
    " and the value for that field must be non-null."
)
CUSTOMER = "query ($by: CustomerBy!) { customer(by: $by) { id } }"
FRAGMENT = "fragment Found on Query { customer(by: {email: $email}) { id } }"


async def told(service: Running, query: str, **variables: object) -> tuple[str, list[int]]:
    """The sentence of the one error, and the columns to which it points."""
    (error,) = (await service.ask(query, **variables))["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    return error["message"], [place["column"] for place in error["locations"]]


@pytest.mark.parametrize("by", ['{email: "a", login: "b"}', "{}", "{email: null}"])
async def test_in_the_document(service: Running, by: str) -> None:
    assert await told(service, f"{{ customer(by: {by}) {{ id }} }}") == (ONE, [16])


@pytest.mark.parametrize(
    ("by", "place"), [({"email": "a", "login": "b"}, ""), ({}, ""), ({"email": None}, " at .email")]
)
async def test_in_a_variable(service: Running, by: dict[str, str], place: str) -> None:
    sentence = f"Variable '$by' has invalid value{place}: {ONE}"
    assert await told(service, CUSTOMER, by=by) == (sentence, [8])


async def test_from_a_variable_that_is_null(service: Running) -> None:
    query = "query ($email: String) { customer(by: {email: $email}) { id } }"
    sentence = (
        "Argument 'by' has invalid value: Expected variable '$email' provided to field 'email'"
        " for OneOf Input Object type 'CustomerBy' not to be None."
    )
    assert await told(service, query, email=None) == (sentence, [39])


async def test_from_a_variable_that_nobody_defined(service: Running) -> None:
    query = "{ customer(by: {email: $email}) { id } }"
    assert await told(service, query) == ("Variable '$email' is not defined.", [24, 1])


async def test_in_a_fragment_that_stands_before_its_operation(service: Running) -> None:
    query = f"{FRAGMENT} query ($email: String!) {{ ...Found }}"
    assert await service.data(query, email="ada@example.com") == {"customer": None}
