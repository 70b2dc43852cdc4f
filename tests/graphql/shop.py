"""A small shop to read: every kind of row, nulls, ties and edges; the same on every database."""

from datetime import timedelta
from typing import Any

from app.database import Database
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.jobs import JobKind, JobPhase, JobStatus
from app.domain.masks import GenerateUsing
from app.models import ApiKey, ApiKeySecret, AuditEntry, Campaign, Code, Job, NumberSeries
from tests.graphql import shop_keys, shop_life
from tests.graphql.shop_stamps import ACTOR, NOW, every, stamps

__all__ = ["ACTOR", "NOW"]

CODES = 120
AVAILABLE_TO = {0: AvailableTo.ONLY_ISSUED_TO, 3: AvailableTo.ANY_EXCEPT_ISSUED_TO}
ENDED = {JobStatus.SUCCESS, JobStatus.WARNINGS, JobStatus.FAILED, JobStatus.CANCELLED}


def series() -> list[NumberSeries]:
    return [
        NumberSeries(
            id=number,
            name=f"Series {chr(70 - number)}",
            mask=f"S{number}-000#",
            last_number=(2**53 + 1) * (number - 1),
            archived_at=every(number, 3, NOW),
            **stamps(number),
        )
        for number in range(1, 5)
    ]


VALIDITIES: list[dict[str, Any] | None] = [
    None,
    {"kind": "NONE"},
    {"kind": "FIXED_PERIOD", "period": "P7D", "delay": "PT36H"},
    {"kind": "FIXED_DATES", "validFrom": "2026-01-01T00:00:00Z", "validTo": None},
    {"kind": "RELATIVE_END", "unit": "WEEK", "offset": 2, "weekStart": "SUNDAY"},
]


def campaigns() -> list[Campaign]:
    made = []
    for number in range(1, 10):
        voucher = number % 3 != 0
        by_series = voucher and number % 2 == 0
        made.append(
            Campaign(
                id=number,
                kind=CampaignKind.VOUCHER if voucher else CampaignKind.SOURCE,
                key=f"KEY{10 - number}",
                name=f"Campaign {number % 5}{number}",
                reporting_code=every(number, 2, f"R{number % 4}"),
                enabled=number not in {4, 7},
                archived_at=every(number, 7, NOW),
                active_from=every(number, 2, NOW + timedelta(hours=number - 5)),
                active_to=every(number, 4, NOW + timedelta(days=number)),
                applications=["app", "Köln"][: number % 3],
                target_segments=["vip"][: number % 2],
                time_zone="Europe/Berlin",
                maximum_uses=every(number, 2, number),
                uses_per_customer=every(number, 4, 1),
                generate_using=_using(by_series=by_series) if voucher else None,
                number_series_id=1 + number % 3 if by_series else None,
                mask=None if by_series or not voucher else "????-????!",
                issue_only=number == 5,
                generate_on_demand=voucher and number % 2 == 1,
                issued_code_validity=VALIDITIES[number % 5] if voucher else None,
                **stamps(number),
            )
        )
    return made


def _using(*, by_series: bool) -> GenerateUsing:
    return GenerateUsing.NUMBER_SERIES if by_series else GenerateUsing.UNIQUE_ID


def jobs() -> list[Job]:
    states = list(JobStatus)
    return [
        Job(
            id=number,
            kind=list(JobKind)[number % 4],
            status=states[number % 6],
            phase=list(JobPhase)[number % 4],
            campaign_id=None if number % 5 == 0 else 1 + number % 4,
            reference=every(number, 2, f"po-{number % 3}"),
            file_name=every(number, 3, "codes.csv"),
            size=every(number, 3, 2**33),
            sha256=every(number, 3, "ab" * 32),
            same_file_as_id=every(number, 3, number - 3) or None,
            not_before=every(number, 4, NOW),
            # Three jobs at a time were asked for at the same moment: a tie.
            queued_at=NOW - timedelta(hours=1 + number // 3),
            started_at=NOW - timedelta(minutes=number) if number % 6 else None,
            finished_at=NOW if states[number % 6] in ENDED else None,
            total=100 * number if number % 2 else None,
            processed=33 * number,
            inserted=33 * number - 1,
            failed=1,
            error_code=every(number, 6, "TOO_MANY_ROWS"),
            error_message=every(number, 6, "Ask for fewer."),
            progress_sequence=number,
            version=1,
            metadata={},
            actor={**ACTOR, "name": f"Caller {number}"},
        )
        for number in range(1, 13)
    ]


def code(number: int) -> Code:
    """One of many codes whose columns vary by different steps, so that most combinations occur."""
    campaign = 1 + number % 7
    voucher = campaign % 3 != 0
    issued = voucher and number % 4 != 1
    used_up = number % 5 == 2
    withdrawn = number % 11 == 3
    ends = {0: None, 1: NOW, 2: NOW + timedelta(days=1), 3: NOW - timedelta(microseconds=1)}
    limited = used_up or number % 3 == 0
    return Code(
        id=number,
        kind=CampaignKind.VOUCHER if voucher else CampaignKind.SOURCE,
        campaign_id=campaign,
        text=f"sum-{number:05d}" if number % 2 else f"S{number}X",
        normal_form=f"SUM{number:05d}" if number % 2 else f"S{number}X",
        valid_from=every(number, 6, NOW - timedelta(days=9)),
        valid_to=ends[number % 9 % 4],
        max_uses=3 if limited else None,
        uses=3 if used_up else number % 3,
        uses_per_customer=every(number, 9, 1),
        used_up_at=NOW - timedelta(hours=1) if used_up else None,
        issued_at=NOW - timedelta(days=2, milliseconds=number) if issued else None,
        issue_reference=f"basket-{number % 10}" if issued and number % 2 else None,
        issued_store="Bonn" if issued and number % 6 == 0 else None,
        available_to=AVAILABLE_TO.get(number % 9, AvailableTo.ANY_CUSTOMER),
        suspended_at=every(number, 13, NOW),
        suspension_reason=every(number, 13, "Stolen."),
        withdrawn_at=NOW if withdrawn else None,
        withdrawal_reason="Misprint." if withdrawn else None,
        group_id=every(number, 5, 1 + number % shop_life.GROUPS),
        issued_by_id=every(number, 8, 1 + number % 10) if issued else None,
        issued_to_id=every(number, 3, 1 + number % 4),
        created_by_job_id=1 + number % 12 if number % 4 else None,
        **stamps(number),
    )


async def fill(database: Database) -> None:
    codes = [code(number) for number in range(1, CODES + 1)]
    async with database.transaction() as tx:
        await NumberSeries.bulk_create(series(), using_db=tx.client)
        await Campaign.bulk_create(campaigns(), using_db=tx.client)
        await Job.bulk_create(jobs(), using_db=tx.client)
        await ApiKey.bulk_create(shop_keys.keys(), using_db=tx.client)
        await ApiKeySecret.bulk_create(shop_keys.secrets(), using_db=tx.client)
        await AuditEntry.bulk_create(shop_keys.entries(), using_db=tx.client)
        for model, rows in shop_life.TABLES:
            await model.bulk_create(rows(), using_db=tx.client)
        await Code.bulk_create(codes, using_db=tx.client)
        for model, rows in shop_life.AFTER_CODES:
            await model.bulk_create(rows(), using_db=tx.client)
