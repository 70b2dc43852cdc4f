import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.campaigns import (
    AvailableTo,
    CampaignDraft,
    CampaignKind,
    allocated_key,
    check_campaign,
    check_key,
    normal_key,
    tidied,
)
from app.domain.masks import DEFAULT_MASK, GenerateUsing
from app.domain.refusals import Problem, UserErrorCode

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)

VOUCHER = CampaignDraft(
    name="Summer",
    time_zone="Europe/London",
    generate_using=GenerateUsing.UNIQUE_ID,
    mask=DEFAULT_MASK,
)
SOURCE = CampaignDraft(name="Summer", time_zone="UTC")


def refused_fields(draft: CampaignDraft, kind: CampaignKind) -> list[str]:
    return [".".join(problem.field) for problem in check_campaign(draft, kind)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "x" * 200, "reporting_code": "x" * 100, "time_zone": "America/New_York"},
        {"active_from": JUNE, "active_to": JULY, "enabled": False},
        {"applications": ("web", "app"), "target_segments": ("gold",)},
        {"maximum_uses": 1, "uses_per_customer": 2_147_483_647},
        {"available_to": AvailableTo.ONLY_ISSUED_TO, "generate_on_demand": True},
        {"issue_only": True, "metadata": {"owner": "marketing"}},
        {"issued_code_validity": {"kind": "FIXED_PERIOD", "period": "P7D"}},
        {"generate_using": GenerateUsing.NUMBER_SERIES, "number_series_id": 7, "mask": None},
    ],
)
def test_voucher_campaigns_that_are_fine(changes: dict[str, Any]) -> None:
    assert check_campaign(replace(VOUCHER, **changes), CampaignKind.VOUCHER) == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"name": "a\0b"}, ["name"]),
        ({"name": "\u200b"}, ["name"]),
        ({"name": "Summer \u202e6202"}, ["name"]),
        ({"applications": ("web", "a\nb")}, ["applications.1"]),
        ({"reporting_code": "\ud800"}, ["reportingCode"]),
        ({"reporting_code": "x" * 101}, ["reportingCode"]),
        ({"time_zone": "Mars/Olympus"}, ["timeZone"]),
        ({"time_zone": ""}, ["timeZone"]),
        ({"time_zone": "../UTC"}, ["timeZone"]),
        ({"time_zone": "Europe"}, ["timeZone"]),
        ({"time_zone": "localtime"}, ["timeZone"]),
        ({"time_zone": "Factory"}, ["timeZone"]),
        ({"time_zone": "posixrules"}, ["timeZone"]),
        ({"active_from": JULY, "active_to": JUNE}, ["activeTo"]),
        ({"applications": ("",)}, ["applications.0"]),
        ({"target_segments": ("a", "a")}, ["targetSegments"]),
        ({"metadata": {"a": "x" * 5000}}, ["metadata"]),
        ({"maximum_uses": 0, "uses_per_customer": -1}, ["maximumUses", "usesPerCustomer"]),
        ({"mask": None}, ["mask"]),
        ({"mask": "SUMMER"}, ["mask"]),
        ({"mask": "SUMMER-00#"}, ["mask"]),
        ({"number_series_id": 7}, ["numberSeriesId"]),
        ({"generate_using": GenerateUsing.NUMBER_SERIES}, ["numberSeriesId", "mask"]),
        (
            {"issued_code_validity": {"kind": "FIXED_PERIOD", "period": "x", "delay": "y"}},
            ["issuedCodeValidity.period", "issuedCodeValidity.delay"],
        ),
    ],
)
def test_what_a_voucher_campaign_cannot_be(changes: dict[str, Any], fields: list[str]) -> None:
    assert refused_fields(replace(VOUCHER, **changes), CampaignKind.VOUCHER) == fields


def test_all_problems_are_told_at_once() -> None:
    draft = CampaignDraft(
        name="",
        time_zone="Nowhere",
        active_from=JULY,
        active_to=JUNE,
        maximum_uses=0,
        generate_using=GenerateUsing.UNIQUE_ID,
        mask="A*??",
    )
    problems = check_campaign(draft, CampaignKind.VOUCHER)
    assert [(problem.code, problem.field) for problem in problems] == [
        (UserErrorCode.INVALID_VALUE, ("name",)),
        (UserErrorCode.VALID_TO_BEFORE_FROM, ("activeTo",)),
        (UserErrorCode.INVALID_VALUE, ("timeZone",)),
        (UserErrorCode.INVALID_VALUE, ("maximumUses",)),
        (UserErrorCode.MASK_BAD_CHAR, ("mask",)),
    ]


