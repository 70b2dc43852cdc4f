"""From rows of the database to the records that decisions read."""

from operator import itemgetter
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from app.database import Row
from app.database.instants import from_json, from_row
from app.domain import issue_validity_json
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.customers import CustomerStatus
from app.domain.life.records import (
    CampaignRecord,
    CashbackRecord,
    CodeRecord,
    OrderRecord,
    RedemptionRecord,
    ReservationRecord,
)
from app.domain.money import Money
from app.domain.promotions import GroupActivation
from app.domain.redemptions import RedemptionState, ReservationEnd
from app.domain.validity_facts import CustomerRules, Gate, GroupRules

T = TypeVar("T")

GATE: Final = "id, enabled, active_from, active_to, applications, target_segments"
CODE: Final = (
    "id, kind, campaign_id, group_id, withdrawn_at, issued_at, uses, max_uses, uses_per_customer,"
    " valid_from, valid_to, issued_to_id, available_to, suspended_at, issue_reference,"
    " issued_store, issued_by_id, basket_key, suspension_reason, withdrawal_reason, version"
)
CAMPAIGN: Final = (
    f"{GATE}, kind, archived_at, time_zone, issued_code_validity, issue_only, generate_on_demand,"
    " maximum_uses, uses_per_customer, available_to"
)
GROUP: Final = f"{GATE}, activation, total_reuse_per_code, reuse_per_customer"
ORDER: Final = "id, number, customer_id, store, application, version"
REDEMPTION: Final = (
    "id, code_id, campaign_id, group_id, customer_id, order_id, order_number, amount_minor,"
    " currency, state, redeemed_at, reversed_at, reservation_id"
)
RESERVATION: Final = (
    "id, code_id, group_id, customer_id, holder, created_at, expires_at, ended_at, end_reason,"
    " redemption_id"
)
CASHBACK: Final = (
    "id, code_id, earning_order_id, customer_id, maximum_minor, charged_minor, currency,"
    " expires_at, disabled_at, redeemed_at, version"
)


def gate(row: Row) -> Gate:
    return Gate(
        id=row["id"],
        enabled=bool(row["enabled"]),
        active_from=from_row(row["active_from"]),
        active_to=from_row(row["active_to"]),
        applications=tuple(from_json(row["applications"])),
        target_segments=tuple(from_json(row["target_segments"])),
    )


def code(row: Row) -> CodeRecord:
    """The columns of CODE; what else the row has is left out."""
    values = dict(zip(_CODE, _of_code(row), strict=True))
    for name in _CODE_INSTANTS:
        values[name] = from_row(values[name])
    values["kind"] = CampaignKind(values["kind"])
    values["available_to"] = AvailableTo(values["available_to"])
    return CodeRecord(**values)


_CODE: Final = tuple(CODE.split(", "))
_CODE_INSTANTS: Final = ("withdrawn_at", "issued_at", "valid_from", "valid_to", "suspended_at")
_of_code: Final = itemgetter(*_CODE)


def campaign(row: Row) -> CampaignRecord:
    return CampaignRecord(
        gate=gate(row),
        kind=CampaignKind(row["kind"]),
        archived=row["archived_at"] is not None,
        zone=ZoneInfo(row["time_zone"]),
        issued_code_validity=issue_validity_json.from_json(from_json(row["issued_code_validity"])),
        issue_only=bool(row["issue_only"]),
        generate_on_demand=bool(row["generate_on_demand"]),
        maximum_uses=row["maximum_uses"],
        uses_per_customer=row["uses_per_customer"],
        available_to=AvailableTo(row["available_to"]),
    )


def group(row: Row) -> GroupRules:
    limits = row["total_reuse_per_code"], row["reuse_per_customer"]
    return GroupRules(gate(row), GroupActivation(row["activation"]), *limits)


def customer(row: Row) -> CustomerRules:
    segments = tuple(from_json(row["segments"]))
    return CustomerRules(row["id"], CustomerStatus(row["status"]), segments)


def order(row: Row) -> OrderRecord:
    values = _values(row, "")
    del values["number"]
    return OrderRecord(**values)


def redemption(row: Row) -> RedemptionRecord:
    values = _values(row, "redeemed_at reversed_at")
    minor, currency = values.pop("amount_minor"), values.pop("currency")
    values["amount"] = None if minor is None else Money(minor, currency)
    values["state"] = RedemptionState(values["state"])
    return RedemptionRecord(**values)


def reservation(row: Row) -> ReservationRecord:
    values = _values(row, "created_at expires_at ended_at")
    reason = values["end_reason"]
    values["end_reason"] = None if reason is None else ReservationEnd(reason)
    return ReservationRecord(**values)


def cashback(row: Row) -> CashbackRecord:
    return CashbackRecord(**_values(row, "expires_at disabled_at redeemed_at"))


def _values(row: Row, instants: str) -> dict[str, Any]:
    """The columns by their names, with instants as instants."""
    values = dict(zip(row.keys(), row, strict=True))
    for name in instants.split():
        values[name] = from_row(values[name])
    return values
