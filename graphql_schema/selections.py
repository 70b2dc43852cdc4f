"""GraphQL selection sets -> neutral selections: the only place that knows both."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from app.domain.callers import Scope
from app.reading.declarations import Computed, Expression, Many, Masked, One, Readable
from app.reading.errors import NotAllowed
from app.reading.facts import Argument, Plain
from app.reading.nouns import NODES, READABLES, AnyById, Listed, Named, Root
from app.reading.selection import (
    Answer,
    Found,
    Known,
    Leaf,
    Nodes,
    Page,
    Part,
    Pick,
    Related,
    Selection,
)
from graphql_schema.errors import too_complex

MAX_LISTS = 5
"""Lists inside each other: what SQLite's parser can carry, and so the limit everywhere."""

TYPENAME = "__typename"
ENTITIES = frozenset({"nodes", "node"})
"""The fields of a page and of an edge that answer the listed entities themselves."""


@dataclass(frozen=True, slots=True)
class Given:
    """A row whose id the resolver knows, by the name of the field that answers it; or many."""

    name: str
    many: bool


@dataclass(frozen=True, slots=True)
class Told:
    """By which scopes the caller wrote what a payload shows, and whether it was given to them.

    `repeated` are the fields that hold what the caller sent, whatever scope they need.
    """

    scopes: frozenset[Scope] = frozenset()
    given: bool = True
    repeated: frozenset[str] = frozenset()

    def fields(self, readable: Readable) -> frozenset[str]:
        """What is told of the row besides what the caller may read."""
        return self.repeated.union(*(readable.told.get(scope, ()) for scope in self.scopes))

    def shows(self, mask: Masked) -> bool:
        return self.given and mask.given_by in self.scopes


