import pytest
from graphql import ExecutionResult, execute, parse

from app.database import Database
from app.reading.errors import BadArgument
from graphql_schema.connections import OrderDirection
from graphql_schema.ids import encode_id
from graphql_schema.schema import schema
from graphql_schema.types.enums import described
from tests.graphql import shop
from tests.graphql.asking import Asking, counted

BAD_IDS = ["nonsense", "", encode_id("Job", 1), "MTpDYW1wYWlnbjowNDI"]


async def test_a_hundred_ids_and_no_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    document = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [encode_id("Code", number) for number in range(30, 131)]
    answer = await asking.data(document, ids=ids[:100])
    known = 1 + shop.CODES - 30
    right = [{"id": id_} for id_ in ids[:known]] + [None] * (100 - known)
    assert answer["nodes"] == right
    result = await asking(document, ids=ids)
    assert [str(error.original_error) for error in result.errors or ()] == [
        "At most 100 ids can be asked for at once; there are 101."
    ]
    assert len(asking.statements) == 1


async def test_ids_come_back_in_their_order_however_often(database: Database) -> None:
    await shop.fill(database)
    ids = [encode_id(*one) for one in (("Job", 2), ("Code", 9), ("Job", 1), ("Job", 2))]
    document = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"
    answer = await Asking(database).data(document, ids=[*ids, "?"])
    kinds = ["Job", "Code", "Job", "Job"]
    right = [{"id": id_, "__typename": kind} for id_, kind in zip(ids, kinds, strict=True)]
    assert answer["nodes"] == [*right, None]


@pytest.mark.parametrize("given", BAD_IDS)
async def test_a_filter_wants_the_id_of_its_type(database: Database, given: str) -> None:
    document = "query Q($id: ID) { codes(where: {campaign: $id}) { totalCount } }"
    result = await Asking(database)(document, id=given)
    assert result.errors is not None
    assert isinstance(result.errors[0].original_error, BadArgument)
    assert result.errors[0].message == "`where.campaign` is not the id of a Campaign."


async def test_keys_know_no_case(database: Database) -> None:
    await shop.fill(database)
    document = """query Q($key: String!, $start: String!) {
      campaign(key: $key) { id }
      equal: campaigns(where: {key: {eq: $key}}) { nodes { id } }
      among: campaigns(where: {key: {in: [$key]}}) { nodes { id } }
      starting: campaigns(where: {key: {startsWith: $start}}, first: 1) { nodes { id } }
      codes(where: {campaignKey: $key}) { totalCount } }"""
    asking = Asking(database)
    stored = await asking.data("{ campaigns(first: 1) { nodes { key } } }")
    key = stored["campaigns"]["nodes"][0]["key"]
    as_stored = await asking.data(document, key=key, start=key[:2])
    as_typed = await asking.data(document, key=f" {key.lower()}", start=key[:2].lower())
    assert as_typed == as_stored
    assert as_stored["campaign"] == as_stored["equal"]["nodes"][0]


async def test_a_row_is_found_however_its_name_was_pasted(database: Database) -> None:
    await shop.fill(database)
    asking = Asking(database)
    found = await asking.data("""{
      promotions(first: 1) { nodes { name } } numberSeriesList(first: 1) { nodes { name } }
      orders(first: 1) { nodes { number } } customers(first: 1) { nodes { number } } }""")
    first = [found[name]["nodes"][0] for name in found]
    given = {
        name: f"\ufeff{value}\u200b "
        for name, row in zip("pnoc", first, strict=True)
        for value in row.values()
    }
    document = """query ($p: String!, $n: String!, $o: String!, $c: String!) {
      promotion(name: $p) { name } numberSeries(name: $n) { name }
      order(number: $o) { number } customer(by: {number: $c}) { number } }"""
    assert list((await asking.data(document, **given)).values()) == first


@pytest.mark.parametrize("given", BAD_IDS[:-2])
async def test_a_look_up_by_what_is_no_id_finds_nothing(database: Database, given: str) -> None:
    await shop.fill(database)
    document = "query Q($id: ID!) { node(id: $id) { id } job(id: $id) { id } }"
    assert await Asking(database).data(document, id=given) == {"node": None, "job": None}


@pytest.mark.parametrize("skipped", [True, False])
async def test_one_document_with_and_without_its_parts(
    database: Database, *, skipped: bool
) -> None:
    """Which parts are left out belongs to the plan: both ways are asked, in either order."""
    await shop.fill(database)
    document = """query Q($off: Boolean!, $size: Int!) { campaigns(first: $size) {
        nodes { id @skip(if: $off) ...More @include(if: $off) } } }
        fragment More on Campaign { key }"""
    for off in (skipped, not skipped, skipped):
        for size in (1, 3):
            answer = await Asking(database).data(document, off=off, size=size)
            assert [list(node) for node in answer["campaigns"]["nodes"]] == [
                ["key"] if off else ["id"]
            ] * size


async def test_a_document_without_locations_cannot_be_planned(database: Database) -> None:
    answer = execute(
        schema._schema,  # noqa: SLF001 - graphql-core's schema
        parse("{ codes { totalCount } }", no_location=True),
        context_value=Asking(database).context(),
        executor_class=schema.execution_context_class,
    )
    assert not isinstance(answer, ExecutionResult)
    messages = [error.message for error in (await answer).errors or ()]
    assert messages == ["Documents must be parsed with their locations: they name their plans."]


def test_an_enum_without_all_its_descriptions_is_refused() -> None:
    with pytest.raises(ValueError, match="Describe exactly the values of OrderDirection"):
        described(OrderDirection, "Which way.", {"ASC": "Upwards."})


async def test_a_filter_chooses_among_a_hundred_values_and_no_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    document = "query Q($of: [String!]) { orders(where: {number: {in: $of}}) { totalCount } }"
    numbers = [f"O-{number % 4}{number}" for number in range(101)]
    answer = await asking.data(document, of=numbers[:100])
    assert answer == {"orders": {"totalCount": 14}}
    result = await asking(document, of=numbers)
    assert [str(error.original_error) for error in result.errors or ()] == [
        "`where.number.in` takes at most 100 values; there are 101."
    ]
    assert len(asking.statements) == 1
