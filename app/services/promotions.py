"""Promotions: what codes give, created, changed and archived, and the groups that drive them.

The groups of a promotion are those it has while its row is locked: it is locked before them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.database import Database, Transaction
from app.database.dialects import Dialect
from app.domain.callers import Caller
from app.domain.campaigns import CampaignKind
from app.domain.events import EntityKind
from app.domain.field_checks import invalid
from app.domain.money import Money
from app.domain.promotions import (
    MAX_GROUPS,
    MAX_PROMOTIONS,
    Discount,
    PromotionDraft,
    check_promotion,
    stored_discount,
    tidied,
)
from app.domain.refusals import Problem, UserErrorCode, refuse_any
from app.models.campaign import Campaign
from app.models.code_group import CodeGroup
from app.models.promotion import Promotion
from app.services import code_groups, editing, open_campaigns, revisions
from app.services.constraints import PROMOTION_NAME_TAKEN, explained
from app.services.editing import Stamp, Target


@dataclass(frozen=True, slots=True)
class NewPromotion:
    """A promotion to create, on its own or in the bundle of a campaign, for ever."""

    draft: PromotionDraft
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Groups:
    """The groups that a promotion gains and loses, locked, and their promotions so far."""

    locked: Mapping[int, CodeGroup]
    gained: Sequence[int]
    lost: Sequence[int]
    members: Mapping[int, Sequence[int]]

    @property
    def changed(self) -> list[CodeGroup]:
        return [self.locked[number] for number in sorted((*self.gained, *self.lost))]


async def create(database: Database, caller: Caller, new: NewPromotion, now: datetime) -> int:
    """Return the id of the new promotion; the groups that drive it get a version more."""
    draft, stamp, dialect = tidied(new.draft), Stamp(caller, now), database.dialect
    issuing = _issuing(draft.discount)
    problems = check_promotion(draft)
    with explained():
        async with database.transaction() as tx:
            campaigns = await open_campaigns.lock(tx, new.campaign_id, issuing)
            groups = await _lock_groups(tx, dialect, (), draft.group_ids)
            if new.campaign_id is not None:
                campaign = campaigns.get(new.campaign_id)
                problems += open_campaigns.check_open(campaign, None, "campaignId")
                problems += await _check_room(tx, new.campaign_id)
            problems += _check_issuing(campaigns, issuing)
            problems += _check_groups(groups, draft.group_ids)
            problems += await _check_name(tx, draft)
            refuse_any(problems)
            values = {"campaign_id": new.campaign_id, **_columns(editing.columns(draft))}
            row = await editing.create(tx, Promotion, values, stamp)
            await _link(tx, dialect, stamp, row.id, groups)
    made_id: int = row.id
    return made_id


async def update(
    database: Database, caller: Caller, target: Target, values: Mapping[str, Any], now: datetime
) -> None:
    """Change the facts named in `values`; None clears, and an equal value changes nothing.

    Discount and groups are replaced as a whole; the campaign never changes. The facts as they were
    before become a revision, also those of each group that is gained or lost.
    """
    stamp, dialect = Stamp(caller, now), database.dialect
    issuing = _issuing(values.get("discount"))
    with explained():
        async with database.transaction() as tx:
            campaigns = await open_campaigns.lock(tx, issuing)
            promotion = await editing.lock(tx, Promotion, target)
            before = await _draft(tx, promotion)
            after = tidied(editing.applied(before, values))
            changed = _changes(before, after)
            if not changed:
                return
            groups = await _lock_groups(tx, dialect, before.group_ids, after.group_ids)
            problems = check_promotion(after)
            if "discount" in changed:
                problems += _check_issuing(campaigns, issuing)
            problems += _check_groups(groups, after.group_ids)
            if "name" in changed:
                problems += await _check_name(tx, after)
            refuse_any(problems)
            await _link(tx, dialect, stamp, promotion.id, groups)
            await _write(tx, promotion, before, changed, stamp)


async def archive(database: Database, caller: Caller, target: Target, now: datetime) -> None:
    """Take the promotion out of use for ever; its name stays taken, and its groups keep it."""
    async with database.transaction() as tx:
        promotion = await editing.lock(tx, Promotion, target)
        before = await _draft(tx, promotion)
        changed = {"enabled": False, "archived_at": now}
        await _write(tx, promotion, before, changed, Stamp(caller, now))


async def _linked(tx: Transaction, promotion_id: int) -> tuple[int, ...]:
    rows = await tx.fetch(
        "SELECT group_id FROM promotion_group WHERE promotion_id = $1 ORDER BY group_id",
        promotion_id,
    )
    return tuple(row["group_id"] for row in rows)


async def _lock_groups(
    tx: Transaction, dialect: Dialect, before: Sequence[int], after: Sequence[int]
) -> _Groups:
    """Tell what the promotion gains and loses, and lock it."""
    gained = [number for number in dict.fromkeys(after[:MAX_GROUPS]) if number not in before]
    lost = [number for number in before if number not in after]
    locked = await code_groups.lock(tx, (*gained, *lost)) if gained or lost else {}
    members = await code_groups.members(tx, dialect, list(locked)) if locked else {}
    return _Groups(locked, gained, lost, members)


async def _link(
    tx: Transaction, dialect: Dialect, stamp: Stamp, promotion_id: int, groups: _Groups
) -> None:
    if not groups.changed:
        return
    await code_groups.begin_version(tx, dialect, stamp, groups.changed, groups.members)
    await tx.execute(
        "DELETE FROM promotion_group WHERE promotion_id = $1"
        f" AND {dialect.among('group_id', '$2', 'bigint')}",
        promotion_id,
        groups.lost,
    )
    await tx.execute(
        "INSERT INTO promotion_group (promotion_id, group_id)"
        f" SELECT {dialect.cast('$1', 'bigint')}, gained.id"
        f" FROM {dialect.rows('gained', {'id': 'bigint'}, first=2)}",
        promotion_id,
        groups.gained,
    )


async def _write(
    tx: Transaction,
    promotion: Promotion,
    before: PromotionDraft,
    changed: Mapping[str, Any],
    stamp: Stamp,
) -> None:
    if set(changed) != {"metadata"}:
        facts = editing.columns(before)
        del facts["metadata"]
        kept = {**_columns(facts), "group_ids": facts["group_ids"], "archived_at": None}
        await revisions.remember(tx, stamp, (EntityKind.PROMOTION, promotion.id), kept)
    await editing.write(tx, promotion, _columns(changed), stamp)


async def _draft(tx: Transaction, row: Promotion) -> PromotionDraft:
    minor, currency = row.discount_amount_minor, row.discount_currency
    money = None if minor is None or currency is None else Money(minor, currency)
    points, sku, issuing = row.discount_basis_points, row.gift_sku, row.issue_campaign_id
    discount = stored_discount(row.discount_kind, points, money, sku, issuing)
    linked = await _linked(tx, row.id)
    return editing.drafted(PromotionDraft, row, discount=discount, group_ids=linked)


def _changes(before: PromotionDraft, after: PromotionDraft) -> dict[str, Any]:
    """Return what differs; the order of groups means nothing."""
    changed = editing.changes(before, after)
    if sorted(before.group_ids) == sorted(after.group_ids):
        changed.pop("group_ids", None)
    return changed


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a draft that was accepted as columns; groups stand in their own table."""
    columns = {name: value for name, value in values.items() if name != "group_ids"}
    discount: Discount | None = columns.pop("discount", None)
    if discount is None:
        return columns
    money = discount.money()
    return {
        **columns,
        "discount_kind": discount.kind,
        "discount_basis_points": discount.basis_points,
        "discount_amount_minor": money and money.minor,
        "discount_currency": money and money.currency,
        "gift_sku": discount.gift_sku,
        "issue_campaign_id": discount.issue_campaign_id,
    }


