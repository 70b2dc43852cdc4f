"""`docs/authorisation.md` as it is read: who may do what, said apart from the declarations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.callers import Scope

PAGE = Path(__file__).parents[2] / "docs" / "authorisation.md"
Scopes = frozenset[Scope]
NOBODY: Scopes = frozenset()


@dataclass(frozen=True)
class Needs:
    """All of `every`, and one of `some` if there are any; `whole` is what a masked text needs."""

    every: Scopes = NOBODY
    some: Scopes = NOBODY
    whole: Scope | None = None
    by_type: bool = False

    def met_by(self, held: Scopes) -> bool:
        return self.every <= held and (not self.some or not self.some.isdisjoint(held))


@dataclass
class Page:
    roles: dict[str, Scopes] = field(default_factory=dict)
    fields: dict[str, dict[str, Needs]] = field(default_factory=dict)
    lists: dict[str, dict[str, Needs]] = field(default_factory=dict)
    told: dict[str, dict[Scope, set[str]]] = field(default_factory=dict)
    repeated: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    files: dict[str, Needs] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)

    def needed(self, place: str) -> Needs:
        parent, _, name = place.partition(".")
        return self.fields[parent][name]


def callers(page: Page) -> Mapping[str, Scopes]:
    """Everybody who is asked for: the roles, each scope alone, and nobody."""
    alone = {scope.value: frozenset({scope}) for scope in Scope}
    return {**page.roles, **alone, "nobody": NOBODY}


def read_page(text: str) -> Page:
    page = Page()
    title, within = "", ""
    for line in text.splitlines():
        if line.startswith("#"):
            title, within = line.lstrip("# "), ""
        elif line.startswith("| ") and "---" not in line:
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if "`" not in line:
                within = cells[0]
            else:
                _read_row(page, title, within, cells)
        elif title.startswith("Types without"):
            page.plain |= set(_names(line))
    return page


def _read_row(page: Page, title: str, within: str, cells: list[str]) -> None:
    first, second = cells
    names = list(_names(second))
    match within:
        case "role":
            page.roles[first.strip("`")] = _scopes(second)
        case "needs":
            page.fields.setdefault(title, {}).update(dict.fromkeys(names, _needs(first)))
        case "need besides":
            page.lists.setdefault(title, {}).update(dict.fromkeys(names, _needs(first)))
        case "by":
            told = page.told.setdefault(title, {})
            told.update({scope: set(names) for scope in _scopes(first)})
        case "from":
            repeated = page.repeated.setdefault(title, {})
            repeated.update({one: set(names) for one in _names(first)})
        case "route":
            page.files.update(dict.fromkeys(_names(first), _needs(second)))
        case _:
            raise ValueError(f"{title}: what is {cells}?")


def _names(cell: str) -> Iterator[str]:
    return iter(re.findall(r"`([^`]+)`", cell))


def _scopes(cell: str) -> Scopes:
    return frozenset(map(Scope, _names(cell)))


def _needs(cell: str) -> Needs:
    if "`" not in cell:
        return Needs(by_type=cell != "nothing")
    cell, _, whole = cell.partition(", whole with ")
    shown = next(map(Scope, _names(whole)), None)
    if " or " in cell:
        return Needs(some=_scopes(cell), whole=shown)
    return Needs(every=_scopes(cell), whole=shown)


PAGE_AS_WRITTEN = read_page(PAGE.read_text())
