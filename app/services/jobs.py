"""A job as its requesters see it: entered, cancelled, ended. `leases` is the workers' side."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from app.database import Database, Transaction
from app.database.dialects import Dialect
from app.domain.callers import Caller
from app.domain.jobs import STARTED_BY, JobKind, JobPhase, JobStatus
from app.domain.refusals import Problem, Refusal, UserErrorCode
from app.models.job import Job
from app.queue import Queue
from app.reading.errors import NotAllowed
from app.services import audit, idempotency, outbox
from app.services.editing import Stamp

COUNTERS: Final = (
    "processed",
    "inserted",
    "updated",
    "deleted",
    "withdrawn",
    "unchanged",
    "failed",
)
OPERATIONS: Final = {
    JobKind.IMPORT: "importCodes",
    JobKind.GENERATE: "generateCodes",
    JobKind.EXPORT: "exportCodes",
    JobKind.WITHDRAW: "withdrawCodes",
}
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class JobFile:
    """The file that a job reads, and the job that had the same bytes before."""

    id: int
    name: str | None
    size: int
    sha256: str
    same_file_as: int | None


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a request asks for; `params` is the configuration as it stood at that moment.

    `total` is None until it is known. A job that changes codes of its campaign is `sequenced`.
    """

    kind: JobKind
    campaign_id: int
    params: Mapping[str, Any]
    total: int | None
    reference: str | None = None
    not_before: datetime | None = None
    sequenced: bool = False
    file: JobFile | None = None


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A call that wants a job: `asked` is all that tells it from another under the same key."""

    operation: str
    asked: Mapping[str, Any]
    idempotency_key: str | None = None
    not_before: datetime | None = None


async def enter(
    database: Database,
    queue: Queue,
    stamp: Stamp,
    request: JobRequest,
    make: Callable[[Transaction], Awaitable[int]],
) -> int:
    """Return the id of the job that `make` adds in one transaction, and ring after its commit.

    Under a key that was used for the same request, it is the job of then.
    """
    async with database.transaction() as tx:
        job_id, new = await _make_once(tx, stamp, request, make)
    if new:
        later = request.not_before
        waits = later is not None and later > stamp.now
        await queue.ring(job_id, 0, defer_until=later if waits else None)
        await queue.wake(job_id)
    return job_id


async def _make_once(
    tx: Transaction,
    stamp: Stamp,
    request: JobRequest,
    make: Callable[[Transaction], Awaitable[int]],
) -> tuple[int, bool]:
    if request.idempotency_key is None:
        return await make(tx), True
    once = idempotency.once(request.operation, request.idempotency_key, request.asked)
    made = await idempotency.seize(tx, stamp, once)
    if made is not None:
        return made, False
    job_id = await make(tx)
    await idempotency.keep(tx, stamp, once, ("Job", job_id))
    return job_id, True


async def add(tx: Transaction, caller: Caller, job: NewJob, now: datetime) -> int:
    """Enter a job that waits for a worker; ring after the commit.

    A sequenced one comes after all of its campaign, whose row must be locked.
    """
    sequence = file = None
    if job.sequenced:
        sequence = await tx.fetch_value(
            "SELECT COALESCE(MAX(sequence), 0) + 1 FROM job WHERE campaign_id = $1", job.campaign_id
        )
    if job.file:
        file = {
            "file_id": job.file.id,
            "file_name": job.file.name,
            "size": job.file.size,
            "sha256": job.file.sha256,
            "same_file_as_id": job.file.same_file_as,
        }
    row = await Job.create(
        using_db=tx.client,
        **(file or {}),
        sequence=sequence,
        kind=job.kind,
        campaign_id=job.campaign_id,
        reference=job.reference,
        params=dict(job.params),
        not_before=job.not_before,
        total=job.total,
        actor=caller.actor(),
        queued_at=now,
    )
    made_id: int = row.id
    await audit.record(tx, Stamp(caller, now), OPERATIONS[job.kind], ("Job", made_id))
    return made_id


async def cancel(
    database: Database, queue: Queue, caller: Caller, job_id: int, now: datetime
) -> None:
    """A waiting job ends at once, a running one after its current chunk; what was made stays.

    Whoever may start a job of this kind may stop one; others are NotAllowed. Refuses an ended job
    with JOB_FINISHED. Asking twice is not an error.
    """
    async with database.transaction() as tx:
        await _check_may_stop(tx, database.dialect, caller, job_id)
        ended = await _cancel_waiting(tx, job_id, now)
        if ended or await _cancel_running(tx, job_id, now):
            await audit.record(tx, Stamp(caller, now), "cancelJob", ("Job", job_id))
        else:
            await _refuse_cancel(tx, job_id)
    log.info("job.cancel_requested", job_id=job_id, caller=caller.id)
    await queue.wake(job_id)
    if ended:
        await ring_next(database, queue, job_id, now)


async def _check_may_stop(tx: Transaction, dialect: Dialect, caller: Caller, job_id: int) -> None:
    """Lock the job, if there is one, and ask for the right that its kind needs."""
    rows = await tx.fetch(f"SELECT kind FROM job WHERE id = $1{dialect.lock}", job_id)
    for row in rows:
        needed = STARTED_BY[JobKind(row["kind"])]
        if not caller.allows(needed):
            raise NotAllowed(f"Cancelling a job of kind {row['kind']}", needed)


async def _cancel_waiting(tx: Transaction, job_id: int, now: datetime) -> bool:
    ended = await tx.execute(
        f"UPDATE job SET status = '{JobStatus.CANCELLED}', cancel_requested_at = $2,"
        f" {ended_at('$2')}"
        f" WHERE id = $1 AND status = '{JobStatus.PENDING}'",
        job_id,
        now,
    )
    if ended:
        await announce_end(tx, job_id, now)
    return bool(ended)


async def _cancel_running(tx: Transaction, job_id: int, now: datetime) -> bool:
    asked = await tx.execute(
        "UPDATE job SET cancel_requested_at = $2, progress_sequence = progress_sequence + 1"
        f" WHERE id = $1 AND status = '{JobStatus.IN_PROGRESS}' AND cancel_requested_at IS NULL",
        job_id,
        now,
    )
    return bool(asked)


async def _refuse_cancel(tx: Transaction, job_id: int) -> None:
    status = await tx.fetch_value("SELECT status FROM job WHERE id = $1", job_id)
    if status is None:
        raise Refusal(Problem(UserErrorCode.NOT_FOUND, "There is no such job.", ("id",)))
    if status != JobStatus.IN_PROGRESS:
        raise Refusal(
            Problem(
                UserErrorCode.JOB_FINISHED,
                f"The job has ended as {status}; there is nothing left to cancel.",
                ("id",),
            )
        )


async def announce_end(tx: Transaction, job_id: int, now: datetime) -> None:
    """Tell the outside, in the transaction that ended the job, how it ended."""
    counts = ("total", *COUNTERS)
    (row,) = await tx.fetch(
        f"SELECT kind, status, campaign_id, error_code, {', '.join(counts)} FROM job WHERE id = $1",
        job_id,
    )
    payload = {
        "jobId": job_id,
        "kind": row["kind"],
        "status": row["status"],
        "campaignId": row["campaign_id"],
        "errorCode": row["error_code"],
        **{count: row[count] for count in counts},
    }
    await outbox.announce(tx, "JOB_FINISHED", payload, now)


def ended_at(now: str) -> str:
    """What every end of a job sets besides its status, at the instant of placeholder `now`."""
    return (
        f"phase = '{JobPhase.DONE}', finished_at = {now}, lease_until = NULL,"
        " progress_sequence = progress_sequence + 1"
    )


def claimable(now: str) -> str:
    """The condition that a row of `job` can be worked on at the instant of placeholder `now`.

    It waits or was let go, its time has come, and no unfinished job whose time has come stands
    before it in its campaign.
    """
    return (
        f"job.finished_at IS NULL AND (job.status = '{JobStatus.PENDING}'"
        " OR job.lease_until IS NULL)"
        f" AND (job.not_before IS NULL OR job.not_before <= {now})"
        " AND NOT EXISTS (SELECT 1 FROM job AS earlier"
        " WHERE earlier.finished_at IS NULL AND earlier.campaign_id = job.campaign_id"
        " AND earlier.sequence < job.sequence"
        f" AND (earlier.not_before IS NULL OR earlier.not_before <= {now}))"
    )


async def ring_next(database: Database, queue: Queue, ended_id: int, now: datetime) -> None:
    """Ring the job of the same campaign that waited for this one, if there is one."""
    rows = await database.read(
        "SELECT job.id, job.epoch FROM job JOIN job AS ended ON ended.campaign_id = job.campaign_id"
        f" WHERE ended.id = $1 AND job.sequence > ended.sequence AND {claimable('$2')}"
        " ORDER BY job.sequence LIMIT 1",
        ended_id,
        now,
    )
    for row in rows:
        await queue.ring(row["id"], row["epoch"])
