import pytest

from app.domain.number_series import NumberSeriesDraft, check_number_series, tidied
from app.domain.refusals import UserErrorCode


@pytest.mark.parametrize(
    "draft",
    [
        NumberSeriesDraft("Invoices", "PROMO-00000#"),
        NumberSeriesDraft("x" * 200, "VIP-000#-????!", 10**15 - 1, {"owner": "shop"}),
    ],
)
def test_number_series_that_are_fine(draft: NumberSeriesDraft) -> None:
    assert check_number_series(draft) == []


def test_all_problems_are_told_at_once() -> None:
    draft = NumberSeriesDraft("", "PROMO-????", -1, {"a": "\0"})
    assert [(problem.code, problem.field) for problem in check_number_series(draft)] == [
        (UserErrorCode.INVALID_VALUE, ("name",)),
        (UserErrorCode.MASK_NO_VARIABLE_PART, ("mask",)),
        (UserErrorCode.INVALID_VALUE, ("lastNumber",)),
        (UserErrorCode.INVALID_VALUE, ("metadata",)),
    ]


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        ("00#-#", UserErrorCode.MASK_MULTIPLE_SERIES),
        ("PROMO-????", UserErrorCode.MASK_NO_VARIABLE_PART),
        ("PROMO*00#", UserErrorCode.MASK_BAD_CHAR),
    ],
)
def test_a_series_has_one_number(mask: str, code: UserErrorCode) -> None:
    (problem,) = check_number_series(NumberSeriesDraft("Invoices", mask))
    assert (problem.code, problem.field) == (code, ("mask",))


def test_numbers_to_start_from_are_bounded() -> None:
    (problem,) = check_number_series(NumberSeriesDraft("Invoices", "00#", 10**15))
    assert problem.message == "Enter 0 to 999,999,999,999,999."


def test_tidying_trims_texts() -> None:
    assert tidied(NumberSeriesDraft(" Invoices\n", " 00# ", 5)) == NumberSeriesDraft(
        "Invoices", "00#", 5
    )
