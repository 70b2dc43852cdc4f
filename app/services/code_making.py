"""Making the codes of a GENERATE job: one chunk after the other, each in one transaction."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from app.database import Database, Statements
from app.database.dialects import Dialect
from app.database.instants import from_json, to_json
from app.domain import issue_validity_json, masks
from app.domain.campaigns import CampaignKind
from app.domain.issue_validity import Window, window
from app.domain.jobs import JobStatus
from app.domain.mask_rendering import render
from app.domain.masks import Mask
from app.domain.refusals import Refusal, UserErrorCode
from app.services import leases, number_series
from app.services.leases import Claim, Ending, Gains, Standing

# SQLite has one writer, and a chunk must not keep others waiting for it.
CHUNK_ROWS: Final = {"postgres": 10_000, "sqlite": 1_000}
# Random codes drawn and sorted at a time: a few milliseconds of one thread.
_STOCK_CODES: Final = 20_000
# Draws in a row of which every code existed already, after which random symbols are used up.
_MOST_BARREN_DRAWS: Final = 20
_DONE: Final = Ending(JobStatus.SUCCESS)
_USED_UP: Final = Ending(
    JobStatus.FAILED,
    UserErrorCode.MASK_CAPACITY_EXCEEDED,
    "Nearly every code that the mask can give exists by now. What was made stays; use a mask with"
    " more random symbols for the rest.",
)


class CodeMaker:
    """Brings the job of one claim to its end; what a chunk made and its count commit together.

    A code that exists already is skipped and another drawn, so that the count is exact: a chunk
    never makes more than are missing, and after one that made fewer, more and more are drawn.
    """

    def __init__(self, database: Database, held: Claim) -> None:
        self._database = database
        self._held = held
        self._mask = masks.parse(held.params["mask"])
        self._processed = held.processed
        self._total = held.total or 0
        self._stock: list[dict[str, str]] = []
        self._short_draws = 0
        self._barren_draws = 0

    async def abandon(self) -> None:
        """Nothing is kept to go on with."""

    def close(self) -> None:
        """Nothing is held outside the database."""

    async def advance(self, now: datetime) -> Standing:
        """Make one chunk."""
        missing = self._total - self._processed
        if not missing:
            return Standing(self._processed, cancel_requested=False, ending=_DONE)
        if not self._stock:
            self._stock = await self._draw(missing, now)
        drawn = self._stock.pop()
        try:
            standing = await self._make(drawn, missing, now)
        except Refusal as refusal:
            return Standing(self._processed, cancel_requested=False, ending=_failed(refusal))
        made = standing.processed - self._processed
        self._processed = standing.processed
        short = made < min(missing, len(drawn))
        self._short_draws = min(self._short_draws + 1, _MOST_BARREN_DRAWS) if short else 0
        self._barren_draws = 0 if made else self._barren_draws + 1
        return replace(standing, ending=self._ending())

    def _ending(self) -> Ending | None:
        if self._processed == self._total:
            return _DONE
        if self._barren_draws >= _MOST_BARREN_DRAWS and not self._mask.has_series:
            return _USED_UP
        return None

    async def _draw(self, missing: int, now: datetime) -> list[dict[str, str]]:
        """Return one or more chunks of texts by normal form.

        Numbers are drawn for one chunk, in a transaction of their own, so that no series stays
        locked while a chunk is written; numbers that are not used are gaps.
        """
        rows = CHUNK_ROWS[self._database.dialect.name]
        if self._mask.has_series:
            series_id = self._held.params["numberSeriesId"]
            count = min(missing << self._short_draws, rows)
            numbers = await number_series.draw(self._database, series_id, count, now)
            return [await asyncio.to_thread(_render, self._mask, numbers)]
        count = min(missing << self._short_draws, rows if self._short_draws else _STOCK_CODES)
        return await asyncio.to_thread(_stock, self._mask, count, rows)

    async def _make(self, drawn: dict[str, str], missing: int, now: datetime) -> Standing:
        async def make(tx: Statements) -> Standing:
            made = await self._insert(tx, drawn, missing, now)
            gains = Gains(processed=made, inserted=made)
            return await leases.commit_progress(tx, self._held, gains, now)

        return await self._database.transact(make)

    async def _insert(
        self, tx: Statements, drawn: dict[str, str], missing: int, now: datetime
    ) -> int:
        held = self._held
        valid_from, valid_to = await _window(tx, held, now)
        return await tx.execute(
            _insertion(self._database.dialect, more_than_missing=len(drawn) > missing),
            to_json(drawn),
            missing,
            held.campaign_id,
            held.params["groupId"],
            valid_from,
            valid_to,
            held.params["maximumUses"],
            held.params["usesPerCustomer"],
            now if held.params["issueNow"] else None,
            held.reference if held.params["issueNow"] else None,
            held.params["availableTo"],
            held.job_id,
            now,
            now,
        )


_COLUMNS: Final = {
    "campaign_id": "bigint",
    "group_id": "bigint",
    "valid_from": "timestamptz",
    "valid_to": "timestamptz",
    "max_uses": "int",
    "uses_per_customer": "int",
    "issued_at": "timestamptz",
    "issue_reference": "text",
    "available_to": "text",
    "created_by_job_id": "bigint",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
}


@cache
def _insertion(dialect: Dialect, *, more_than_missing: bool) -> str:
    """Insert the pairs of `$1` that are new, at most `$2`; the rest are the columns in order."""
    values = ", ".join(dialect.cast(f"${n}", kind) for n, kind in enumerate(_COLUMNS.values(), 3))
    # Without this, existing codes would use up the limit. It looks each code up once more, so it
    # is left out where the limit cannot be reached.
    new = "NOT EXISTS (SELECT 1 FROM code WHERE code.normal_form = drawn.key)"
    return (
        f"INSERT INTO code (kind, text, normal_form, {', '.join(_COLUMNS)})"
        f" SELECT '{CampaignKind.VOUCHER}', drawn.value, drawn.key, {values}"
        f" FROM {dialect.pairs('drawn', '$1')} WHERE {new if more_than_missing else 'TRUE'}"
        " LIMIT $2 ON CONFLICT (normal_form) DO NOTHING"
    )


async def _window(tx: Statements, held: Claim, now: datetime) -> Window:
    """Dates come from the campaign's setting at the moment of issue, not from the snapshot."""
    if not held.params["issueNow"]:
        return None, None
    (row,) = await tx.fetch(
        "SELECT issued_code_validity, time_zone FROM campaign WHERE id = $1", held.campaign_id
    )
    setting = issue_validity_json.from_json(from_json(row["issued_code_validity"]))
    return window(setting, now, ZoneInfo(row["time_zone"]))


def _render(mask: Mask, numbers: Sequence[int]) -> dict[str, str]:
    drawn = render(mask, numbers, secrets.token_bytes)
    return dict(zip(drawn.normal_forms, drawn.texts, strict=True))


def _stock(mask: Mask, count: int, rows: int) -> list[dict[str, str]]:
    """Draw random codes and cut them, sorted, into chunks.

    A chunk of neighbours changes few pages of the index, which makes it several times cheaper. And
    jobs whose codes collide take the index entries in one order, so that they wait for each other
    but never in a circle. Shuffled chunks keep the order of ids from telling how far a job was.
    """
    drawn = _render(mask, range(count))
    # Texts alone are sorted much faster than pairs, and leave the garbage collector no tuples.
    forms = sorted(drawn)
    chunks = [
        {form: drawn[form] for form in forms[start : start + rows]}
        for start in range(0, len(forms), rows)
    ]
    secrets.SystemRandom().shuffle(chunks)
    return chunks


def _failed(refusal: Refusal) -> Ending:
    problem = refusal.problems[0]
    return Ending(JobStatus.FAILED, problem.code, problem.message)
