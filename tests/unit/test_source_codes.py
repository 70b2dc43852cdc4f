from datetime import UTC, datetime

import pytest

from app.domain.campaigns import AvailableTo
from app.domain.refusals import UserErrorCode
from app.domain.source_codes import SourceCodeDraft, check_source_code, tidied_source_code

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "draft",
    [
        SourceCodeDraft("summer-10", JUNE, JULY, 10, 1, {"print": "A5"}),
        SourceCodeDraft("ABC", issued_to="C-1"),
        SourceCodeDraft("ABC", issued_to="C" * 100, available_to=AvailableTo.ONLY_ISSUED_TO),
        SourceCodeDraft("ABC", issued_to="C-1", available_to=AvailableTo.ANY_EXCEPT_ISSUED_TO),
    ],
)
def test_codes_that_are_fine(draft: SourceCodeDraft) -> None:
    assert check_source_code(draft, "firstCode") == []


def test_all_problems_are_told_at_once() -> None:
    draft = SourceCodeDraft(
        "SUMMER\u20ac",
        JULY,
        JUNE,
        0,
        0,
        {"a": float("nan")},
        available_to=AvailableTo.ONLY_ISSUED_TO,
    )
    problems = check_source_code(draft, "firstCode")
    assert [(problem.code, problem.field) for problem in problems] == [
        (UserErrorCode.CODE_BAD_CHAR, ("firstCode", "code")),
        (UserErrorCode.VALID_TO_BEFORE_FROM, ("firstCode", "validTo")),
        (UserErrorCode.INVALID_VALUE, ("firstCode", "maximumUses")),
        (UserErrorCode.INVALID_VALUE, ("firstCode", "usesPerCustomer")),
        (UserErrorCode.AVAILABLE_TO_NEEDS_CUSTOMER, ("firstCode", "availableTo")),
        (UserErrorCode.INVALID_VALUE, ("firstCode", "metadata")),
    ]


@pytest.mark.parametrize("number", ["C" * 101, "C\0", "C\ud800", "\u200b", "C\n1"])
def test_customer_numbers_that_cannot_be(number: str) -> None:
    draft = SourceCodeDraft("ABC", issued_to=number, available_to=AvailableTo.ONLY_ISSUED_TO)
    (problem,) = check_source_code(draft)
    assert (problem.code, problem.field) == (UserErrorCode.INVALID_VALUE, ("issuedTo",))


def test_tidying_trims_texts_and_empties_a_blank_number() -> None:
    assert tidied_source_code(SourceCodeDraft(" Sum-10 ", issued_to=" C-1 ")) == SourceCodeDraft(
        "Sum-10", issued_to="C-1"
    )
    assert tidied_source_code(SourceCodeDraft("ABC", issued_to="  ")) == SourceCodeDraft("ABC")
