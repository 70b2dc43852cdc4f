import pytest

from app.database import Database
from tests.graphql import shop
from tests.graphql.asking import counted
from tests.graphql.whole import whole

CODES = f"query Q($n: Int!) {{ codes(first: $n) {{ totalCount nodes {{ {whole('Code', 2)} }} }} }}"


async def test_one_row_and_a_hundred_cost_one_statement(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    one = await asking.data(CODES, n=1)
    assert (len(one["codes"]["nodes"]), len(asking.statements)) == (1, 1)
    hundred = await asking.data(CODES, n=100)
    assert (len(hundred["codes"]["nodes"]), len(asking.statements)) == (100, 2)
    assert asking.statements[0] == asking.statements[1]


@pytest.mark.parametrize(
    "root",
    [
        'node(id: "MTpDYW1wYWlnbjoy") { id ... on Campaign { name } }',
        'nodes(ids: ["MTpDYW1wYWlnbjoy", "MTpDb2RlOjM", "MTpDb2RlOjQ"]) { id }',
        f'campaign(key: "KEY8") {{ {whole("Campaign", 2)} }}',
        f"campaigns {{ nodes {{ {whole('Campaign', 1)} }} totalCount }}",
        f'code(code: "sum 00007") {{ {whole("Code", 3)} }}',
        f"jobs(first: 100) {{ nodes {{ {whole('Job', 2)} }} totalCountPrecision }}",
        f'job(id: "MTpKb2I6Mw") {{ {whole("Job", 1)} }}',
        f'numberSeries(name: "Series E") {{ {whole("NumberSeries", 2)} }}',
        f"numberSeriesList {{ nodes {{ {whole('NumberSeries', 1)} }} }}",
        f"auditEntries {{ nodes {{ {whole('AuditEntry', 2)} }} totalCount }}",
        f"apiKeys {{ nodes {{ {whole('ApiKey', 2)} }} totalCount }}",
    ],
)
async def test_every_root_costs_one_statement(
    database: Database, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    await shop.fill(database)
    asking = counted(database, monkeypatch)
    await asking.data(f"{{ {root} }}")
    assert len(asking.statements) == 1


@pytest.mark.parametrize(
    "root", ['node(id: "x")', 'code(code: "!")', 'job(id: "MTpDb2RlOjM")', 'job(id: "")']
)
async def test_what_cannot_exist_costs_none(
    database: Database, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    asking = counted(database, monkeypatch)
    assert await asking.data(f"{{ found: {root} {{ id }} }}") == {"found": None}
    assert len(asking.statements) == 0


async def test_only_what_is_asked_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = counted(database, monkeypatch)
    await asking.data("{ codes { nodes { id } } }")
    await asking.data("{ codes { totalCount } }")
    assert ["count(*)" in sql for sql in asking.statements] == [False, True]
    assert ["LIMIT $" in sql for sql in asking.statements] == [True, False]
