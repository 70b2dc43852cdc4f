"""An independent answer to any document: naive resolvers over the shop's rows in memory."""
# ruff: noqa: ANN401 - rows and values of every type pass here

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from graphql import ExecutionResult, GraphQLResolveInfo, build_schema, execute_sync, parse

from app.domain.concealment import conceal_written
from graphql_schema.ids import encode_id
from graphql_schema.schema import schema
from tests.graphql.asking import CURSORS
from tests.graphql.oracle_rows import NOUNS, by_id, by_opaque_id, plain, rows, snake, status_of
from tests.graphql.oracle_rules import COMPUTED, LINKED, OBJECTS, customer_by, entity_id, lowered
from tests.graphql.oracle_validity import promotions_of_code, shown, validity_of

ORDERS = {
    "ID": ("id",),
    "KEY": ("key",),
    "NAME": ("name",),
    "NUMBER": ("number",),
    "ROW": ("row",),
    "AT": ("at", "id"),
    "CODE": ("normal_form",),
    "QUEUED_AT": ("queued_at", "id"),
    "ApiKey NAME": ("name", "id"),
}
COLUMNS = {
    ("Code", "code"): "text",
    ("Code", "maximum_uses"): "max_uses",
    ("Code", "issued_on"): "issued_at",
    ("Job", "hash"): "sha256",
    ("RowResult", "code"): "code_text",
}
TEXTS = {("Code", "code"), ("RowResult", "code")}
LISTS = {
    "api_keys": "ApiKey",
    "attempts": "Attempt",
    "audit_entries": "AuditEntry",
    "campaigns": "Campaign",
    "cashbacks": "Cashback",
    "code_groups": "CodeGroup",
    "codes": "Code",
    "customers": "Customer",
    "events": "CodeEvent",
    "groups": "CodeGroup",
    "issued_codes": "Code",
    "jobs": "Job",
    "number_series_list": "NumberSeries",
    "orders": "Order",
    "promotions": "Promotion",
    "redemptions": "Redemption",
    "related_orders": "Order",
    "reservations": "Reservation",
    "row_results": "RowResult",
    "secrets": "ApiKeySecret",
}
OWNERS = {
    ("ApiKey", "secrets"): "api_key_id",
    ("Campaign", "codes"): "campaign_id",
    ("Campaign", "groups"): "campaign_id",
    ("Campaign", "jobs"): "campaign_id",
    ("Campaign", "promotions"): "campaign_id",
    ("Code", "attempts"): "code_id",
    ("Code", "events"): "code_id",
    ("Code", "redemptions"): "code_id",
    ("Code", "reservations"): "code_id",
    ("CodeGroup", "codes"): "group_id",
    ("Customer", "attempts"): "customer_id",
    ("Customer", "cashbacks"): "customer_id",
    ("Customer", "issued_codes"): "issued_to_id",
    ("Customer", "orders"): "customer_id",
    ("Customer", "redemptions"): "customer_id",
    ("Customer", "reservations"): "customer_id",
    ("Job", "codes"): "created_by_job_id",
    ("Job", "row_results"): "job_id",
    ("NumberSeries", "campaigns"): "number_series_id",
    ("Order", "cashbacks"): "earning_order_id",
    ("Order", "redemptions"): "order_id",
}
PARENTS = {
    "acting_for": "Customer",
    "api_key": "ApiKey",
    "campaign": "Campaign",
    "code": "Code",
    "created_by_job": "Job",
    "customer": "Customer",
    "earning_order": "Order",
    "group": "CodeGroup",
    "issue_campaign": "Campaign",
    "issued_by": "Promotion",
    "issued_to": "Customer",
    "job": "Job",
    "number_series": "NumberSeries",
    "order": "Order",
    "redemption": "Redemption",
    "reservation": "Reservation",
    "same_file_as": "Job",
}
LINKS: Mapping[tuple[str, str], Callable[[Any, Any], list[Any]]] = {
    **LINKED,
    ("Code", "promotions"): lambda code, _: promotions_of_code(code),
}
NEWEST_FIRST = {
    "ApiKey",
    "ApiKeySecret",
    "Attempt",
    "AuditEntry",
    "Cashback",
    "CodeEvent",
    "Job",
    "Redemption",
    "Reservation",
}
ARCHIVED = {"Campaign", "CodeGroup", "NumberSeries", "Promotion"}
CONTRACT = build_schema(schema.as_str())


