"""The oracle's validity: its facts gathered row by row, the rule being the one of the domain."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.domain import validity
from app.domain.levels import Validity
from app.domain.validity_facts import (
    CashbackRules,
    CodeRules,
    CustomerRules,
    Gate,
    GroupRules,
    PromotionRules,
    Question,
    Taken,
    ValidityFacts,
)
from graphql_schema.ids import encode_id
from tests.graphql import shop, shop_life
from tests.graphql.oracle_rows import by_id, facts, rows
from tests.graphql.oracle_rules import customer_by, live, promotions_of

Row = Any


def gate(row: Row) -> Gate:
    return Gate(
        row.id,
        row.enabled,
        row.active_from,
        row.active_to,
        tuple(row.applications),
        tuple(row.target_segments),
    )


def promotions_of_code(code: Row) -> list[Row]:
    """The group's; without a group, or with one that has none, the campaign's."""
    group = by_id("CodeGroup", code.group_id)
    own = [row for row in rows()["Promotion"] if row.campaign_id == code.campaign_id]
    return (promotions_of(group) if group else []) or own


def validity_facts(code: Row, customer: Row | None, held: Row | None) -> ValidityFacts:
    group = by_id("CodeGroup", code.group_id)
    cashback = next((row for row in rows()["Cashback"] if row.code_id == code.id), None)
    campaign = by_id("Campaign", code.campaign_id)
    return ValidityFacts(
        gate(campaign),
        tuple(
            PromotionRules(
                gate(row), gate(by_id("Campaign", row.campaign_id)) if row.campaign_id else None
            )
            for row in promotions_of_code(code)
        ),
        code=facts(CodeRules, code),
        issue_only=campaign.issue_only,
        group=group
        and GroupRules(
            gate(group), group.activation, group.total_reuse_per_code, group.reuse_per_customer
        ),
        taken=taken(code, customer, held),
        cashback=cashback and facts(CashbackRules, cashback),
        customer=customer and CustomerRules(customer.id, customer.status, tuple(customer.segments)),
    )


def taken(code: Row, customer: Row | None, held: Row | None) -> Taken:
    """Everything that stands but the reservation whose use would be taken."""
    standing = [row for row in rows()["Reservation"] if live(row) and row is not held]
    of_code = [row for row in standing if row.code_id == code.id]
    if customer is None:
        return Taken(len(of_code))
    theirs = [row for row in standing if row.customer_id == customer.id]
    of_group = [row for row in theirs if code.group_id and row.group_id == code.group_id]
    return Taken(
        len(of_code),
        _uses(shop_life.code_customers(), "code_id", code.id, customer),
        len([row for row in theirs if row.code_id == code.id]),
        _uses(shop_life.group_customers(), "group_id", code.group_id, customer),
        len(of_group),
    )


def _uses(counters: list[Row], owner: str, owner_id: int | None, customer: Row) -> int:
    return sum(
        row.uses
        for row in counters
        if (getattr(row, owner), row.customer_id) == (owner_id, customer.id)
    )


def validity_of(code: Row, arguments: Mapping[str, Any]) -> Validity:
    by = arguments.get("customer")
    customer = by and customer_by(by)
    held = next(
        (
            row
            for row in rows()["Reservation"]
            if customer and live(row) and (row.code_id, row.holder) == (code.id, customer.number)
        ),
        None,
    )
    application = (arguments.get("application") or "").strip() or None
    question = Question(application, held=held is not None)
    return validity.validity(validity_facts(code, customer, held), question, shop.NOW)


def shown(found: Validity) -> dict[str, Any]:
    """As a response shows it, with opaque ids."""
    answer = asdict(found)
    for level in answer["levels"]:
        for entry in level["entries"]:
            entry["promotion_id"] = opaque("Promotion", entry["promotion_id"])
    for warning in answer["warnings"]:
        warning["entity_id"] = opaque(warning["entity"], warning["entity_id"])
    return answer


def opaque(noun: str, number: int | None) -> str | None:
    return None if number is None else encode_id(noun, number)