def _issuing(discount: Discount | None) -> int | None:
    return discount.issue_campaign_id if discount else None


def _check_issuing(campaigns: Mapping[int | None, Campaign], issuing: int | None) -> list[Problem]:
    if issuing is None:
        return []
    field = ("discount", "issueCampaignId")
    return list(open_campaigns.check_open(campaigns.get(issuing), CampaignKind.VOUCHER, *field))


def _check_groups(groups: _Groups, ids: Sequence[int]) -> Iterator[Problem]:
    """Tell which of the groups cannot drive one promotion more."""
    for index, number in enumerate(ids[:MAX_GROUPS]):
        field = ("groupIds", str(index))
        group = groups.locked.get(number)
        if number not in groups.gained:
            continue
        if group is None or group.archived_at is not None:
            message = "There is no group with this id, or it is archived."
            yield Problem(UserErrorCode.GROUP_NOT_FOUND, message, field)
        elif len(groups.members[number]) >= MAX_PROMOTIONS:
            yield _full("group", *field)


async def _check_room(tx: Transaction, campaign_id: int) -> list[Problem]:
    count = await tx.fetch_value(
        "SELECT COUNT(*) FROM promotion WHERE campaign_id = $1", campaign_id
    )
    return [_full("campaign", "campaignId")] if count >= MAX_PROMOTIONS else []


def _full(what: str, *field: str) -> Problem:
    return invalid(
        f"This {what} has {MAX_PROMOTIONS} promotions, and archived ones count; name another.",
        *field,
    )


async def _check_name(tx: Transaction, draft: PromotionDraft) -> list[Problem]:
    return await editing.check_free(tx, "promotion.name", draft.name, PROMOTION_NAME_TAKEN)
