"""Number series: what campaigns count with. A number, once drawn, never comes again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from app.database import Database, Transaction
from app.domain.callers import Caller
from app.domain.field_checks import check_metadata, check_text, invalid
from app.domain.jobs import JobKind
from app.domain.masks import GenerateUsing, MaskError, parse_for
from app.domain.refusals import Problem, UserErrorCode, refuse_any
from app.models.number_series import NumberSeries
from app.services import editing
from app.services.constraints import SERIES_NAME_TAKEN, explained
from app.services.editing import Stamp, Target

MAX_NAME_LENGTH: Final = 200
# Far below the 18 digits for which every mask keeps room.
MAX_LAST_NUMBER: Final = 10**15


@dataclass(frozen=True, slots=True)
class SeriesDraft:
    """The editable facts of a number series, named like its columns, before they are accepted."""

    name: str
    mask: str
    last_number: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)


async def create(database: Database, caller: Caller, draft: SeriesDraft, now: datetime) -> int:
    """Return the id of the new series."""
    draft = _tidied(draft)
    problems = [*_check(draft)]
    with explained():
        async with database.transaction() as tx:
            refuse_any([*problems, *await _check_name(tx, draft.name)])
            row = await NumberSeries.create(
                using_db=tx.client,
                name=draft.name,
                mask=draft.mask,
                last_number=draft.last_number,
                metadata=dict(draft.metadata),
                actor=caller.actor(),
                created_at=now,
                updated_at=now,
            )
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
            before = SeriesDraft(series.name, series.mask, series.last_number, series.metadata)
            after = _tidied(editing.applied(before, values))
            changed = editing.changes(before, after)
            if not changed:
                return
            problems = [*_check(after)]
            if series.first_used_at is not None:
                problems += _check_unused(changed)
            if "name" in changed:
                problems += await _check_name(tx, after.name)
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
    async with database.transaction() as tx:
        last: int = await tx.fetch_value(
            "UPDATE number_series SET last_number = last_number + $2,"
            " first_used_at = COALESCE(first_used_at, $3) WHERE id = $1 RETURNING last_number",
            series_id,
            count,
            now,
        )
    return range(last - count + 1, last + 1)


def _tidied(draft: SeriesDraft) -> SeriesDraft:
    return replace(draft, name=draft.name.strip(), mask=draft.mask.strip())


def _check(draft: SeriesDraft) -> Iterator[Problem]:
    yield from check_text(draft.name, MAX_NAME_LENGTH, "name")
    try:
        parse_for(draft.mask, GenerateUsing.NUMBER_SERIES)
    except MaskError as error:
        yield error.problem("mask")
    if not 0 <= draft.last_number <= MAX_LAST_NUMBER:
        yield invalid(f"Enter 0 to {MAX_LAST_NUMBER:,}.", "lastNumber")
    yield from check_metadata(draft.metadata, "metadata")


async def _check_name(tx: Transaction, name: str) -> list[Problem]:
    taken = await tx.fetch_value("SELECT 1 FROM number_series WHERE name = $1", name)
    return [SERIES_NAME_TAKEN] if taken else []


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
