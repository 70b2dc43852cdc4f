"""The shapes in which `catalogue` tells what the demo company sells with.

Days count from `now`.
"""

from dataclasses import dataclass, field
from typing import Any

from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.issue_validity import IssuedCodeValidity, NoDates

NO_DATES = NoDates()


@dataclass(frozen=True)
class SeriesPlan:
    name: str
    mask: str
    archived_day: int | None = None


@dataclass(frozen=True)
class BatchPlan:
    """Codes that came into the world together: generated, or imported when the kind is SOURCE."""

    count: int
    day: int
    reference: str
    issue_now: bool = True
    group: str | None = None
    status: str = "SUCCESS"
    requested: int | None = None  # when the job did not make all it was asked for


@dataclass(frozen=True)
class CampaignPlan:
    key: str
    name: str
    batches: tuple[BatchPlan, ...]
    kind: CampaignKind = CampaignKind.VOUCHER
    reporting_code: str | None = None
    enabled: bool = True
    archived_day: int | None = None
    days: tuple[int | None, int | None] = (None, None)
    applications: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    time_zone: str = "Europe/Berlin"
    maximum_uses: int | None = 1
    uses_per_customer: int | None = None
    available_to: AvailableTo = AvailableTo.ANY_CUSTOMER
    series: str | None = None
    mask: str | None = None
    on_demand: bool = False
    issue_only: bool = False
    validity: IssuedCodeValidity = NO_DATES
    texts: tuple[str, ...] = ()  # source codes with a name of their own, before the batches
    redeemed: int = 0  # how often orders come with a code of it, compared to the others


@dataclass(frozen=True)
class GroupPlan:
    key: str
    name: str
    campaign: str
    activation: str = "OWN_RANGE"
    enabled: bool = True
    days: tuple[int | None, int | None] = (None, None)
    total_reuse: int | None = None
    reuse_per_customer: int | None = None
    in_store: bool = False
    segments: tuple[str, ...] = ()


@dataclass(frozen=True)
class PromotionPlan:
    """`discount` holds the columns of its kind."""

    name: str
    kind: str
    discount: dict[str, Any] = field(default_factory=dict)
    campaign: str | None = None
    issues: str | None = None
    groups: tuple[str, ...] = ()
    enabled: bool = True
    days: tuple[int | None, int | None] = (-300, None)
    applications: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
