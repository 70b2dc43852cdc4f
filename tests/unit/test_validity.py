from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product

import pytest

from app.domain import levels
from app.domain.campaigns import AvailableTo
from app.domain.levels import (
    CheckedField,
    CheckedPromotion,
    Level,
    LevelStatus,
    Outcome,
    Severity,
    Validity,
    ValidityStatus,
)
from app.domain.promotions import GroupActivation
from app.domain.reasons import SENTENCES, Reason
from app.domain.refusals import UserErrorCode
from app.domain.validity import validity
from app.domain.validity_facts import (
    NEW,
    CustomerRules,
    GroupRules,
    PromotionRules,
    Question,
    Taken,
    ValidityFacts,
)
from tests.unit.validity_cases import (
    CODE,
    DEFECTS,
    FACTS,
    FUTURE,
    NOW,
    PAST,
    Change,
    Place,
    campaign,
    code,
    gate,
)

ASKED = Question("web", final=True)


def places(found: Validity) -> list[Place]:
    return [
        (told.level, told.entity, told.entity_id or 0, told.field, told.reason)
        for told in found.warnings
    ]


def statuses(found: Validity) -> dict[str, str]:
    return {level.level.value: level.status.value for level in found.levels}


def test_a_code_with_nothing_against_it() -> None:
    found = validity(FACTS, ASKED, NOW)
    assert found.redeemable is True
    assert found.validity_status == ValidityStatus.VALID
    assert found.warnings == ()
    # Two campaigns make the group worth a word.
    valid = "VALID"
    assert statuses(found) == {"CODE": valid, "GROUP": valid, "PROMOTION": valid, "CASHBACK": valid}
    assert [field.name for field in found.levels[0].fields] == list(levels.FIELDS[Level.CODE])
    assert {field.outcome for level in found.levels for field in level.fields} == {Outcome.PASS}
    assert found.promotion_ids == [30]


@pytest.mark.parametrize(("change", "expected"), DEFECTS)
def test_one_thing_in_the_way(change: Change, expected: list[Place]) -> None:
    found = validity(change(FACTS), ASKED, NOW)
    assert places(found) == expected
    assert found.redeemable is False
    assert {told.severity for told in found.warnings} == {Severity.BLOCKING}
    failed = {place[0] for place in expected}
    assert {name for name, status in statuses(found).items() if status == "INVALID"} == failed
    for told in found.warnings:
        assert told.message == SENTENCES[told.reason]


def test_failures_are_told_once_and_in_the_order_of_levels_and_fields() -> None:
    order = [*Level]
    for (one, _), (other, _) in combinations(DEFECTS, 2):
        found = places(validity(other(one(FACTS)), ASKED, NOW))
        ranks = [
            (
                order.index(Level(level)),
                levels.FIELDS[Level(level)].index(field),
                [*Reason].index(Reason(reason)),
            )
            for level, _, _, field, reason in found
        ]
        assert ranks == sorted(ranks)
        assert len(found) == len(set(found))


def test_things_of_different_entities_or_fields_do_not_hide_each_other() -> None:
    seen = 0
    for (one, first), (other, second) in combinations(DEFECTS, 2):
        # Per field of an entity a case replaces the other; the code's limits share their facts.
        if {place[1:4] for place in first} & {place[1:4] for place in second}:
            continue
        if {"usesRemaining", "totalReusePerCode", "reusePerCustomer"} & {
            place[3] for place in first + second
        }:
            continue
        assert set(places(validity(other(one(FACTS)), ASKED, NOW))) == set(first + second)
        seen += 1
    assert seen > 400


def test_every_reason_is_a_user_error_and_most_have_been_met() -> None:
    assert {reason.error for reason in Reason} <= set(UserErrorCode)
    assert set(SENTENCES) == set(Reason)
    met = {reason for _, expected in DEFECTS for *_, reason in expected}
    assert {*Reason} - {Reason(word) for word in met} == {
        Reason.NOT_FOUND,
        Reason.CUSTOMER_REQUIRED,
    }


def test_an_unknown_code() -> None:
    found = levels.not_found()
    assert places(found) == [("CODE", "Code", 0, "status", "NOT_FOUND")]
    assert (found.redeemable, found.levels) == (False, ())


def test_without_customer_and_application_nobody_is_guessed() -> None:
    found = validity(replace(FACTS, customer=None), Question(), NOW)
    assert found.redeemable is None
    assert found.warnings == ()
    assert set(statuses(found).values()) == {"NOT_EVALUATED"}
    open_fields = {
        (level.level.value, field.name)
        for level in found.levels
        for field in (*level.fields, *(one for entry in level.entries for one in entry.fields))
        if field.outcome == Outcome.NOT_EVALUATED
    }
    assert open_fields == {
        ("CODE", "customerUsesRemaining"),
        ("CODE", "availableTo"),
        ("GROUP", "targetSegments"),
        ("GROUP", "applications"),
        ("GROUP", "reusePerCustomer"),
        ("PROMOTION", "targetSegments"),
        ("PROMOTION", "applications"),
        ("CASHBACK", "customer"),
    }


