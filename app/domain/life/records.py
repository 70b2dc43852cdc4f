"""The rows that decisions read and change, as facts; a change makes a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.events import EventKind
from app.domain.issue_validity import IssuedCodeValidity
from app.domain.money import Money
from app.domain.redemptions import RedemptionState, ReservationEnd, ReservationFacts
from app.domain.refusals import Problem
from app.domain.validity_facts import CashbackRules, CodeRules, Gate

Actor = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRecord(CodeRules):
    campaign_id: int
    group_id: int | None
    issue_reference: str | None = None
    issued_store: str | None = None
    issued_by_id: int | None = None
    basket_key: str | None = None
    suspension_reason: str | None = None
    withdrawal_reason: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRecord:
    gate: Gate
    kind: CampaignKind
    archived: bool
    zone: tzinfo
    issued_code_validity: IssuedCodeValidity
    issue_only: bool = False
    generate_on_demand: bool = False
    maximum_uses: int | None = None
    uses_per_customer: int | None = None
    available_to: AvailableTo = AvailableTo.ANY_CUSTOMER


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingPromotion:
    """A promotion by which codes of a campaign are issued; without one it issues nothing."""

    gate: Gate
    issue_campaign_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    id: int
    customer_id: int | None = None
    store: str | None = None
    application: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionRecord:
    id: int
    code_id: int
    campaign_id: int
    group_id: int | None
    customer_id: int | None
    order_id: int | None
    order_number: str | None
    amount: Money | None
    state: RedemptionState
    redeemed_at: datetime
    store: str | None = None
    application: str | None = None
    promotion_ids: tuple[int, ...] = ()
    reservation_id: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    actor: Actor = field(default_factory=dict)
    reversed_at: datetime | None = None
    reversal_reason: str | None = None
    reversal_actor: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationRecord(ReservationFacts):
    id: int
    code_id: int
    group_id: int | None
    customer_id: int | None
    holder: str
    created_at: datetime
    end_reason: ReservationEnd | None = None
    redemption_id: int | None = None
    actor: Actor = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashbackRecord(CashbackRules):
    code_id: int
    earning_order_id: int
    maximum_minor: int
    version: int = 1
    actor: Actor = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupUse:
    """A customer's uses of a group; `seq` rises with every take and every reservation."""

    uses: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a code, in the order in which it was decided."""

    kind: EventKind
    code_id: int
    campaign_id: int
    actor: Actor
    key: str | None = None
    customer_id: int | None = None
    redemption_id: int | None = None
    reservation_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """A refused try; `text` is what was asked for when there is no such code."""

    operation: str
    text: str
    code_id: int | None
    problems: tuple[Problem, ...]
    customer_id: int | None
    store: str | None
    actor: Actor
