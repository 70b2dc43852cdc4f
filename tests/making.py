"""Nouns and jobs with valid defaults, made through the services; and what is stored."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.callers import Caller, Channel, Scope
from app.domain.campaigns import CampaignDraft, CampaignKind
from app.domain.code_groups import CodeGroupDraft
from app.domain.jobs import JobKind
from app.domain.masks import parse
from app.domain.number_series import NumberSeriesDraft
from app.domain.promotions import Discount, DiscountKind, PromotionDraft
from app.domain.refusals import Refusal
from app.domain.source_codes import SourceCodeDraft
from app.queue import Queue
from app.services import (
    campaigns,
    code_groups,
    generation,
    jobs,
    leases,
    number_series,
    promotions,
)
from app.services.campaigns import NewCampaign
from app.services.code_groups import NewCodeGroup
from app.services.code_making import CodeMaker
from app.services.generation import GenerateRequest
from app.services.leases import Claim
from app.services.promotions import NewPromotion

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LEASE = timedelta(seconds=10)
CALLER = Caller("tests", "Tests", frozenset(Scope), Channel.API, request_id="r-1")
ACTOR = {
    "caller": "tests",
    "name": "Tests",
    "channel": "API",
    "actingFor": None,
    "requestId": "r-1",
}
FREE_SHIPPING = Discount(DiscountKind.FREE_SHIPPING)
_numbers = count(1)


async def make_campaign(database: Database, **values: Any) -> int:  # noqa: ANN401 - any field of a draft
    draft = CampaignDraft(**{"name": f"Summer {next(_numbers)}", "time_zone": "UTC", **values})
    return await campaigns.create(database, CALLER, NewCampaign(CampaignKind.VOUCHER, draft), NOW)


async def make_source(
    database: Database, code: str = "SUMMER10", name: str = "Typed", key: str | None = None
) -> int:
    new = NewCampaign(CampaignKind.SOURCE, CampaignDraft(name, "UTC"), key, SourceCodeDraft(code))
    return await campaigns.create(database, CALLER, new, NOW)


async def make_group(
    database: Database,
    campaign_id: int,
    key: str | None = None,
    **values: Any,  # noqa: ANN401 - any field of a draft
) -> int:
    draft = CodeGroupDraft(**{"name": f"Group {next(_numbers)}", **values})
    return await code_groups.create(database, CALLER, NewCodeGroup(campaign_id, draft, key), NOW)


async def make_promotion(
    database: Database,
    campaign_id: int | None = None,
    **values: Any,  # noqa: ANN401 - any field of a draft
) -> int:
    given = {"name": f"Gift {next(_numbers)}", "discount": FREE_SHIPPING, **values}
    new = NewPromotion(PromotionDraft(**given), campaign_id)
    return await promotions.create(database, CALLER, new, NOW)


async def make_series(database: Database, mask: str = "PROMO-00000#", last_number: int = 0) -> int:
    draft = NumberSeriesDraft(f"Numbers {next(_numbers)}", mask, last_number)
    return await number_series.create(database, CALLER, draft, NOW)


async def make_job(
    database: Database,
    queue: Queue,
    campaign_id: int,
    count: int = 1,
    **values: Any,  # noqa: ANN401 - any field of a request
) -> int:
    asked = GenerateRequest(campaign_id, count, **values)
    return await generation.request(database, queue, CALLER, asked, NOW)


async def make_dense_job(database: Database, campaign_id: int, mask: str, count: int) -> int:
    """A job that no request may enter: its codes fill their space, so that most draws collide."""
    params = {
        "mask": mask,
        "pattern": parse(mask).pattern,
        "numberSeriesId": None,
        "groupId": None,
        "issueNow": False,
        "maximumUses": None,
        "usesPerCustomer": None,
        "availableTo": "ANY_CUSTOMER",
    }
    async with database.transaction() as tx:
        new = jobs.NewJob(JobKind.GENERATE, campaign_id, params, count)
        return await jobs.add(tx, CALLER, new, NOW)


async def claimed(database: Database, job_id: int, now: datetime = NOW) -> Claim:
    held = await leases.claim(database, job_id, LEASE, now)
    assert held is not None
    return held


async def work_off(database: Database, job_id: int, now: datetime = NOW) -> str:
    """Bring a job to its end as a worker would; returns its status."""
    held = await claimed(database, job_id, now)
    maker = CodeMaker(database, held)
    while not (standing := await maker.advance(now)).ending:
        pass
    await leases.finish(database, held, standing.ending, now)
    return standing.ending.status


async def read_all(database: Database, sql: str, *values: object) -> list[dict[str, Any]]:
    return [dict(row) for row in await database.read(sql, *values)]


async def read_job(database: Database, job_id: int) -> dict[str, Any]:
    (row,) = await read_all(database, "SELECT * FROM job WHERE id = $1", job_id)
    return {**row, "params": from_json(row["params"]), "actor": from_json(row["actor"])}


def refusals(refused: pytest.ExceptionInfo[Refusal]) -> list[tuple[str, str]]:
    """Code and field of each problem."""
    return [(problem.code, ".".join(problem.field)) for problem in refused.value.problems]


async def read_revisions(database: Database) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "facts": from_json(row["facts"]),
            "actor": from_json(row["actor"]),
            "ended_at": from_row(row["ended_at"]),
        }
        for row in await read_all(database, "SELECT * FROM revision ORDER BY id")
    ]


async def count_rows(database: Database, table: str) -> int:
    (row,) = await database.read(f"SELECT COUNT(*) FROM {table}")
    counted: int = row[0]
    return counted


async def snapshot(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row that a service may write, to prove that it wrote none."""
    tables = {
        "campaign": "id",
        "code_group": "id",
        "promotion": "id",
        "promotion_group": "id",
        "number_series": "id",
        "customer": "id",
        "order": "id",
        "code": "id",
        "code_customer": "code_id, customer_id",
        "reservation": "id",
        "job": "id",
        "import_row": 'job_id, "row"',
        "row_result": 'job_id, "row"',
        "code_event": "id",
        "audit_entry": "id",
        "revision": "id",
        "outbox": "id",
        "idempotency": "id",
        "api_key": "id",
        "api_key_secret": "id",
    }
    return {
        table: await read_all(database, f'SELECT * FROM "{table}" ORDER BY {key}')
        for table, key in tables.items()
    }


async def read_table(database: Database, table: str) -> list[dict[str, Any]]:
    """All rows of a table in the order of their ids, as Python holds them, without the usual end.

    What every noun carries alike is left out: actor, created_at and updated_at.
    """
    rows = await read_all(database, f'SELECT * FROM "{table}" ORDER BY id')
    usual = {"actor", "created_at", "updated_at"}
    return [
        {name: _understood(name, value) for name, value in row.items() if name not in usual}
        for row in rows
    ]


def _understood(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if name.endswith("_at"):
        return from_row(value)
    if name == "deleted":
        return bool(value)
    return from_json(value) if name in {"segments", "metadata", "facts"} else value
