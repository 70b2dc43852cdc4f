from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from app.database import Database
from app.reading.errors import BadArgument
from app.reading.paging import MAX_SIZE
from graphql_schema.ids import encode_id
from tests.graphql import shop
from tests.graphql.asking import CURSORS, Asking, counted
from tests.graphql.documents import FILTERS, LEADING, ORDERED, literal
from tests.graphql.oracle import LISTS, Oracle
from tests.graphql.oracle_rows import rows
from tests.graphql.whole import whole

ROOTS = {target: name for name, target in LISTS.items()} | {"NumberSeries": "numberSeriesList"}
JOBS = "query Q($first: Int, $after: String, $last: Int, $before: String) {"
JOBS += " jobs(first: $first, after: $after, last: $last, before: $before) {"
JOBS += " nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"


async def refused(asking: Asking, document: str, **variables: object) -> str:
    """The message of the one error, which is the caller's."""
    result = await asking(document, **variables)
    assert result.data is None
    assert result.errors is not None
    cause = result.errors[0].original_error
    assert isinstance(cause, BadArgument)
    assert len(result.errors) == 1
    return str(cause)


async def walk(asking: Asking, edge: tuple[str, str, str, str], size: int) -> list[list[str]]:
    """All pages in one direction, each page's ids as they were shown."""
    count, cursor, more, end = edge
    pages: list[list[str]] = []
    given: dict[str, Any] = {count: size}
    while True:
        jobs = (await asking.data(JOBS, **given))["jobs"]
        pages.append([node["id"] for node in jobs["nodes"]])
        if not jobs["pageInfo"][more]:
            return pages
        given[cursor] = jobs["pageInfo"][end]


@pytest.mark.parametrize("size", [1, 2, 5, 12, 100])
async def test_pages_cover_a_list_with_ties_once_in_both_directions(
    database: Database, size: int
) -> None:
    await shop.fill(database)
    asking = Asking(database)
    forward = await walk(asking, ("first", "after", "hasNextPage", "endCursor"), size)
    backward = await walk(asking, ("last", "before", "hasPreviousPage", "startCursor"), size)
    ordered = sorted(rows()["Job"], key=lambda job: (job.queued_at, job.id), reverse=True)
    everything = [id_ for page in forward for id_ in page]
    assert len(everything) == len(ordered) == 12
    assert everything == [id_ for page in reversed(backward) for id_ in page]
    assert all(len(page) == size for page in forward[:-1])


@pytest.mark.parametrize("target", list(FILTERS))
async def test_every_filter_in_every_order(database: Database, target: str) -> None:
    await shop.fill(database)
    asking, oracle = Asking(database), Oracle()
    for name, values in FILTERS[target].items():
        for value in values:
            texts = [
                f"{order}_{way}: {ROOTS[target]}(where: {literal({name: value})},"
                f" orderBy: {{field: {order}, direction: {way}}}, {edge}: 3)"
                " { edges { cursor node { id } } totalCount pageInfo { hasNextPage } }"
                for order in (
                    ORDERED[target][:1] if name in LEADING.get(target, ()) else ORDERED[target]
                )
                for way, edge in (("ASC", "first"), ("DESC", "first"), ("ASC", "last"))[:2]
            ]
            document = f"{{ {' '.join(texts)} }}"
            assert orjson.dumps(await asking.data(document)) == orjson.dumps(oracle(document).data)


@pytest.mark.parametrize(
    "name", ["Campaign", "Code", "Job", "NumberSeries", "ApiKey", "AuditEntry"]
)
async def test_every_field_is_the_oracles(database: Database, name: str) -> None:
    await shop.fill(database)
    document = f"{{ {ROOTS[name]}(first: 100) {{ nodes {{ {whole(name, 2)} }} }} }}"
    answer = await Asking(database).data(document)
    assert orjson.dumps(answer) == orjson.dumps(Oracle()(document).data)


@pytest.mark.parametrize(
    "given",
    [
        {"first": 0},
        {"first": MAX_SIZE + 1},
        {"first": -1},
        {"last": 0},
        {"last": MAX_SIZE + 1},
        {"first": 1, "last": 1},
        {"first": 1, "before": "x"},
        {"last": 1, "after": "x"},
        {"before": "x"},
    ],
)
async def test_a_page_has_bounds_and_one_direction(
    database: Database, given: dict[str, object]
) -> None:
    message = await refused(Asking(database), JOBS, **given)
    assert "`first`" in message or "`last`" in message


