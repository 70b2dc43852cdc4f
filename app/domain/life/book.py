"""The facts of one batch: read once, and changed by each verdict for the calls after it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain.events import EventKind
from app.domain.life.calls import Call
from app.domain.life.records import (
    Actor,
    AttemptRecord,
    CampaignRecord,
    CashbackRecord,
    CodeRecord,
    Event,
    GroupUse,
    IssuingPromotion,
    OrderRecord,
    RedemptionRecord,
    ReservationRecord,
)
from app.domain.life.verdicts import Verdict
from app.domain.redemptions import ReservationEnd, is_live
from app.domain.validity_facts import (
    CustomerRules,
    GroupRules,
    PromotionRules,
    Taken,
    ValidityFacts,
)

Pair = tuple[int, int]
Key = tuple[str, str, str]


class LostRace(Exception):  # noqa: N818 - a fact, not a fault
    """Somebody else was faster, or holds what is needed: decide again from fresh facts."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A verdict under its key, and for what input it was given."""

    fingerprint: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Supply:
    """A code that could be made on demand: how it is shown, and its normal form."""

    text: str
    normal_form: str


@dataclass(slots=True)
class Facts:
    """What was read, by the keys under which calls name it.

    `customers` and `orders` hold new ones too, under ids drawn for them; `code_uses`, `group_uses`
    and the counts of live reservations are those of named customers.
    """

    codes: dict[int, CodeRecord] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    baskets: dict[tuple[int, str], int] = field(default_factory=dict)
    # The callers who were given the codes of baskets, by code.
    given_to: dict[int, str] = field(default_factory=dict)
    campaigns: dict[int, CampaignRecord] = field(default_factory=dict)
    groups: dict[int, GroupRules] = field(default_factory=dict)
    group_promotions: dict[int, tuple[PromotionRules, ...]] = field(default_factory=dict)
    campaign_promotions: dict[int, tuple[PromotionRules, ...]] = field(default_factory=dict)
    issuing: dict[int, IssuingPromotion] = field(default_factory=dict)
    customers: dict[str, CustomerRules] = field(default_factory=dict)
    orders: dict[str, OrderRecord] = field(default_factory=dict)
    redemptions: dict[int, RedemptionRecord] = field(default_factory=dict)
    reservations: dict[int, ReservationRecord] = field(default_factory=dict)
    cashbacks: dict[int, CashbackRecord] = field(default_factory=dict)
    reserved: Counter[int] = field(default_factory=Counter)
    code_reserved: Counter[Pair] = field(default_factory=Counter)
    group_reserved: Counter[Pair] = field(default_factory=Counter)
    code_uses: dict[Pair, int] = field(default_factory=dict)
    group_uses: dict[Pair, GroupUse] = field(default_factory=dict)
    keys: dict[Key, Kept] = field(default_factory=dict)
    pools: dict[int, list[int]] = field(default_factory=dict)
    # Campaigns of which others hold codes that could be issued.
    contended: set[int] = field(default_factory=set)
    supplies: dict[int, list[Supply]] = field(default_factory=dict)
    new_customers: set[str] = field(default_factory=set)
    new_orders: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Ids:
    """Fresh ids of the rows that calls may make."""

    codes: Iterator[int]
    redemptions: Iterator[int]
    reservations: Iterator[int]
    cashbacks: Iterator[int]


