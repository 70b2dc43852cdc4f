from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.campaigns import AvailableTo, CampaignKind
from app.services.demo.catalogue import CAMPAIGNS
from app.services.demo.company import Company
from app.services.demo.tables import Row, Tables

TRIES = 40


@dataclass
class Shop:
    """The codes that can be used at all, and who used what so far, for the limits.

    Limits are kept as strictly as the service keeps them: a use that was given back later still
    counted in between, so it is never handed out again here.
    """

    tables: Tables
    company: Company
    taken: Counter[Any] = field(default_factory=Counter)
    usable: dict[int, list[Row]] = field(default_factory=dict)
    lottery: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.campaigns = {row["id"]: row for row in self.company.campaigns.values()}
        self.groups = {row["id"]: row for row in self.company.groups.values()}
        self.usable = {campaign_id: [] for campaign_id in self.campaigns}
        for row in self.tables.rows["code"]:
            if row["kind"] == CampaignKind.SOURCE or row["issued_at"] is not None:
                self.usable[row["campaign_id"]].append(row)
        for plan in CAMPAIGNS:
            campaign_id = self.company.campaigns[plan.key]["id"]
            if self.usable[campaign_id]:
                self.lottery += [campaign_id] * plan.redeemed

    def find(self, customer: Row | None, application: str | None, at: datetime) -> Row | None:
        """A code that this customer may use then; None when no try finds one."""
        dice = self.tables.dice
        for _ in range(TRIES if self.lottery else 0):
            code = dice.pick(self.usable[dice.pick(self.lottery)])
            if (
                self._runs(code, application, at)
                and self._within_limits(code, customer)
                and self._open_to(code, customer)
            ):
                return code
        return None

    def _runs(self, code: Row, application: str | None, at: datetime) -> bool:
        campaign = self.campaigns[code["campaign_id"]]
        group = self.groups.get(code["group_id"])
        return (
            (code["issued_at"] or code["created_at"]) <= at
            and _contains(code["valid_from"], code["valid_to"], at)
            and _contains(campaign["active_from"], campaign["active_to"], at)
            and (group is None or _contains(group["active_from"], group["active_to"], at))
            and (not campaign["applications"] or application in campaign["applications"])
        )

    def _open_to(self, code: Row, customer: Row | None) -> bool:
        campaign = self.campaigns[code["campaign_id"]]
        wanted = set(campaign["target_segments"])
        if customer is None:
            return not wanted and code["available_to"] == AvailableTo.ANY_CUSTOMER
        if wanted and not wanted & set(customer["segments"]):
            return False
        mine = code["issued_to_id"] == customer["id"]
        if code["available_to"] == AvailableTo.ANY_EXCEPT_ISSUED_TO:
            return not mine
        return mine or code["issued_to_id"] is None or self.tables.dice.chance(20)

    def _within_limits(self, code: Row, customer: Row | None) -> bool:
        group = self.groups.get(code["group_id"], {})
        limits = [
            (code["id"], code["max_uses"]),
            (code["id"], group.get("total_reuse_per_code")),
        ]
        own = [
            (("code", code["id"], customer and customer["id"]), code["uses_per_customer"]),
            (
                ("group", code["group_id"], customer and customer["id"]),
                group.get("reuse_per_customer"),
            ),
        ]
        if customer is None and any(limit is not None for _, limit in own):
            return False
        return all(limit is None or self.taken[key] < limit for key, limit in limits + own)

    def take(self, code: Row, customer: Row | None) -> None:
        """Count one use against every limit."""
        self.taken[code["id"]] += 1
        if customer is not None:
            self.taken["code", code["id"], customer["id"]] += 1
            if code["group_id"] is not None:
                self.taken["group", code["group_id"], customer["id"]] += 1


def _contains(first: datetime | None, end: datetime | None, at: datetime) -> bool:
    return (first is None or first <= at) and (end is None or at < end)
