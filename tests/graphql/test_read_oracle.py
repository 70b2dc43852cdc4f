"""Every answer is one byte string: the naive oracle's, SQLite's and PostgreSQL's."""

import orjson
import pytest
from graphql import parse, validate

from app.database import Database
from app.domain.callers import Scope
from tests.graphql import shop
from tests.graphql.asking import EVERYTHING, Asking
from tests.graphql.documents import Document, expected
from tests.graphql.oracle import CONTRACT

DOCUMENTS = 300
LONG = 10_000


def test_the_documents_are_valid_and_deep() -> None:
    texts = [Document(seed).text for seed in range(20)]
    assert [validate(CONTRACT, parse(text)) for text in texts] == [[]] * 20
    assert sum(map(len, texts)) > 50_000


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("reveals", [True, False])
async def test_answers_are_the_oracles(database: Database, *, reveals: bool, long: bool) -> None:
    await shop.fill(database)
    scopes = EVERYTHING if reveals else EVERYTHING - {Scope.CODES_REVEAL}
    asking = Asking(database, scopes)
    for seed in range((LONG if long else DOCUMENTS) // 2):
        document, answer = expected(seed, reveals=reveals)
        result = await asking(document.text, **document.variables)
        assert result.errors is None, (seed, document.text)
        assert orjson.dumps(result.data) == answer, (seed, document.text)
