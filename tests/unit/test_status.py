from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.domain.campaigns import CampaignKind
from app.domain.status import CodeStatus, StatusFacts, status

NOW = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)
AFTER = NOW + timedelta(microseconds=1)


def facts(
    kind: CampaignKind = CampaignKind.VOUCHER,
    withdrawn_at: datetime | None = None,
    issued_at: datetime | None = BEFORE,
    uses: tuple[int, int | None] = (0, 1),
    valid_to: datetime | None = None,
) -> StatusFacts:
    return StatusFacts(kind, withdrawn_at, issued_at, uses[0], uses[1], valid_to)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (facts(), CodeStatus.ISSUED),
        (facts(issued_at=None), CodeStatus.CREATED),
        (facts(CampaignKind.SOURCE, issued_at=None), CodeStatus.ACTIVE),
        (facts(valid_to=AFTER), CodeStatus.ISSUED),
        (facts(valid_to=NOW), CodeStatus.EXPIRED),
        (facts(CampaignKind.SOURCE, issued_at=None, valid_to=NOW), CodeStatus.EXPIRED),
        (facts(issued_at=None, valid_to=BEFORE), CodeStatus.CREATED),
        (facts(uses=(1, 1), valid_to=BEFORE), CodeStatus.REDEEMED),
        (facts(uses=(2, 1)), CodeStatus.REDEEMED),
        (facts(uses=(10**6, None)), CodeStatus.ISSUED),
        (facts(withdrawn_at=AFTER, uses=(1, 1), valid_to=BEFORE), CodeStatus.WITHDRAWN),
    ],
)
def test_the_first_rule_that_holds_decides(given: StatusFacts, expected: CodeStatus) -> None:
    assert status(given, NOW) is expected


def test_every_combination_follows_the_order_of_the_rules() -> None:
    seen = set()
    for kind, withdrawn_at, issued_at, uses, valid_to in product(
        CampaignKind,
        (None, BEFORE),
        (None, BEFORE),
        ((0, None), (3, None), (0, 3), (2, 3), (3, 3)),
        (None, BEFORE, NOW, AFTER),
    ):
        voucher = kind is CampaignKind.VOUCHER
        rules = {
            CodeStatus.WITHDRAWN: withdrawn_at is not None,
            CodeStatus.REDEEMED: uses == (3, 3),
            CodeStatus.CREATED: voucher and issued_at is None,
            CodeStatus.EXPIRED: valid_to in {BEFORE, NOW},
            CodeStatus.ISSUED: voucher,
            CodeStatus.ACTIVE: True,
        }
        expected = next(name for name, holds in rules.items() if holds)
        assert status(facts(kind, withdrawn_at, issued_at, uses, valid_to), NOW) is expected
        seen.add(expected)
    assert seen == set(CodeStatus)
