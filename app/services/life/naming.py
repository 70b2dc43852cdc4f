"""Which rows the calls of a batch are about, and the locks on their codes.

What is read here cannot change: texts, and which code a redemption, a reservation, a cashback or a
basket belongs to. Everything else is read by later statements: a statement that waited for a lock
knows the past of it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.database import Statements
from app.database.dialects import Dialect
from app.database.instants import to_json
from app.domain.events import EventKind
from app.domain.life.calls import (
    Call,
    CallById,
    CallByText,
    CallOnCashback,
    Issue,
    IssueNext,
    Redeem,
    Release,
    Reverse,
)
from app.domain.life.records import IssuingPromotion
from app.models.code import CREATED
from app.services.life import rows

# Who was given the code of a basket: the row itself tells who changed it last.
_GIVEN_TO: Final = (
    "(SELECT code_event.actor ->> 'caller' FROM code_event WHERE code_event.code_id = code.id"
    f" AND code_event.kind = '{EventKind.ISSUED}' ORDER BY code_event.id LIMIT 1)"
)


@dataclass(slots=True)
class Named:
    """What the calls name; `ids` are the codes that are locked."""

    ids: list[int] = field(default_factory=list)
    texts: dict[str, int] = field(default_factory=dict)
    redemptions: list[int] = field(default_factory=list)
    reservations: list[int] = field(default_factory=list)
    cashbacks: list[int] = field(default_factory=list)
    issuing: dict[int, IssuingPromotion] = field(default_factory=dict)
    baskets: dict[tuple[int, str], int] = field(default_factory=dict)
    given_to: dict[int, str] = field(default_factory=dict)
    pools: dict[int, list[int]] = field(default_factory=dict)
    wanted: Counter[int] = field(default_factory=Counter)
    contended: set[int] = field(default_factory=set)


async def lock(tx: Statements, dialect: Dialect, calls: Sequence[Call]) -> Named:
    """Lock the codes that the calls name, in the order of ids, and then those they may be given."""
    named = await find(tx, dialect, calls, dialect.lock)
    for campaign_id in sorted(named.wanted):
        await _pick(tx, dialect, calls, named, campaign_id)
    return named


async def find(tx: Statements, dialect: Dialect, calls: Sequence[Call], locking: str = "") -> Named:
    """Find the codes that the calls name; `locking` is appended to the statement that does."""
    named = Named()
    ids = {call.code_id for call in calls if isinstance(call, CallById)}
    ids |= await _owners(tx, dialect, calls, named)
    await _find_baskets(tx, dialect, calls, named)
    ids.update(named.baskets.values())
    texts = sorted({call.code for call in calls if isinstance(call, CallByText)})
    text = dialect.among("normal_form", "$1", "text")
    by_id = f" OR {dialect.among('id', '$2', 'bigint')}" if ids else ""
    found = await tx.fetch(
        f"SELECT id, normal_form FROM code WHERE {text}{by_id} ORDER BY id{locking}",
        texts,
        *([sorted(ids)] if ids else []),
    )
    named.texts = {row["normal_form"]: row["id"] for row in found}
    named.ids = [row["id"] for row in found]
    return named


async def _owners(
    tx: Statements, dialect: Dialect, calls: Iterable[Call], named: Named
) -> set[int]:
    """The codes of redemptions, reservations and cashbacks that are named by their ids."""
    for call in calls:
        match call:
            case Reverse():
                named.redemptions.append(call.redemption_id)
            case Release():
                named.reservations.append(call.reservation_id)
            case CallOnCashback():
                named.cashbacks.append(call.cashback_id)
            case Redeem(reservation_id=int(reservation_id)):
                named.reservations.append(reservation_id)
            case _:
                pass
    found: set[int] = set()
    for table, ids in (
        ("redemption", named.redemptions),
        ("reservation", named.reservations),
        ("cashback", named.cashbacks),
    ):
        if ids:
            chosen = dialect.among("id", "$1", "bigint")
            owned = await tx.fetch(f"SELECT code_id FROM {table} WHERE {chosen}", ids)
            found.update(row[0] for row in owned)
    return found


async def _find_baskets(
    tx: Statements, dialect: Dialect, calls: Iterable[Call], named: Named
) -> None:
    """Find the campaign of each basket, and the code that it was given before."""
    issues = [call for call in calls if isinstance(call, IssueNext)]
    if not issues:
        return
    promotions = [call.promotion_id for call in issues if call.promotion_id is not None]
    if promotions:
        chosen = dialect.among("id", "$1", "bigint")
        found = await tx.fetch(
            f"SELECT {rows.GATE}, issue_campaign_id FROM promotion WHERE {chosen}", promotions
        )
        for row in found:
            campaign_id = row["issue_campaign_id"]
            named.issuing[row["id"]] = IssuingPromotion(
                gate=rows.gate(row), issue_campaign_id=campaign_id
            )
    baskets = [(campaign_of(call, named), call.basket_key) for call in issues]
    for row in await tx.fetch(
        f"SELECT code.id, code.campaign_id, code.basket_key, {_GIVEN_TO} AS given_to FROM"
        f" {dialect.records('asked', {'campaign_id': 'bigint', 'basket_key': 'text'}, '$1')}"
        " JOIN code ON code.campaign_id = asked.campaign_id"
        " AND code.basket_key = asked.basket_key",
        to_json([{"campaign_id": one, "basket_key": key} for one, key in set(baskets)]),
    ):
        named.baskets[row["campaign_id"], row["basket_key"]] = row["id"]
        named.given_to[row["id"]] = row["given_to"]
    open_ones = [one for one in set(baskets) if one not in named.baskets]
    named.wanted.update(campaign_id for campaign_id, _ in open_ones if campaign_id is not None)


def campaign_of(call: IssueNext, named: Named) -> int | None:
    """The campaign from which the call wants a code, if its promotion issues any."""
    if call.promotion_id is None:
        return call.campaign_id
    promotion = named.issuing.get(call.promotion_id)
    return promotion.issue_campaign_id if promotion else None


async def _pick(
    tx: Statements, dialect: Dialect, calls: Iterable[Call], named: Named, campaign_id: int
) -> None:
    """Lock the oldest free codes of a campaign's pool; those that others hold are passed by."""
    # Codes that are issued by name in the same batch may be among those found.
    most = named.wanted[campaign_id] + sum(isinstance(call, Issue) for call in calls)
    free = f"FROM code WHERE campaign_id = $1 AND {CREATED} AND suspended_at IS NULL"
    found: list[Any] = await tx.fetch(
        f"SELECT id {free} ORDER BY id LIMIT $2{dialect.lock_or_skip}", campaign_id, most
    )
    pool = [row["id"] for row in found]
    named.pools[campaign_id] = pool
    named.ids += [code_id for code_id in pool if code_id not in named.ids]
    if len(pool) < most:
        ours = dialect.among("id", "$2", "bigint")
        # In the pool's order, or a planner who hopes for an early hit reads the whole table.
        others = f"SELECT id {free} AND NOT ({ours}) ORDER BY id LIMIT 1"
        if await tx.fetch(others, campaign_id, pool):
            named.contended.add(campaign_id)
