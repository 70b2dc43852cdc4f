"""What declarations must be among themselves; asked once, at start-up."""

from collections.abc import Iterator, Mapping

from app.reading.declarations import Computed, Expression, Many, One, Readable, Value
from app.reading.errors import Misdeclared
from app.reading.facts import FactRow, FactRows, Itself, Requirements, Said
from app.reading.kinds import INT
from app.reading.tables import Column, columns_of


def check_declarations(readables: Mapping[str, Readable], values: Mapping[str, Value]) -> None:
    """Raise Misdeclared with everything that contradicts the tables or another declaration."""
    found = [
        f"{readable.name}: {problem}"
        for readable in readables.values()
        for problem in (
            *_check_fields(readable, readables, values),
            *_check_listing(readable),
        )
    ]
    if found:
        raise Misdeclared("; ".join(found))


def _check_fields(
    readable: Readable, readables: Mapping[str, Readable], values: Mapping[str, Value]
) -> Iterator[str]:
    for name, field in readable.fields.items():
        if field.allow is None:
            yield f"{name} names no scope"
        if isinstance(field, Expression):
            if field.mask is not None and field.kind.name not in {"text", "jsons"}:
                yield f"{name} is masked and no text"
        elif isinstance(field, Computed):
            if field.kind.name == "value" and field.kind.target not in values:
                yield f"{name} answers {field.kind}, which is not declared"
            yield from _check_facts(name, field, field.requires, readable.columns)
        else:
            yield from _check_relation(name, field, readable, readables)


def _check_facts(
    name: str, field: Computed, requires: Requirements, columns: Mapping[str, Column]
) -> Iterator[str]:
    """Facts lead to other rows in one way, and repeat only what the field can be told."""
    for fact, one in requires:
        if isinstance(one, Said) and one.argument not in field.plain:
            yield f"{name} repeats {one.argument}, which is no plain argument of it"
        elif isinstance(one, Itself):
            yield from _check_facts(name, field, one.requires, columns)
        elif isinstance(one, FactRow | FactRows):
            theirs = columns_of(one.model)
            if isinstance(one, FactRow) and not _leads(one, columns, theirs):
                yield f"{name} finds its {fact} in no way, or in several"
            yield from _check_facts(name, field, one.requires, theirs)


def _leads(row: FactRow, ours: Mapping[str, Column], theirs: Mapping[str, Column]) -> bool:
    """Whether there is one way to the row, and None where there may be no row."""
    if sum(way is not None for way in (row.via, row.back, row.by)) != 1:
        return False
    if row.via is not None:
        held = ours.get(row.via)
        return held is not None and held.kind == INT and (row.null or not held.null)
    if row.back is not None:
        held = theirs.get(row.back)
        return held is not None and held.unique and row.null
    return row.null


def _check_relation(
    name: str, field: One | Many, readable: Readable, readables: Mapping[str, Readable]
) -> Iterator[str]:
    target = readables.get(field.target)
    if target is None:
        yield f"{name} leads to {field.target}, which is not declared"
    elif isinstance(field, One):
        yield from _check_one(name, field, readable, target)
    elif sum(link is not None for link in (field.on, field.listed, field.among)) != 1:
        yield f"{name} is linked in none or several ways"
    elif field.listed is not None and field.listed not in readable.columns:
        yield f"{name} goes by {field.listed}, which is no such column"
    elif field.on is not None and field.on not in target.columns:
        yield f"{name} goes by {field.on}, which is no column of {field.target}"
    elif field.on is not None and field.on not in target.listing.leads:
        yield f"{name} goes by {field.on}, which leads no order of {field.target}"


def _check_one(name: str, field: One, readable: Readable, target: Readable) -> Iterator[str]:
    if field.via is not None:
        column = readable.columns.get(field.via)
        # History keeps ids of what may be gone, so a row may be missing where its id is not.
        if column is None or column.kind != INT or (column.null and not field.null):
            yield f"{name} goes by {field.via}, which is no such column"
    else:
        held = target.columns.get(field.back or "")
        if held is None or not held.unique or not field.null:
            yield f"{name} goes by {field.back}, which holds no row of {field.target} once"


def _check_listing(readable: Readable) -> Iterator[str]:
    listing = readable.listing
    default = next(iter(listing.orders), "")
    for name, order in listing.orders.items():
        for lead in order.leads:
            if (lead, *order.columns) not in readable.indexes:
                yield f"no index goes by {lead} and then in the order {name}"
        if name == default and listing.leads - set(order.leads):
            yield f"the order {name} is what lists have without asking, and lacks a lead"
        columns = [readable.columns.get(column) for column in order.columns]
        if not _is_total(columns):
            yield f"the order {name} has nulls, or ties that no unique column breaks"
    shown = [order.shows for order in listing.orders.values()]
    shown += [one.shows for one in listing.filters.values()]
    for field in shown:
        if field is not None and field not in readable.fields:
            yield f"a filter or order gives away {field}, which is no field"


def _is_total(columns: list[Column | None]) -> bool:
    known = [column for column in columns if column is not None and not column.null]
    return len(known) == len(columns) > 0 and known[-1].unique