async def test_the_largest_and_the_usual_page(database: Database) -> None:
    await shop.fill(database)
    asking = Asking(database)
    document = "{ codes(first: 100) { nodes { id } } usual: codes { nodes { id } } }"
    answer = await asking.data(document)
    assert [len(answer[key]["nodes"]) for key in ("codes", "usual")] == [100, 20]


PLACE = ["2026-11-22T11:00:00.25Z", 2]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense!",
        "é",
        "YXJyYXljb25uZWN0aW9uOi01",
        CURSORS.encode("Query.jobs QUEUED_AT ASC", PLACE),
        CURSORS.encode("Campaign.jobs QUEUED_AT DESC", PLACE),
        CURSORS.encode("Query.codes ID DESC", [2]),
        CURSORS.encode("Query.jobs QUEUED_AT DESC", PLACE)[:-1] + "_",
        CURSORS.encode("Query.jobs QUEUED_AT DESC", PLACE) + "=",
        " " + CURSORS.encode("Query.jobs QUEUED_AT DESC", PLACE),
    ],
)
async def test_a_cursor_not_made_here_is_refused(database: Database, cursor: str) -> None:
    asking = Asking(database)
    message = await refused(asking, JOBS, first=1, after=cursor)
    assert message.startswith("This cursor was not made by this list in this order.")
    good = CURSORS.encode("Query.jobs QUEUED_AT DESC", PLACE)
    assert (await asking.data(JOBS, first=1, after=good))["jobs"]["nodes"] == []


async def test_one_plan_serves_requests_of_different_shapes_in_any_order(
    database: Database,
) -> None:
    await shop.fill(database)
    asking, oracle = Asking(database), Oracle()
    document = "query Q($where: CodeWhere, $order: CodeOrder) {"
    document += " codes(where: $where, orderBy: $order) { nodes { id } totalCount } }"
    given: list[dict[str, object]] = [
        {"where": {"status": {"eq": "ISSUED"}}},
        {"where": {"status": {"eq": "CREATED"}, "campaignKey": "KEY8"}},
        {},
        {"where": {"code": "S4X"}, "order": {"field": "CODE", "direction": "DESC"}},
        {"where": {"code": "sum-00007"}},
    ]
    for variables in [*given, *reversed(given)]:
        answer = await asking.data(document, **variables)
        assert answer == oracle(document, **variables).data
    assert len({str(await asking.data(document, **one)) for one in given}) == len(given)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            "{ campaigns { nodes { codes(orderBy: {field: CODE}) { totalCount } } } }",
            "Campaign.codes cannot be ordered by CODE, only by ID.",
        ),
        (
            "{ jobs { nodes { codes(orderBy: {field: CODE}) { totalCount } } } }",
            "Job.codes cannot be ordered by CODE, only by ID.",
        ),
        (
            "{ numberSeriesList { nodes { campaigns(orderBy: {field: NAME}) { totalCount } } } }",
            "NumberSeries.campaigns cannot be ordered by NAME, only by ID.",
        ),
        *(
            (
                f"{{codes(where: {{{name}: {value}}}, orderBy: {{field: CODE}}) {{ totalCount }}}}",
                f"Query.codes with `where.{name}` cannot be ordered by CODE, only by ID.",
            )
            for name, value in (
                ("campaign", f'"{encode_id("Campaign", 2)}"'),
                ("campaignKey", '"KEY8"'),
                ("createdByJob", f'"{encode_id("Job", 3)}"'),
                ("issueReference", '{eq: "basket-1"}'),
            )
        ),
    ],
)
async def test_orders_that_no_index_serves_are_refused_before_any_read(
    database: Database, monkeypatch: pytest.MonkeyPatch, document: str, message: str
) -> None:
    asking = counted(database, monkeypatch)
    assert await refused(asking, document) == message
    assert asking.statements == []


