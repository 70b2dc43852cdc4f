"""When something is on, where and for whom: what campaigns, groups and promotions share."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from app.domain.field_checks import check_labels, check_metadata, check_range, check_text
from app.domain.lines import trimmed
from app.domain.refusals import Problem

MAX_NAME_LENGTH: Final = 200


class Reach(Protocol):
    """The facts that the drafts of all three have, before they are accepted."""

    @property
    def name(self) -> str: ...
    @property
    def active_from(self) -> datetime | None: ...
    @property
    def active_to(self) -> datetime | None: ...
    @property
    def applications(self) -> Sequence[str]: ...
    @property
    def target_segments(self) -> Sequence[str]: ...
    @property
    def metadata(self) -> Mapping[str, Any]: ...


def tidied_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Trim each label."""
    return tuple(trimmed(label) for label in labels)


def check_reach(draft: Reach) -> Iterator[Problem]:
    """Tell every reason why these tidied facts cannot be."""
    yield from check_text(draft.name, MAX_NAME_LENGTH, "name")
    yield from check_range(draft.active_from, draft.active_to, ("activeFrom",), ("activeTo",))
    yield from check_labels(draft.applications, "applications")
    yield from check_labels(draft.target_segments, "targetSegments")
    yield from check_metadata(draft.metadata, "metadata")
