"""Withdrawing many codes of a campaign: asked for, and done chunk by chunk as a job."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from app.database import Database, Row, Statements, Transaction
from app.database.instants import to_json
from app.domain.callers import Scope
from app.domain.codes import check_reason
from app.domain.jobs import JobKind, JobStatus, check_not_before, check_reference
from app.domain.lines import trimmed
from app.domain.refusals import Problem, Refusal, refuse_any
from app.queue import Queue
from app.reading.choosing import Choice, choose
from app.reading.dialects import DIALECTS
from app.services import code_history, code_rows, idempotency, jobs, leases, open_campaigns
from app.services.code_history import Chunk
from app.services.editing import Stamp
from app.services.leases import Claim, Ending, Gains, Standing

CHUNK_ROWS: Final = {"postgres": 5_000, "sqlite": 1_000}
_OPERATION: Final = "withdrawCodes"
_DONE: Final = Ending(JobStatus.SUCCESS)
# Whoever asks may choose by what they may see; the job then carries it out.
_EVERYTHING: Final = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class WithdrawalRequest:
    """The codes to withdraw: `where` has the filters of a list of codes, ids as numbers of rows."""

    campaign_id: int
    reason: str
    where: Mapping[str, Any] = field(default_factory=dict)
    reference: str | None = None
    not_before: datetime | None = None
    idempotency_key: str | None = None


async def request(database: Database, queue: Queue, stamp: Stamp, asked: WithdrawalRequest) -> int:
    """Return the id of the job that withdraws the codes which fit when it comes to them.

    Raises BadArgument or NotAllowed when a list with these filters would be refused.
    """
    refuse_any(_check(asked, stamp.now))
    choice = Choice(DIALECTS[database.dialect.name], stamp.now)
    choose(choice, "Code", asked.where, stamp.caller.scopes)
    request = jobs.JobRequest(_OPERATION, asdict(asked), asked.idempotency_key, asked.not_before)
    return await jobs.enter(database, queue, stamp, request, lambda tx: _enter(tx, stamp, asked))


def _check(asked: WithdrawalRequest, now: datetime) -> Iterator[Problem]:
    yield from check_reason(asked.reason, "reason")
    yield from check_reference(asked.reference)
    yield from check_not_before(asked.not_before, now)
    if asked.idempotency_key is not None:
        yield from idempotency.check_key(asked.idempotency_key)


async def _enter(tx: Transaction, stamp: Stamp, asked: WithdrawalRequest) -> int:
    """Enter the job for a campaign of either kind; an archived one may still withdraw codes."""
    campaign = (await open_campaigns.lock(tx, asked.campaign_id)).get(asked.campaign_id)
    if campaign is None:
        raise Refusal(*open_campaigns.check_open(None, None, "campaignId"))
    params = {"where": dict(asked.where), "reason": trimmed(asked.reason), "lastId": None}
    job = jobs.NewJob(
        JobKind.WITHDRAW,
        campaign.id,
        params,
        None,
        asked.reference,
        asked.not_before,
        sequenced=True,
    )
    return await jobs.add(tx, stamp.caller, job, stamp.now)


class Withdrawing:
    """Brings the job of one claim to its end.

    Codes that come after its start are left alone. What does not fit any more when a chunk comes to
    it stays as it is.
    """

    def __init__(self, database: Database, held: Claim) -> None:
        assert held.campaign_id is not None  # noqa: S101 - a withdrawal has one
        self._database = database
        self._held = held
        self._campaign_id = held.campaign_id
        self._params = held.params
        self._processed = held.processed
        self._after = 0

    async def abandon(self) -> None:
        """Nothing is kept to go on with."""

    def close(self) -> None:
        """Nothing is held outside the database."""

    async def advance(self, now: datetime) -> Standing:
        """Look how much there is to do, and withdraw one chunk."""
        if self._params["lastId"] is None:
            return await self._plan(now)
        standing, self._after = await self._database.transact(lambda tx: self._withdraw(tx, now))
        self._processed = standing.processed
        return standing

    async def _plan(self, now: datetime) -> Standing:
        choice = self._choice(now, first=2)
        (row,) = await self._database.read(
            f"SELECT COUNT(*) AS total, COALESCE(MAX(id), 0) AS last FROM code"
            f" WHERE campaign_id = $1 AND withdrawn_at IS NULL AND {choice.condition}",
            self._campaign_id,
            *choice.values,
        )
        params = {**self._params, "lastId": row["last"]}
        standing = await self._database.transact(
            lambda tx: leases.commit_plan(tx, self._held, row["total"], params, now)
        )
        self._params = params
        return standing

    def _choice(self, now: datetime, first: int) -> Choice:
        choice = Choice(DIALECTS[self._database.dialect.name], now, first)
        return choose(choice, "Code", self._params["where"], _EVERYTHING)

    async def _withdraw(self, tx: Statements, now: datetime) -> tuple[Standing, int]:
        """Return how the job stands, and the last code that it has come to."""
        stamp = Stamp(self._held.caller, now)
        chunk = Chunk(tx, self._database.dialect, self._held.job_id, self._campaign_id, stamp)
        # Whoever was waited for may have changed all that was found: then there may be more.
        locked = await self._lock(tx, now) or await self._lock(tx, now)
        if not locked:
            done = Standing(self._processed, cancel_requested=False, ending=_DONE)
            return done, self._after
        ids = [row["id"] for row in locked]
        await code_history.remember(chunk, locked, ids)
        await _write(chunk, ids, self._params["reason"])
        await code_history.end_reservations(chunk, ids)
        events = [code_history.withdrawn(code_id, self._params["reason"]) for code_id in ids]
        await code_history.tell(chunk, events)
        gains = Gains(processed=len(ids), withdrawn=len(ids))
        return await leases.commit_progress(tx, self._held, gains, now), ids[-1]

    async def _lock(self, tx: Statements, now: datetime) -> list[Row]:
        """Return the next codes that still fit, locked in the order of their ids."""
        choice = self._choice(now, first=5)
        return await tx.fetch(
            f"SELECT id, {', '.join(code_rows.FACTS)} FROM code WHERE campaign_id = $1 AND id > $2"
            f" AND id <= $3 AND withdrawn_at IS NULL AND {choice.condition}"
            f" ORDER BY id LIMIT $4{self._database.dialect.lock}",
            self._campaign_id,
            self._after,
            self._params["lastId"],
            CHUNK_ROWS[self._database.dialect.name],
            *choice.values,
        )


async def _write(chunk: Chunk, ids: list[int], reason: str) -> None:
    dialect = chunk.dialect
    await chunk.tx.execute(
        "UPDATE code SET withdrawn_at = $2, withdrawal_reason = $3, version = version + 1,"
        f" updated_at = $4, actor = {dialect.cast('$5', 'jsonb')}"
        f" WHERE {dialect.among('id', '$1', 'bigint')}",
        ids,
        chunk.stamp.now,
        reason,
        chunk.stamp.now,
        to_json(chunk.stamp.caller.actor()),
    )
