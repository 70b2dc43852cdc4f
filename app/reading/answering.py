"""Computed fields: the facts of their rules as slots of the level, and the rules over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from app.reading import readers
from app.reading.facts import Fact, FactRow, FactRows, Itself, Requirement, Requirements, Said
from app.reading.kinds import Kind
from app.reading.paging import Ways, argument_key
from app.reading.readers import Reader
from app.reading.selection import Answer
from app.reading.tables import quoted, table_of
from app.reading.writing import Level, Writing


@dataclass(frozen=True, slots=True)
class _Place:
    """The row whose facts are read, in its level; `named` are the rows that arguments name."""

    writing: Writing
    level: Level
    table: str
    site: int | None
    named: Mapping[str, str]

    def words(self, text: str) -> str:
        """The text of a fact with its words."""
        return self.writing.fact(text, self.table, self.named)


def answer(writing: Writing, level: Level, table: str, pick: Answer) -> Reader:
    """A computed field: one slot for each fact, and the rule over them."""
    declared = pick.field
    named: Mapping[str, str] = {}
    if pick.site is not None:
        ways = cast("Ways", writing.shapes[pick.site])
        named = writing.joined(level, pick.site, declared.arguments, ways)
    place = _Place(writing, level, table, pick.site, named)
    return readers.computed(declared, _facts(place, declared.facts, declared.requires))


def _facts(place: _Place, facts: type, requires: Requirements) -> Reader:
    read = {name: _requirement(place, name, one) for name, one in requires}
    return readers.facts(facts, read)


def _requirement(place: _Place, name: str, one: Requirement) -> Reader:
    match one:
        case Kind():
            return _fact(place, Fact(sql=f"{place.table}.{quoted(name)}", kind=one))
        case Fact():
            return _fact(place, one)
        case Said():
            return _said(place, one)
        case Itself():
            return _facts(place, one.facts, one.requires)
        case FactRow():
            return _fact_row(place, one)
        case FactRows():
            return _fact_rows(place, one)


def _fact(place: _Place, fact: Fact) -> Reader:
    if fact.by is not None and fact.by not in place.named:
        return readers.known(lambda: fact.absent)
    level, dialect = place.level, place.writing.dialect
    text = dialect.column(place.words(fact.sql), fact.kind)
    # A query of its own stands where queries stand: values may be wrapped once more.
    slot = level.nest(text) if text.startswith("(SELECT") else level.slot(text)
    convert = dialect.fact(fact.kind)
    return readers.plain(slot) if convert is None else readers.normalised(slot, convert)


def _said(place: _Place, said: Said) -> Reader:
    return readers.given(cast("int", place.site), argument_key(said.argument))


def _fact_row(place: _Place, row: FactRow) -> Reader:
    if row.by is not None:
        if row.by not in place.named:
            return readers.known(lambda: None)
        alias = place.named[row.by]
    else:
        ours, theirs = row.via or "id", row.back or "id"
        target = table_of(row.model)
        alias = place.writing.to_one(place.level, place.table, target, ours, theirs)
    there = _Place(place.writing, place.level, alias, place.site, place.named)
    read = _facts(there, row.facts, row.requires)
    return readers.optional(place.level.slot(f"{alias}.id"), read) if row.null else read


def _fact_rows(place: _Place, rows: FactRows) -> Reader:
    """A list for each source, side by side: one within another would be deeper."""
    inner = Level(name="r")
    read = _facts(_Place(place.writing, inner, "r", None, {}), rows.facts, rows.requires)
    dialect = place.writing.dialect
    slots = []
    for source, where in rows.sources:
        text = f"{place.words(source)}{inner.joined()} WHERE {place.words(where)}"
        slots.append(place.level.nest(dialect.rows(inner.row(dialect), text)))
    return readers.fact_rows(slots, read, rows.sort)