NOTHING_TOLD = Told()


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a field with arguments; `root` says how arguments of a root are understood.

    `named` are the arguments that name a row, `plain` those that are texts of their own. `lists`
    says how many lists a list is inside each other with those around it.
    """

    node: FieldNode
    definition: GraphQLField
    target: str
    place: str
    link: Many | None = None
    named: Mapping[str, Argument] = field(default_factory=dict)
    plain: Plain = field(default_factory=dict)
    lists: int = 0
    root: Root | Given | None = None


def check_lists(count: int) -> None:
    if count > MAX_LISTS:
        raise too_complex(f"At most {MAX_LISTS} lists inside each other can be read at once.")


@cache
def snake(name: str) -> str:
    """The Python name of a GraphQL name."""
    return re.sub(r"(?=[A-Z])", "_", name).lower()


@dataclass(slots=True)
class Selecting:
    """One walk over the selection sets of a request, for one set of scopes."""

    info: GraphQLResolveInfo[Any]
    scopes: frozenset[Scope]
    told: Told = NOTHING_TOLD
    sites: list[Site] = field(default_factory=list)
    refusals: list[Callable[[], NotAllowed]] = field(default_factory=list)
    lists: int = 0

    def fields_of(
        self, parent: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> Mapping[str, list[FieldNode]]:
        """The fields of an object by response key, merged as the executor merges them."""
        info = self.info
        fragments = {name: FragmentDetails(node) for name, node in info.fragments.items()}
        variables = VariableValues({}, cast("dict[str, Any]", info.variable_values))
        details = [FieldDetails(node, None) for node in nodes]
        collected = collect_subfields(
            info.schema, fragments, variables, info.operation, parent, details
        )
        return {
            key: [detail.node for detail in found]
            for key, found in collected.grouped_field_set.items()
            if found[0].node.name.value != TYPENAME
        }

    def root(
        self, key: str, root: Root, nodes: Sequence[FieldNode], parent: GraphQLObjectType
    ) -> Pick:
        """A field of the query type; whether the caller may use it was asked before."""
        definition = parent.fields[nodes[0].name.value]
        if isinstance(root, AnyById):
            site = self.site(Site(nodes[0], definition, "", "", root=root))
            return Nodes(key, site, root.many, self.by_type(key, nodes))
        place = f"{parent.name}.{nodes[0].name.value}"
        site = self.site(Site(nodes[0], definition, root.target, place, lists=1, root=root))
        match root:
            case Listed():
                return self.page(key, root.target, site, nodes)
            case Named():
                return Found(key, "id", site, self.entity(root.target, nodes), root.by)
            case _:
                return Found(key, root.column, site, self.entity(root.target, nodes))

    def given(self, key: str, definition: GraphQLField, nodes: Sequence[FieldNode]) -> Pick:
        """A field that answers the row of an id, or the rows of ids, that the resolver gives."""
        target = get_named_type(definition.type).name
        if not self.told.fields(READABLES[target]):
            refused = self.refused(key, target, READABLES[target].allow)
            if refused is not None:
                return refused
        many = is_list_type(get_nullable_type(definition.type))
        root = Given(snake(nodes[0].name.value), many)
        site = self.site(Site(nodes[0], definition, target, "", root=root))
        selection = self.entity(target, nodes, told=self.told)
        if many:
            return Nodes(key, site, many=True, by_type={target: selection})
        return Found(key, "id", site, selection)

    def site(self, site: Site) -> int:
        self.sites.append(site)
        return len(self.sites) - 1

    def refused(self, key: str, place: str, *needed: Scope | None) -> Known | None:
        """The answer of a field that the caller may not see."""
        for scope in needed:
            if scope is not None and scope not in self.scopes:
                refusal = partial(NotAllowed, place, scope)
                self.refusals.append(refusal)
                return Known(key, refusal)
        return None

    def by_type(self, key: str, nodes: Sequence[FieldNode]) -> Mapping[str, Selection | Known]:
        """What is asked of each type that the interface can turn out to be."""
        return {
            name: self.refused(key, name, readable.allow) or self.entity(name, nodes, tagged=True)
            for name, readable in READABLES.items()
            if name in NODES
        }

    def entity(
        self,
        target: str,
        nodes: Sequence[FieldNode],
        *,
        tagged: bool = False,
        told: Told = NOTHING_TOLD,
    ) -> Selection:
        """A row; what is `told` of it is told of it alone, and of nothing that it leads to."""
        parent = cast("GraphQLObjectType", self.info.schema.type_map[target])
        picks = [
            self.pick(key, parent, told, found)
            for key, found in self.fields_of(parent, nodes).items()
        ]
        return Selection(target, tuple(picks), tagged)

    def pick(
        self, key: str, parent: GraphQLObjectType, told: Told, nodes: Sequence[FieldNode]
    ) -> Pick:
        readable = READABLES[parent.name]
        name = nodes[0].name.value
        place = f"{parent.name}.{name}"
        declared = readable.fields[snake(name)]
        related = READABLES[declared.target].allow if isinstance(declared, One | Many) else None
        named = declared.arguments if isinstance(declared, Many | Computed) else {}
        given = [
            named[one.name.value].allow
            for one in nodes[0].arguments or ()
            if one.name.value in named
        ]
        if snake(name) not in told.fields(readable):
            refused = self.refused(key, place, declared.allow, related, *given)
            if refused is not None:
                return refused
        match declared:
            case Expression():
                return Leaf(key, declared, self.masked(declared.mask, told))
            case Computed():
                asked = Site(
                    nodes[0], parent.fields[name], "", place, named=named, plain=declared.plain
                )
                return self.answer(key, declared, asked)
            case One():
                return Related(key, declared, self.entity(declared.target, nodes))
            case _:
                lists = self.lists + declared.lists
                listed = Site(
                    nodes[0],
                    parent.fields[name],
                    declared.target,
                    place,
                    declared,
                    named,
                    lists=lists,
                )
                return self.page(key, declared.target, self.site(listed), nodes)

    def masked(self, mask: Masked | None, told: Told) -> bool:
        return mask is not None and mask.unless not in self.scopes and not told.shows(mask)

    def answer(self, key: str, declared: Computed, site: Site) -> Answer:
        """A computed field; only one with arguments has a place where they are bound."""
        if declared.lists:
            check_lists(self.lists + 1)
        asked = declared.arguments or declared.plain
        return Answer(key, declared, self.site(site) if asked else None)

    # Pages

    def page(self, key: str, target: str, site: int, nodes: Sequence[FieldNode]) -> Page:
        found = self.sites[site]
        deeper = found.link.lists if found.link else 1
        self.lists += deeper
        check_lists(self.lists)
        parent = cast("GraphQLObjectType", get_named_type(found.definition.type))
        parts = [
            self.page_part(part_key, target, parent, part_nodes)
            for part_key, part_nodes in self.fields_of(parent, nodes).items()
        ]
        self.lists -= deeper
        return Page(key, found.place, target, found.link, site, tuple(parts))

    def page_part(
        self, key: str, target: str, parent: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> Part:
        """A field of a page or of an edge."""
        name = snake(nodes[0].name.value)
        if name in ENTITIES:
            return Part(key, name, selection=self.entity(target, nodes))
        inner = get_named_type(parent.fields[nodes[0].name.value].type)
        if not isinstance(inner, GraphQLObjectType):
            return Part(key, name)
        parts = [
            self.page_part(part_key, target, inner, part_nodes)
            for part_key, part_nodes in self.fields_of(inner, nodes).items()
        ]
        return Part(key, name, tuple(parts))