def test_who_decides_is_told_what_is_missing() -> None:
    found = validity(replace(FACTS, customer=None), Question(final=True), NOW)
    assert found.redeemable is False
    assert {(level, field, reason) for level, _, _, field, reason in places(found)} == {
        ("CODE", "customerUsesRemaining", "CUSTOMER_REQUIRED"),
        ("CODE", "availableTo", "CUSTOMER_REQUIRED"),
        ("GROUP", "targetSegments", "CUSTOMER_REQUIRED"),
        ("GROUP", "applications", "WRONG_APPLICATION"),
        ("GROUP", "reusePerCustomer", "CUSTOMER_REQUIRED"),
        ("PROMOTION", "targetSegments", "CUSTOMER_REQUIRED"),
        ("PROMOTION", "applications", "WRONG_APPLICATION"),
        ("CASHBACK", "customer", "CUSTOMER_REQUIRED"),
    }


def test_where_nothing_depends_on_them_nobody_needs_to_be_named() -> None:
    plain = replace(CODE, available_to=AvailableTo.ANY_CUSTOMER, uses_per_customer=None)
    anywhere = gate(10, applications=(), target_segments=())
    group = GroupRules(replace(anywhere, id=20), total_reuse_per_code=9)
    facts = ValidityFacts(anywhere, code=plain, group=group)
    found = validity(facts, Question(final=True), NOW)
    assert found.redeemable is True
    # One entry, of one campaign: the group says nothing new.
    assert statuses(found) == {"CODE": "VALID", "PROMOTION": "VALID"}
    passed = tuple(CheckedField(name, Outcome.PASS) for name in levels.FIELDS[Level.PROMOTION])
    assert found.levels[1].entries == (CheckedPromotion(None, LevelStatus.VALID, passed),)
    assert found.promotion_ids == []
    off = replace(facts, group=replace(group, gate=replace(group.gate, enabled=False)))
    assert statuses(validity(off, ASKED, NOW))["GROUP"] == "INVALID"


def test_a_customer_who_is_not_known_yet_is_nobody_elses() -> None:
    facts = replace(FACTS, customer=CustomerRules(NEW), cashback=None)
    told = {place[4] for place in places(validity(facts, ASKED, NOW))}
    assert told == {
        "NOT_AVAILABLE_TO_CUSTOMER",
        "NOT_IN_GROUP_TARGET",
        "NOT_IN_PROMOTION_TARGET",
        "NOT_IN_CAMPAIGN_TARGET",
    }


def test_one_valid_promotion_is_enough_and_the_others_only_explain() -> None:
    off = PromotionRules(gate(31, enabled=False), gate(12, active_from=FUTURE, active_to=None))
    facts = replace(FACTS, promotions=(off, *FACTS.promotions))
    found = validity(facts, ASKED, NOW)
    assert found.redeemable is True
    assert found.validity_status == ValidityStatus.VALID
    assert found.promotion_ids == [30]
    assert [(told.entity, told.reason, told.severity) for told in found.warnings] == [
        ("Promotion", "PROMOTION_DISABLED", "INFO"),
        ("Campaign", "CAMPAIGN_NOT_STARTED", "INFO"),
    ]
    entries = next(level for level in found.levels if level.level == Level.PROMOTION).entries
    assert [entry.status for entry in entries] == [LevelStatus.INVALID, LevelStatus.VALID]


def test_the_owning_campaign_stands_before_every_promotion_and_is_told_once() -> None:
    both = (*FACTS.promotions, PromotionRules(gate(31), gate(10)))
    found = validity(campaign(enabled=False)(replace(FACTS, promotions=both)), ASKED, NOW)
    assert places(found) == [("PROMOTION", "Campaign", 10, "enabled", "CAMPAIGN_DISABLED")]
    assert found.validity_status == ValidityStatus.INVALID


def test_green_says_nothing_of_code_customer_or_application() -> None:
    for change, expected in DEFECTS:
        found = validity(change(FACTS), ASKED, NOW)
        red = {place[3] for place in expected if place[0] == "PROMOTION"}
        green = ValidityStatus.INVALID if red & {"enabled", "activation"} else ValidityStatus.VALID
        assert found.validity_status == green


