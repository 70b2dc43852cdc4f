from dataclasses import asdict

import pytest

from app.domain.redemption_status import (
    RedemptionFacts,
    RedemptionStatus,
    UseCount,
    redemption_status,
)


def counts(uses: int, max_uses: int | None, reserved: int = 0) -> RedemptionFacts:
    """Facts of a code without a customer."""
    return RedemptionFacts(uses, max_uses, reserved, 2, None, None, None)


def of_customer(
    uses_per_customer: int | None, uses: int | None, reserved: int | None = 0
) -> UseCount | None:
    """What is said of a customer who is known."""
    facts = RedemptionFacts(3, 10, 0, uses_per_customer, 7, uses, reserved)
    return redemption_status(facts).customer


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (counts(0, 10), UseCount(0, 10, 10, 0, 10, "0/10")),
        (counts(3, 10), UseCount(3, 10, 7, 0, 7, "3/10")),
        (counts(3, 10, reserved=2), UseCount(3, 10, 7, 2, 5, "3/10")),
        (counts(3, 10, reserved=7), UseCount(3, 10, 7, 7, 0, "3/10")),
        (counts(3, 10, reserved=8), UseCount(3, 10, 7, 8, 0, "3/10")),
        (counts(10, 10), UseCount(10, 10, 0, 0, 0, "10/10")),
        # The limit was lowered below what had been used.
        (counts(3, 2), UseCount(3, 2, 0, 0, 0, "3/2")),
        (counts(3, 2, reserved=1), UseCount(3, 2, 0, 1, 0, "3/2")),
        (counts(0, None), UseCount(0, None, None, 0, None, "0/∞")),
        (counts(3, None, reserved=4), UseCount(3, None, None, 4, None, "3/∞")),
    ],
)
def test_uses_are_counted_against_the_limit(facts: RedemptionFacts, expected: UseCount) -> None:
    assert redemption_status(facts) == RedemptionStatus(**asdict(expected), customer=None)


@pytest.mark.parametrize(
    ("uses_per_customer", "uses", "reserved", "expected"),
    [
        (2, 1, 0, UseCount(1, 2, 1, 0, 1, "1/2")),
        (2, 1, 1, UseCount(1, 2, 1, 1, 0, "1/2")),
        (1, 3, 0, UseCount(3, 1, 0, 0, 0, "3/1")),
        (None, 3, 1, UseCount(3, None, None, 1, None, "3/∞")),
        # Nothing is stored of a customer who never used the code.
        (2, None, 0, UseCount(0, 2, 2, 0, 2, "0/2")),
        (2, None, None, UseCount(0, 2, 2, 0, 2, "0/2")),
        (None, None, None, UseCount(0, None, None, 0, None, "0/∞")),
    ],
)
def test_a_known_customer_has_a_count_of_their_own(
    uses_per_customer: int | None, uses: int | None, reserved: int | None, expected: UseCount
) -> None:
    assert of_customer(uses_per_customer, uses, reserved) == expected


def test_the_count_of_a_customer_leaves_that_of_the_code() -> None:
    alone = redemption_status(RedemptionFacts(3, 10, 2, 2, None, None, None))
    named = redemption_status(RedemptionFacts(3, 10, 2, 2, 7, 1, 1))
    assert (named.used, named.limit, named.remaining) == (3, 10, 7)
    assert (named.reserved, named.available, named.text) == (2, 5, "3/10")
    assert {**asdict(named), "customer": None} == asdict(alone)
