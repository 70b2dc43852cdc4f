from datetime import UTC, datetime

import pytest

from app.domain.batches import check_numbers, check_size
from app.domain.money import Money, MoneyText
from app.domain.orders import OrderDraft, check_order, tidied
from app.domain.refusals import Problem, UserErrorCode

NOW = datetime(2026, 3, 25, tzinfo=UTC)


def test_texts_are_trimmed_and_blank_ones_are_none() -> None:
    draft = OrderDraft(" C-1 ", " Vienna", "web ", NOW, status=" ")
    assert tidied(draft) == OrderDraft("C-1", "Vienna", "web", NOW)
    assert tidied(OrderDraft("", " ", "", status="")) == OrderDraft()


def test_a_total_is_money_or_nothing() -> None:
    assert OrderDraft().money() is None
    assert OrderDraft(total=MoneyText("0", "EUR")).money() == Money(0, "EUR")
    assert list(check_order(OrderDraft(total=MoneyText("12.50", "EUR")))) == []


def test_every_problem_is_named() -> None:
    draft = OrderDraft(
        customer_number="x" * 101,
        store="x" * 201,
        application="a\0",
        placed_at=datetime(1, 1, 1, tzinfo=UTC),
        total=MoneyText("-0.01", "EUR"),
        status="\u200b",
        metadata={"a": float("inf")},
    )
    assert [problem.field for problem in check_order(draft, "orders", "0")] == [
        ("orders", "0", "customerNumber"),
        ("orders", "0", "store"),
        ("orders", "0", "application"),
        ("orders", "0", "status"),
        ("orders", "0", "placedAt"),
        ("orders", "0", "total", "amount"),
        ("orders", "0", "metadata"),
    ]


@pytest.mark.parametrize("count", [1, 100])
def test_a_batch_in_bounds(count: int) -> None:
    assert list(check_size(count, "orders")) == []


@pytest.mark.parametrize("count", [0, 101, 10_000])
def test_a_batch_out_of_bounds_is_refused(count: int) -> None:
    assert list(check_size(count, "orders")) == [
        Problem(
            UserErrorCode.COUNT_OUT_OF_RANGE,
            "Send 1 to 100 at a time; for more, send several requests.",
            ("orders",),
        )
    ]


def test_each_number_is_named_once() -> None:
    twice = "An earlier row of this batch has this number; send it once."
    assert list(check_numbers(["A", "B", "A", "A"], "orders")) == [
        Problem(UserErrorCode.INVALID_VALUE, twice, ("orders", "2", "number")),
        Problem(UserErrorCode.INVALID_VALUE, twice, ("orders", "3", "number")),
    ]
    assert [problem.field for problem in check_numbers(["", "x" * 100, "x" * 101], "orders")] == [
        ("orders", "0", "number"),
        ("orders", "2", "number"),
    ]
