import pytest

from app.domain.customers import CustomerDraft, check_customer, normal_email, tidied
from app.domain.refusals import Problem, UserErrorCode


def refused(draft: CustomerDraft) -> list[Problem]:
    return list(check_customer(draft, "customers", "3"))


def test_texts_are_trimmed_and_blank_ones_are_none() -> None:
    draft = CustomerDraft(
        " ada\u200b", " Ada@EXAMPLE.com ", " Ada", "\ufeff ", segments=(" gold ",)
    )
    assert tidied(draft) == CustomerDraft("ada", "ada@example.com", "Ada", segments=("gold",))
    assert tidied(CustomerDraft("", " ", "", None)) == CustomerDraft()
    assert tidied(tidied(draft)) == tidied(draft)


@pytest.mark.parametrize(
    "email",
    ["a@b", "ada.lovelace+shop@mail.example.com", "\u00fc@\u00fc.de", "x" * 252 + "@b"],
)
def test_addresses_are_kept(email: str) -> None:
    assert normal_email(email) == email
    assert refused(CustomerDraft(email=email)) == []


@pytest.mark.parametrize(
    ("email", "message"),
    [
        *(
            (text, "Enter an e-mail address such as ada@example.com.")
            for text in ("ada", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a@\u00a0b")
        ),
        ("x" * 253 + "@b", "Enter 1 to 254 characters."),
        ("a\n@b", "The text holds a control character; leave it out."),
        ("a\0@b", "The text holds a character that cannot be stored."),
    ],
)
def test_what_is_no_address_is_refused(email: str, message: str) -> None:
    assert refused(CustomerDraft(email=email)) == [
        Problem(UserErrorCode.INVALID_VALUE, message, ("customers", "3", "email"))
    ]


def test_every_problem_is_named() -> None:
    draft = CustomerDraft(
        login="x" * 201,
        first_name="a\tb",
        last_name="\u200b",
        segments=("a", ""),
        metadata={"a": 2**53},
    )
    assert [problem.field[2:] for problem in refused(draft)] == [
        ("login",),
        ("firstName",),
        ("lastName",),
        ("segments", "1"),
        ("metadata",),
    ]
