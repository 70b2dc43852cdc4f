"""Codes made elsewhere: typed in one by one, and changed as long as they are not withdrawn."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from app.database import Database, Transaction
from app.domain.callers import Caller
from app.domain.campaigns import CampaignKind
from app.domain.code_text import CodeTextError, displayed, normal_form
from app.domain.codes import CodeUsage, check_maximum, check_not_withdrawn, check_unused
from app.domain.refusals import Problem, Refusal, UserErrorCode, refuse_any
from app.domain.source_codes import SourceCodeDraft, check_source_code, tidied_source_code
from app.models.code import Code
from app.models.code_group import CodeGroup
from app.services import audit, code_groups, code_rows, customers, editing, open_campaigns
from app.services.constraints import CODE_TAKEN, explained
from app.services.editing import Stamp, Target


async def create(
    database: Database, caller: Caller, campaign_id: int, draft: SourceCodeDraft, now: datetime
) -> int:
    """Return the id of the new code of a source campaign; who holds it may be unknown so far."""
    draft = tidied_source_code(draft)
    problems = check_source_code(draft)
    async with database.transaction() as tx:
        campaign = (await open_campaigns.lock(tx, campaign_id)).get(campaign_id)
        group = await code_groups.lock_one(tx, draft.group_id)
        problems += open_campaigns.check_open(campaign, CampaignKind.SOURCE, "campaignId")
        if draft.group_id is not None:
            problems += _check_group(group, campaign_id)
        problems += await check_free(tx, draft)
        refuse_any(problems)
        stamp = Stamp(caller, now)
        code_id = await insert(tx, campaign_id, draft, stamp)
        await audit.record(tx, stamp, "createSourceCode", ("Code", code_id))
        return code_id


async def update(
    database: Database, caller: Caller, target: Target, values: Mapping[str, Any], now: datetime
) -> None:
    """Change the facts of a draft named in `values`; None clears, an equal value changes nothing.

    Text and uses never change, the group only while the code is unused. The facts as they were
    before become a revision, and the code's history tells which of them changed.
    """
    stamp, dialect = Stamp(caller, now), database.dialect
    async with database.transaction() as tx:
        group = await code_groups.lock_one(tx, values.get("group_id"))
        code = await _lock(tx, target)
        before = await _draft(tx, code)
        after = tidied_source_code(editing.applied(before, values))
        changed = editing.changes(before, after)
        if not changed:
            return
        usage = (await code_rows.usage(tx, dialect, [code.id], now))[code.id]
        problems = [*check_source_code(after), *_check_changes(code, changed, usage)]
        if changed.get("group_id") is not None:
            problems += _check_group(group, code.campaign_id)
        refuse_any(problems)
        columns = await _columns(tx, code, changed, stamp)
        await code_rows.write(tx, dialect, stamp, [code], columns)
        entity = ("Code", code.id)
        await audit.record(tx, stamp, "updateSourceCode", entity, fields=audit.shown(changed))


async def insert(
    tx: Transaction, campaign_id: int, draft: SourceCodeDraft, stamp: Stamp, *path: str
) -> int:
    """Store a tidied draft and return its id; CODE_TAKEN below `path` when a twin was faster."""
    number = draft.issued_to
    with explained(*path):
        row = await Code.create(
            using_db=tx.client,
            kind=CampaignKind.SOURCE,
            campaign_id=campaign_id,
            group_id=draft.group_id,
            text=displayed(draft.code),
            normal_form=normal_form(draft.code),
            valid_from=draft.valid_from,
            valid_to=draft.valid_to,
            max_uses=draft.maximum_uses,
            uses_per_customer=draft.uses_per_customer,
            issued_to_id=number and await customers.recorded(tx, number, stamp),
            available_to=draft.available_to,
            metadata=dict(draft.metadata),
            actor=stamp.caller.actor(),
            created_at=stamp.now,
            updated_at=stamp.now,
        )
    made_id: int = row.id
    return made_id


async def check_free(tx: Transaction, draft: SourceCodeDraft, *path: str) -> list[Problem]:
    """Look whether the code exists; what cannot be one is told by the checks of the draft."""
    try:
        wanted = normal_form(draft.code)
    except CodeTextError:
        return []
    return await editing.check_free(tx, "code.normal_form", wanted, CODE_TAKEN.below(*path))


async def _lock(tx: Transaction, target: Target) -> Code:
    code = await editing.find_and_lock(tx, Code, target.id)
    if code.kind != CampaignKind.SOURCE:
        message = "Only codes of source campaigns are edited; a voucher is what its campaign made."
        raise Refusal(Problem(UserErrorCode.CAMPAIGN_KIND_MISMATCH, message, ("id",)))
    refuse_any(check_not_withdrawn(code.withdrawn_at, "id"))
    editing.check_version(code, target)
    return code


async def _draft(tx: Transaction, code: Code) -> SourceCodeDraft:
    number = code.issued_to_id and await tx.fetch_value(
        "SELECT number FROM customer WHERE id = $1", code.issued_to_id
    )
    return editing.drafted(
        SourceCodeDraft, code, code=code.text, maximum_uses=code.max_uses, issued_to=number
    )


async def _columns(
    tx: Transaction, code: Code, changed: Mapping[str, Any], stamp: Stamp
) -> dict[str, Any]:
    """Return the changes as columns hold them; a customer whom we do not know is recorded."""
    columns = dict(changed)
    if "issued_to" in columns:
        number = columns.pop("issued_to")
        columns["issued_to_id"] = number and await customers.recorded(tx, number, stamp)
    if "maximum_uses" in columns:
        most = columns["max_uses"] = columns.pop("maximum_uses")
        spent = most is not None and code.uses >= most
        columns["used_up_at"] = (code.used_up_at or stamp.now) if spent else None
    return columns


def _check_changes(code: Code, changed: Mapping[str, Any], usage: CodeUsage) -> Iterator[Problem]:
    if "maximum_uses" in changed:
        yield from check_maximum(changed["maximum_uses"], code.uses, usage, "maximumUses")
    if "group_id" in changed:
        yield from check_unused(usage, "groupId")


def _check_group(group: CodeGroup | None, campaign_id: int) -> Iterator[Problem]:
    if group is None or group.campaign_id != campaign_id or group.archived_at is not None:
        message = "This campaign has no group with this id, or it is archived."
        yield Problem(UserErrorCode.GROUP_NOT_FOUND, message, ("groupId",))
