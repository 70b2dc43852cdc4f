"""Everything that can be asked of a code, as the queue takes it: texts are clean by then."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Final

from app.domain.callers import Caller
from app.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One thing that one caller asks for; `key` makes it happen once however often it is sent."""

    caller: Caller
    key: str | None = None
    operation: ClassVar[str]

    def asked(self) -> dict[str, Any]:
        """What is asked for; two calls with the same key must ask for the same."""
        kind = type(self)
        if kind not in _ASKED:
            own = (one.name for one in fields(kind) if one.name not in {"caller", "key"})
            _ASKED[kind] = tuple(own)
        return {name: getattr(self, name) for name in _ASKED[kind]}


# By the kind of call. A dataclass looks its fields over each time that it is asked for them.
_ASKED: Final[dict[type[Call], tuple[str, ...]]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallByText(Call):
    """A call that names a code by its normal form."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallById(Call):
    """A call that names a code by its id."""

    code_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem(CallByText):
    """Take one use. Who reserved one takes that; `holder` is the customer unless said otherwise."""

    operation: ClassVar = "redeemCode"
    customer: str | None = None
    order: str | None = None
    amount: Money | None = None
    store: str | None = None
    application: str | None = None
    holder: str | None = None
    reservation_id: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve(CallByText):
    """Hold one use for so many seconds."""

    operation: ClassVar = "reserveCode"
    holder: str
    seconds: int
    customer: str | None = None
    store: str | None = None
    application: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Call):
    """Let go of a reservation; whoever says who they are must be its holder."""

    operation: ClassVar = "releaseReservation"
    reservation_id: int
    holder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse(Call):
    """Give a use back."""

    operation: ClassVar = "reverseRedemption"
    redemption_id: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(CallByText):
    """Issue one voucher that is named."""

    operation: ClassVar = "issueCode"
    reference: str | None = None
    store: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueNext(Call):
    """Issue the next voucher of a campaign, named itself or by a promotion, for a basket."""

    operation: ClassVar = "issueNextCode"
    reference: str
    campaign_id: int | None = None
    promotion_id: int | None = None
    line: str | None = None
    store: str | None = None
    customer: str | None = None

    @property
    def basket_key(self) -> str:
        """What is unique in a campaign; neither part can hold the end of a line."""
        return f"{self.reference}\n{self.line or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(CallById):
    operation: ClassVar = "withdrawCode"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(CallById):
    operation: ClassVar = "suspendCode"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(CallById):
    operation: ClassVar = "resumeCode"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(CallById):
    operation: ClassVar = "extendCode"
    valid_to: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCashback(CallByText):
    """Give a code that has one use to a customer, as value that is charged later."""

    operation: ClassVar = "createCashback"
    order: str
    customer: str
    maximum: Money
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOnCashback(Call):
    cashback_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCashback(CallOnCashback):
    """Add to the value as items ship; less for returns."""

    operation: ClassVar = "chargeCashback"
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableCashback(CallOnCashback):
    operation: ClassVar = "disableCashback"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableCashback(CallOnCashback):
    operation: ClassVar = "enableCashback"