class Book:
    """The facts as they are now, as they were read, and what has to be told of the difference."""

    def __init__(self, facts: Facts, ids: Ids) -> None:
        self.facts = facts
        self.ids = ids
        self.read_codes = dict(facts.codes)
        self.read_orders = dict(facts.orders)
        self.read_redemptions = dict(facts.redemptions)
        self.read_reservations = dict(facts.reservations)
        self.read_cashbacks = dict(facts.cashbacks)
        self.read_code_uses = dict(facts.code_uses)
        self.read_group_uses = dict(facts.group_uses)
        self.made_codes: dict[int, Supply] = {}
        self.changers: dict[int, Actor] = {}
        self.named: dict[str, Actor] = {}
        self.ordered: dict[str, Actor] = {}
        self.events: list[Event] = []
        self.revised: list[tuple[CodeRecord | CashbackRecord, Actor]] = []
        self.attempts: list[AttemptRecord] = []
        self.kept: list[tuple[Call, str, Verdict]] = []
        # Where to find them: in a batch on one code every call looks.
        self._served = {
            (one.code_id, one.order_number): one.id
            for one in facts.redemptions.values()
            if one.reversed_at is None
        }
        self._held = {
            (one.code_id, one.holder): one.id
            for one in facts.reservations.values()
            if one.ended_at is None
        }
        self._cashbacks = {one.code_id: one.id for one in facts.cashbacks.values()}

    def code_named(self, text: str) -> CodeRecord | None:
        code_id = self.facts.texts.get(text)
        return None if code_id is None else self.facts.codes.get(code_id)

    def cashback_of(self, code_id: int) -> CashbackRecord | None:
        return self.facts.cashbacks.get(self._cashbacks.get(code_id, 0))

    def reservation_of(self, code_id: int, holder: str | None) -> ReservationRecord | None:
        """The reservation of this holder that has not ended, lapsed or not."""
        found = self.facts.reservations.get(self._held.get((code_id, holder or ""), 0))
        return found if found and found.ended_at is None else None

    def redemption_for(self, code_id: int, order: str | None) -> RedemptionRecord | None:
        """The confirmed redemption of the code by this order."""
        if order is None:
            return None
        found = self.facts.redemptions.get(self._served.get((code_id, order), 0))
        return found if found and found.reversed_at is None else None

    def validity_facts(
        self,
        code: CodeRecord,
        customer: CustomerRules | None,
        held: ReservationRecord | None = None,
    ) -> ValidityFacts:
        """What decides on the code for this customer, who may hold one of its reservations."""
        facts = self.facts
        campaign = facts.campaigns[code.campaign_id]
        group = None if code.group_id is None else facts.groups[code.group_id]
        promotions = facts.group_promotions.get(code.group_id or 0)
        return ValidityFacts(
            code=code,
            campaign=campaign.gate,
            issue_only=campaign.issue_only,
            group=group,
            promotions=promotions or facts.campaign_promotions.get(code.campaign_id, ()),
            taken=self._taken(code, customer, held),
            cashback=self.cashback_of(code.id),
            customer=customer,
        )

    def _taken(
        self, code: CodeRecord, customer: CustomerRules | None, held: ReservationRecord | None
    ) -> Taken:
        facts = self.facts
        if customer is None:
            taken = Taken(facts.reserved[code.id])
        else:
            of_code, of_group = (code.id, customer.id), (code.group_id or 0, customer.id)
            taken = Taken(
                facts.reserved[code.id],
                facts.code_uses.get(of_code, 0),
                facts.code_reserved[of_code],
                facts.group_uses.get(of_group, GroupUse()).uses,
                facts.group_reserved[of_group] if code.group_id else 0,
            )
        if held is None:
            return taken
        theirs = customer is not None and held.customer_id == customer.id
        return taken.without_held(theirs=theirs)

    def name(self, number: str, call: Call) -> int:
        """Return the customer's id, and record one that is new."""
        self.named.setdefault(number, call.caller.actor())
        return self.facts.customers[number].id

    def take(self, redemption: RedemptionRecord) -> None:
        """Count a new redemption against every limit."""
        self.facts.redemptions[redemption.id] = redemption
        self._served[redemption.code_id, redemption.order_number] = redemption.id
        self.count_use(redemption, 1)

    def count_use(self, redemption: RedemptionRecord, by: int) -> None:
        """Count one use more, or one less, of the code, and of the customer if one is known."""
        facts = self.facts
        code = facts.codes[redemption.code_id]
        facts.codes[code.id] = replace(code, uses=code.uses + by)
        if redemption.customer_id is None:
            return
        of_code = (code.id, redemption.customer_id)
        facts.code_uses[of_code] = facts.code_uses.get(of_code, 0) + by
        if redemption.group_id is not None:
            of_group = (redemption.group_id, redemption.customer_id)
            used = facts.group_uses.get(of_group, GroupUse())
            facts.group_uses[of_group] = GroupUse(used.uses + by, used.seq + max(by, 0))

    @property
    def ended(self) -> list[ReservationRecord]:
        """The reservations that were read, and that have ended since, as they were read."""
        now = self.facts.reservations
        return [one for key, one in self.read_reservations.items() if now[key] != one]

    def hold(self, reservation: ReservationRecord) -> None:
        """Count a new reservation against every limit."""
        facts = self.facts
        facts.reservations[reservation.id] = reservation
        self._held[reservation.code_id, reservation.holder] = reservation.id
        self._count_hold(reservation, 1)
        if reservation.group_id is not None and reservation.customer_id is not None:
            of_group = (reservation.group_id, reservation.customer_id)
            used = facts.group_uses.get(of_group, GroupUse())
            facts.group_uses[of_group] = GroupUse(used.uses, used.seq + 1)

    def end_hold(
        self,
        reservation: ReservationRecord,
        reason: ReservationEnd,
        now: datetime,
        redemption_id: int | None = None,
    ) -> None:
        """End a reservation; one that had lapsed counted no more, and ended when it lapsed."""
        live = is_live(reservation, now)
        if live:
            self._count_hold(reservation, -1)
        self.facts.reservations[reservation.id] = replace(
            reservation,
            ended_at=now if live else reservation.expires_at,
            end_reason=reason,
            redemption_id=redemption_id,
        )

    def _count_hold(self, reservation: ReservationRecord, by: int) -> None:
        self.facts.reserved[reservation.code_id] += by
        if reservation.customer_id is not None:
            customer_id = reservation.customer_id
            self.facts.code_reserved[reservation.code_id, customer_id] += by
            if reservation.group_id is not None:
                self.facts.group_reserved[reservation.group_id, customer_id] += by

    def tell(self, kind: EventKind, code_id: int, call: Call, **facts: Any) -> None:  # noqa: ANN401 - the facts of an event
        """Add to the history of a code what the call did."""
        campaign_id = self.facts.codes[code_id].campaign_id
        actor = call.caller.actor()
        event = Event(
            kind=kind, code_id=code_id, campaign_id=campaign_id, actor=actor, key=call.key, **facts
        )
        self.events.append(event)

    def change_code(self, code: CodeRecord, call: Call, **columns: Any) -> None:  # noqa: ANN401 - any column
        """Give a code these values, in a version more; its former facts become a revision."""
        actor = self.changers[code.id] = call.caller.actor()
        self.revised.append((code, actor))
        self.facts.codes[code.id] = replace(code, version=code.version + 1, **columns)

    def give(self, cashback: CashbackRecord) -> None:
        """Let the code have a new cashback."""
        self.facts.cashbacks[cashback.id] = cashback
        self._cashbacks[cashback.code_id] = cashback.id

    def change_cashback(self, cashback: CashbackRecord, call: Call, **columns: Any) -> None:  # noqa: ANN401 - any column
        """Do the same for a cashback."""
        self.revised.append((cashback, call.caller.actor()))
        self.facts.cashbacks[cashback.id] = replace(
            cashback, version=cashback.version + 1, actor=call.caller.actor(), **columns
        )
