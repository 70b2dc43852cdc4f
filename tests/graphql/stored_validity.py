"""The facts of `tests.unit.validity_cases` as rows, each case with rows and ids of its own."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tortoise.models import Model

from app.database import Database
from app.domain.campaigns import CampaignKind
from app.domain.promotions import DiscountKind
from app.domain.redemptions import ReservationEnd
from app.domain.validity_facts import Gate, Question, ValidityFacts
from app.models import (
    Campaign,
    Cashback,
    Code,
    CodeCustomer,
    CodeGroup,
    Customer,
    GroupCustomer,
    Order,
    Promotion,
    PromotionGroup,
    Reservation,
)
from tests.making import ACTOR
from tests.unit.validity_cases import FUTURE, NOW, OTHER, OWNER, PAST

APART = 100
"""No two cases share an id: each has so many of its own."""
STAMPS: dict[str, Any] = {"actor": ACTOR, "created_at": PAST, "updated_at": PAST}
BESIDE = 80
SIBLING = 2
"""Another code of the group, on which the customer has reserved the rest of what they hold."""


@dataclass(frozen=True)
class Case:
    """`linked`: the promotions are the group's, else the campaign's. `held`: for the customer."""

    facts: ValidityFacts
    linked: bool = True
    held: bool = False

    @property
    def code(self) -> str:
        return f"CASE{self.facts.code.id}"

    @property
    def customer(self) -> str:
        assert self.facts.customer is not None
        return f"C-{self.facts.customer.id}"

    def question(self, application: str | None, *, final: bool) -> Question:
        return Question(application, final=final, held=self.held)


def storable(case: Case, number: int) -> Case:
    """The case with ids of its own, and as constraints and links let it be."""
    facts, by = case.facts, APART * number
    code = replace(facts.code, id=facts.code.id + by)
    if code.issued_to_id is not None:
        code = replace(code, issued_to_id=code.issued_to_id + by)
    if code.valid_from and code.valid_to and code.valid_from >= code.valid_to:
        code = (
            replace(code, valid_to=FUTURE + timedelta(1))
            if code.valid_from > NOW
            else replace(code, valid_from=PAST)
        )
    owner = _moved(facts.campaign, by)
    of_campaign = facts.group is None or not case.linked
    promotions = []
    for one in sorted(facts.promotions, key=lambda rules: rules.gate.id):
        bundle = one.campaign and _moved(one.campaign, by)
        if of_campaign or (bundle and bundle.id == owner.id):
            bundle = owner
        promotions.append(replace(one, gate=_moved(one.gate, by), campaign=bundle))
    group, taken = facts.group, facts.taken
    if group is not None:
        group = replace(group, gate=_moved(group.gate, by))
    else:
        taken = replace(taken, group_uses=0, group_reserved=0)
    cashback, customer = facts.cashback, facts.customer
    if cashback is not None:
        cashback = replace(cashback, id=cashback.id + by, customer_id=cashback.customer_id + by)
    assert customer is not None
    return replace(
        case,
        facts=ValidityFacts(
            owner,
            tuple(promotions),
            code=code,
            issue_only=facts.issue_only,
            group=group,
            taken=taken,
            cashback=cashback,
            customer=replace(customer, id=customer.id + by),
        ),
    )


def _moved(gate: Gate, by: int) -> Gate:
    return replace(gate, id=gate.id + by)


async def store(database: Database, cases: Sequence[Case]) -> None:
    by_model: dict[type[Model], list[Any]] = defaultdict(list)
    for case in cases:
        for row in _rows(case):
            by_model[type(row)].append(row)
    async with database.transaction() as tx:
        for model in _ORDER:
            await model.bulk_create(by_model[model], batch_size=500, using_db=tx.client)


_ORDER: tuple[type[Model], ...] = (
    Campaign,
    CodeGroup,
    Promotion,
    PromotionGroup,
    Customer,
    Order,
    Code,
    Cashback,
    Reservation,
    CodeCustomer,
    GroupCustomer,
)


def _rows(case: Case) -> Iterator[Model]:
    yield from _campaigns(case)
    yield from _group(case)
    yield from _people(case)
    yield _code(case, case.facts.code.id)
    if case.facts.group is not None:
        yield _code(case, case.facts.code.id + SIBLING)
    yield from _taken(case)


def _gate(gate: Gate) -> dict[str, Any]:
    return {
        "id": gate.id,
        "name": f"Gate {gate.id}",
        "enabled": gate.enabled,
        "active_from": gate.active_from,
        "active_to": gate.active_to,
        "applications": list(gate.applications),
        "target_segments": list(gate.target_segments),
        **STAMPS,
    }


def _campaigns(case: Case) -> Iterator[Model]:
    facts = case.facts
    bundles = [one.campaign for one in facts.promotions if one.campaign]
    for gate in {one.id: one for one in [*bundles, facts.campaign]}.values():
        owner = gate.id == facts.campaign.id
        yield Campaign(
            **_gate(gate),
            kind=facts.code.kind if owner else CampaignKind.VOUCHER,
            key=f"KEY{gate.id}",
            time_zone="UTC",
            issue_only=owner and facts.issue_only,
        )


def _group(case: Case) -> Iterator[Model]:
    facts = case.facts
    if facts.group is not None:
        yield CodeGroup(
            **_gate(facts.group.gate),
            campaign_id=facts.campaign.id,
            key=f"GROUP{facts.group.gate.id}",
            activation=facts.group.activation,
            total_reuse_per_code=facts.group.total_reuse_per_code,
            reuse_per_customer=facts.group.reuse_per_customer,
        )
    for one in facts.promotions:
        yield Promotion(
            **_gate(one.gate),
            campaign_id=one.campaign and one.campaign.id,
            discount_kind=DiscountKind.FREE_SHIPPING,
        )
        if facts.group is not None and case.linked:
            yield PromotionGroup(promotion_id=one.gate.id, group_id=facts.group.gate.id)
    if facts.promotions and facts.group is not None and case.linked:
        # The campaign has promotions of its own, which say nothing where the group has some.
        beside = replace(facts.campaign, id=facts.campaign.id + BESIDE, active_from=PAST)
        yield Promotion(
            **_gate(beside), campaign_id=facts.campaign.id, discount_kind=DiscountKind.FREE_SHIPPING
        )


def _people(case: Case) -> Iterator[Model]:
    facts, by = case.facts, case.facts.code.id // APART * APART
    assert facts.customer is not None
    for number in (OWNER + by, OTHER + by):
        asks = number == facts.customer.id
        known = {"status": facts.customer.status, "segments": list(facts.customer.segments)}
        yield Customer(id=number, number=f"C-{number}", **(known if asks else {}), **STAMPS)
    yield Order(id=APART + by, number=f"O-{by}", **STAMPS)
    if facts.cashback is not None:
        yield Cashback(
            id=facts.cashback.id,
            code_id=facts.code.id,
            earning_order_id=APART + by,
            customer_id=facts.cashback.customer_id,
            maximum_minor=1_000,
            charged_minor=facts.cashback.charged_minor,
            currency=facts.cashback.currency,
            expires_at=facts.cashback.expires_at,
            disabled_at=facts.cashback.disabled_at,
            redeemed_at=facts.cashback.redeemed_at,
            **STAMPS,
        )


def _code(case: Case, number: int) -> Model:
    code, facts = case.facts.code, case.facts
    used_up = code.max_uses is not None and code.uses >= code.max_uses
    return Code(
        id=number,
        kind=code.kind,
        campaign_id=facts.campaign.id,
        group_id=facts.group and facts.group.gate.id,
        text=f"CASE{number}",
        normal_form=f"CASE{number}",
        valid_from=code.valid_from,
        valid_to=code.valid_to,
        max_uses=code.max_uses,
        uses=code.uses,
        uses_per_customer=code.uses_per_customer,
        used_up_at=PAST if used_up else None,
        issued_at=code.issued_at,
        issued_to_id=code.issued_to_id,
        available_to=code.available_to,
        suspended_at=code.suspended_at,
        suspension_reason="Stolen." if code.suspended_at else None,
        withdrawn_at=code.withdrawn_at,
        withdrawal_reason="Misprint." if code.withdrawn_at else None,
        **STAMPS,
    )


def _taken(case: Case) -> Iterator[Model]:
    taken, customer = case.facts.taken, case.facts.customer
    assert customer is not None
    number = case.facts.code.id
    group_id = case.facts.group.gate.id if case.facts.group else None
    own = [(number, customer.id)] * taken.customer_reserved
    others = [(number, None)] * (taken.reserved - taken.customer_reserved)
    beside = [(number + SIBLING, customer.id)] * (taken.group_reserved - taken.customer_reserved)
    holds: list[tuple[int, int | None]] = [*own, *others, *beside]
    for place, (code_id, customer_id) in enumerate(holds):
        yield _reservation(code_id, group_id, customer_id, f"session-{place}")
    if case.held:
        yield _reservation(number, group_id, customer.id, case.customer)
    # What counts against nothing here: it lapsed, ended, or is of another group or customer.
    yield _reservation(number, group_id, customer.id, "lapsed", expires_at=NOW)
    ended = {"ended_at": PAST, "end_reason": ReservationEnd.RELEASED}
    yield _reservation(number, group_id, customer.id, case.customer, **ended)
    if group_id is not None:
        yield _reservation(number + SIBLING, None, customer.id, "elsewhere")
    other = number // APART * APART + (OTHER if customer.id % APART == OWNER else OWNER)
    yield CodeCustomer(code_id=number, customer_id=other, uses=9, cap=None)
    yield CodeCustomer(code_id=number, customer_id=customer.id, uses=taken.customer_uses, cap=None)
    if group_id is not None:
        uses = taken.group_uses
        yield GroupCustomer(
            group_id=group_id, customer_id=customer.id, uses=uses, cap=None, seq=uses
        )


def _reservation(
    code_id: int,
    group_id: int | None,
    customer_id: int | None,
    holder: str,
    **values: Any,  # noqa: ANN401 - any column
) -> Reservation:
    usual = {"expires_at": FUTURE, "actor": ACTOR, "created_at": PAST}
    return Reservation(
        code_id=code_id,
        group_id=group_id,
        customer_id=customer_id,
        holder=holder,
        **{**usual, **values},
    )
