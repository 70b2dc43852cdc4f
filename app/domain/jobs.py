import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from app.domain.callers import Scope
from app.domain.durations import Duration, add
from app.domain.field_checks import check_instant, check_text, invalid
from app.domain.refusals import Problem, UserErrorCode

MAX_GENERATED: Final = 100_000
"""Most codes that one request may ask for."""

MAX_REFERENCE_LENGTH: Final = 200
MAX_YEARS_AHEAD: Final = 10


class JobKind(StrEnum):
    """What a background request does."""

    IMPORT = "IMPORT"
    GENERATE = "GENERATE"
    EXPORT = "EXPORT"
    WITHDRAW = "WITHDRAW"


STARTED_BY: Final = {
    JobKind.IMPORT: Scope.IMPORTS_RUN,
    JobKind.GENERATE: Scope.CAMPAIGNS_WRITE,
    JobKind.EXPORT: Scope.EXPORTS_RUN,
    JobKind.WITHDRAW: Scope.CODES_WITHDRAW,
}
"""What starting a job of a kind needs, and so stopping one."""


class JobStatus(StrEnum):
    """How a background request stands or ended."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    WARNINGS = "WARNINGS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class JobPhase(StrEnum):
    """What a job is busy with; only an import parses."""

    QUEUED = "QUEUED"
    PARSING = "PARSING"
    APPLYING = "APPLYING"
    DONE = "DONE"


_COMPLETED: Final = (JobStatus.SUCCESS, JobStatus.WARNINGS)
TERMINAL: Final = (*_COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What a job's progress depends on; the fields bear the names of the job's columns."""

    id: int
    kind: JobKind
    status: JobStatus
    phase: JobPhase
    progress_sequence: int
    total: int | None
    size: int | None
    bytes_read: int
    parsed: int
    processed: int
    inserted: int
    updated: int
    deleted: int
    withdrawn: int
    unchanged: int
    failed: int
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error_message: str | None
    error_line: int | None
    error_column: int | None


@dataclass(frozen=True, slots=True)
class JobProgress:
    """One progress event; `sequence` only grows, so an older event can be told and dropped.

    `percent` lies in 0..100 with one decimal and says 100 only of work that is done; `rate` is rows
    a second, averaged since the start; `eta_seconds` is known while the job runs and has begun.
    """

    job_id: int
    kind: JobKind
    sequence: int
    status: JobStatus
    phase: JobPhase
    total: int | None
    parsed: int
    processed: int
    inserted: int
    updated: int
    deleted: int
    withdrawn: int
    unchanged: int
    failed: int
    percent: float
    rate: float | None
    eta_seconds: int | None
    error_code: str | None
    error_message: str | None
    error_line: int | None
    error_column: int | None


def terminal(status: JobStatus) -> bool:
    """Whether a job in this status never changes again."""
    return status in TERMINAL


def check_count(count: int) -> Iterable[Problem]:
    """Tell whether one request may generate this many codes."""
    if not 1 <= count <= MAX_GENERATED:
        yield Problem(
            UserErrorCode.COUNT_OUT_OF_RANGE,
            f"Ask for 1 to {MAX_GENERATED:,} codes at a time; for more, send several requests.",
            ("count",),
        )


def check_reference(reference: str | None) -> Iterator[Problem]:
    """Tell whether a job can be found again by this."""
    if reference is not None:
        yield from check_text(reference, MAX_REFERENCE_LENGTH, "reference")


def check_not_before(not_before: datetime | None, now: datetime) -> Iterator[Problem]:
    """Tell whether a job can wait for this moment."""
    if not_before is None:
        return
    problems = list(check_instant(not_before, "notBefore"))
    latest = add(now, Duration(years=MAX_YEARS_AHEAD), UTC)
    if problems:
        yield from problems
    elif not_before > latest:
        yield invalid(f"Enter a moment at most {MAX_YEARS_AHEAD} years from now.", "notBefore")


def progress(facts: JobFacts, now: datetime) -> JobProgress:
    """Return the progress event that describes these facts at `now`."""
    elapsed = _elapsed_seconds(facts, now)
    return JobProgress(
        job_id=facts.id,
        kind=facts.kind,
        sequence=facts.progress_sequence,
        status=facts.status,
        phase=facts.phase,
        total=facts.total,
        parsed=facts.parsed,
        processed=facts.processed,
        inserted=facts.inserted,
        updated=facts.updated,
        deleted=facts.deleted,
        withdrawn=facts.withdrawn,
        unchanged=facts.unchanged,
        failed=facts.failed,
        percent=_percent(facts),
        rate=_rate(facts, elapsed),
        eta_seconds=_eta_seconds(facts, elapsed),
        error_code=facts.error_code,
        error_message=facts.error_message,
        error_line=facts.error_line,
        error_column=facts.error_column,
    )


def _work(facts: JobFacts) -> tuple[int, int]:
    """Return work done and work in all, in units that weigh parsing a fifth of an import.

    How many rows a file has is known when it is parsed; until then its bytes tell how far it is.
    """
    total = facts.total or 0
    processed = min(facts.processed, total)
    if facts.kind != JobKind.IMPORT:
        return processed, total
    if facts.total is None:
        return min(facts.bytes_read, facts.size or 0), 5 * (facts.size or 0)
    return total + 4 * processed, 5 * total


def _percent(facts: JobFacts) -> float:
    if facts.status in _COMPLETED:
        return 100.0
    done, whole = _work(facts)
    per_mille = 1000 * done // whole if whole else 0
    # A job whose rows are all through still has its end to commit; a failed or cancelled one
    # stays where it stopped.
    return (per_mille if terminal(facts.status) else min(per_mille, 999)) / 10


def _elapsed_seconds(facts: JobFacts, now: datetime) -> float:
    """Return the seconds since the start, 0 before it and when clocks disagree."""
    if facts.started_at is None:
        return 0.0
    return max(0.0, ((facts.finished_at or now) - facts.started_at).total_seconds())


def _rate(facts: JobFacts, elapsed: float) -> float | None:
    rows = facts.parsed if facts.phase == JobPhase.PARSING else facts.processed
    return round(rows / elapsed, 1) if rows and elapsed else None


def _eta_seconds(facts: JobFacts, elapsed: float) -> int | None:
    done, whole = _work(facts)
    if facts.status != JobStatus.IN_PROGRESS or not done or not elapsed:
        return None
    return math.ceil(elapsed * (whole - done) / done)