JOB_IDS = {encode_id("Job", number) for number in range(1, 13)}
LOOKUPS: Mapping[str, Callable[..., Any]] = {
    "node": lambda **given: by_opaque_id(given["id"]),
    "nodes": lambda ids: [by_opaque_id(text) for text in ids],
    "job": lambda **given: by_opaque_id(given["id"]) if given["id"] in JOB_IDS else None,
    "campaign": lambda key: next(
        (row for row in rows()["Campaign"] if row.key == stored(key)), None
    ),
    "number_series": lambda name: next(
        (row for row in rows()["NumberSeries"] if row.name == name), None
    ),
    "code_group": lambda key: next(
        (row for row in rows()["CodeGroup"] if row.key == stored(key)), None
    ),
    "promotion": lambda name: next((row for row in rows()["Promotion"] if row.name == name), None),
    "order": lambda number: next(
        (row for row in rows()["Order"] if row.number == number.strip()), None
    ),
    "customer": customer_by,
    "code": lambda code: next(
        (row for row in rows()["Code"] if row.normal_form == normal(code)), None
    ),
}


def normal(text: str) -> str:
    return re.sub(r"[\s._-]", "", text).upper()


def stored(key: Any) -> Any:
    """Keys know no case."""
    return [stored(one) for one in key] if isinstance(key, list) else key.strip().upper()


FITS: Mapping[str, Callable[[Any, Any], bool]] = {
    "archived": lambda row, given: (row.archived_at is not None) == given,
    "enabled": lambda row, given: row.enabled == given,
    "code": lambda row, given: (
        row.normal_form == normal(given)
        if hasattr(row, "normal_form")
        else encode_id("Code", row.code_id) == given
    ),
    "code_prefix": lambda row, given: row.normal_form.startswith(normal(given)),
    "campaign": lambda row, given: encode_id("Campaign", row.campaign_id or 0) == given,
    "campaign_key": lambda row, given: by_id("Campaign", row.campaign_id).key == stored(given),
    "created_by_job": lambda row, given: encode_id("Job", row.created_by_job_id or 0) == given,
    "group": lambda row, given: encode_id("CodeGroup", row.group_id or 0) == given,
    "issued_to": lambda row, given: encode_id("Customer", row.issued_to_id or 0) == given,
    "customer": lambda row, given: encode_id("Customer", row.customer_id or 0) == given,
    "order": lambda row, given: encode_id("Order", row.order_id or 0) == given,
    "ended": lambda row, given: (row.ended_at is not None) == given,
    "validity": lambda row, given: validity_of(row, {}).validity_status == given,
    "disabled": lambda row, given: (row.disabled_at is not None) == given,
    "revoked": lambda row, given: (row.revoked_at is not None) == given,
    "caller": lambda row, given: row.caller_id == given,
    "entity": lambda row, given: row.entity and entity_id(row) == given,
    "replaced": lambda row, given: (row.expires_at is not None) == given,
}


def fits(row: Any, name: str, given: Any) -> bool:
    """Whether a row fits one filter; a null is none."""
    if given is None or name in FITS:
        return given is None or FITS[name](row, given)
    value = (
        status_of(row) if (type(row).__name__, name) == ("Code", "status") else getattr(row, name)
    )
    forms: Mapping[str, Callable[[Any], Any]] = {"key": stored, "email": lowered}
    form = forms.get(name, lambda one: one)
    wanted = {operator: form(one) for operator, one in given.items() if one is not None}
    return all(compares(value, operator, one) for operator, one in wanted.items())


def compares(value: Any, operator: str, given: Any) -> bool:
    if value is None:
        return False
    match operator:
        case "eq":
            return bool(value == given)
        case "in":
            return value in given
        case "startsWith":
            return bool(value.startswith(given))
    moment = datetime.fromisoformat(given)
    return bool(value >= moment if operator == "gte" else value < moment)


