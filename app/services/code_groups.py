"""Code groups: codes of one campaign that drive several promotions, with limits of their own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.database import Database, Transaction
from app.database.dialects import Dialect
from app.domain.callers import Caller
from app.domain.campaigns import check_key, normal_key
from app.domain.code_groups import CodeGroupDraft, check_code_group, tidied
from app.domain.events import EntityKind
from app.domain.promotions import GroupActivation
from app.domain.refusals import Problem, UserErrorCode, refuse_any
from app.models.code_group import CodeGroup
from app.services import editing, keys, open_campaigns, revisions
from app.services.constraints import GROUP_KEY_TAKEN, GROUP_NAME_TAKEN, explained
from app.services.editing import Stamp, Target
from app.services.keys import Naming


@dataclass(frozen=True, slots=True)
class NewCodeGroup:
    """A group to create for a campaign; without a key, one is made from its name."""

    campaign_id: int
    draft: CodeGroupDraft
    key: str | None = None


async def create(database: Database, caller: Caller, new: NewCodeGroup, now: datetime) -> int:
    """Return the id of the new group; an archived campaign gets none: CAMPAIGN_DISABLED."""
    new = replace(new, draft=tidied(new.draft), key=new.key and normal_key(new.key))
    problems = check_code_group(new.draft)
    if new.key is not None:
        problems += check_key(new.key)

    async def store(key: str) -> int:
        return await _store(database, new, key, problems, Stamp(caller, now))

    return await keys.stored(Naming(new.key, new.draft.name, "GROUP"), GROUP_KEY_TAKEN, store)


async def update(
    database: Database, caller: Caller, target: Target, values: Mapping[str, Any], now: datetime
) -> None:
    """Change the columns named in `values`; None clears, and an equal value changes nothing.

    The facts as they were before become a revision. Campaign and key never change.
    """
    with explained():
        async with database.transaction() as tx:
            group = await editing.lock(tx, CodeGroup, target)
            before = editing.drafted(CodeGroupDraft, group)
            after = tidied(_applied(before, values))
            changed = editing.changes(before, after)
            if not changed:
                return
            problems = check_code_group(after)
            if "name" in changed:
                problems += await _check_name(tx, after)
            refuse_any(problems)
            await _write(tx, database.dialect, group, changed, Stamp(caller, now))


async def archive(database: Database, caller: Caller, target: Target, now: datetime) -> None:
    """Take the group out of use for ever; its name and key stay taken, its codes stay in it.

    NOT_EDITABLE while a job that makes codes for it is unfinished.
    """
    async with database.transaction() as tx:
        group = await editing.lock(tx, CodeGroup, target)
        refuse_any(await _check_idle(tx, group.id))
        await _write(
            tx, database.dialect, group, {"enabled": False, "archived_at": now}, Stamp(caller, now)
        )


async def lock(tx: Transaction, ids: Iterable[int]) -> dict[int, CodeGroup]:
    """Return the groups of these ids that exist, archived ones too, locked in the order of ids."""
    rows = CodeGroup.filter(id__in=list(ids)).using_db(tx.client).order_by("id")
    return {row.id: row async for row in rows.select_for_update(no_key=True)}


async def lock_one(tx: Transaction, group_id: int | None) -> CodeGroup | None:
    """Return the group, archived or not, locked until the transaction ends; None without one."""
    return None if group_id is None else (await lock(tx, [group_id])).get(group_id)


async def members(
    tx: Transaction, dialect: Dialect, ids: Sequence[int]
) -> Mapping[int, Sequence[int]]:
    """Return the ids of the promotions of each of these groups; their rows must be locked."""
    rows = await tx.fetch(
        "SELECT group_id, promotion_id FROM promotion_group"
        f" WHERE {dialect.among('group_id', '$1', 'bigint')} ORDER BY promotion_id",
        ids,
    )
    found: dict[int, list[int]] = {number: [] for number in ids}
    for row in rows:
        found[row["group_id"]].append(row["promotion_id"])
    return found


async def begin_version(
    tx: Transaction,
    dialect: Dialect,
    stamp: Stamp,
    groups: Sequence[CodeGroup],
    promotion_ids: Mapping[int, Sequence[int]],
) -> None:
    """Keep the facts of locked groups, with these promotions, before their promotions change."""
    facts = {group.id: _facts(group, promotion_ids[group.id]) for group in groups}
    await revisions.remember_all(tx, dialect, stamp, EntityKind.CODE_GROUP, facts)
    await editing.write_all(tx, dialect, groups, {}, stamp)


async def _store(
    database: Database, new: NewCodeGroup, key: str, problems: list[Problem], stamp: Stamp
) -> int:
    with explained():
        async with database.transaction() as tx:
            campaign = (await open_campaigns.lock(tx, new.campaign_id)).get(new.campaign_id)
            refuse_any(
                [
                    *problems,
                    *open_campaigns.check_open(campaign, None, "campaignId"),
                    *await _check_name(tx, new.draft),
                    *await editing.check_free(tx, "code_group.key", key, GROUP_KEY_TAKEN),
                ]
            )
            named = {"campaign_id": new.campaign_id, "key": key}
            row = await editing.create(
                tx, CodeGroup, {**named, **editing.columns(new.draft)}, stamp
            )
    made_id: int = row.id
    return made_id


async def _write(
    tx: Transaction, dialect: Dialect, group: CodeGroup, changed: Mapping[str, Any], stamp: Stamp
) -> None:
    if any(name != "metadata" for name in changed):
        promotion_ids = await members(tx, dialect, [group.id])
        entity = (EntityKind.CODE_GROUP, group.id)
        await revisions.remember(tx, stamp, entity, _facts(group, promotion_ids[group.id]))
    await editing.write(tx, group, changed, stamp)


def _facts(group: CodeGroup, promotion_ids: Sequence[int]) -> dict[str, Any]:
    return {**editing.facts(CodeGroupDraft, group), "promotion_ids": list(promotion_ids)}


def _applied(before: CodeGroupDraft, values: Mapping[str, Any]) -> CodeGroupDraft:
    """Apply the values; a group that follows its promotions from now on drops its own range."""
    activation = values.get("activation", before.activation)
    if activation != before.activation and activation == GroupActivation.WHILE_PROMOTIONS_RUN:
        values = {"active_from": None, "active_to": None, **values}
    return editing.applied(before, values)


async def _check_name(tx: Transaction, draft: CodeGroupDraft) -> list[Problem]:
    return await editing.check_free(tx, "code_group.name", draft.name, GROUP_NAME_TAKEN)


async def _check_idle(tx: Transaction, group_id: int) -> list[Problem]:
    busy = await tx.fetch_value(
        "SELECT 1 FROM job WHERE finished_at IS NULL"
        " AND CAST(params ->> 'groupId' AS BIGINT) = $1 LIMIT 1",
        group_id,
    )
    if not busy:
        return []
    message = "A job that makes codes for this group is not finished; wait for it or cancel it."
    return [Problem(UserErrorCode.NOT_EDITABLE, message, ("id",))]
