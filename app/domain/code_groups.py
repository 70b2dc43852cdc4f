"""What a code group may be: all rules that can be told from the input alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain.field_checks import check_limit, invalid
from app.domain.lines import trimmed
from app.domain.promotions import GroupActivation
from app.domain.reach import check_reach, tidied_labels
from app.domain.refusals import Problem


@dataclass(frozen=True, slots=True)
class CodeGroupDraft:
    """The editable facts of a code group, named like its columns, before they are accepted."""

    name: str
    enabled: bool = True
    activation: GroupActivation = GroupActivation.OWN_RANGE
    active_from: datetime | None = None
    active_to: datetime | None = None
    total_reuse_per_code: int | None = None
    reuse_per_customer: int | None = None
    in_store_redemption: bool = False
    applications: tuple[str, ...] = ()
    target_segments: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def tidied(draft: CodeGroupDraft) -> CodeGroupDraft:
    """Trim the texts."""
    return replace(
        draft,
        name=trimmed(draft.name),
        applications=tidied_labels(draft.applications),
        target_segments=tidied_labels(draft.target_segments),
    )


def check_code_group(draft: CodeGroupDraft) -> list[Problem]:
    """Return every reason why this tidied draft cannot be a code group."""
    return [
        *check_reach(draft),
        *_check_activation(draft),
        *check_limit(draft.total_reuse_per_code, "totalReusePerCode"),
        *check_limit(draft.reuse_per_customer, "reusePerCustomer"),
    ]


def _check_activation(draft: CodeGroupDraft) -> Iterator[Problem]:
    if draft.activation == GroupActivation.OWN_RANGE:
        return
    for end, name in ((draft.active_from, "activeFrom"), (draft.active_to, "activeTo")):
        if end is not None:
            yield invalid("The group is active while its promotions are; leave this out.", name)
