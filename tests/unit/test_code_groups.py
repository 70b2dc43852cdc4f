from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.code_groups import CodeGroupDraft, check_code_group, tidied
from app.domain.promotions import GroupActivation
from app.domain.refusals import UserErrorCode

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
GROUP = CodeGroupDraft("Gold")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "x" * 200, "enabled": False, "active_from": JUNE, "active_to": JULY},
        {"activation": GroupActivation.WHILE_PROMOTIONS_RUN, "in_store_redemption": True},
        {"total_reuse_per_code": 1, "reuse_per_customer": 2_147_483_647},
        {"applications": ("web",), "target_segments": ("gold",), "metadata": {"a": 1}},
    ],
)
def test_groups_that_are_fine(changes: dict[str, Any]) -> None:
    assert check_code_group(replace(GROUP, **changes)) == []


def test_all_problems_are_told_at_once() -> None:
    draft = CodeGroupDraft(
        "\u200b",
        active_from=JULY,
        active_to=JUNE,
        total_reuse_per_code=0,
        reuse_per_customer=-1,
        applications=("",),
        target_segments=("a", "a"),
        metadata={"a": "\0"},
    )
    assert [(problem.code, problem.field) for problem in check_code_group(draft)] == [
        (UserErrorCode.INVALID_VALUE, ("name",)),
        (UserErrorCode.VALID_TO_BEFORE_FROM, ("activeTo",)),
        (UserErrorCode.INVALID_VALUE, ("applications", "0")),
        (UserErrorCode.INVALID_VALUE, ("targetSegments",)),
        (UserErrorCode.INVALID_VALUE, ("metadata",)),
        (UserErrorCode.INVALID_VALUE, ("totalReusePerCode",)),
        (UserErrorCode.INVALID_VALUE, ("reusePerCustomer",)),
    ]


def test_a_group_that_follows_its_promotions_has_no_range_of_its_own() -> None:
    following = replace(GROUP, activation=GroupActivation.WHILE_PROMOTIONS_RUN)
    both = replace(following, active_from=JUNE, active_to=JULY)
    assert [problem.field for problem in check_code_group(both)] == [("activeFrom",), ("activeTo",)]
    (problem,) = check_code_group(replace(following, active_to=JULY))
    assert (problem.code, problem.message, problem.field) == (
        UserErrorCode.INVALID_VALUE,
        "The group is active while its promotions are; leave this out.",
        ("activeTo",),
    )


def test_tidying_trims_texts() -> None:
    draft = CodeGroupDraft(" Gold\n", applications=(" web",), target_segments=("vip ",))
    assert tidied(draft) == CodeGroupDraft("Gold", applications=("web",), target_segments=("vip",))
