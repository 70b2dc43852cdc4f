"""What the validity of a code depends on, as it is at one moment."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.activation import ActivationFacts, GroupActivationFacts
from app.domain.campaigns import AvailableTo
from app.domain.cashback import CashbackFacts
from app.domain.customers import CustomerStatus
from app.domain.promotions import GroupActivation
from app.domain.status import StatusFacts

NEW = 0
"""The id of a customer or order that is not recorded yet; None is nobody, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRules(StatusFacts):
    """The rules that a code carries itself, named like its columns."""

    id: int
    valid_from: datetime | None
    uses_per_customer: int | None
    issued_to_id: int | None
    available_to: AvailableTo
    suspended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Gate:
    """What a campaign, group or promotion asks: its switch, its range, where and for whom."""

    id: int
    enabled: bool
    active_from: datetime | None = None
    active_to: datetime | None = None
    applications: tuple[str, ...] = ()
    target_segments: tuple[str, ...] = ()

    @property
    def range(self) -> ActivationFacts:
        """The range alone, as if it were switched on."""
        return ActivationFacts(enabled=True, active_from=self.active_from, active_to=self.active_to)

    @property
    def activation(self) -> ActivationFacts:
        return ActivationFacts(self.enabled, self.active_from, self.active_to)


@dataclass(frozen=True, slots=True)
class PromotionRules:
    """A promotion, and the campaign that bundles it, if any."""

    gate: Gate
    campaign: Gate | None = None


@dataclass(frozen=True, slots=True)
class GroupRules:
    gate: Gate
    activation: GroupActivation = GroupActivation.OWN_RANGE
    total_reuse_per_code: int | None = None
    reuse_per_customer: int | None = None

    def range(self, promotions: tuple[PromotionRules, ...]) -> GroupActivationFacts:
        """When it is in its range, as if it were switched on."""
        return GroupActivationFacts(
            enabled=True,
            activation=self.activation,
            active_from=self.gate.active_from,
            active_to=self.gate.active_to,
            promotions=tuple(promotion.gate.activation for promotion in promotions),
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What is used up of the limits besides the code's own uses; reservations are live ones.

    The customer's are those of the customer in question, over all codes of the group.
    """

    reserved: int = 0
    customer_uses: int = 0
    customer_reserved: int = 0
    group_uses: int = 0
    group_reserved: int = 0

    def without_held(self, *, theirs: bool) -> "Taken":
        """The same without the reservation that is about to be used; `theirs`: of this customer."""
        own = 1 if theirs else 0
        return replace(
            self,
            reserved=self.reserved - 1,
            customer_reserved=self.customer_reserved - own,
            group_reserved=max(self.group_reserved - own, 0),
        )


@dataclass(frozen=True, slots=True)
class CustomerRules:
    """Who wants to use the code; NEW is the id of one who is not known yet."""

    id: int
    status: CustomerStatus = CustomerStatus.ACTIVE
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CashbackRules(CashbackFacts):
    id: int
    customer_id: int
    currency: str


@dataclass(frozen=True, slots=True)
class SwitchFacts:
    """What green or red goes by: the owning campaign, and the group's promotions, or its own."""

    campaign: Gate
    promotions: tuple[PromotionRules, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityFacts(SwitchFacts):
    """Everything that decides on a code."""

    code: CodeRules
    issue_only: bool = False
    group: GroupRules | None = None
    taken: Taken = Taken()
    cashback: CashbackRules | None = None
    customer: CustomerRules | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked besides who wants to use it.

    `final`: nothing is left NOT_EVALUATED; what is missing stands in the way. `held`: a use is
    reserved already, so dates are not asked again.
    """

    application: str | None = None
    final: bool = False
    held: bool = False
