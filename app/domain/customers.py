import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from app.domain.field_checks import check_labels, check_metadata, check_text, invalid
from app.domain.lines import trimmed, trimmed_or_none
from app.domain.reach import tidied_labels
from app.domain.refusals import Problem

MAX_LOGIN_LENGTH: Final = 200
MAX_EMAIL_LENGTH: Final = 254
MAX_NAME_LENGTH: Final = 200

# Whether an address exists, only a message to it can tell.
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


class CustomerType(StrEnum):
    """A person or a company."""

    B2C = "B2C"
    B2B = "B2B"


class CustomerStatus(StrEnum):
    """Whether a customer may use codes: only an ACTIVE one may."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """The editable facts of a customer, named like the columns, before they are accepted."""

    login: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    type: CustomerType = CustomerType.B2C
    status: CustomerStatus = CustomerStatus.ACTIVE
    segments: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def tidied(draft: CustomerDraft) -> CustomerDraft:
    """Trim the texts, make blank ones None, and write the e-mail as it is looked up."""
    return replace(
        draft,
        login=trimmed_or_none(draft.login),
        email=normal_email(draft.email or "") or None,
        first_name=trimmed_or_none(draft.first_name),
        last_name=trimmed_or_none(draft.last_name),
        segments=tidied_labels(draft.segments),
    )


def normal_email(text: str) -> str:
    """Return the address as it is stored and looked up; it knows no case."""
    return trimmed(text.lower())


def check_customer(draft: CustomerDraft, *path: str) -> Iterator[Problem]:
    """Tell every reason why this tidied draft cannot be a customer, with fields below `path`."""
    for text, most, name in (
        (draft.login, MAX_LOGIN_LENGTH, "login"),
        (draft.first_name, MAX_NAME_LENGTH, "firstName"),
        (draft.last_name, MAX_NAME_LENGTH, "lastName"),
    ):
        if text is not None:
            yield from check_text(text, most, *path, name)
    if draft.email is not None:
        yield from _check_email(draft.email, *path, "email")
    yield from check_labels(draft.segments, *path, "segments")
    yield from check_metadata(draft.metadata, *path, "metadata")


def _check_email(email: str, *field: str) -> Iterator[Problem]:
    problems = list(check_text(email, MAX_EMAIL_LENGTH, *field))
    yield from problems
    if not problems and _EMAIL.fullmatch(email) is None:
        yield invalid("Enter an e-mail address such as ada@example.com.", *field)
