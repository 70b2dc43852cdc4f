"""What a code made elsewhere may be: all rules that can be told from the input alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain.batches import MAX_NUMBER_LENGTH
from app.domain.campaigns import AvailableTo
from app.domain.code_text import CodeTextError, normal_form
from app.domain.field_checks import check_limit, check_metadata, check_range, check_text
from app.domain.lines import trimmed_or_none
from app.domain.refusals import Problem, UserErrorCode


@dataclass(frozen=True, slots=True)
class SourceCodeDraft:
    """A code made elsewhere and typed in, before it is accepted; its text never changes.

    `issued_to` is the number of a customer, whom we need not know yet.
    """

    code: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    maximum_uses: int | None = None
    uses_per_customer: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    group_id: int | None = None
    issued_to: str | None = None
    available_to: AvailableTo = AvailableTo.ANY_CUSTOMER


def tidied_source_code(draft: SourceCodeDraft) -> SourceCodeDraft:
    """Trim the texts, and make a blank customer number None."""
    return replace(draft, code=draft.code.strip(), issued_to=trimmed_or_none(draft.issued_to))


def check_source_code(draft: SourceCodeDraft, *path: str) -> list[Problem]:
    """Return every reason why this cannot be a code, with fields named below `path`."""
    problems = []
    try:
        normal_form(draft.code)
    except CodeTextError as error:
        problems.append(error.problem(*path, "code"))
    return [*problems, *check_source_facts(draft, *path)]


def check_source_facts(draft: SourceCodeDraft, *path: str) -> Iterator[Problem]:
    """Do as `check_source_code` for all but the text."""
    yield from check_range(
        draft.valid_from, draft.valid_to, (*path, "validFrom"), (*path, "validTo")
    )
    yield from check_limit(draft.maximum_uses, *path, "maximumUses")
    yield from check_limit(draft.uses_per_customer, *path, "usesPerCustomer")
    yield from _check_availability(draft, *path)
    yield from check_metadata(draft.metadata, *path, "metadata")


def _check_availability(draft: SourceCodeDraft, *path: str) -> Iterator[Problem]:
    if draft.issued_to is not None:
        yield from check_text(draft.issued_to, MAX_NUMBER_LENGTH, *path, "issuedTo")
    elif draft.available_to != AvailableTo.ANY_CUSTOMER:
        message = f"{draft.available_to} needs the customer to whom the code was issued."
        yield Problem(UserErrorCode.AVAILABLE_TO_NEEDS_CUSTOMER, message, (*path, "availableTo"))
