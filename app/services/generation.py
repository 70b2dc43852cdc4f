"""Asking for codes: everything that can be refused is refused here, before a job exists."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.database import Database, Transaction
from app.domain import issue_validity_json
from app.domain.callers import Caller
from app.domain.campaigns import AvailableTo, CampaignKind, normal_key
from app.domain.field_checks import storable
from app.domain.issue_validity import window
from app.domain.jobs import JobKind, check_count, check_not_before, check_reference
from app.domain.mask_capacity import REFUSE_ABOVE, check_capacity, random_space
from app.domain.masks import DEFAULT_MASK, Mask, parse
from app.domain.refusals import Problem, Refusal, UserErrorCode, refuse_any
from app.models.campaign import Campaign
from app.models.code_group import CodeGroup
from app.models.number_series import NumberSeries
from app.queue import Queue
from app.services import idempotency, jobs, open_campaigns
from app.services.editing import Stamp

_OPERATION: Final = "generateCodes"
# A space so large that no table of codes fills a thousandth of it.
_ENDLESS_SPACE: Final = 10**13


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    campaign_id: int
    count: int
    issue_now: bool = False
    reference: str | None = None
    group_key: str | None = None
    not_before: datetime | None = None
    idempotency_key: str | None = None


async def request(
    database: Database, queue: Queue, caller: Caller, asked: GenerateRequest, now: datetime
) -> int:
    """Return the id of the job that will make exactly the codes asked for.

    The job works on the campaign's configuration of this moment; only the dates of codes that are
    issued come from the setting in force when each is made.
    """
    refuse_any(_check(asked, now))
    stamp = Stamp(caller, now)
    request = jobs.JobRequest(_OPERATION, asdict(asked), asked.idempotency_key, asked.not_before)
    return await jobs.enter(database, queue, stamp, request, lambda tx: _enter(tx, stamp, asked))


def _check(asked: GenerateRequest, now: datetime) -> Iterator[Problem]:
    yield from check_count(asked.count)
    yield from check_reference(asked.reference)
    yield from check_not_before(asked.not_before, now)
    if asked.idempotency_key is not None:
        yield from idempotency.check_key(asked.idempotency_key)


async def _enter(tx: Transaction, stamp: Stamp, asked: GenerateRequest) -> int:
    campaign = await _lock_campaign(tx, asked.campaign_id)
    group_id, problems = await _find_group(tx, asked)
    mask = await _lock_mask(tx, campaign)
    problems += await _check_capacity(tx, mask, asked.count)
    if asked.issue_now:
        problems += _check_issue(campaign, max(stamp.now, asked.not_before or stamp.now))
    refuse_any(problems)
    params = {
        "mask": mask.text,
        "pattern": mask.pattern,
        "numberSeriesId": campaign.number_series_id,
        "groupId": group_id,
        "issueNow": asked.issue_now,
        "maximumUses": campaign.maximum_uses,
        "usesPerCustomer": campaign.uses_per_customer,
        "availableTo": campaign.available_to,
    }
    job = jobs.NewJob(
        JobKind.GENERATE, campaign.id, params, asked.count, asked.reference, asked.not_before
    )
    return await jobs.add(tx, stamp.caller, job, stamp.now)


async def _lock_campaign(tx: Transaction, campaign_id: int) -> Campaign:
    """Return a voucher campaign in use, which nobody can archive before the job is entered."""
    campaign = (await open_campaigns.lock(tx, campaign_id)).get(campaign_id)
    problems = list(open_campaigns.check_open(campaign, CampaignKind.VOUCHER, "campaignId"))
    if campaign is None or problems:
        raise Refusal(*problems)
    return campaign


async def _lock_mask(tx: Transaction, campaign: Campaign) -> Mask:
    """Return the mask in force: the campaign's own, or that of its series, which stays in use."""
    if campaign.number_series_id is None:
        return parse(campaign.mask or DEFAULT_MASK)
    rows = NumberSeries.filter(id=campaign.number_series_id).using_db(tx.client)
    series = await rows.select_for_update(no_key=True).get()
    if series.archived_at is not None:
        message = "The campaign's number series is archived; choose another for it first."
        raise Refusal(Problem(UserErrorCode.NOT_EDITABLE, message, ("campaignId",)))
    return parse(series.mask)


async def _find_group(tx: Transaction, asked: GenerateRequest) -> tuple[int | None, list[Problem]]:
    """Return the group in use, which nobody can archive before the job is entered."""
    if asked.group_key is None:
        return None, []
    group = None
    if storable(asked.group_key):
        rows = CodeGroup.filter(
            key=normal_key(asked.group_key), campaign_id=asked.campaign_id, archived_at=None
        )
        group = await rows.using_db(tx.client).select_for_update(no_key=True).first()
    if group:
        return group.id, []
    message = "This campaign has no group with this key, or it is archived."
    return None, [Problem(UserErrorCode.GROUP_NOT_FOUND, message, ("groupKey",))]


def _check_issue(campaign: Campaign, at: datetime) -> Iterator[Problem]:
    """Tell why codes of the campaign could not be issued, to nobody in particular, at the instant.

    The dates are only tried: the setting may change before the codes are made.
    """
    if campaign.available_to != AvailableTo.ANY_CUSTOMER:
        message = f"{campaign.available_to} needs a customer; make the codes without issuing them."
        yield Problem(UserErrorCode.AVAILABLE_TO_NEEDS_CUSTOMER, message, ("issueNow",))
    setting = issue_validity_json.from_json(campaign.issued_code_validity)
    try:
        window(setting, at, ZoneInfo(campaign.time_zone))
    except Refusal as refusal:
        yield from (replace(problem, field=("issueNow",)) for problem in refusal.problems)


async def _check_capacity(tx: Transaction, mask: Mask, count: int) -> Iterator[Problem]:
    if mask.has_series or random_space(mask) >= _ENDLESS_SPACE:
        return check_capacity(mask, 0, count)
    return check_capacity(mask, await _count_existing(tx, mask), count)


async def _count_existing(tx: Transaction, mask: Mask) -> int:
    """Count the codes that look like the mask, and those that unfinished jobs will make alike.

    Separators, case and what random symbols leave out make no difference. Counting stops where even
    one code more would be refused.
    """
    prefix = mask.pattern.partition("_")[0]
    existing: int = await tx.fetch_value(
        "SELECT COUNT(*) FROM (SELECT 1 FROM code WHERE normal_form >= $1 AND normal_form < $2"
        " AND normal_form LIKE $3 LIMIT $4) AS alike",
        prefix,
        # The first text after all those of A-Z and 0-9 that begin so.
        f"{prefix}[",
        mask.pattern,
        int(random_space(mask) * REFUSE_ABOVE) + 1,
    )
    coming = await tx.fetch_value(
        "SELECT COALESCE(SUM(total - processed), 0) FROM job WHERE finished_at IS NULL"
        f" AND kind = '{JobKind.GENERATE}' AND params ->> 'pattern' = $1",
        mask.pattern,
    )
    return existing + int(coming)
