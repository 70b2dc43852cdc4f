"""Who may work on a job: the workers' side of `jobs`.

Every commit of a worker re-asserts the epoch of its claim. A worker that lost its job, however late
it wakes up, changes no row and rolls back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from app.database import Database, Row, Statements, Transaction
from app.database.instants import from_json, to_json
from app.domain.callers import Caller, worker_of
from app.domain.jobs import JobKind, JobPhase, JobStatus
from app.services.jobs import announce_end, claimable, ended_at

# A job that was lost this often without committing a chunk in between ends as FAILED.
MOST_ATTEMPTS: Final = 3
WORKER_LOST: Final = "WORKER_LOST"

_HELD: Final = f"id = $1 AND epoch = $2 AND status = '{JobStatus.IN_PROGRESS}'"


class LeaseLost(Exception):  # noqa: N818 - a fact, not a fault
    """Another worker has taken the job over, or it has ended: stop, and write nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job, and the job as it stood when the right was given."""

    job_id: int
    epoch: int
    lease: timedelta
    kind: JobKind
    campaign_id: int | None
    reference: str | None
    params: Mapping[str, Any]
    phase: JobPhase
    file_id: int | None
    total: int | None
    parsed: int
    processed: int
    cancel_requested: bool
    caller: Caller


@dataclass(frozen=True, slots=True)
class Gains:
    """What one chunk adds to the counters of its job."""

    processed: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends. A failure carries a stable code and a sentence for its requester.

    `line` and `column` tell the place in its file, from 1, where there is one.
    """

    status: JobStatus
    error_code: str | None = None
    error_message: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands after a commit; with an ending when its work is at its end."""

    processed: int
    cancel_requested: bool
    ending: Ending | None = None


_COUNTS: Final = tuple(field.name for field in fields(Gains))
_RAISED: Final = ", ".join(f"{name} = {name} + ${n}" for n, name in enumerate(_COUNTS, 4))
_POISONED: Final = Ending(
    JobStatus.FAILED,
    WORKER_LOST,
    f"The job stopped {MOST_ATTEMPTS} times in a row without making progress. What it had done"
    " before stays done.",
)


async def claim(database: Database, job_id: int, lease: timedelta, now: datetime) -> Claim | None:
    """Take the job, or None when it has ended, is in other hands or must still wait.

    One conditional UPDATE, so of several workers at most one gets it.
    """
    # SQLite 3.40 answers IS NULL wrongly in a RETURNING clause: columns are returned as they are.
    async with database.transaction() as tx:
        row = await tx.fetch_one(
            f"UPDATE job SET status = '{JobStatus.IN_PROGRESS}', epoch = epoch + 1,"
            f" phase = CASE WHEN phase <> '{JobPhase.QUEUED}' THEN phase"
            f" WHEN kind = '{JobKind.IMPORT}' THEN '{JobPhase.PARSING}'"
            f" ELSE '{JobPhase.APPLYING}' END,"
            " lease_until = $3, started_at = COALESCE(started_at, $2),"
            f" progress_sequence = progress_sequence + 1 WHERE id = $1 AND {claimable('$2')}"
            " RETURNING id, epoch, kind, campaign_id, reference, params, phase, file_id, total,"
            " parsed, processed, cancel_requested_at, actor",
            job_id,
            now,
            now + lease,
        )
    return None if row is None else _claim(row, lease)


def _claim(row: Row, lease: timedelta) -> Claim:
    return Claim(
        job_id=row["id"],
        epoch=row["epoch"],
        lease=lease,
        kind=JobKind(row["kind"]),
        campaign_id=row["campaign_id"],
        reference=row["reference"],
        params=from_json(row["params"]),
        phase=JobPhase(row["phase"]),
        file_id=row["file_id"],
        total=row["total"],
        parsed=row["parsed"],
        processed=row["processed"],
        # A worker may be lost between its last chunk and the end: that comes too late to cancel.
        cancel_requested=row["cancel_requested_at"] is not None
        and row["processed"] != row["total"],
        caller=worker_of(from_json(row["actor"])),
    )


async def commit_progress(tx: Statements, held: Claim, gains: Gains, now: datetime) -> Standing:
    """Count a chunk in the chunk's own transaction and renew the lease.

    Raises LeaseLost when the job is no longer this claim's, so that the chunk rolls back with it.
    """
    row = await tx.fetch_one(
        f"UPDATE job SET {_RAISED}, attempts = 0, lease_until = $3,"
        f" progress_sequence = progress_sequence + 1 WHERE {_HELD}"
        " RETURNING processed, cancel_requested_at",
        held.job_id,
        held.epoch,
        now + held.lease,
        *(getattr(gains, name) for name in _COUNTS),
    )
    return _standing(row, held)


async def commit_parsed(
    tx: Statements, held: Claim, rows: int, bytes_read: int, now: datetime
) -> Standing:
    """Count rows of the job's file as staged; `bytes_read` is how far the file is read by now."""
    row = await tx.fetch_one(
        "UPDATE job SET parsed = parsed + $4, bytes_read = $5, attempts = 0, lease_until = $3,"
        f" progress_sequence = progress_sequence + 1 WHERE {_HELD}"
        " RETURNING processed, cancel_requested_at",
        held.job_id,
        held.epoch,
        now + held.lease,
        rows,
        bytes_read,
    )
    return _standing(row, held)


