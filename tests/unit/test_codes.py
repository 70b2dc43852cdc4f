from datetime import UTC, datetime

import pytest

from app.domain.campaigns import CampaignKind
from app.domain.codes import (
    CodeUsage,
    check_count,
    check_maximum,
    check_not_issued,
    check_not_withdrawn,
    check_unused,
)
from app.domain.refusals import Problem, UserErrorCode

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
UNUSED = CodeUsage(redeemed=False, reserved=0, cashback=False)


@pytest.mark.parametrize(
    ("usage", "unused"),
    [
        (UNUSED, True),
        (CodeUsage(redeemed=True, reserved=0, cashback=False), False),
        (CodeUsage(redeemed=False, reserved=1, cashback=False), False),
        (CodeUsage(redeemed=False, reserved=0, cashback=True), False),
    ],
)
def test_a_code_is_unused_when_nobody_took_anything(usage: CodeUsage, *, unused: bool) -> None:
    message = "The code was redeemed, is reserved or has cashback; withdraw it instead."
    problem = Problem(UserErrorCode.CODE_HAS_USES, message, ("id",))
    assert list(check_unused(usage, "id")) == ([] if unused else [problem])


def test_withdrawn_is_final() -> None:
    assert list(check_not_withdrawn(None, "id")) == []
    assert list(check_not_withdrawn(NOW, "id")) == [
        Problem(UserErrorCode.WITHDRAWN, "The code is withdrawn, and that is final.", ("id",))
    ]


def test_only_vouchers_are_issued() -> None:
    assert list(check_not_issued(CampaignKind.SOURCE, None, "id")) == []
    assert list(check_not_issued(CampaignKind.VOUCHER, None, "id")) == []
    message = "The voucher is issued, and somebody may hold it; withdraw it instead."
    assert list(check_not_issued(CampaignKind.VOUCHER, NOW, "id")) == [
        Problem(UserErrorCode.ALREADY_ISSUED, message, ("id",))
    ]


@pytest.mark.parametrize(
    ("maximum", "fine"), [(None, True), (5, True), (4, False), (1, False), (0, True)]
)
def test_a_limit_holds_what_is_taken(maximum: int | None, *, fine: bool) -> None:
    usage = CodeUsage(redeemed=True, reserved=2, cashback=False)
    message = "3 uses are taken and 2 reserved; enter at least 5, or nothing for no limit."
    problem = Problem(UserErrorCode.MAX_USES_BELOW_USED, message, ("maximumUses",))
    assert list(check_maximum(maximum, 3, usage, "maximumUses")) == ([] if fine else [problem])


@pytest.mark.parametrize(("count", "fine"), [(0, False), (1, True), (1_000, True), (1_001, False)])
def test_a_request_moves_a_thousand_codes_at_most(count: int, *, fine: bool) -> None:
    message = "Name 1 to 1,000 codes at a time; for more, send several requests."
    problem = Problem(UserErrorCode.COUNT_OUT_OF_RANGE, message, ("ids",))
    assert list(check_count(count)) == ([] if fine else [problem])
