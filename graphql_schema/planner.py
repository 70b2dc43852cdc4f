"""Planned reads for the resolvers: a selection set becomes one SELECT, and its rows the answer.

Answers are dicts by response key, over which the executor needs one dict look-up for each field:

* `read_root` is the resolver of every planned field of the query type;
* `await read_payload(info, {"user_errors": [...]}, campaign=7)` is what a mutation resolver returns
  after its commit: keywords are the payload's entity fields with the id of the row to read (None
  for none), the mapping holds the values of every other field. One SELECT reads all entities,
  whatever was asked of them and however they are aliased.

Small objects without a table, such as JobProgress, are answered as they are: their fields are their
attributes, so a subscription yields the domain's value itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    DirectiveNode,
    GraphQLObjectType,
    GraphQLResolveInfo,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values

from app.reading.caching import Bounded
from app.reading.errors import NotAllowed, NotWritten
from app.reading.nouns import ROOTS
from app.reading.paging import IDS, VALUE, BoundSite
from app.reading.plan import Plan, read
from app.reading.readers import Run
from app.reading.selection import Selection
from app.services.guessing import TooManyGuesses
from graphql_schema.arguments import bind
from graphql_schema.context import Context, Info
from graphql_schema.ids import encode_id
from graphql_schema.permissions import needs, repeats
from graphql_schema.selections import Given, Selecting, Site, Told, snake

PLANS = 2_000
PLAN_CHARACTERS = 4_000_000

PlanKey = tuple[object, ...]
ResolveInfo = GraphQLResolveInfo[Context]
Entities = Mapping[str, int | Sequence[int] | None]


@dataclass(frozen=True, slots=True)
class Planned:
    """A selection ready to be read, and the places whose arguments each request binds.

    `beside` are the keys and names of fields that no row answers, `refusals` what the caller may
    not see of the rest.
    """

    plan: Plan
    sites: tuple[Site, ...]
    beside: tuple[tuple[str, str], ...] = ()
    refusals: tuple[Callable[[], NotAllowed], ...] = ()


_plans: Bounded[PlanKey, Planned] = Bounded(PLANS, PLAN_CHARACTERS)
_switches: Bounded[PlanKey, tuple[str, ...]] = Bounded(PLANS, PLAN_CHARACTERS)


async def read_root(_source: object, info: ResolveInfo, **_arguments: object) -> object:
    """Answer a field of the query type. Arguments are taken from the document, as everywhere."""
    root = ROOTS[snake(info.field_name)]
    key = cast("str", info.path.key)

    def plan() -> Planned:
        selecting = Selecting(info, info.context.caller.scopes)
        pick = selecting.root(key, root, info.field_nodes, info.parent_type)
        return Planned(Plan(Selection("", (pick,))), tuple(selecting.sites))

    planned = _plans.get(_plan_key(info), lambda: (plan(), _weight(info)))
    bound = _bound(info, planned, {})
    return None if bound is None else (await _answers(info, planned, bound))[key]


def foresee_payload(info: Info, *entities: str) -> None:
    """Raise NotWritten or BadArgument for a payload that could not be answered as it is asked for.

    To be called before anything is written: nobody should lose a use of a code to an answer that
    they may not see. What only the rows can tell is still told by the field itself.
    """
    raw = info._raw_info  # noqa: SLF001 - as below
    planned = _planned_payload(raw, entities, given=True)
    for refusal in planned.refusals:
        raise NotWritten(refusal())
    _bound(raw, planned, dict.fromkeys(entities))


async def read_payload(
    info: Info, values: Mapping[str, object], **entities: int | Sequence[int] | None
) -> dict[str, Any]:
    """Answer a mutation's payload: `values` as they are, `entities` read by their ids.

    A field that is a list of entities takes a sequence of ids, and answers in its order; None is
    answered as null, and no ids as an empty list.
    """
    return await read_call_payload(info, values, entities, given=True)


async def read_call_payload(
    info: Info, values: Mapping[str, object], entities: Entities, *, given: bool
) -> dict[str, Any]:
    """Do the same; `given` says whether the rows were given to this caller, or to another one."""
    raw = info._raw_info  # noqa: SLF001 - Strawberry offers no other way to the executor's info
    planned = _planned_payload(raw, entities, given=given)
    answer = {key: values[name] for key, name in planned.beside}
    if all(rows is None for rows in entities.values()):
        return {**answer, **dict.fromkeys(pick.key for pick in planned.plan.selection.picks)}
    bound = _bound(raw, planned, entities)
    try:
        return {**answer, **await _answers(raw, planned, cast("list[BoundSite]", bound))}
    except TooManyGuesses as stop:
        # It is written: only what would be read of it is refused.
        keys = (pick.key for pick in planned.plan.selection.picks)
        return {**answer, **{key: TooManyGuesses(stop.retry_after) for key in keys}}


def _planned_payload(info: ResolveInfo, entities: Iterable[str], *, given: bool) -> Planned:
    scopes = info.context.caller.scopes
    by = frozenset(needs(info.parent_type, info.field_name) or ())

    def plan() -> tuple[Planned, int]:
        told = Told(by & scopes, given, repeats(info.parent_type, info.field_name))
        selecting = Selecting(info, scopes, told)
        return _payload(selecting, info, entities), _weight(info)

    return _plans.get((*_plan_key(info), given), plan)


def _payload(selecting: Selecting, info: ResolveInfo, entities: Iterable[str]) -> Planned:
    """The selection of a payload: a root for each entity, under every alias it was given."""
    payload = cast("GraphQLObjectType", get_named_type(info.return_type))
    picks = []
    beside = []
    for key, nodes in selecting.fields_of(payload, info.field_nodes).items():
        name = snake(nodes[0].name.value)
        if name in entities:
            picks.append(selecting.given(key, payload.fields[nodes[0].name.value], nodes))
        else:
            beside.append((key, name))
    return Planned(
        Plan(Selection("", tuple(picks))),
        tuple(selecting.sites),
        tuple(beside),
        tuple(selecting.refusals),
    )


def _bound(info: ResolveInfo, planned: Planned, entities: Entities) -> list[BoundSite] | None:
    """The sites with this request's values; None when no row can fit a look-up's argument."""
    variables = VariableValues({}, _variables(info))
    bound = []
    for site in planned.sites:
        if isinstance(site.root, Given):
            bound.append(_bind_given(site, site.root, entities[site.root.name]))
            continue
        arguments = get_argument_values(site.definition, site.node, variables)
        found = bind(site, arguments, info.context)
        if found is None:
            return None
        bound.append(found)
    return bound


def _bind_given(site: Site, root: Given, rows: int | Sequence[int] | None) -> BoundSite:
    if not root.many:
        return BoundSite(None, {VALUE: rows})
    if not isinstance(rows, Sequence) or not rows:
        return BoundSite((), {}, wanted=None if rows is None else ())
    wanted = [(site.target, row) for row in rows]
    return BoundSite((site.target,), {(IDS, site.target): list(rows)}, wanted=wanted)


async def _answers(info: ResolveInfo, planned: Planned, bound: list[BoundSite]) -> dict[str, Any]:
    """Read; codes that are asked for by their texts are counted, and TooManyGuesses stops that."""
    context = info.context
    run = Run(context.now, bound, context.cursors, context.caller.id)
    guesses = sum(site.guess for site in bound)
    if not guesses:
        return await read(planned.plan, context.database, run, encode_id)
    async with context.guesses.guessing(context.caller, context.now, guesses) as guess:
        answers = await read(planned.plan, context.database, run, encode_id)
        # What nobody looked up, in rows that do not exist, was no guess either.
        guess.told = guesses - list(run.looks.values()).count(False)
    return answers


def _variables(info: ResolveInfo) -> dict[str, Any]:
    # Strawberry hands resolvers the coerced values alone, without graphql-core's container.
    return cast("dict[str, Any]", info.variable_values)


def _weight(info: ResolveInfo) -> int:
    return len(_document(info))


def _document(info: ResolveInfo) -> str:
    location = info.operation.loc
    if location is None:
        raise ValueError("Documents must be parsed with their locations: they name their plans.")
    return location.source.body


def _plan_key(info: ResolveInfo) -> PlanKey:
    """What a selection depends on; arguments do not belong to it, they are bound later.

    The document, the operation, the root field, the caller's rights, and which parts the variables
    of @skip and @include leave out.
    """
    name = info.operation.name.value if info.operation.name else None
    document = (_document(info), name)
    switches = _switches.get(document, lambda: (_switching(info), _weight(info)))
    variables = _variables(info)
    values = tuple(variables.get(switch) for switch in switches)
    return (info.schema, *document, info.path.key, info.context.caller.scopes, values)


def _switching(info: ResolveInfo) -> tuple[str, ...]:
    """The names of the variables that @skip and @include look at."""
    names: set[str] = set()

    class Switches(Visitor):
        def enter_directive(self, node: DirectiveNode, *_place: object) -> None:
            # No other directive takes variables, and one more name would only make one more plan.
            values = [argument.value for argument in node.arguments or ()]
            names.update(value.name.value for value in values if isinstance(value, VariableNode))

    for node in (info.operation, *info.fragments.values()):
        visit(node, Switches())
    return tuple(sorted(names))