def test_a_source_campaign_is_fine_without_what_vouchers_have() -> None:
    draft = replace(SOURCE, active_to=JULY, applications=("web",), metadata={"a": 1})
    assert check_campaign(draft, CampaignKind.SOURCE) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"maximum_uses": 1}, "maximumUses"),
        ({"uses_per_customer": 1}, "usesPerCustomer"),
        ({"available_to": AvailableTo.ONLY_ISSUED_TO}, "availableTo"),
        ({"generate_using": GenerateUsing.UNIQUE_ID}, "generateUsing"),
        ({"number_series_id": 7}, "numberSeriesId"),
        ({"mask": "????"}, "mask"),
        ({"generate_on_demand": True}, "generateOnDemand"),
        ({"issue_only": True}, "issueOnly"),
        ({"issued_code_validity": {"kind": "NONE"}}, "issuedCodeValidity"),
    ],
)
def test_a_source_campaign_has_nothing_of_a_voucher_campaign(
    changes: dict[str, Any], field: str
) -> None:
    assert check_campaign(replace(SOURCE, **changes), CampaignKind.SOURCE) == [
        Problem(
            UserErrorCode.INVALID_VALUE,
            "Only voucher campaigns have this; leave it out.",
            (field,),
        )
    ]


def test_tidying_trims_texts_and_empties_blank_ones() -> None:
    draft = CampaignDraft(
        name="  Summer 2026\n",
        time_zone="UTC",
        reporting_code="   ",
        mask=" ???? ",
        applications=(" web", "app "),
        target_segments=("\tgold",),
    )
    assert tidied(draft, CampaignKind.SOURCE) == CampaignDraft(
        name="Summer 2026",
        time_zone="UTC",
        reporting_code=None,
        mask="????",
        applications=("web", "app"),
        target_segments=("gold",),
    )


@pytest.mark.parametrize(
    ("changes", "using", "mask"),
    [
        ({}, GenerateUsing.UNIQUE_ID, DEFAULT_MASK),
        ({"mask": " VIP-???? "}, GenerateUsing.UNIQUE_ID, "VIP-????"),
        ({"number_series_id": 7}, GenerateUsing.NUMBER_SERIES, None),
        ({"number_series_id": 7, "mask": "00#"}, GenerateUsing.NUMBER_SERIES, "00#"),
        ({"generate_using": GenerateUsing.NUMBER_SERIES}, GenerateUsing.NUMBER_SERIES, None),
        (
            {"generate_using": GenerateUsing.UNIQUE_ID, "number_series_id": 7},
            GenerateUsing.UNIQUE_ID,
            DEFAULT_MASK,
        ),
    ],
)
def test_tidying_chooses_how_a_voucher_campaign_generates(
    changes: dict[str, Any], using: GenerateUsing, mask: str | None
) -> None:
    tidy = tidied(replace(SOURCE, **changes), CampaignKind.VOUCHER)
    assert (tidy.generate_using, tidy.mask) == (using, mask)
    assert tidied(tidy, CampaignKind.VOUCHER) == tidy


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Summer 2026: 20% off!", "SUMMER-2026-20-OFF-X7Q4"),
        ("\u00c9t\u00e9", "ETE-X7Q4"),
        ("\u65e5\u672c", "CAMPAIGN-X7Q4"),
        ("--", "CAMPAIGN-X7Q4"),
        ("x" * 200, "X" * 59 + "-X7Q4"),
        ("x" * 58 + " y", "X" * 58 + "-X7Q4"),
    ],
)
def test_an_allocated_key_reminds_of_the_name(name: str, key: str) -> None:
    assert allocated_key(name, "x7q4") == key


def test_a_nameless_key_says_what_it_names() -> None:
    assert allocated_key("--", "x7q4", "GROUP") == "GROUP-X7Q4"


@given(st.text(max_size=200))
def test_every_allocated_key_is_one_that_could_be_chosen(name: str) -> None:
    key = allocated_key(name, "X7Q4")
    assert list(check_key(key)) == []
    assert re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)*", key)


@pytest.mark.parametrize("key", [" summer26 ", "A1", "under_score", "x" * 64])
def test_keys_know_no_case(key: str) -> None:
    assert normal_key(key) == key.strip().upper()
    assert list(check_key(normal_key(key))) == []


@pytest.mark.parametrize("key", ["", "A", "A" * 65, "A B", "a1", "A1\n", "\u00c4B"])
def test_keys_that_cannot_be_chosen(key: str) -> None:
    assert list(check_key(key)) == [
        Problem(
            UserErrorCode.INVALID_VALUE,
            "Use 2 to 64 letters A to Z, digits, '-' and '_'.",
            ("key",),
        )
    ]
