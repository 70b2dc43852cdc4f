"""Pages of unevenly filled campaigns: PostgreSQL must reach them by the index that leads there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest

from app.config import Settings
from app.database import Database
from app.reading.dialects import DIALECTS, POSTGRES
from graphql_schema.ids import encode_id
from tests.graphql.asking import CURSORS
from tests.graphql.explaining import Read, explained

pytestmark = pytest.mark.usefixtures("own_plans")

HUGE, SMALL = 3, 300
WHOLE = 59_000
LAST = HUGE + SMALL
MADE = "TIMESTAMPTZ '2026-11-22T12:00Z'"
ACTOR = """'{"name": "Test"}'::jsonb"""
PLANNER_BELIEVES = """ALTER TABLE code ALTER campaign_id SET (n_distinct = 3),
    ALTER created_by_job_id SET (n_distinct = 3)"""
"""What a sample of millions of codes tells, in which the small campaigns are never met."""

FILL = (
    f"""INSERT INTO campaign (id, kind, key, name, time_zone, actor, created_at, updated_at)
    SELECT n, 'VOUCHER', 'K' || n, 'N' || n, 'UTC', {ACTOR}, {MADE}, {MADE}
    FROM generate_series(1, {LAST}) n""",
    f"""INSERT INTO job (id, kind, campaign_id, queued_at, actor)
    SELECT n, 'GENERATE', n, {MADE}, {ACTOR} FROM generate_series(1, {LAST}) n""",
    # Every hundredth code is one of a small campaign; the last ones are empty.
    f"""INSERT INTO code (id, kind, campaign_id, created_by_job_id, text, normal_form, issued_at,
        issue_reference, created_at, updated_at)
    SELECT n, 'VOUCHER', place, place, 'CODE' || n, 'CODE' || n,
        CASE WHEN n % 2 = 0 THEN {MADE} END, CASE WHEN n % 2 = 0 THEN 'R' || place END,
        {MADE}, {MADE}
    FROM (SELECT n, CASE WHEN n % 100 = 0 THEN {HUGE} + 1 + n / 100 % {SMALL - 100}
        ELSE 1 + n % {HUGE} END AS place FROM generate_series(1, 60000) n) codes""",
    PLANNER_BELIEVES,
    # Nobody else takes samples meanwhile.
    "ALTER TABLE code SET (autovacuum_enabled = FALSE)",
    # Of a table as small as this, every row is sampled: what the planner believes is no luck.
    "SET default_statistics_target = 1000",
    "ANALYZE",
)
ON_DISK = "SELECT set_config('random_page_cost', '4', FALSE)"
"""What a server believes unless told otherwise; our sessions tell it that reading is cheap."""


@pytest.fixture
async def skewed(postgres_settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(postgres_settings)
    async with database.transaction() as tx:
        for statement in FILL:
            await tx.execute(statement)
    yield database
    await database.close()


def root(where: str, page: str = "first: 10") -> str:
    return f"{{ codes(where: {{{where}}}, {page}) {{ nodes {{ id }} }} }}"


def nested(page: str, parents: str = "campaigns(last: 100)") -> str:
    return f"{{ {parents} {{ nodes {{ codes({page}) {{ nodes {{ id }} }} }} }} }}"


SPARSE = encode_id("Campaign", HUGE + 7)
AFTER = CURSORS.encode("Query.codes ID ASC", [30_000])
LATE = CURSORS.encode("Campaign.codes ID ASC", [59_000])
CREATED = "where: {status: {eq: CREATED}}"

CASES = {
    "nested": (nested("first: 10"), "code_by_campaign", 100),
    "nested from the end": (nested("last: 10"), "code_by_campaign", 100),
    "nested behind a cursor": (
        nested(f'first: 10, after: "{LATE}"', "campaigns(first: 9)"),
        "code_by_campaign",
        100,
    ),
    "nested in a huge campaign": (
        nested("first: 10", "campaigns(first: 3)"),
        "code_by_campaign",
        44,
    ),
    "nested, of one status": (nested(f"first: 10, {CREATED}"), "code_created", 100),
    "nested in jobs": (nested("first: 10", "jobs(first: 100)"), "code_by_job", 100),
    "issued ones of a huge campaign": (
        root(f'campaign: "{encode_id("Campaign", 1)}", status: {{eq: ISSUED}}'),
        "code_by_campaign",
        40,
    ),
    "campaign": (root(f'campaign: "{SPARSE}"'), "code_by_campaign", 11),
    "campaign from the end": (root(f'campaign: "{SPARSE}"', "last: 10"), "code_by_campaign", 11),
    "campaign behind a cursor": (
        root(f'campaign: "{SPARSE}"', f'first: 10, after: "{AFTER}"'),
        "code_by_campaign",
        11,
    ),
    "campaign's key": (root('campaignKey: "k10"'), "code_by_campaign", 11),
    "job": (root(f'createdByJob: "{encode_id("Job", HUGE + 7)}"'), "code_by_job", 11),
    "issue reference": (
        root('issueReference: {eq: "R10"}'),
        "code_by_issue_reference",
        11,
    ),
    "job of a campaign": (
        root(f'campaign: "{SPARSE}", createdByJob: "{encode_id("Job", HUGE + 7)}"'),
        # Both indexes at once, and of the table the wanted rows alone.
        "BitmapAnd",
        3,
    ),
}


async def strays(database: Database, monkeypatch: pytest.MonkeyPatch) -> dict[str, Read]:
    """The cases that read by another index, or pass over rows of others."""
    found = {}
    for case, (document, index, most) in CASES.items():
        read = await explained(database, monkeypatch, document, "code")
        if read.indexes != {index} or read.rows > most:
            found[case] = read
    return found


async def test_pages_are_cut_from_the_index_that_leads_there(
    skewed: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await strays(skewed, monkeypatch) == {}


async def test_an_equality_lets_the_planner_walk_the_whole_table(
    skewed: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await skewed.read(ON_DISK)
    monkeypatch.setitem(cast("Any", DIALECTS), "postgres", replace(POSTGRES, ranges=False))
    found = await strays(skewed, monkeypatch)
    assert {case for case, read in found.items() if read.rows > WHOLE} == {
        "nested",
        "nested from the end",
        "nested in a huge campaign",
        "nested, of one status",
        "nested in jobs",
        "campaign's key",
    }
