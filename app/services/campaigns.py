"""Campaigns: created, changed and archived, each in one transaction with what belongs to it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.database import Database, Transaction
from app.domain import issue_validity_json
from app.domain.callers import Caller
from app.domain.campaigns import (
    CampaignDraft,
    CampaignKind,
    check_campaign,
    check_key,
    normal_key,
    tidied,
)
from app.domain.events import EntityKind
from app.domain.field_checks import invalid
from app.domain.masks import GenerateUsing, MaskError, parse
from app.domain.refusals import Problem, Refusal, UserErrorCode, refuse_any
from app.domain.source_codes import SourceCodeDraft, check_source_code, tidied_source_code
from app.models.campaign import Campaign
from app.services import editing, keys, revisions, source_codes
from app.services.constraints import CAMPAIGN_KEY_TAKEN, CAMPAIGN_NAME_TAKEN, explained
from app.services.editing import Stamp, Target
from app.services.keys import Naming


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign to create; without a key, one is made from its name.

    A source campaign names its first code: both are stored or neither.
    """

    kind: CampaignKind
    draft: CampaignDraft
    key: str | None = None
    first_code: SourceCodeDraft | None = None


async def create(database: Database, caller: Caller, new: NewCampaign, now: datetime) -> int:
    """Return the id of the new campaign."""
    new = replace(
        new,
        draft=_tidied(new.draft, new.kind),
        key=new.key and normal_key(new.key),
        first_code=new.first_code and tidied_source_code(new.first_code),
    )
    problems = [*check_campaign(new.draft, new.kind), *_check_first_code(new)]
    if new.key is not None:
        problems += check_key(new.key)

    async def store(key: str) -> int:
        return await _store(database, new, key, problems, Stamp(caller, now))

    naming = Naming(new.key, new.draft.name, "CAMPAIGN")
    return await keys.stored(naming, CAMPAIGN_KEY_TAKEN, store)


async def update(
    database: Database, caller: Caller, target: Target, values: Mapping[str, Any], now: datetime
) -> None:
    """Change the columns named in `values`; None clears, and an equal value changes nothing.

    The facts as they were before become a revision. Kind and key never change.
    """
    with explained():
        async with database.transaction() as tx:
            campaign = await editing.lock(tx, Campaign, target)
            before = editing.drafted(CampaignDraft, campaign)
            after = _tidied(_applied(before, values), campaign.kind)
            changed = editing.changes(before, after)
            if not changed:
                return
            problems = check_campaign(after, campaign.kind)
            if "name" in changed:
                problems += await _check_name(tx, after)
            if "number_series_id" in changed:
                problems += await _check_series(tx, after)
            refuse_any(problems)
            await _write(tx, campaign, changed, Stamp(caller, now))


async def archive(database: Database, caller: Caller, target: Target, now: datetime) -> None:
    """Take the campaign out of use for ever; its name and key stay taken.

    NOT_EDITABLE while a job of it is unfinished.
    """
    async with database.transaction() as tx:
        campaign = await editing.lock(tx, Campaign, target)
        refuse_any(await _check_idle(tx, campaign.id))
        await _write(tx, campaign, {"enabled": False, "archived_at": now}, Stamp(caller, now))


async def _store(
    database: Database, new: NewCampaign, key: str, problems: list[Problem], stamp: Stamp
) -> int:
    """Insert the campaign and its first code; looks first, to tell all problems at once."""
    with explained():
        async with database.transaction() as tx:
            found = [*problems, *await _check_name(tx, new.draft)]
            found += await editing.check_free(tx, "campaign.key", key, CAMPAIGN_KEY_TAKEN)
            if new.first_code:
                found += await source_codes.check_free(tx, new.first_code, "firstCode")
            refuse_any([*found, *await _check_series(tx, new.draft)])
            values = {"kind": new.kind, "key": key, **editing.columns(new.draft)}
            row = await editing.create(tx, Campaign, values, stamp)
            if new.first_code:
                await source_codes.insert(tx, row.id, new.first_code, stamp, "firstCode")
    made_id: int = row.id
    return made_id


async def _write(
    tx: Transaction, campaign: Campaign, changed: Mapping[str, Any], stamp: Stamp
) -> None:
    if any(name != "metadata" for name in changed):
        entity = (EntityKind.CAMPAIGN, campaign.id)
        await revisions.remember(tx, stamp, entity, editing.facts(CampaignDraft, campaign))
    await editing.write(tx, campaign, changed, stamp)


def _tidied(draft: CampaignDraft, kind: CampaignKind) -> CampaignDraft:
    """Return the draft as it is stored; what cannot be understood is left to the checks."""
    draft = tidied(draft, kind)
    with suppress(Refusal, MaskError):
        setting = draft.issued_code_validity
        return replace(
            draft,
            mask=draft.mask and parse(draft.mask).text,
            issued_code_validity=setting
            and issue_validity_json.to_json(issue_validity_json.from_json(setting)),
        )
    return draft


def _applied(before: CampaignDraft, values: Mapping[str, Any]) -> CampaignDraft:
    """Apply the values; another way to generate drops what only the former way needs."""
    using = values.get("generate_using", before.generate_using)
    if using != before.generate_using:
        former = "mask" if using == GenerateUsing.NUMBER_SERIES else "number_series_id"
        values = {former: None, **values}
    return editing.applied(before, values)


def _check_first_code(new: NewCampaign) -> list[Problem]:
    if new.first_code:
        if new.kind == CampaignKind.SOURCE:
            return check_source_code(new.first_code, "firstCode")
        message = "The codes of a voucher campaign are generated; leave the first code out."
        return [Problem(UserErrorCode.CAMPAIGN_KIND_MISMATCH, message, ("firstCode",))]
    if new.kind == CampaignKind.SOURCE:
        message = "A source campaign is created with its first code."
        return [Problem(UserErrorCode.CODE_MISSING, message, ("firstCode",))]
    return []


async def _check_name(tx: Transaction, draft: CampaignDraft) -> list[Problem]:
    return await editing.check_free(tx, "campaign.name", draft.name, CAMPAIGN_NAME_TAKEN)


async def _check_series(tx: Transaction, draft: CampaignDraft) -> list[Problem]:
    if draft.number_series_id is None:
        return []
    row = await tx.fetch_one(
        "SELECT archived_at FROM number_series WHERE id = $1", draft.number_series_id
    )
    if row is None:
        message = "There is no number series with this id."
        return [Problem(UserErrorCode.NOT_FOUND, message, ("numberSeriesId",))]
    if row["archived_at"] is not None:
        return [invalid("This number series is archived; choose another.", "numberSeriesId")]
    return []


async def _check_idle(tx: Transaction, campaign_id: int) -> list[Problem]:
    busy = await tx.fetch_value(
        "SELECT 1 FROM job WHERE campaign_id = $1 AND finished_at IS NULL LIMIT 1", campaign_id
    )
    if not busy:
        return []
    message = "A job of this campaign is not finished; wait for it or cancel it."
    return [Problem(UserErrorCode.NOT_EDITABLE, message, ("id",))]
