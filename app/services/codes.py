"""What can be done with codes of either kind while nobody has used them: moved and deleted."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from app.database import Database
from app.domain.callers import Caller
from app.domain.campaigns import CampaignKind
from app.domain.codes import (
    CodeUsage,
    check_count,
    check_not_issued,
    check_not_withdrawn,
    check_unused,
)
from app.domain.field_checks import invalid
from app.domain.refusals import Problem, UserErrorCode, refuse_any
from app.models.code import Code
from app.models.code_group import CodeGroup
from app.services import audit, code_groups, code_rows, editing
from app.services.editing import Stamp, Target


async def delete(database: Database, caller: Caller, target: Target, now: datetime) -> None:
    """Let the code go, so that its text is free again; its history stays.

    A voucher goes only while it is CREATED, a source code only while it is unused.
    """
    dialect = database.dialect
    async with database.transaction() as tx:
        code = await editing.find_and_lock(tx, Code, target.id)
        editing.check_version(code, target)
        usage = (await code_rows.usage(tx, dialect, [code.id], now))[code.id]
        refuse_any(_check_deletion(code, usage))
        await code_rows.remember(tx, dialect, Stamp(caller, now), [code])
        for table in ("reservation", "code_customer"):
            await tx.execute(f"DELETE FROM {table} WHERE code_id = $1", code.id)
        gone = await tx.execute(
            "DELETE FROM code WHERE id = $1 AND version = $2", code.id, code.version
        )
        editing.check_written(gone, 1)
        await audit.record(tx, Stamp(caller, now), "deleteCode", ("Code", code.id))


async def move(
    database: Database, caller: Caller, ids: Sequence[int], group_id: int | None, now: datetime
) -> int:
    """Move 1 to 1,000 unused codes of one campaign to a group of it, or out of any; all or none.

    Returns how many of them stood elsewhere. The number of statements is the same for any count.
    """
    refuse_any(check_count(len(ids)))
    dialect = database.dialect
    async with database.transaction() as tx:
        group = await code_groups.lock_one(tx, group_id)
        codes = await code_rows.lock(tx, ids)
        moving = {number: code for number, code in codes.items() if code.group_id != group_id}
        usages = await code_rows.usage(tx, dialect, list(moving), now)
        problems = _check_codes(ids, codes, usages, group)
        refuse_any([*_check_group(group, group_id), *problems])
        if moving:
            changed = {"group_id": group_id}
            stamp = Stamp(caller, now)
            await code_rows.write(tx, dialect, stamp, list(moving.values()), changed)
            entity = None if group_id is None else ("CodeGroup", group_id)
            await audit.record(tx, stamp, "moveCodes", entity, changed=len(moving))
    return len(moving)


def _check_deletion(code: Code, usage: CodeUsage) -> Iterator[Problem]:
    yield from check_not_issued(code.kind, code.issued_at, "id")
    if code.kind == CampaignKind.VOUCHER:
        yield from check_not_withdrawn(code.withdrawn_at, "id")
    yield from check_unused(usage, "id")


def _check_group(group: CodeGroup | None, group_id: int | None) -> Iterator[Problem]:
    if group_id is not None and (group is None or group.archived_at is not None):
        message = "There is no group with this id, or it is archived."
        yield Problem(UserErrorCode.GROUP_NOT_FOUND, message, ("groupId",))


def _check_codes(
    ids: Sequence[int],
    codes: Mapping[int, Code],
    usages: Mapping[int, CodeUsage],
    group: CodeGroup | None,
) -> Iterator[Problem]:
    """Tell what stands against each id, one after the other; `usages` are of those that move."""
    campaign_id = group.campaign_id if group else None
    seen: set[int] = set()
    for index, number in enumerate(ids):
        field = ("ids", str(index))
        code = codes.get(number)
        if code is None:
            yield Problem(UserErrorCode.NOT_FOUND, "There is no code with this id.", field)
            continue
        if number in seen:
            yield invalid("Each code may be named only once.", *field)
        seen.add(number)
        campaign_id = campaign_id or code.campaign_id
        if code.campaign_id != campaign_id:
            whose = "the group" if group else "the first code"
            yield invalid(f"The code is not of the campaign of {whose}.", *field)
        if usage := usages.get(number):
            yield from check_not_withdrawn(code.withdrawn_at, *field)
            yield from check_unused(usage, *field)
