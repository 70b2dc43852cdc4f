"""What the oracle says of fields that no column answers, told in other words than the service's."""
# ruff: noqa: ANN401 - rows and values of every type pass here

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from app.domain import activation, jobs
from app.domain.status import CodeStatus
from app.reading.nouns.campaign import ValidityFacts, issued_code_validity
from graphql_schema.ids import encode_id
from tests.graphql import shop, shop_life
from tests.graphql.oracle_rows import by_opaque_id, facts, rows, status_of

DECIMALS = {"EUR": 2, "JPY": 0, "KWD": 3}


CUSTOMER_IDS = {encode_id("Customer", number) for number in range(1, 10)}


def customer_by(by: Mapping[str, str]) -> Any:
    ((way, text),) = by.items()
    if way == "id":
        return by_opaque_id(text) if text in CUSTOMER_IDS else None
    wanted = lowered(text) if way == "email" else text.strip()
    found = [row for row in rows()["Customer"] if getattr(row, way) == wanted]
    return found[0] if len(found) == 1 else None


def lowered(email: Any) -> Any:
    return [lowered(one) for one in email] if isinstance(email, list) else email.strip().lower()


def money(minor: int | None, currency: str | None) -> dict[str, str] | None:
    if minor is None or currency is None:
        return None
    amount = Decimal(minor).scaleb(-DECIMALS[currency])
    return {"amount": f"{amount:f}", "currency_code": currency}


SCOPES = {
    "VIEWER": "CODES_READ",
    "SUPPORT": "CODES_READ CODES_REVEAL CODES_ISSUE CODES_WITHDRAW CUSTOMERS_READ",
    "MARKETER": "CODES_READ CODES_REVEAL CODES_ISSUE CODES_WITHDRAW CAMPAIGNS_WRITE IMPORTS_RUN"
    " EXPORTS_RUN",
    "STOREFRONT": "CODES_ISSUE CODES_REDEEM CUSTOMERS_WRITE",
    "ADMIN": "CODES_READ CODES_REVEAL CODES_ISSUE CODES_WITHDRAW CODES_REDEEM CAMPAIGNS_WRITE"
    " IMPORTS_RUN EXPORTS_RUN CUSTOMERS_READ CUSTOMERS_WRITE ADMIN",
}


def scopes(key: Any) -> list[str]:
    """As the role has them, else as they were given, in the order of the contract."""
    if key.role:
        return SCOPES[key.role].split()
    given = {one.upper().replace(":", "_") for one in key.scopes}
    return [one for one in SCOPES["ADMIN"].split() if one in given]


def key_status(key: Any) -> str:
    if key.revoked_at:
        return "REVOKED"
    return "EXPIRED" if key.expires_at and key.expires_at <= shop.NOW else "ACTIVE"


def entity_id(entry: Any) -> str:
    name, number = entry.entity.split(":")
    return encode_id(name, int(number))


def activation_of(row: object) -> activation.ActivationStatus:
    return activation.activation_status(facts(activation.ActivationFacts, row), shop.NOW)


def promotions_of(group: Any) -> list[Any]:
    linked = {link.promotion_id for link in shop_life.links() if link.group_id == group.id}
    return [row for row in rows()["Promotion"] if row.id in linked]


def groups_of(promotion: Any) -> list[Any]:
    linked = {link.group_id for link in shop_life.links() if link.promotion_id == promotion.id}
    return [row for row in rows()["CodeGroup"] if row.id in linked]


def group_activation(group: Any) -> str:
    if not group.enabled or group.activation == "OWN_RANGE":
        return activation_of(group)
    found = {str(activation_of(row)) for row in promotions_of(group)}
    return next((one for one in ("ACTIVE", "SCHEDULED") if one in found), "ENDED")


def discount(row: Any) -> dict[str, Any]:
    return {
        "kind": row.discount_kind,
        "percent": "12.5" if row.discount_basis_points else None,
        "amount": money(row.discount_amount_minor, row.discount_currency),
        "gift_sku": row.gift_sku,
    }


def cashback_state(row: Any) -> str:
    if row.disabled_at:
        return "DISABLED"
    if row.redeemed_at:
        return "REDEEMED"
    if row.expires_at and row.expires_at <= shop.NOW:
        return "EXPIRED"
    return "AVAILABLE" if row.charged_minor else "PENDING"


def pool_counts(campaign: Any) -> dict[str, Any]:
    found = [status_of(code) for code in rows()["Code"] if code.campaign_id == campaign.id]
    return {
        status.lower(): {"count": found.count(status), "precision": "EXACT"}
        for status in CodeStatus
    }


def live(reservation: Any) -> bool:
    return not reservation.ended_at and reservation.expires_at > shop.NOW