def columns(row: object, order: str) -> tuple[str, ...]:
    return ORDERS.get(f"{type(row).__name__} {order}", ORDERS[order])


def place(row: object, order: str) -> list[Any]:
    return [plain(getattr(row, column)) for column in columns(row, order)]


def page(
    site: str, target: str, listed: Sequence[Any], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    where = {snake(name): value for name, value in (arguments.get("where") or {}).items()}
    if target in ARCHIVED and "archived" not in where:
        where["archived"] = False
    order = arguments.get("orderBy") or {
        "field": {"Job": "QUEUED_AT", "RowResult": "ROW", "AuditEntry": "AT"}.get(target, "ID"),
        "direction": "DESC" if target in NEWEST_FIRST else "ASC",
    }
    name, descending = order["field"], order["direction"] == "DESC"
    found = [row for row in listed if all(fits(row, *one) for one in where.items())]
    found.sort(
        key=lambda row: [getattr(row, column) for column in columns(row, name)], reverse=descending
    )
    binding = f"{site} {name} {order['direction']}"
    cursors = [CURSORS.encode(binding, place(row, name)) for row in found]
    after, before = arguments.get("after"), arguments.get("before")
    start = cursors.index(after) + 1 if after else 0
    end = cursors.index(before) if before else len(found)
    low, high = start, end
    if arguments.get("last") is not None:
        low = max(start, end - arguments["last"])
    else:
        high = min(end, start + (arguments.get("first") or 20))
    edges = [{"cursor": cursors[at], "node": found[at]} for at in range(low, high)]
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "total_count": len(found),
        "total_count_precision": "EXACT",
        "page_info": {
            "has_next_page": before is not None or high < end,
            "has_previous_page": after is not None or low > start,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
    }


class Oracle:
    """Answers as the service must, for a caller with or without the right to see codes."""

    def __init__(self, *, reveals: bool = True) -> None:
        self.reveals = reveals

    def __call__(self, document: str, **variables: object) -> ExecutionResult:
        return execute_sync(
            CONTRACT,
            parse(document),
            variable_values=variables,
            field_resolver=self.resolve,
            type_resolver=lambda row, _info, _type: type(row).__name__,
        )

    def resolve(
        self,
        source: Any,
        info: GraphQLResolveInfo[Any],
        **arguments: Any,
    ) -> object:
        parent, name = info.parent_type.name, snake(info.field_name)
        place = f"{parent}.{info.field_name}"
        if parent == "Query" and name in LOOKUPS:
            return LOOKUPS[name](**arguments)
        if parent == "Query":
            return page(place, LISTS[name], rows()[LISTS[name]], arguments)
        if isinstance(source, dict):
            return source[name]
        if (parent, name) in LINKS:
            listed = LINKS[parent, name](source, arguments)
            return page(place, LISTS[name], listed, arguments)
        if (parent, name) in OWNERS:
            owner = OWNERS[parent, name]
            owned = [one for one in rows()[LISTS[name]] if getattr(one, owner) == source.id]
            return page(place, LISTS[name], owned, arguments)
        return self.field(parent, name, source, arguments)

    def field(self, parent: str, name: str, row: Any, arguments: Mapping[str, Any]) -> object:
        if parent == "Code" and name in {"validity", "validity_status", "redeemable"}:
            found = validity_of(row, arguments)
            return shown(found) if name == "validity" else getattr(found, name)
        if (parent, name) in COMPUTED:
            value = COMPUTED[parent, name](row)
            return value if isinstance(value, dict) else plain(value)
        if (parent, name) in OBJECTS:
            return OBJECTS[parent, name](row, arguments)
        if name in PARENTS and (parent, name) not in TEXTS and parent in NOUNS:
            return by_id(PARENTS[name], getattr(row, f"{name}_id"))
        return self.column(parent, name, row)

    def column(self, parent: str, name: str, row: Any) -> object:
        if name == "id":
            return encode_id(parent, row.id)
        value = plain(getattr(row, COLUMNS.get((parent, name), name)))
        if (parent, name) == ("RowResult", "messages") and not self.reveals:
            return [{**message, "value": None} for message in value]
        concealed = (parent, name) in TEXTS and not self.reveals
        return conceal_written(value) if concealed and value else value
