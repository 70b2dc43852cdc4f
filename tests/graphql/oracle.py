"""An independent answer to any document: naive resolvers over the shop's rows in memory."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any

from graphql import ExecutionResult, GraphQLResolveInfo, build_schema, execute_sync, parse

from app.domain import activation, jobs, status
from app.domain.concealment import conceal
from app.reading.nouns.campaign import ValidityFacts, issued_code_validity
from graphql_schema.ids import decode_id, encode_id
from graphql_schema.schema import schema
from tests.graphql import shop
from tests.graphql.asking import CURSORS

NOUNS = {"Campaign", "Code", "Job", "NumberSeries"}
ORDERS = {
    "ID": ("id",),
    "KEY": ("key",),
    "NAME": ("name",),
    "CODE": ("normal_form",),
    "QUEUED_AT": ("queued_at", "id"),
}
COLUMNS = {"code": "text", "maximum_uses": "max_uses", "issued_on": "issued_at", "hash": "sha256"}
LISTS = {
    "campaigns": "Campaign",
    "codes": "Code",
    "jobs": "Job",
    "number_series_list": "NumberSeries",
}
OWNERS = {
    ("Campaign", "codes"): "campaign_id",
    ("Campaign", "jobs"): "campaign_id",
    ("Job", "codes"): "created_by_job_id",
    ("NumberSeries", "campaigns"): "number_series_id",
}
PARENTS = {"campaign": "Campaign", "number_series": "NumberSeries", "created_by_job": "Job"}
CONTRACT = build_schema(schema.as_str())


@cache
def rows() -> Mapping[str, Sequence[Any]]:
    """Made when first asked for: models know their foreign keys once a database is open."""
    return {
        "Campaign": shop.campaigns(),
        "Code": [shop.code(number) for number in range(1, shop.CODES + 1)],
        "Job": shop.jobs(),
        "NumberSeries": shop.series(),
    }


def facts(kind: type, row: object) -> Any:  # noqa: ANN401 - stands for any facts
    return kind(*[getattr(row, one.name) for one in fields(kind)])


COMPUTED: Mapping[tuple[str, str], Callable[[Any], object]] = {
    ("Campaign", "activation_status"): lambda row: activation.activation_status(
        facts(activation.ActivationFacts, row), shop.NOW
    ),
    ("Campaign", "issued_code_validity"): lambda row: issued_code_validity(
        facts(ValidityFacts, row)
    ),
    ("Code", "status"): lambda row: status.status(facts(status.StatusFacts, row), shop.NOW),
    ("Code", "limit_code_uses"): lambda row: row.max_uses is not None,
    ("Code", "uses_remaining"): lambda row: row.max_uses and row.max_uses - row.uses,
    ("Code", "restrict_uses_per_customer"): lambda row: row.uses_per_customer is not None,
    ("Code", "suspended"): lambda row: row.suspended_at is not None,
    ("Job", "submitted_by"): lambda row: row.actor["name"],
    ("Job", "progress"): lambda row: jobs.progress(facts(jobs.JobFacts, row), shop.NOW),
    ("JobProgress", "job_id"): lambda value: encode_id("Job", value.job_id),
    ("JobProgress", "sequence"): lambda value: str(value.sequence),
    ("Job", "size"): lambda row: row.size and str(row.size),
    ("NumberSeries", "last_number"): lambda row: str(row.last_number),
}


def snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def plain(value: Any) -> Any:  # noqa: ANN401 - any answer
    """A value as a response shows it."""
    if isinstance(value, datetime):
        return re.sub(
            r"\.?0*\+00:00$", "Z", f"{value.astimezone(UTC).isoformat(timespec='microseconds')}"
        )
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    return value


def by_id(target: str, number: int | None) -> Any:  # noqa: ANN401 - any row
    return next((row for row in rows()[target] if row.id == number), None)


def by_opaque_id(text: str) -> Any:  # noqa: ANN401 - any row
    found = decode_id(text)
    return found and by_id(*found)


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
    "code": lambda code: next(
        (row for row in rows()["Code"] if row.normal_form == normal(code)), None
    ),
}


def normal(text: str) -> str:
    return re.sub(r"[\s._-]", "", text).upper()


def stored(key: Any) -> Any:  # noqa: ANN401 - one key or a list of them
    """Keys know no case."""
    return [stored(one) for one in key] if isinstance(key, list) else key.strip().upper()


FITS: Mapping[str, Callable[[Any, Any], bool]] = {
    "archived": lambda row, given: (row.archived_at is not None) == given,
    "enabled": lambda row, given: row.enabled == given,
    "code": lambda row, given: row.normal_form == normal(given),
    "code_prefix": lambda row, given: row.normal_form.startswith(normal(given)),
    "campaign": lambda row, given: encode_id("Campaign", row.campaign_id) == given,
    "campaign_key": lambda row, given: by_id("Campaign", row.campaign_id).key == stored(given),
    "created_by_job": lambda row, given: encode_id("Job", row.created_by_job_id or 0) == given,
}


def fits(row: Any, name: str, given: Any) -> bool:  # noqa: ANN401 - any row and any filter
    """Whether a row fits one filter; a null is none."""
    if given is None or name in FITS:
        return given is None or FITS[name](row, given)
    computed = COMPUTED.get((type(row).__name__, name))
    value = computed(row) if computed else getattr(row, name)
    form = stored if name == "key" else lambda one: one
    wanted = {operator: form(one) for operator, one in given.items() if one is not None}
    return all(compares(value, operator, one) for operator, one in wanted.items())


def compares(value: Any, operator: str, given: Any) -> bool:  # noqa: ANN401 - any value
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


def place(row: object, order: str) -> list[Any]:
    return [plain(getattr(row, column)) for column in ORDERS[order]]


def page(
    site: str, target: str, listed: Sequence[Any], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    where = {snake(name): value for name, value in (arguments.get("where") or {}).items()}
    if target in {"Campaign", "NumberSeries"} and "archived" not in where:
        where["archived"] = False
    order = arguments.get("orderBy") or {
        "field": "QUEUED_AT" if target == "Job" else "ID",
        "direction": "DESC" if target == "Job" else "ASC",
    }
    name, descending = order["field"], order["direction"] == "DESC"
    found = [row for row in listed if all(fits(row, *one) for one in where.items())]
    found.sort(
        key=lambda row: [getattr(row, column) for column in ORDERS[name]], reverse=descending
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
        source: Any,  # noqa: ANN401 - any row
        info: GraphQLResolveInfo[Any],
        **arguments: Any,  # noqa: ANN401 - any arguments
    ) -> object:
        parent, name = info.parent_type.name, snake(info.field_name)
        place = f"{parent}.{info.field_name}"
        if parent == "Query" and name in LOOKUPS:
            return LOOKUPS[name](**arguments)
        if parent == "Query":
            return page(place, LISTS[name], rows()[LISTS[name]], arguments)
        if (parent, name) in OWNERS:
            listed = rows()[LISTS[name]]
            listed = [one for one in listed if getattr(one, OWNERS[parent, name]) == source.id]
            return page(place, LISTS[name], listed, arguments)
        return source[name] if isinstance(source, dict) else self.field(parent, name, source)

    def field(self, parent: str, name: str, row: Any) -> object:  # noqa: ANN401 - any row
        if (parent, name) in COMPUTED:
            return plain(COMPUTED[parent, name](row))
        if name in PARENTS and parent in NOUNS:
            return by_id(PARENTS[name], getattr(row, f"{name}_id"))
        if name == "id":
            return encode_id(parent, row.id)
        value = plain(getattr(row, COLUMNS.get(name, name) if parent in {"Code", "Job"} else name))
        return conceal(value) if (parent, name) == ("Code", "code") and not self.reveals else value
