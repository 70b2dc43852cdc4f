"""Number series: what campaigns count with. A number, once drawn, never comes again."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from app.database import Database, Statements, Transaction
from app.domain.callers import Caller
from app.domain.jobs import JobKind
from app.domain.number_series import NumberSeriesDraft, check_number_series, tidied
from app.domain.refusals import Problem, UserErrorCode, refuse_any
from app.models.number_series import NumberSeries
from app.services import editing
from app.services.constraints import SERIES_NAME_TAKEN, explained
from app.services.editing import Stamp, Target


async def create(
    database: Database, caller: Caller, draft: NumberSeriesDraft, now: datetime
) -> int:
    """Return the id of the new series."""
    draft = tidied(draft)
    problems = check_number_series(draft)
    with explained():
        async with database.transaction() as tx:
            problems += await _check_name(tx, draft)
            refuse_any(problems)
            row = await editing.create(tx, NumberSeries, editing.columns(draft), Stamp(caller, now))
    made_id: int = row.id
    return made_id


async def update(
    database: Database, caller: Caller, target: Target, values: Mapping[str, Any], now: datetime
) -> None:
    """Change the columns named in `values`; None clears, and an equal value changes nothing.

    Mask and last number can change only until the first number is drawn: NOT_EDITABLE.
    """
    with explained():
        async with database.transaction() as tx:
            series = await editing.lock(tx, NumberSeries, target)
            before = editing.drafted(NumberSeriesDraft, series)
            after = tidied(editing.applied(before, values))
            changed = editing.changes(before, after)
            if not changed:
                return
            problems = check_number_series(after)
            if series.first_used_at is not None:
                problems += _check_unused(changed)
            if "name" in changed:
                problems += await _check_name(tx, after)
            refuse_any(problems)
            await editing.write(tx, series, changed, Stamp(caller, now))


async def archive(database: Database, caller: Caller, target: Target, now: datetime) -> None:
    """Take the series out of use for ever; its name stays taken.

    NOT_EDITABLE while a job that counts with it is unfinished.
    """
    async with database.transaction() as tx:
        series = await editing.lock(tx, NumberSeries, target)
        refuse_any(await _check_idle(tx, series.id))
        await editing.write(tx, series, {"archived_at": now}, Stamp(caller, now))


async def draw(database: Database, series_id: int, count: int, now: datetime) -> range:
    """Take the next numbers of the series for good, by one UPDATE in a short transaction."""

    async def drawing(tx: Statements) -> range:
        return await draw_inside(tx, series_id, count, now)

    return await database.transact(drawing)


async def draw_inside(tx: Statements, series_id: int, count: int, now: datetime) -> range:
    """Take the next numbers within a transaction: they are gone for good if it commits."""
    last: int = await tx.fetch_value(
        "UPDATE number_series SET last_number = last_number + $2,"
        " first_used_at = COALESCE(first_used_at, $3) WHERE id = $1 RETURNING last_number",
        series_id,
        count,
        now,
    )
    return range(last - count + 1, last + 1)


async def _check_name(tx: Transaction, draft: NumberSeriesDraft) -> list[Problem]:
    return await editing.check_free(tx, "number_series.name", draft.name, SERIES_NAME_TAKEN)


def _check_unused(changed: Mapping[str, Any]) -> Iterator[Problem]:
    for column, name in (("mask", "mask"), ("last_number", "lastNumber")):
        if column in changed:
            yield Problem(
                UserErrorCode.NOT_EDITABLE,
                "Numbers of the series have been drawn; make a new series instead.",
                (name,),
            )


async def _check_idle(tx: Transaction, series_id: int) -> list[Problem]:
    busy = await tx.fetch_value(
        f"SELECT 1 FROM job WHERE finished_at IS NULL AND kind = '{JobKind.GENERATE}'"
        " AND CAST(params ->> 'numberSeriesId' AS BIGINT) = $1 LIMIT 1",
        series_id,
    )
    if not busy:
        return []
    message = "A job that counts with this series is not finished; wait for it or cancel it."
    return [Problem(UserErrorCode.NOT_EDITABLE, message, ("id",))]
