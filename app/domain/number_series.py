from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app.domain.field_checks import check_metadata, check_text, invalid
from app.domain.lines import trimmed
from app.domain.masks import GenerateUsing, MaskError, parse_for
from app.domain.refusals import Problem

MAX_NAME_LENGTH: Final = 200
MAX_LAST_NUMBER: Final = 10**15 - 1
"""Highest number to start from: exact in every JSON reader, and far from the digits' end."""


@dataclass(frozen=True, slots=True)
class NumberSeriesDraft:
    """The editable facts of a number series; `last_number` is the last one taken, 0 for none."""

    name: str
    mask: str
    last_number: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)


def tidied(draft: NumberSeriesDraft) -> NumberSeriesDraft:
    """Trim the texts."""
    return replace(draft, name=trimmed(draft.name), mask=trimmed(draft.mask))


def check_number_series(draft: NumberSeriesDraft) -> list[Problem]:
    """Return every reason why this tidied draft cannot be a number series."""
    problems = list(check_text(draft.name, MAX_NAME_LENGTH, "name"))
    try:
        parse_for(draft.mask, GenerateUsing.NUMBER_SERIES)
    except MaskError as error:
        problems.append(error.problem("mask"))
    if not 0 <= draft.last_number <= MAX_LAST_NUMBER:
        problems.append(invalid(f"Enter 0 to {MAX_LAST_NUMBER:,}.", "lastNumber"))
    return [*problems, *check_metadata(draft.metadata, "metadata")]