def counted(used: int, limit: int | None, reserved: int) -> dict[str, Any]:
    left = None if limit is None else max(limit - used, 0)
    return {
        "used": used,
        "limit": limit,
        "remaining": left,
        "reserved": reserved,
        "available": None if left is None else max(left - reserved, 0),
        "text": f"{used}/{'∞' if limit is None else limit}",
    }


def redemption_status(code: Any, by: Mapping[str, str] | None) -> dict[str, Any]:
    held = [row for row in rows()["Reservation"] if row.code_id == code.id and live(row)]
    customer = by and customer_by(by)
    own = None
    if customer:
        uses = [
            row.uses
            for row in shop_life.code_customers()
            if (row.code_id, row.customer_id) == (code.id, customer.id)
        ]
        theirs = [row for row in held if row.customer_id == customer.id]
        own = counted(sum(uses), code.uses_per_customer, len(theirs))
    return {**counted(code.uses, code.max_uses, len(held)), "customer": own}


def related_orders(code: Any, arguments: Mapping[str, Any]) -> list[Any]:
    customer = customer_by(arguments["customer"])
    used = {
        row.order_id
        for row in rows()["Redemption"]
        if customer and (row.code_id, row.customer_id) == (code.id, customer.id)
    }
    return [row for row in rows()["Order"] if row.id in used]


def applied(redemption: Any, _arguments: object) -> list[Any]:
    return [row for row in rows()["Promotion"] if row.id in redemption.promotion_ids]


LINKED: Mapping[tuple[str, str], Callable[[Any, Any], list[Any]]] = {
    ("Code", "related_orders"): related_orders,
    ("CodeGroup", "promotions"): lambda row, _: promotions_of(row),
    ("Promotion", "groups"): lambda row, _: groups_of(row),
    ("Redemption", "promotions"): applied,
}
OBJECTS: Mapping[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("Code", "redemption_status"): lambda row, given: redemption_status(row, given.get("customer")),
    ("Code", "cashback"): lambda row, _: next(
        (one for one in rows()["Cashback"] if one.code_id == row.id), None
    ),
}
COMPUTED: Mapping[tuple[str, str], Callable[[Any], object]] = {
    ("ApiKey", "scopes"): scopes,
    ("ApiKey", "status"): key_status,
    ("Attempt", "reasons"): lambda row: row.reasons.split(","),
    ("Attempt", "tried_by"): lambda row: row.actor["name"],
    ("AuditEntry", "caller"): lambda row: row.caller_id,
    ("AuditEntry", "channel"): lambda row: row.actor["channel"],
    ("AuditEntry", "done_by"): lambda row: row.actor["name"],
    ("AuditEntry", "entity"): lambda row: row.entity and entity_id(row),
    ("AuditEntry", "request_id"): lambda row: row.actor["requestId"],
    ("Campaign", "activation_status"): activation_of,
    ("Campaign", "issued_code_validity"): lambda row: issued_code_validity(
        facts(ValidityFacts, row)
    ),
    ("Campaign", "pool_counts"): pool_counts,
    ("Cashback", "charged_value"): lambda row: money(row.charged_minor, row.currency),
    ("Cashback", "maximum_value"): lambda row: money(row.maximum_minor, row.currency),
    ("Cashback", "state"): cashback_state,
    ("Code", "limit_code_uses"): lambda row: row.max_uses is not None,
    ("Code", "restrict_uses_per_customer"): lambda row: row.uses_per_customer is not None,
    ("Code", "status"): status_of,
    ("Code", "suspended"): lambda row: row.suspended_at is not None,
    ("Code", "uses_remaining"): lambda row: row.max_uses and row.max_uses - row.uses,
    ("CodeEvent", "channel"): lambda row: row.actor["channel"],
    ("CodeEvent", "done_by"): lambda row: row.actor["name"],
    ("CodeGroup", "activation_status"): group_activation,
    ("Job", "progress"): lambda row: jobs.progress(facts(jobs.JobFacts, row), shop.NOW),
    ("Job", "size"): lambda row: row.size and str(row.size),
    ("Job", "submitted_by"): lambda row: row.actor["name"],
    ("JobProgress", "job_id"): lambda value: encode_id("Job", value.job_id),
    ("JobProgress", "sequence"): lambda value: str(value.sequence),
    ("NumberSeries", "last_number"): lambda row: str(row.last_number),
    ("Order", "total"): lambda row: money(row.total_minor, row.currency),
    ("Promotion", "activation_status"): activation_of,
    ("Promotion", "discount"): discount,
    ("Redemption", "amount"): lambda row: money(row.amount_minor, row.currency),
    ("Redemption", "redeemed_by"): lambda row: row.actor["name"],
    ("Redemption", "reversed_by"): lambda row: row.reversal_actor and row.reversal_actor["name"],
    ("Reservation", "live"): live,
    ("Reservation", "reserved_by"): lambda row: row.actor["name"],
    ("RowResult", "line"): lambda row: str(row.line),
    ("RowResult", "row"): lambda row: str(row.row),
}
