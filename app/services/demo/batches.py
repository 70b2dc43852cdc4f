"""The jobs of the demo company that made codes, and the codes as those jobs left them."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from app.domain import code_text, issue_validity, mask_rendering, masks
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.jobs import JobKind, JobPhase, JobStatus
from app.services.demo.catalogue import CAMPAIGNS
from app.services.demo.company import Company
from app.services.demo.plans import BatchPlan, CampaignPlan
from app.services.demo.tables import ACTOR, Row, Tables
from app.services.jobs import COUNTERS

ROWS_A_SECOND = 8_000
FAILED_ROWS = 7


def make(tables: Tables, company: Company) -> None:
    """Make every batch of the catalogue in the order of time, each with the job that made it."""
    for plan in CAMPAIGNS:
        _typed_in(tables, company, plan)
    planned = [(plan, batch) for plan in CAMPAIGNS for batch in plan.batches]
    for plan, batch in sorted(planned, key=lambda pair: pair[1].day):
        campaign = company.campaigns[plan.key]
        if plan.kind == CampaignKind.VOUCHER:
            _generated(tables, company, campaign, (plan, batch))
        else:
            _imported(tables, company, campaign, (plan, batch))


def job(tables: Tables, campaign: Row, kind: JobKind, day: int, **facts: Any) -> Row:  # noqa: ANN401 - the columns of a job
    """Add a job that ran and ended on that day; `facts` says what it did."""
    queued = tables.moment(day)
    seconds = 1 + facts.get("processed", 0) // ROWS_A_SECOND
    ended = queued + timedelta(seconds=seconds + 1)
    counts = dict.fromkeys(("parsed", *COUNTERS), 0)
    texts = dict.fromkeys(("reference", "file_name", "size", "sha256", "sequence", "error_code"))
    row: Row = {
        "kind": kind,
        "status": JobStatus.SUCCESS,
        "phase": JobPhase.DONE,
        "campaign_id": campaign["id"],
        "params": {},
        "queued_at": queued,
        "started_at": queued + timedelta(seconds=1),
        "finished_at": ended,
        "total": facts.get("processed"),
        "cancel_requested_at": None,
        "error_message": None,
        "progress_sequence": seconds + 2,
        "actor": ACTOR,
    }
    return tables.add("job", **(row | counts | texts | facts))


def next_sequence(campaign: Row) -> int:
    """The place of a job among those that change codes of the campaign."""
    campaign["last_job_sequence"] += 1
    place: int = campaign["last_job_sequence"]
    return place


def code(tables: Tables, campaign: Row, text: str, made_at: datetime, **facts: Any) -> Row:  # noqa: ANN401 - the columns of a code
    """Add a code with the limits that `facts` names; nothing has happened to it yet."""
    row: Row = {
        "kind": campaign["kind"],
        "campaign_id": campaign["id"],
        "group_id": None,
        "text": text,
        "normal_form": code_text.normal_form(text),
        "valid_from": None,
        "valid_to": None,
        "uses": 0,
        "used_up_at": None,
        "issued_at": None,
        "issue_reference": None,
        "issued_store": None,
        "issued_by_id": None,
        "issued_to_id": None,
        "available_to": AvailableTo.ANY_CUSTOMER,
        "suspended_at": None,
        "suspension_reason": None,
        "withdrawn_at": None,
        "withdrawal_reason": None,
        "created_by_job_id": None,
        "version": 1,
        "actor": None,
        "created_at": made_at,
        "updated_at": made_at,
    }
    return tables.add("code", **(row | facts))


def issued(company: Company, plan: CampaignPlan, at: datetime) -> Row:
    """The dates of a code of the campaign that is issued at that instant."""
    zone = ZoneInfo(company.campaigns[plan.key]["time_zone"])
    valid_from, valid_to = issue_validity.window(plan.validity, at, zone)
    return {"issued_at": at, "valid_from": valid_from, "valid_to": valid_to}


def _typed_in(tables: Tables, company: Company, plan: CampaignPlan) -> None:
    """The source codes that people entered one by one, the first with the campaign itself."""
    campaign = company.campaigns[plan.key]
    for text in plan.texts:
        code(
            tables,
            campaign,
            text,
            campaign["created_at"],
            max_uses=plan.maximum_uses,
            uses_per_customer=plan.uses_per_customer,
            actor=ACTOR,
        )


def _generated(
    tables: Tables, company: Company, campaign: Row, planned: tuple[CampaignPlan, BatchPlan]
) -> None:
    plan, batch = planned
    made_by = job(
        tables,
        campaign,
        JobKind.GENERATE,
        batch.day,
        status=batch.status,
        reference=batch.reference,
        total=batch.requested or batch.count,
        processed=batch.count,
        inserted=batch.count,
    )
    if batch.status == JobStatus.CANCELLED:
        made_by["cancel_requested_at"] = made_by["started_at"]
    made_at = made_by["started_at"]
    facts = _snapshot(company, campaign, batch)
    made_by["params"] = facts
    dates = issued(company, plan, made_at) if batch.issue_now else {}
    for text in _texts(tables, company, campaign, batch.count):
        code(
            tables,
            campaign,
            text,
            made_at,
            group_id=facts["groupId"],
            max_uses=facts["maximumUses"],
            uses_per_customer=facts["usesPerCustomer"],
            available_to=facts["availableTo"],
            created_by_job_id=made_by["id"],
            issue_reference=batch.reference if batch.issue_now else None,
            **dates,
        )


def _snapshot(company: Company, campaign: Row, batch: BatchPlan) -> Row:
    """The configuration of the campaign that a generation works on."""
    mask = masks.parse(_mask(company, campaign))
    return {
        "mask": mask.text,
        "pattern": mask.pattern,
        "numberSeriesId": campaign["number_series_id"],
        "groupId": company.groups[batch.group]["id"] if batch.group else None,
        "issueNow": batch.issue_now,
        "maximumUses": campaign["maximum_uses"],
        "usesPerCustomer": campaign["uses_per_customer"],
        "availableTo": campaign["available_to"],
    }


def _series(company: Company, campaign: Row) -> Row | None:
    wanted = campaign["number_series_id"]
    return next((row for row in company.series.values() if row["id"] == wanted), None)


def _mask(company: Company, campaign: Row) -> str:
    text: str = (_series(company, campaign) or campaign)["mask"]
    return text


def _texts(tables: Tables, company: Company, campaign: Row, count: int) -> list[str]:
    """Codes as the campaign's mask shows them; a series counts on from its last number."""
    first, series = 1, _series(company, campaign)
    if series is not None:
        first = series["last_number"] + 1
        series["last_number"] += count
        series["first_used_at"] = series["first_used_at"] or tables.rows["job"][-1]["started_at"]
    mask = masks.parse(_mask(company, campaign))
    return mask_rendering.render(mask, range(first, first + count), tables.dice.bytes).texts


