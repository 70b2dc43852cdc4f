"""Selections -> one SQL statement, and the reader of its one value.

A statement answers nested positional arrays: every object is a level with numbered slots, to-one
relations are joined within the level, and a list is one slot that holds an array of arrays. Only
declared text enters SQL; every value is a numbered parameter.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import cast

from app.reading import answering, pages, readers
from app.reading.dialects import Dialect
from app.reading.nouns import READABLES
from app.reading.paging import IDS, VALUE, Key, NodesShape, Ways
from app.reading.readers import Reader, RowsById, Unpack
from app.reading.selection import (
    Answer,
    Found,
    Known,
    Leaf,
    Nodes,
    Page,
    Pick,
    Related,
    Selection,
)
from app.reading.writing import EncodeId, Level, Writing


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL that answers one row with one JSON array; `parameters` name its values in order.

    Without SQL everything is known beforehand: what was asked for is refused.
    """

    sql: str | None
    parameters: tuple[tuple[int, Key], ...]
    read: Reader
    unpack: Unpack | None


def compile_statement(
    selection: Selection, dialect: Dialect, shapes: Sequence[Hashable], encode_id: EncodeId
) -> Statement:
    """The statement of a selection of roots, for one shape of its sites."""
    writing = Writing(dialect, shapes, encode_id)
    root = Level()
    read = _entity(writing, root, "", selection)
    return Statement(
        sql=f"SELECT {root.row(dialect)}" if root.values or root.nested else None,
        parameters=tuple(writing.parameters),
        read=read,
        unpack=root.unpack(),
    )


def _entity(writing: Writing, level: Level, table: str, selection: Selection) -> Reader:
    tag = selection.target if selection.tagged else None
    items = [(pick.key, _pick(writing, level, table, pick)) for pick in selection.picks]
    return readers.entity(items, tag)


def _pick(writing: Writing, level: Level, table: str, pick: Pick) -> Reader:
    match pick:
        case Known():
            read = readers.known(pick.make)
        case Leaf():
            read = _leaf(writing, level, table, pick)
        case Answer():
            read = answering.answer(writing, level, table, pick)
        case Related():
            read = _related(writing, level, table, pick)
        case Page():
            read = pages.page(writing, level, table, pick, _entity)
        case Found():
            read = _found(writing, level, pick)
        case _:
            read = _nodes(writing, level, pick)
    return read


def _leaf(writing: Writing, level: Level, table: str, pick: Leaf) -> Reader:
    declared = pick.field
    slot = level.slot(writing.dialect.column(declared.sql.format(t=table), declared.kind))
    if pick.masked and declared.mask is not None:
        owner = declared.mask.owner
        own = None if owner is None else level.nest(owner.format(t=table))
        return readers.masked(slot, declared.mask.show, own, writing.show(declared.kind))
    return writing.shown(slot, declared.kind)


def _related(writing: Writing, level: Level, table: str, pick: Related) -> Reader:
    declared = pick.field
    target = READABLES[declared.target].table
    alias = writing.to_one(level, table, target, declared.via or "id", declared.back or "id")
    read = _entity(writing, level, alias, pick.selection)
    return readers.optional(level.slot(f"{alias}.id"), read) if declared.null else read


def _found(writing: Writing, level: Level, pick: Found) -> Reader:
    target = READABLES[pick.selection.target]
    inner = Level()
    alias = writing.alias()
    read = _entity(writing, inner, alias, pick.selection)
    if pick.by is None:
        value = writing.parameter(pick.site, VALUE, target.columns[pick.column].kind)
    else:
        ways = cast("Ways", writing.shapes[pick.site])
        (value,) = writing.named(pick.site, {"by": pick.by}, ways).values()
    slot = level.nest(
        f"(SELECT {inner.row(writing.dialect)} FROM {target.table} {alias}{inner.joined()}"
        f" WHERE {alias}.{pick.column} = {value})"
    )
    return readers.found(pick.site, readers.nested(slot, read, inner.unpack()))


def _nodes(writing: Writing, level: Level, pick: Nodes) -> Reader:
    """One query for each type among the ids."""
    found = {}
    refused = {}
    for name in cast("NodesShape", writing.shapes[pick.site]):
        selection = pick.by_type[name]
        if isinstance(selection, Known):
            refused[name] = readers.known(selection.make)
        else:
            found[name] = _by_id(writing, level, pick.site, selection)
    read = readers.nodes(pick.site, found, refused)
    return read if pick.many else readers.only(read)


def _by_id(writing: Writing, level: Level, site: int, selection: Selection) -> RowsById:
    target = READABLES[selection.target]
    inner = Level()
    alias = writing.alias()
    read_id = readers.plain(inner.slot(f"{alias}.id"))
    read = _entity(writing, inner, alias, selection)
    ids = writing.parameter(site, (IDS, selection.target), None)
    among = writing.dialect.engine.among(f"{alias}.id", ids, "bigint")
    source = f"{target.table} {alias}{inner.joined()} WHERE {among}"
    slot = level.nest(writing.dialect.rows(inner.row(writing.dialect), source))
    return RowsById(slot, inner.unpack(), read_id, read)