def test_a_group_that_follows_its_promotions() -> None:
    rules = GroupRules(
        gate(20, active_from=None, active_to=None), GroupActivation.WHILE_PROMOTIONS_RUN
    )
    facts = replace(FACTS, group=rules)
    assert validity(facts, ASKED, NOW).redeemable is True
    for late, reason in ((PAST, "GROUP_ENDED"), (None, "GROUP_NOT_STARTED")):
        moved = gate(30, active_from=PAST if late else FUTURE, active_to=late)
        found = places(validity(replace(facts, promotions=(PromotionRules(moved),)), ASKED, NOW))
        assert ("GROUP", "CodeGroup", 20, "activation", reason) in found


def test_with_a_reservation_dates_are_not_asked_again() -> None:
    dates = {"validFrom", "validTo", "activation", "expiresAt"}
    held = replace(ASKED, held=True)
    for change, expected in DEFECTS:
        kept = [place for place in expected if place[3] not in dates]
        assert places(validity(change(FACTS), held, NOW)) == kept
    later = NOW + timedelta(days=1)
    assert validity(FACTS, held, later).redeemable is True
    assert validity(FACTS, ASKED, later).redeemable is False


def test_what_was_used_up_and_expired_is_told_at_its_field() -> None:
    found = validity(code(max_uses=1, valid_to=NOW)(FACTS), ASKED, NOW)
    failed = [field.name for field in found.levels[0].fields if field.outcome == Outcome.FAIL]
    assert failed == ["status", "validTo", "usesRemaining"]
    told = [(one.field, one.actual, one.required) for one in found.warnings]
    assert told == [
        ("validTo", "2026-11-25T12:00:00Z", None),
        ("usesRemaining", "2", "1"),
    ]


@pytest.mark.parametrize("available_to", AvailableTo)
def test_available_to(available_to: AvailableTo) -> None:
    facts = replace(FACTS, cashback=None, code=replace(CODE, available_to=available_to))
    found = {
        who: {
            told.reason.value
            for told in validity(replace(facts, customer=customer), ASKED, NOW).warnings
            if told.field == "availableTo"
        }
        for who, customer in (
            ("owner", FACTS.customer),
            ("another", CustomerRules(71)),
            ("new", CustomerRules(NEW)),
            ("anonymous", None),
        )
    }
    not_theirs = {"NOT_AVAILABLE_TO_CUSTOMER"}
    nobody: set[str] = set()
    assert (
        found
        == {
            AvailableTo.ANY_CUSTOMER: dict.fromkeys(found, nobody),
            AvailableTo.ONLY_ISSUED_TO: {
                "owner": nobody,
                "another": not_theirs,
                "new": not_theirs,
                "anonymous": {"CUSTOMER_REQUIRED"},
            },
            AvailableTo.ANY_EXCEPT_ISSUED_TO: {
                "owner": not_theirs,
                "another": nobody,
                "new": nobody,
                "anonymous": {"CUSTOMER_REQUIRED"},
            },
        }[available_to]
    )


def test_every_combination_of_levels() -> None:
    for outcomes in product(LevelStatus, repeat=3):
        found = levels.redeemable([levels.CheckedLevel(Level.CODE, one) for one in outcomes])
        if LevelStatus.INVALID in outcomes:
            assert found is False
        elif LevelStatus.NOT_EVALUATED in outcomes:
            assert found is None
        else:
            assert found is True
        entries = [CheckedPromotion(None, one, ()) for one in outcomes]
        best = levels.status_of_any(entries)
        if LevelStatus.VALID in outcomes:
            assert best == LevelStatus.VALID
        elif set(outcomes) == {LevelStatus.INVALID}:
            assert best == LevelStatus.INVALID
        else:
            assert best == LevelStatus.NOT_EVALUATED


@pytest.mark.parametrize(
    ("limit", "uses", "reserved", "free"),
    [
        (None, 10**6, 10**6, True),
        (1, 0, 0, True),
        (1, 0, 1, False),
        (1, 1, 0, False),
        (2, 1, 1, False),
        (3, 1, 1, True),
        (1, 2, 0, False),
    ],
)
def test_every_limit_counts_uses_and_reservations_alike(
    limit: int | None, uses: int, reserved: int, *, free: bool
) -> None:
    plain = replace(FACTS, cashback=None, taken=Taken())
    group = GroupRules(gate(20))
    code_only = replace(
        plain,
        group=group,
        code=replace(CODE, max_uses=limit, uses=uses),
        taken=Taken(reserved=reserved),
    )
    total = replace(
        code_only,
        code=replace(CODE, max_uses=None, uses=uses),
        group=replace(group, total_reuse_per_code=limit),
    )
    customer = replace(
        plain,
        group=group,
        code=replace(CODE, uses_per_customer=limit),
        taken=Taken(customer_uses=uses, customer_reserved=reserved),
    )
    of_group = replace(
        plain,
        group=replace(group, reuse_per_customer=limit),
        taken=Taken(group_uses=uses, group_reserved=reserved),
    )
    for facts in (code_only, total, customer, of_group):
        assert validity(facts, ASKED, NOW).redeemable is free