def _imported(
    tables: Tables, company: Company, campaign: Row, planned: tuple[CampaignPlan, BatchPlan]
) -> None:
    plan, batch = planned
    failed = FAILED_ROWS if batch.status == JobStatus.WARNINGS else 0
    made_by = job(
        tables,
        campaign,
        JobKind.IMPORT,
        batch.day,
        status=batch.status,
        sequence=next_sequence(campaign),
        reference=batch.reference,
        file_name=f"{batch.reference}.csv",
        size=31 * batch.count,
        sha256=sha256(batch.reference.encode()).hexdigest(),
        params=_import_params(campaign),
        parsed=batch.count + failed,
        processed=batch.count + failed,
        inserted=batch.count,
        failed=failed,
    )
    _failed_rows(tables, made_by, failed)
    mask = masks.parse(f"{plan.key}-?????!")
    for text in mask_rendering.render(mask, range(batch.count), tables.dice.bytes).texts:
        code(
            tables,
            campaign,
            text,
            made_by["started_at"],
            group_id=company.groups[batch.group]["id"] if batch.group else None,
            max_uses=plan.maximum_uses,
            uses_per_customer=plan.uses_per_customer,
            valid_to=campaign["active_to"],
            created_by_job_id=made_by["id"],
        )


def _import_params(campaign: Row) -> Row:
    """What was agreed for an import."""
    return {
        "campaignKey": campaign["key"],
        "timeZone": campaign["time_zone"],
        "format": "CSV",
        "encoding": None,
        "mode": "UPSERT",
        "onError": "CONTINUE",
        "dryRun": False,
        "maxRows": 10_000,
    }


def _failed_rows(tables: Tables, made_by: Row, count: int) -> None:
    """Rows of the file that were refused, as the log of the import shows them."""
    for number in range(1, count + 1):
        row = made_by["total"] - count + number
        tables.add(
            "import_row",
            job_id=made_by["id"],
            row=row,
            line=row + 1,
            code_text=f"FLYER SÜD {number}",
            data={},
        )
        tables.add(
            "row_result",
            job_id=made_by["id"],
            row=row,
            line=row + 1,
            code_text=f"FLYER SÜD {number}",
            outcome="FAILED",
            messages=[
                {
                    "code": "CODE_BAD_CHAR",
                    "field": "code",
                    "value": f"FLYER SÜD {number}",
                    "severity": "ERROR",
                    "text": "'Ü' cannot be part of a code; use letters A to Z and digits 0 to 9.",
                }
            ],
        )
