"""Rows -> answers. Readers are made once for a statement, and never change the rows they read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, cast

from app.reading.counting import CountPrecision, counted
from app.reading.cursors import Cursors
from app.reading.declarations import Computed
from app.reading.kinds import Normalise
from app.reading.paging import BoundSite, Key, PageShape
from app.reading.selection import TAG

Row = Sequence[Any]
Items = Sequence[tuple[str, "Reader"]]


@dataclass(frozen=True, slots=True)
class Run:
    """What answers depend on besides rows.

    `looks` tells of each guess that was looked up whether the caller is told of a row.
    """

    now: datetime
    sites: Sequence[BoundSite]
    cursors: Cursors
    caller: str
    looks: dict[int, bool] = field(default_factory=dict)

    def looked(self, site: int, *, found: bool) -> None:
        """Remember it where it is a guess; of a list in many rows, whether one of them has it."""
        if self.sites[site].guess:
            self.looks[site] = found or self.looks.get(site, False)


Reader = Callable[[Row, Run], Any]
Unpack = Callable[[Row], Row]


@dataclass(frozen=True, slots=True)
class View:
    """One page as it was read: its rows in the order asked for, and the place beside them."""

    rows: Sequence[Row]
    more_before: bool
    more_after: bool
    counted: int


PartReader = Callable[[View, Run], Any]


def plain(slot: int) -> Reader:
    return lambda row, _run: row[slot]


def normalised(slot: int, normalise: Normalise) -> Reader:
    def read(row: Row, _run: Run) -> object:
        value = row[slot]
        return None if value is None else normalise(value)

    return read


def masked(slot: int, show: Normalise, owner: int | None, whole: Normalise | None) -> Reader:
    """A value that only its owner sees whole, if it has one."""

    def read(row: Row, run: Run) -> object:
        value = row[slot]
        if value is None:
            return None
        if owner is None or row[owner] != run.caller:
            value = show(value)
        return value if whole is None else whole(value)

    return read


def known(make: Callable[[], Any]) -> Reader:
    return lambda _row, _run: make()


def entity(items: Items, tag: str | None) -> Reader:
    """An object by response keys."""
    if tag is not None:
        items = [(TAG, known(lambda: tag)), *items]
    return lambda row, run: {key: read(row, run) for key, read in items}


def optional(presence: int, read: Reader) -> Reader:
    return lambda row, run: None if row[presence] is None else read(row, run)


def flatten(chunks: int) -> Unpack:
    """For rows that were too long for one array: so many arrays of values, then single ones."""
    return lambda row: [*chain.from_iterable(row[:chunks]), *row[chunks:]]


def found(site: int, read: Reader) -> Reader:
    """What was looked up at a site."""

    def read_found(row: Row, run: Run) -> object:
        answer = read(row, run)
        run.looked(site, found=answer is not None)
        return answer

    return read_found


def nested(slot: int, read: Reader, unpack: Unpack | None) -> Reader:
    """The object of an array in the row, if there is one."""

    def read_nested(row: Row, run: Run) -> object:
        inner = row[slot]
        if inner is None:
            return None
        return read(inner if unpack is None else unpack(inner), run)

    return read_nested


def given(site: int, key: Key) -> Reader:
    """What is bound at a site; None when nothing is."""
    return lambda _row, run: run.sites[site].values.get(key)


def computed(declared: Computed, facts: Reader) -> Reader:
    """What a rule says of the row. Its exception is this field's error and no other's."""

    def read(row: Row, run: Run) -> object:
        known_facts = facts(row, run)
        try:
            return declared.answer(known_facts, run.now)
        except Exception as error:  # noqa: BLE001 - whatever a rule raises is its field's error
            return error

    return read


def facts(kind: type, read: Mapping[str, Reader]) -> Reader:
    """The facts of a rule, each by its name."""
    return lambda row, run: kind(**{name: fact(row, run) for name, fact in read.items()})


def fact_rows(slots: Sequence[int], read: Reader, sort: Callable[[Any], Any] | None) -> Reader:
    """The facts of other rows, for a rule over all of them."""

    def read_rows(row: Row, run: Run) -> tuple[Any, ...]:
        found = [read(one, run) for slot in slots for one in row[slot] or ()]
        return tuple(found if sort is None else sorted(found, key=sort))

    return read_rows


def page(
    rows: int | None,
    count: int | None,
    site: int,
    parts: Mapping[str, PartReader],
    unpack: Unpack | None,
) -> Reader:
    """A page by response keys; without `rows` or `count` nothing of it was asked for."""

    def read(row: Row, run: Run) -> object:
        found = (row[rows] or ()) if rows is not None else ()
        counted = row[count] if count is not None else 0
        if rows is not None or count is not None:
            run.looked(site, found=bool(found or counted))
        view = _view(_unpacked(found, unpack), counted, run.sites[site])
        return {key: part(view, run) for key, part in parts.items()}

    return read


def _unpacked(rows: Sequence[Row], unpack: Unpack | None) -> Sequence[Row]:
    return rows if unpack is None else [unpack(row) for row in rows]


def _view(rows: Sequence[Row], counted: int, bound: BoundSite) -> View:
    shape = cast("PageShape", bound.shape)
    more = len(rows) > bound.size
    shown = rows[: bound.size]
    if shape.backward:
        return View(shown[::-1], more_before=more, more_after=shape.seeks, counted=counted)
    return View(shown, more_before=shape.seeks, more_after=more, counted=counted)


def total(view: View, _run: Run) -> int:
    return counted(view.counted)[0]


def precision(view: View, _run: Run) -> CountPrecision:
    return counted(view.counted)[1]


def more_after(view: View, _run: Run) -> bool:
    return view.more_after


def more_before(view: View, _run: Run) -> bool:
    return view.more_before


def each(read: Reader) -> PartReader:
    return lambda view, run: [read(row, run) for row in view.rows]


def cursor(binding: str, place: Sequence[Reader]) -> Reader:
    return lambda row, run: run.cursors.encode(binding, [read(row, run) for read in place])


def at_end(index: int, read: Reader) -> PartReader:
    """Reads the first or the last row of the page, if it has any."""
    return lambda view, run: read(view.rows[index], run) if view.rows else None


def info(items: Mapping[str, PartReader]) -> PartReader:
    return lambda view, run: {key: read(view, run) for key, read in items.items()}


class RowsById(NamedTuple):
    """Where the rows of one type among many stand, and how they are read."""

    slot: int
    unpack: Unpack | None
    read_id: Reader
    read: Reader


def nodes(site: int, found: Mapping[str, RowsById], refused: Mapping[str, Reader]) -> Reader:
    """Rows in the order of the site's ids; None for an id that is malformed or unknown."""

    def read(row: Row, run: Run) -> list[Any] | None:
        sought = run.sites[site].wanted
        if sought is None:
            return None
        answers = {
            (name, by_id.read_id(one, run)): by_id.read(one, run)
            for name, by_id in found.items()
            for one in _unpacked(row[by_id.slot] or (), by_id.unpack)
        }
        return [
            refused[wanted[0]](row, run)
            if wanted is not None and wanted[0] in refused
            else answers.get(wanted)
            for wanted in sought
        ]

    return read


def only(read: Reader) -> Reader:
    """The first of a list."""
    return lambda row, run: read(row, run)[0]