async def test_lists_are_counted_to_ten_thousand(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    document = "{ codes { totalCount totalCountPrecision } }"
    monkeypatch.setattr("app.reading.pages.MAX_COUNT", shop.CODES)
    monkeypatch.setattr("app.reading.counting.MAX_COUNT", shop.CODES)
    exact = {"totalCount": shop.CODES, "totalCountPrecision": "EXACT"}
    assert await Asking(database).data(document) == {"codes": exact}
    monkeypatch.setattr("app.reading.pages.MAX_COUNT", shop.CODES - 1)
    monkeypatch.setattr("app.reading.counting.MAX_COUNT", shop.CODES - 1)
    more = {"totalCount": shop.CODES - 1, "totalCountPrecision": "AT_LEAST"}
    # Another spelling, since the statement of the first one is kept.
    assert await Asking(database).data(document + " ") == {"codes": more}


LISTS_INSIDE = ["codes", "createdByJob { codes", "campaign { codes", "campaign { jobs", "codes"]
CAMPAIGN = encode_id("Campaign", 3)


RULES = """validity(customer: {number: "C-98"}, application: "app") { redeemable } redeemable
 relatedOrders(customer: {email: "one0@example.org"}) { totalCount nodes { id } } validityStatus
 group { activationStatus promotions { totalCount } } campaign { poolCounts { issued { count } } }
 """
DRIVEN = "promotions(first: 2) { totalCount edges { cursor node { id name activationStatus } } }"
GREEN = """codes(first: 3, where: {validity: VALID, status: {in: [ISSUED, EXPIRED]}}) {
  totalCount nodes { code } }"""
CODES_INSIDE = ["codes", "createdByJob { codes", "campaign { codes", "campaign { codes"]


def inside(lists: int, names: Sequence[str] = LISTS_INSIDE, text: str = "id") -> str:
    """Lists inside each other, each with everything that makes its row wide and its text deep."""
    for name in reversed(names[:lists]):
        where = '(where: {status: {in: [ISSUED, EXPIRED]}, campaignKey: "KEY7"}, last: 2)'
        arguments = where if name.endswith("codes") else "(first: 2)"
        wide = whole("Job" if name.endswith("jobs") else "Code", 1, lists=False)
        text = f"{name}{arguments} {{ totalCount edges {{ cursor node {{ {wide} {text} }} }} }}"
        text += " }" * name.count("{")
    return text


DEEPEST = {
    "list": f'{{ campaigns(where: {{key: {{eq: "KEY7"}}}}) {{ nodes {{ {inside(4)} }} }} }}',
    "look-up": f'{{ campaign(key: "KEY7") {{ {inside(5)} }} }}',
    "nodes": f'{{ nodes(ids: ["{CAMPAIGN}"]) {{ ... on Campaign {{ {inside(5)} }} }} }}',
}
RULED = {
    "list": f"{{ campaigns {{ nodes {{ {inside(3, CODES_INSIDE, RULES)} }} }} }}",
    "look-up": f'{{ campaign(key: "KEY7") {{ {inside(4, CODES_INSIDE, RULES)} }} }}',
    "nodes": f"""{{ nodes(ids: ["{CAMPAIGN}"]) {{
      ... on Campaign {{ {inside(4, CODES_INSIDE, RULES)} }} }} }}""",
    "a filter for two": f"""{{ nodes(ids: ["{CAMPAIGN}"]) {{
      ... on Campaign {{ {inside(3, CODES_INSIDE, f"campaign {{ {GREEN} }} redeemable")}
      }} }} }}""",
    "a list for two": f"""{{ nodes(ids: ["{CAMPAIGN}"]) {{
      ... on Campaign {{ {inside(3, CODES_INSIDE, f"{DRIVEN} redeemable")} }} }} }}""",
}


@pytest.mark.parametrize("root", list(DEEPEST))
async def test_five_lists_inside_each_other(database: Database, root: str) -> None:
    """The deepest text there is; SQLite's parser has places for 100 words."""
    await shop.fill(database)
    document = DEEPEST[root]
    answer = orjson.dumps(await Asking(database).data(document))
    assert answer == orjson.dumps(Oracle()(document).data)
    assert answer.count(b"totalCount") >= 5


@pytest.mark.parametrize("root", list(RULED))
async def test_rules_that_read_lists_inside_four_of_them(database: Database, root: str) -> None:
    await shop.fill(database)
    answer = orjson.dumps(await Asking(database).data(RULED[root]))
    assert answer == orjson.dumps(Oracle()(RULED[root]).data)
    assert answer.count(b'"redeemable"') >= 2


@pytest.mark.parametrize(
    "document",
    [
        f"{{ campaigns {{ nodes {{ {inside(5)} }} }} }}",
        f"{{ campaigns {{ nodes {{ {inside(4, CODES_INSIDE, RULES)} }} }} }}",
        f"{{ campaigns {{ nodes {{ {inside(3, CODES_INSIDE, DRIVEN)} }} }} }}",
        f"{{ campaigns {{ nodes {{ {inside(3, CODES_INSIDE, f'campaign {{ {GREEN} }}')} }} }} }}",
        DEEPEST["look-up"].replace(" id }", " campaign { poolCounts { issued { count } } } }", 1),
        DEEPEST["nodes"].replace(" id }", " group { activationStatus } }", 1),
    ],
)
async def test_six_are_refused_with_a_sentence(database: Database, document: str) -> None:
    result = await Asking(database)(document)
    assert result.errors is not None
    assert [error.message for error in result.errors] == [
        "At most 5 lists inside each other can be read at once."
    ]