async def commit_plan(
    tx: Statements, held: Claim, total: int, params: Mapping[str, Any], now: datetime
) -> Standing:
    """Say how much there is to do, and keep what was found out on the way."""
    row = await tx.fetch_one(
        "UPDATE job SET total = $4, params = $5, attempts = 0, lease_until = $3,"
        f" progress_sequence = progress_sequence + 1 WHERE {_HELD}"
        " RETURNING processed, cancel_requested_at",
        held.job_id,
        held.epoch,
        now + held.lease,
        total,
        to_json(params),
    )
    return _standing(row, held)


async def commit_staged(
    tx: Statements, held: Claim, params: Mapping[str, Any], reference: str | None, now: datetime
) -> Standing:
    """Say that the whole file is staged: what it holds is known, and can be applied."""
    row = await tx.fetch_one(
        f"UPDATE job SET phase = '{JobPhase.APPLYING}', total = parsed, params = $4,"
        " reference = $5, bytes_read = size, attempts = 0, lease_until = $3,"
        f" progress_sequence = progress_sequence + 1 WHERE {_HELD}"
        " RETURNING processed, cancel_requested_at",
        held.job_id,
        held.epoch,
        now + held.lease,
        to_json(params),
        reference,
    )
    return _standing(row, held)


def _standing(row: Row | None, held: Claim) -> Standing:
    if row is None:
        raise LeaseLost(held.job_id)
    return Standing(row["processed"], row["cancel_requested_at"] is not None)


async def renew(database: Database, held: Claim, now: datetime) -> None:
    """Keep the job during a chunk that takes longer than the lease; no news for watchers."""
    await _set_lease(database, held, now + held.lease)


async def release(database: Database, held: Claim) -> None:
    """Let the job go between two chunks; ring afterwards, and any worker goes on at once."""
    await _set_lease(database, held, None)


async def _set_lease(database: Database, held: Claim, until: datetime | None) -> None:
    async with database.transaction() as tx:
        if not await tx.execute(
            f"UPDATE job SET lease_until = $3 WHERE {_HELD}", held.job_id, held.epoch, until
        ):
            raise LeaseLost(held.job_id)


async def finish(database: Database, held: Claim, ending: Ending, now: datetime) -> None:
    """End the job and announce it. Raises LeaseLost when it is no longer this claim's."""
    async with database.transaction() as tx:
        await _end(tx, held.job_id, held.epoch, ending, now)


async def _end(tx: Transaction, job_id: int, epoch: int, ending: Ending, now: datetime) -> None:
    if not await tx.execute(
        f"UPDATE job SET status = $4, error_code = $5, error_message = $6, error_line = $7,"
        f" error_column = $8, {ended_at('$3')} WHERE {_HELD}",
        job_id,
        epoch,
        now,
        ending.status.value,
        ending.error_code,
        ending.error_message,
        ending.line,
        ending.column,
    ):
        raise LeaseLost(job_id)
    await announce_end(tx, job_id, now)


async def give_up(database: Database, held: Claim, now: datetime) -> bool:
    """Let go of a job whose chunk failed; True when that was once too often and the job ended."""
    async with database.transaction() as tx:
        return await _count_lost_attempt(tx, held.job_id, held.epoch, now)


async def take_away(database: Database, job_id: int, epoch: int, now: datetime) -> bool:
    """Take the job from a worker whose lease has run out; True when that ended the job.

    The epoch rises, so from here on that worker writes nothing. Raises LeaseLost when it has shown
    a sign of life, when somebody is writing to the job just now, or another was faster.
    """
    free = f"SELECT 1 FROM job WHERE id = $1 AND lease_until <= $2{database.dialect.lock_or_skip}"
    async with database.transaction() as tx:
        if not await tx.fetch(free, job_id, now):
            raise LeaseLost(job_id)
        return await _count_lost_attempt(tx, job_id, epoch, now)


async def _count_lost_attempt(tx: Transaction, job_id: int, epoch: int, now: datetime) -> bool:
    """Count an attempt without a chunk; the third in a row ends the job as FAILED."""
    attempts = await tx.fetch_value(
        "UPDATE job SET epoch = epoch + 1, lease_until = NULL, attempts = attempts + 1,"
        f" progress_sequence = progress_sequence + 1 WHERE {_HELD} RETURNING attempts",
        job_id,
        epoch,
    )
    if attempts is None:
        raise LeaseLost(job_id)
    if attempts < MOST_ATTEMPTS:
        return False
    await _end(tx, job_id, epoch + 1, _POISONED, now)
    return True


async def others_wait(database: Database, held: Claim, now: datetime) -> bool:
    """Whether some other job could start now, if there were a hand free for it."""
    rows = await database.read(
        f"SELECT 1 FROM job WHERE job.id <> $1 AND {claimable('$2')} LIMIT 1", held.job_id, now
    )
    return bool(rows)
