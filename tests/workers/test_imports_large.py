"""Many rows at once: time is in proportion to their number, whatever they say."""

import time

import pytest

from tests.making import read_all
from tests.workers.importing import Imported, code_texts, csv_of, enter, finished, imported, staged
from tests.workers.mixed import Mixed
from workers.turns import Workshop

pytestmark = pytest.mark.usefixtures("campaign_id")

ROWS = 25_000
# An idle machine needs less than three seconds. To compare each row of a chunk with each takes
# minutes.
MOST_SECONDS = 20


async def timed(shop: Workshop, content: str) -> Imported:
    job_id = await enter(shop, content, max_rows=ROWS)
    began = time.monotonic()
    found = await finished(shop, job_id)
    assert time.monotonic() - began < MOST_SECONDS
    assert (found.job["total"], found.job["processed"], len(found.results)) == (ROWS, ROWS, ROWS)
    return found


async def test_new_codes_among_which_some_stand_twice(shop: Workshop) -> None:
    texts = [f"MANY{number:05}" for number in range(ROWS)]
    twice = range(499, ROWS, 500)
    rows = [texts[n % 400] if n in twice else text for n, text in enumerate(texts)]
    found = await timed(shop, csv_of(rows))
    assert found.counts == {"inserted": ROWS - 50, "failed": 50}
    made = await code_texts(shop.database, found.job["id"])
    assert made == [text for n, text in enumerate(texts) if n not in twice]
    assert await staged(shop.database, found.job["id"]) == [n + 1 for n in twice]


async def test_rows_that_all_differ(shop: Workshop) -> None:
    lines = [f"OWN{n:05},{n + 1},C-{n % 3_000}" for n in range(ROWS)]
    content = "\n".join(["code,maximumuses,issuedtocustomerid", *lines, ""])
    found = await timed(shop, content)
    assert found.counts == {"inserted": ROWS}
    (row,) = await read_all(
        shop.database,
        "SELECT max_uses, number FROM code JOIN customer ON customer.id = issued_to_id"
        " WHERE text = 'OWN24999'",
    )
    assert (row["max_uses"], row["number"]) == (ROWS, f"C-{24_999 % 3_000}")


async def test_rows_that_change_and_fail(shop: Workshop) -> None:
    file = Mixed("f", ROWS // 8)
    await imported(shop, file.before, max_rows=ROWS)
    found = await timed(shop, file.content)
    assert await file.violations(shop.database, found.job["id"]) == []
