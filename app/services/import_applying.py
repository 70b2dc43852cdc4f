"""The second phase of an import: staged rows are applied to codes, in the order of the file.

A chunk commits codes, row results, counters and epoch together. What a row does is decided by
`app.domain.import_rows`, on facts that are read under the locks of the codes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.database import Database, Row, Statements
from app.database.instants import from_json
from app.domain.import_files import OnError, read_message
from app.domain.import_options import MOST_ABORTABLE, ImportOptions
from app.domain.import_rows import (
    Decision,
    Rules,
    StoredCode,
    Wish,
    aborted,
    decide_known,
    decide_new,
    duplicate,
    failed,
    read_wish,
)
from app.domain.rows import RowOutcome
from app.services import import_codes, import_results, import_writes, leases
from app.services.code_history import Chunk
from app.services.editing import Stamp
from app.services.leases import Claim, Gains, Standing

CHUNK_ROWS: Final = {"postgres": 5_000, "sqlite": 1_000}
_MOST_WISHES: Final = 10_000
_STAGED: Final = (
    'SELECT "row", line, code_text, normal_form, duplicate_of, data, messages FROM import_row'
    ' WHERE job_id = $1 AND "row" > $2 ORDER BY "row" LIMIT $3'
)
_GAINS: Final = {
    RowOutcome.INSERTED: "inserted",
    RowOutcome.UPDATED: "updated",
    RowOutcome.DELETED: "deleted",
    RowOutcome.WITHDRAWN: "withdrawn",
    RowOutcome.NO_ACTION: "unchanged",
    RowOutcome.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class _StagedRow:
    """A staged row and what it says; without a normal form it names no code of its own."""

    number: int
    normal_form: str | None
    wish: Wish


class Applying:
    """Applies what is staged for one claim."""

    def __init__(self, database: Database, held: Claim, options: ImportOptions) -> None:
        self._database = database
        self._held = held
        self._options = options
        self._aborts = options.on_error == OnError.ABORT
        size = CHUNK_ROWS[database.dialect.name]
        self._size = MOST_ABORTABLE if self._aborts else size
        self._processed = held.processed
        self._zone = ZoneInfo(held.params["timeZone"])
        # Many rows say the same besides their code: what it means is read once.
        self._wishes: dict[str, Wish] = {}

    async def advance(self, now: datetime) -> Standing:
        """Apply one chunk; an import that aborts is one chunk whatever its size."""
        rows = await self._database.read(_STAGED, self._held.job_id, self._processed, self._size)
        standing = Standing(self._processed, cancel_requested=False)
        if rows:
            staged = [self._read(row) for row in rows]
            standing = await self._database.transact(lambda tx: self._apply(tx, staged, now))
            self._processed = standing.processed
        if len(rows) < self._size or self._aborts:
            ending = await import_results.ending(self._database, self._held.job_id, self._options)
            return replace(standing, ending=ending)
        return standing

    def _read(self, row: Row) -> _StagedRow:
        wish = self._wishes.get(row["data"])
        if wish is None:
            if len(self._wishes) >= _MOST_WISHES:
                self._wishes.clear()
            wish = self._wishes[row["data"]] = read_wish(from_json(row["data"]), self._zone)
        said = [*map(read_message, from_json(row["messages"]) or ())]
        if row["duplicate_of"] is not None:
            said.append(duplicate(row["duplicate_of"], row["code_text"]))
        if said:
            wish = replace(wish, messages=(*said, *wish.messages))
        return _StagedRow(row["row"], row["normal_form"], wish)

    async def _apply(self, tx: Statements, staged: Sequence[_StagedRow], now: datetime) -> Standing:
        held, dialect = self._held, self._database.dialect
        assert held.campaign_id is not None  # noqa: S101 - an import has one
        stamp = Stamp(held.caller, now)
        chunk = Chunk(tx, dialect, held.job_id, held.campaign_id, stamp)
        decided = await self._decide(chunk, staged)
        await import_results.store(chunk, staged[0].number, staged[-1].number, decided)
        counts = Counter(decision.outcome for decision in decided.values())
        gains = {_GAINS[outcome]: count for outcome, count in counts.items()}
        return await leases.commit_progress(tx, held, Gains(len(staged), **gains), now)

    async def _decide(self, chunk: Chunk, staged: Sequence[_StagedRow]) -> Mapping[int, Decision]:
        """Decide about every row, and write what is decided unless nothing is to be written."""
        keys = {row.wish.group_key for row in staged if row.wish.group_key is not None}
        groups = await import_codes.lock_groups(chunk, keys)
        forms = {row.normal_form: row for row in staged if row.normal_form is not None}
        locked = await import_codes.lock_codes(chunk, sorted(forms))
        looked_into = {form for form, row in forms.items() if _looks_at_uses(row.wish)}
        known = await import_codes.read_stored(chunk, locked, looked_into)
        rules = Rules(chunk.campaign_id, self._options.mode, groups)
        decided = _decided(staged, known, rules)
        if self._aborts and any(one.outcome == RowOutcome.FAILED for one in decided.values()):
            return {number: aborted(decision) for number, decision in decided.items()}
        if not self._options.dry_run:
            ids = {row.number: known[form].id for form, row in forms.items() if form in known}
            await _write(chunk, locked, decided, ids)
        return decided


def _decided(
    staged: Sequence[_StagedRow], known: Mapping[str, StoredCode], rules: Rules
) -> dict[int, Decision]:
    """Return decisions by row; new codes of which the same is said share one."""
    new: dict[int, Decision] = {}
    decided: dict[int, Decision] = {}
    for row in staged:
        wish, stored = row.wish, known.get(row.normal_form or "")
        if row.normal_form is None:
            decision = failed(wish.messages)
        elif stored is not None:
            decision = decide_known(wish, stored, rules)
        else:
            decision = new.get(id(wish)) or decide_new(wish, rules)
            new[id(wish)] = decision
        decided[row.number] = decision
    return decided


def _looks_at_uses(wish: Wish) -> bool:
    return wish.deleted or wish.groups or "maximum_uses" in wish.given


async def _write(
    chunk: Chunk, locked: Sequence[Row], decided: Mapping[int, Decision], ids: Mapping[int, int]
) -> None:
    by_outcome: dict[RowOutcome, dict[int, Decision]] = {outcome: {} for outcome in RowOutcome}
    for number, decision in decided.items():
        by_outcome[decision.outcome][ids.get(number, number)] = decision
    made = by_outcome[RowOutcome.INSERTED]
    changed = by_outcome[RowOutcome.UPDATED] | by_outcome[RowOutcome.WITHDRAWN]
    owners = await import_writes.record_customers(chunk, [*made.values(), *changed.values()])
    await import_writes.change(chunk, locked, changed, owners)
    await import_writes.delete(chunk, locked, list(by_outcome[RowOutcome.DELETED]))
    await import_writes.insert(chunk, made, owners)
