"""Lists: one correlated subquery for the rows of a page, and one for their count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from app.reading import readers
from app.reading.counting import MAX_COUNT
from app.reading.declarations import Many, Order, Readable
from app.reading.dialects import Dialect
from app.reading.filters import Equals
from app.reading.kinds import INT, Kind
from app.reading.nouns import READABLES
from app.reading.paging import SIZE, Condition, PageShape
from app.reading.readers import PartReader, Reader
from app.reading.selection import Page, Part, Selection
from app.reading.tables import quoted
from app.reading.writing import Level, Writing

ReadEntity = Callable[[Writing, Level, str, Selection], Reader]


@dataclass(frozen=True, slots=True)
class _List:
    """One list under construction: its declaration, its shape, and the level of its rows.

    `around` is the level of the row whose list this is.
    """

    writing: Writing
    pick: Page
    target: Readable
    shape: PageShape
    level: Level
    around: Level
    table: str
    entity: ReadEntity

    @property
    def order(self) -> Order:
        return self.target.listing.orders[self.shape.order]

    def row(self, selection: Selection) -> Reader:
        return self.entity(self.writing, self.level, self.table, selection)

    def conditions(self, parent: str, lead: str | None = None) -> list[str]:
        """Whose rows these are, and which of them are asked for; what a count counts.

        Rows that are to be ordered name the column that leads them.
        """
        held = self.writing.dialect.held
        conditions = []
        if self.pick.link is not None:
            conditions.append(self._linked(self.pick.link, parent, lead))
        for asked in self.shape.conditions:
            operator = self.target.listing.filters[asked.filter].operators[asked.operator]
            terms = _Terms(self.writing, self.pick.site, asked)
            if isinstance(operator, Equals) and operator.column == lead:
                conditions.append(held(lead, operator.value(terms)))
            else:
                conditions.append(operator.condition(asked.choice, terms))
        return conditions

    def _linked(self, link: Many, parent: str, lead: str | None) -> str:
        """The condition that joins a row to the one whose list this is."""
        if link.on is not None:
            whose = f"{parent}.id"
            return self.writing.dialect.held(lead, whose) if lead else f"{link.on} = {whose}"
        if link.listed is not None:
            return self.writing.dialect.listed("id", f"{parent}.{link.listed}")
        site, ways = self.pick.site, self.shape.ways
        named = self.writing.joined(self.around, site, link.arguments, ways)
        return self.writing.fact(cast("str", link.among), parent, named)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What one condition is written with."""

    writing: Writing
    site: int
    filter: Condition

    @property
    def dialect(self) -> Dialect:
        return self.writing.dialect

    def value(self, number: int, kind: Kind | None) -> str:
        key = ("where", self.filter.filter, self.filter.operator, number)
        return self.writing.parameter(self.site, key, kind)

    def now(self) -> str:
        return self.writing.now()


def page(writing: Writing, level: Level, table: str, pick: Page, entity: ReadEntity) -> Reader:
    """The reader of a page; its rows and its count are read only when they were asked for."""
    target = READABLES[pick.target]
    shape = cast("PageShape", writing.shapes[pick.site])
    listed = _List(writing, pick, target, shape, Level(), level, writing.alias(), entity)
    parts = {part.key: _part(listed, part) for part in pick.parts}
    names = {part.name for part in pick.parts}
    rows = count = None
    # What is not read must not be written either: PostgreSQL refuses values that no text mentions.
    if names & {"edges", "nodes", "page_info"}:
        rows = level.nest(_rows(listed, listed.conditions(table, shape.lead)))
    if names & {"total_count", "total_count_precision"}:
        count = level.nest(_count(target, listed.conditions(table)))
    return readers.page(rows, count, pick.site, parts, listed.level.unpack())


def _part(listed: _List, part: Part) -> PartReader:
    match part.name:
        case "nodes" if part.selection is not None:
            return readers.each(listed.row(part.selection))
        case "edges":
            items = [(inner.key, _edge_part(listed, inner)) for inner in part.parts]
            return readers.each(readers.entity(items, None))
        case "page_info":
            return readers.info({inner.key: _info_part(listed, inner) for inner in part.parts})
        case "total_count":
            return readers.total
        case _:
            return readers.precision


def _edge_part(listed: _List, part: Part) -> Reader:
    return _cursor(listed) if part.selection is None else listed.row(part.selection)


def _info_part(listed: _List, part: Part) -> PartReader:
    match part.name:
        case "has_next_page":
            return readers.more_after
        case "has_previous_page":
            return readers.more_before
        case "start_cursor":
            return readers.at_end(0, _cursor(listed))
        case _:
            return readers.at_end(-1, _cursor(listed))


def _cursor(listed: _List) -> Reader:
    """A row's place in the order; bound to the list's field and its order."""
    place = []
    for name in listed.order.columns:
        slot = listed.level.slot(f"{listed.table}.{quoted(name)}")
        place.append(listed.writing.shown(slot, listed.target.columns[name].kind))
    return readers.cursor(f"{listed.pick.place} {listed.shape.binding}", place)


def _rows(listed: _List, conditions: list[str]) -> str:
    """The page, cut before anything is joined to it or nested in it: that is for its rows alone.

    Inside the cut only the list's own table is in sight, so columns need no qualifier.
    """
    shape, table = listed.shape, listed.table
    upward = shape.descending == shape.backward
    direction = "ASC" if upward else "DESC"
    names = tuple(quoted(name) for name in listed.order.columns)
    if shape.seeks:
        conditions = [*conditions, _seek(listed, ">" if upward else "<")]
    led = listed.writing.dialect.ordered(shape.lead, names)
    order = ", ".join(f"{name} {direction}" for name in led)
    outer = ", ".join(f"{table}.{name} {direction}" for name in names)
    size = listed.writing.parameter(listed.pick.site, SIZE, INT)
    cut = f"SELECT * FROM {listed.target.table}{_where(conditions)} ORDER BY {order} LIMIT {size}"
    return listed.writing.dialect.rows(
        listed.level.row(listed.writing.dialect), f"({cut}) {table}{listed.level.joined()}", outer
    )


def _seek(listed: _List, comparison: str) -> str:
    names = listed.order.columns
    values = [
        listed.writing.parameter(
            listed.pick.site, ("seek", number), listed.target.columns[name].kind
        )
        for number, name in enumerate(names)
    ]
    return f"({', '.join(map(quoted, names))}) {comparison} ({', '.join(values)})"


def _count(target: Readable, conditions: list[str]) -> str:
    return (
        f"(SELECT count(*) FROM (SELECT 1 FROM {target.table}{_where(conditions)}"
        f" LIMIT {MAX_COUNT + 1}) c)"
    )


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
